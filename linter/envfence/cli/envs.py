"""`envfence envs`: every deployment with its environment and what decided it; the first thing to run in a
repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from envfence.cli._options import open_tree, path_argument, scan_options, settings
from envfence.model import Deployment, Placement, Signal

SCHEMA = "envfence/environments/1"
_UNKNOWN = Placement()


@click.command()
@path_argument
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@scan_options
def command(
    path: Path,
    format_: str,
    config_path: str | None,
    no_config: bool,
    assume: str | None,
    exclude: tuple[str, ...],
    no_cache: bool,
) -> int:
    """Show the environment of every deployment, the unassigned ones first, with the evidence."""
    from envfence import pipeline

    survey = pipeline.survey(open_tree(path), settings(config_path, no_config, assume, exclude))
    click.echo(_json(survey) if format_ == "json" else _table(survey))
    return 0


def placement_json(placement: Placement) -> dict[str, Any]:
    """The verdict as the JSON contracts write it."""
    return {
        "environments": list(placement.environments),
        "candidates": list(placement.candidates),
        "tier": placement.tier,
    }


def evidence_json(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    """Signals as the JSON contracts write them, strongest first."""
    return [
        {"signal": s.kind, "file": s.span.path, "line": s.span.line, "value": s.value, "says": s.says} for s in signals
    ]


def _json(survey: Any) -> str:
    from envfence import __version__

    verdicts = survey.environments
    deployments = []
    resources = []
    for facts in survey.facts:
        deployment = facts.deployment
        placement = verdicts.deployments.get(deployment.id, _UNKNOWN)
        deployments.append(
            {
                "id": deployment.id,
                "root_module": deployment.root or ".",
                "workspace": deployment.workspace,
                "var_files": list(deployment.var_files),
                **placement_json(placement),
                "evidence": evidence_json(placement.evidence),
            }
        )
        for node in facts.nodes:
            own = verdicts.nodes.get(f"{deployment.id}:{node.address}")
            resource = {
                "address": node.address,
                "type": node.type,
                "deployment": deployment.id,
                "file": node.span.path,
                "line": node.span.line,
                **placement_json(own or placement),
            }
            if own is not None:
                resource["evidence"] = evidence_json(own.evidence)
            resources.append(resource)
    document = {"schema": SCHEMA, "version": __version__, "deployments": deployments, "resources": resources}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


_MAX_WIDTH = 60


def _table(survey: Any) -> str:
    """A count of everything, then a table for each environment: unassigned first, then production, others, shared."""
    groups: dict[str, list[_Row]] = {}
    for facts in survey.facts:
        deployment = facts.deployment
        placement = survey.environments.deployments.get(deployment.id, _UNKNOWN)
        row = _Row(deployment.id, placement.tier, _why(deployment, placement), len(facts.nodes))
        groups.setdefault(_group(placement), []).append(row)
    order = sorted(groups, key=lambda name: (_ORDER.get(name, _TIERS.get(groups[name][0].tier, 3)), name))
    rows = [row for group in groups.values() for row in group]
    width = min(max((len(row.name) for row in rows), default=10), _MAX_WIDTH)
    lines = [_summary(groups, order)]
    for name in order:
        group = sorted(groups[name])
        lines += ["", f"{name} ({group[0].tier}): {_count(len(group), 'deployment')}, {_resources(group)}"]
        lines += [f"  {row.name:<{width}}  {row.why}".rstrip() for row in group]
    conflicts = survey.environments.conflicts
    if conflicts:
        lines += ["", f"signals disagree in {_count(len(conflicts), 'deployment')}:"]
        for address, signals in conflicts:
            lines.append(f"  {address}")
            lines += [f"    {signal.kind:<9} {signal.says or signal.value}  {signal.span}" for signal in signals]
    return "\n".join(lines)


class _Row(NamedTuple):
    """A line of the table."""

    name: str
    tier: str
    why: str
    resources: int


_UNASSIGNED = "unassigned"
_ORDER = {_UNASSIGNED: 0, "shared": 4}
_TIERS = {"production": 1, "nonproduction": 2}


def _summary(groups: dict[str, list[_Row]], order: list[str]) -> str:
    rows = [row for group in groups.values() for row in group]
    unassigned = len(groups.get(_UNASSIGNED, ()))
    shares = ", ".join(f"{name} {len(groups[name])}" for name in order)
    what = f"{_count(len(rows), 'deployment')}, {_resources(rows)}: {shares}"
    return (
        what if not unassigned else f"{what}\ndeclare what is unassigned in envfence.yaml (`envfence init` writes one)"
    )


def _resources(rows: Iterable[_Row]) -> str:
    return _count(sum(row.resources for row in rows), "resource")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _group(placement: Placement) -> str:
    if placement.environments:
        return "+".join(placement.environments)
    return placement.tier if placement.tier in ("shared", "outside") else _UNASSIGNED


def _why(deployment: Deployment, placement: Placement) -> str:
    text = "nothing says"
    if placement.evidence:
        best = placement.evidence[0]
        text = f"{best.kind}: {best.says or best.value}  {best.span}"
    elif placement.candidates:
        text = ""
    if placement.candidates:
        text = f"one of {', '.join(placement.candidates)}  {text}".rstrip()
    return text + ("  (inferred)" if deployment.inferred else "")
