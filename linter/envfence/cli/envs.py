"""`envfence envs`: every deployment with its environment and what decided it; the first thing to run in a
repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

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


def _table(survey: Any) -> str:
    rows: dict[str, list[tuple[str, str, str, int]]] = {}
    for facts in survey.facts:
        deployment = facts.deployment
        placement = survey.environments.deployments.get(deployment.id, _UNKNOWN)
        rows.setdefault(_group(placement), []).append(
            (deployment.id, placement.tier, _why(deployment, placement), len(facts.nodes))
        )
    width = min(max((len(row[0]) for group in rows.values() for row in group), default=10), 70)
    lines = []
    for name in sorted(rows, key=lambda group: (group != "unassigned", group)):
        group = sorted(rows[name])
        tier = group[0][1]
        noun = "deployment" if len(group) == 1 else "deployments"
        lines.append(f"{name} ({tier}): {len(group)} {noun}, {sum(row[3] for row in group)} resources")
        lines += [f"  {row[0]:<{width}}  {row[2]}".rstrip() for row in group]
    conflicts = survey.environments.conflicts
    if conflicts:
        lines.append("signals disagree:")
        lines += [
            f"  {address}: {', '.join(f'{s.value} at {s.span}' for s in signals)}" for address, signals in conflicts
        ]
    return "\n".join(lines)


def _group(placement: Placement) -> str:
    if placement.environments:
        return "+".join(placement.environments)
    if placement.tier == "shared":
        return "shared"
    return "unassigned"


def _why(deployment: Deployment, placement: Placement) -> str:
    text = ""
    if placement.evidence:
        best = placement.evidence[0]
        text = f"{best.kind}: {best.says or best.value}  {best.span}"
    if placement.candidates:
        text = f"one of {', '.join(placement.candidates)}  {text}".rstrip()
    return text + ("  (inferred)" if deployment.inferred else "")
