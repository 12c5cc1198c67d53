"""`envfence envs`: every deployment with its environment and what decided it; the first thing to run in a
repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from envfence.cli._options import open_tree, path_argument, scan_options
from envfence.model import Deployment, Placement, Signal
from envfence.settings import Settings

SCHEMA = "envfence/environments/1"
_UNKNOWN = Placement()


@click.command()
@path_argument
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--all", "every", is_flag=True, help="List every deployment; else many that one place decides are one line."
)
@scan_options
def command(
    path: Path,
    format_: str,
    every: bool,
    wanted: Settings,
) -> int:
    """Show the environment of every deployment, the unassigned ones first, with the evidence."""
    from envfence import pipeline

    survey = pipeline.survey(open_tree(path), wanted)
    click.echo(_json(survey) if format_ == "json" else _table(survey, every))
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


def _table(survey: Any, every: bool) -> str:
    """A count of everything, then a table for each environment: unassigned first, then production, others, shared."""
    groups: dict[str, list[_Row]] = {}
    others = 0
    for facts in survey.facts:
        deployment = facts.deployment
        placement = survey.environments.deployments.get(deployment.id, _UNKNOWN)
        if _is_other(deployment) and not placement.evidence:
            others += 1
            continue
        best = placement.evidence[0] if placement.evidence else None
        cause = (best.kind, best.says or best.value) if best is not None else ("", "")
        row = _Row(deployment.id, placement.tier, _why(deployment, placement), len(facts.nodes), cause)
        groups.setdefault(_group(placement), []).append(row)
    order = sorted(groups, key=lambda name: (_ORDER.get(name, _TIERS.get(groups[name][0].tier, 3)), name))
    shown = {name: sorted(group) if every or name == _UNASSIGNED else _short(group) for name, group in groups.items()}
    width = min(max((len(row.name) for rows in shown.values() for row in rows), default=10), _MAX_WIDTH)
    lines = [_summary(groups, order)]
    for name in order:
        group = groups[name]
        lines += ["", f"{name} ({group[0].tier}): {_count(len(group), 'deployment')}, {_resources(group)}"]
        lines += [f"  {row.name:<{width}}  {row.why}".rstrip() for row in shown[name]]
    if others:
        lines += ["", f"{_count(others, 'other source')} (workflows, manifests …) that belong to no environment"]
    conflicts = survey.environments.conflicts
    if conflicts:
        lines += ["", f"signals disagree in {_count(len(conflicts), 'deployment')}:"]
        for address, signals in conflicts:
            lines.append(f"  {address}")
            lines += [f"    {signal.kind:<9} {signal.says or signal.value}  {signal.span}" for signal in signals]
    return "\n".join(lines)


def _is_other(deployment: Deployment) -> bool:
    """Whether this is a file of another format than Terraform: it stands for itself."""
    return deployment.id == deployment.root == deployment.span.path


#: So many rows can be checked one by one; of more, those that one thing decides are one line.
_MANY, _ALIKE = 15, 4


def _short(rows: list[_Row]) -> list[_Row]:
    """The rows of a group; in a long one, those that one directory, file or value decides in one line."""
    if len(rows) <= _MANY:
        return sorted(rows)
    by_cause: dict[tuple[str, str], list[_Row]] = {}
    for row in sorted(rows):
        by_cause.setdefault(row.cause, []).append(row)
    found: list[_Row] = []
    for alike in by_cause.values():
        if len(alike) < _ALIKE:
            found += alike
            continue
        name = f"{_common(alike[0].name, alike[-1].name)}…"
        found.append(alike[0]._replace(name=name, why=f"{len(alike)} by {alike[0].why}"))
    return sorted(found)


def _common(first: str, last: str) -> str:
    """What the first and the last of sorted names begin with, up to a separator."""
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[: max(first.rfind("/", 0, same), first.rfind("@", 0, same)) + 1]


class _Row(NamedTuple):
    """A line of the table."""

    name: str
    tier: str
    why: str
    resources: int
    cause: tuple[str, str]


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
