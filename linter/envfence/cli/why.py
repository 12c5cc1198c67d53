"""`envfence why ADDRESS`: which environment a resource got, what decided it, and its edges in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from envfence.cli._options import open_tree, scan_options
from envfence.cli.envs import evidence_json, placement_json
from envfence.errors import UsageError
from envfence.model import Edge, Facts, Placement
from envfence.settings import Settings
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.graph import Graph

_MAX_CANDIDATES = 12


@click.command()
@click.argument("address")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@scan_options
def command(
    address: str,
    path: Path,
    format_: str,
    wanted: Settings,
) -> int:
    """Explain the environment of one resource or deployment, and show what it touches.

    ADDRESS is a whole name (`ROOT@NAME:module.db.aws_db_instance.this`) or any unique ending of one.
    """
    from envfence import pipeline

    survey = pipeline.survey(open_tree(path), wanted)
    graph = pipeline.graph(survey)
    deployments = {facts.deployment.id: facts for facts in survey.facts}
    node_id = address if address in deployments else resolve(address, sorted({*graph.nodes, *deployments}))
    if node_id in deployments:
        facts = deployments[node_id]
        placement = survey.environments.deployments.get(node_id, Placement())
        places = [survey.environments.nodes.get(f"{node_id}:{node.address}", placement) for node in facts.nodes]
        click.echo(
            _deployment_json(facts, placement) if format_ == "json" else _deployment_text(facts, placement, places)
        )
        return 0
    _show_node(node_id, graph, format_ == "json")
    return 0


def _show_node(node_id: str, graph: Graph, as_json: bool) -> None:
    node = graph.nodes[node_id]
    outgoing = sorted(graph.out.get(node_id, ()), key=lambda edge: (edge.kind, edge.target))
    incoming = sorted(graph.into.get(node_id, ()), key=lambda edge: (edge.kind, edge.source))
    if as_json:
        click.echo(_json(node_id, node, outgoing, incoming))
        return
    placement = node.placement
    click.echo(f"{click.style(node_id, bold=True)}\n  {_where(placement)} ({placement.tier})  {node.node.span}")
    for line in _evidence_lines(placement):
        click.echo(line)
    for title, edges, other in (("touches", outgoing, "target"), ("is touched by", incoming, "source")):
        if edges:
            click.echo(f"  {title}")
        for edge in edges:
            _edge_line(edge, getattr(edge, other))


def _where(placement: Placement) -> str:
    return "+".join(placement.environments) or "|".join(placement.candidates) or "no environment"


def _evidence_lines(placement: Placement) -> list[str]:
    return [f"    {signal.kind:<9} {signal.says or signal.value}  {signal.span}" for signal in placement.evidence]


def _deployment_text(facts: Facts, placement: Placement, places: Iterable[Placement]) -> str:
    """What decided for a deployment, what it was given, where it acts, and where its resources are."""
    deployment = facts.deployment
    doubt = "" if not deployment.inferred else ", inferred: no file shows this combination of inputs"
    strength = "" if placement.firm or not placement.environments else ", not firm: no proved finding rests on it"
    lines = [
        click.style(deployment.id, bold=True),
        f"  {_where(placement)} ({placement.tier}{strength}{doubt})  {deployment.span}",
        *_evidence_lines(placement),
    ]
    given = [f"    workspace {deployment.workspace}"] if deployment.workspace != "default" else []
    given += [f"    {path}" for path in deployment.var_files]
    names = sorted({each.name for each in deployment.inputs})  # never their values: one may be a secret
    given += [f"    variables {', '.join(names)}"] if names else []
    acts = [f"    {use.provider}: {use.boundary}  {use.span}" for use in facts.boundaries if is_shown(use.boundary)]
    counts = Counter(f"{_where(place)} ({place.tier})" for place in places)
    held = [f"    {number} in {where}" for where, number in sorted(counts.items())]
    for title, texts in (("is given", given), ("acts in", acts), ("has resources", held)):
        lines += [f"  {title}", *texts] if texts else []
    return "\n".join(lines)


def is_shown(boundary: str) -> bool:
    """Whether a boundary is known: one with holes tells a reader nothing."""
    return bool(boundary) and not has_holes(boundary)


def _deployment_json(facts: Facts, placement: Placement) -> str:
    deployment = facts.deployment
    document = {
        "schema": "envfence/why/1",
        "id": deployment.id,
        "file": deployment.span.path,
        "line": deployment.span.line,
        **placement_json(placement),
        "firm": placement.firm,
        "inferred": deployment.inferred,
        "evidence": evidence_json(placement.evidence),
        "workspace": deployment.workspace,
        "var_files": list(deployment.var_files),
        "boundaries": sorted({use.boundary for use in facts.boundaries if is_shown(use.boundary)}),
        "resources": len(facts.nodes),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def resolve(text: str, names: list[str]) -> str:
    """The one name that `text` is, or that ends with it at a separator; raises `UsageError` with the candidates."""
    if text in names:
        return text
    found = [name for name in names if name.endswith((f":{text}", f".{text}", f"/{text}"))]
    if len(found) == 1:
        return found[0]
    if not found:
        near = [name for name in names if text in name][:_MAX_CANDIDATES]
        listed = "".join(f"\n  {name}" for name in near)
        raise UsageError(f"nothing is called '{text}'" + (f"; names that contain it:{listed}" if near else ""))
    listed = "".join(f"\n  {name}" for name in found[:_MAX_CANDIDATES])
    more = f"\n  and {len(found) - _MAX_CANDIDATES} more" if len(found) > _MAX_CANDIDATES else ""
    raise UsageError(f"'{text}' could be {len(found)} things; write more of the name:{listed}{more}")


def _edge_line(edge: Edge, other: str) -> None:
    what = f"{edge.kind}[{edge.capability}]" if edge.capability else edge.kind
    doubt = "" if edge.certainty == "proved" else f"  possible: {'; '.join(edge.unknowns)}"
    place = f"  {edge.evidence[0].span}" if edge.evidence else ""
    click.echo(f"    {what} {other}{place}{doubt}")


def _json(node_id: str, node: Any, outgoing: list[Edge], incoming: list[Edge]) -> str:
    document = {
        "schema": "envfence/why/1",
        "id": node_id,
        "file": node.node.span.path,
        "line": node.node.span.line,
        **placement_json(node.placement),
        "evidence": evidence_json(node.placement.evidence),
        "outgoing": [_edge_json(edge) for edge in outgoing],
        "incoming": [_edge_json(edge) for edge in incoming],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {
        "kind": edge.kind,
        "capability": edge.capability,
        "source": edge.source,
        "target": edge.target,
        "certainty": edge.certainty,
        "unknowns": list(edge.unknowns),
        "evidence": [{"file": e.span.path, "line": e.span.line, "says": e.says} for e in edge.evidence],
    }
