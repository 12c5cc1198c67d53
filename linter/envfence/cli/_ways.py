"""What `reach`, `path` and `prove` share: names of nodes, and ways as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envfence.cli._options import open_tree
from envfence.cli.why import resolve
from envfence.errors import UsageError
from envfence.model import Edge
from envfence.report.json import end_json, evidence_json

if TYPE_CHECKING:
    from envfence.graph import Graph, GraphNode
    from envfence.judge.gaps import Gap
    from envfence.judge.questions import Way
    from envfence.pipeline import Survey
    from envfence.settings import Settings

_ENVIRONMENT = "env:"
_MOST_UNKNOWNS = 4


def survey_of(path: Path, wanted: Settings) -> Survey:
    """Everything up to *assign* of the tree at `path`."""
    from envfence import pipeline

    return pipeline.survey(open_tree(path), wanted)


def nodes_of(graph: Graph, text: str) -> tuple[str, ...]:
    """The nodes that `text` names: one by its whole name or any unique ending; with `env:NAME` all of an environment.

    Raises `UsageError` with the candidates."""
    if not text.startswith(_ENVIRONMENT):
        known = {*graph.nodes, *graph.deployments}
        found = resolve(text, sorted(known))
        if found in graph.deployments:
            return tuple(node.id for node in graph.nodes.values() if node.deployment == found)
        return (found,)
    name = text.removeprefix(_ENVIRONMENT)
    if name not in graph.environments.tiers:
        raise UsageError(
            f"no environment is called '{name}'; there are: {', '.join(sorted(graph.environments.tiers)) or 'none'}"
        )
    return tuple(
        node.id
        for node in graph.nodes.values()
        if name in node.placement.environments or name in node.placement.candidates
    )


def environment_of(node: GraphNode) -> str:
    """The environment of a node as a heading."""
    where = node.placement
    return "+".join(where.environments) or "|".join(where.candidates) or where.tier


def way_lines(graph: Graph, way: Way, indent: str) -> list[str]:
    """A way, one line a step: who, what it may, where that is written; and what it depends on."""
    from envfence.graph.symbols import readable

    lines = []
    for edge in way.path:
        place = f"  {edge.evidence[0].span}" if edge.evidence else ""
        lines.append(f"{indent}{_shown(graph, edge.source)} {_says(edge)}{place}")
    if not way.path:
        lines.append(f"{indent}{_shown(graph, way.end)} is in both  {graph.nodes[way.end].span}")
    shown = way.unknowns[:_MOST_UNKNOWNS]
    lines += [f"{indent}  depends on: {readable(each, graph.symbols)}" for each in shown]
    rest = len(way.unknowns) - len(shown)
    return lines + ([f"{indent}  and on {rest} more"] if rest else [])


def _shown(graph: Graph, node_id: str) -> str:
    from envfence.judge.context import label

    node = graph.nodes[node_id]
    return f"{label(node)} ({environment_of(node)})"


def gap_lines(gaps: Iterable[Gap], most: int) -> list[str]:
    """What is not known, at most `most` lines."""
    listed = tuple(gaps)
    lines = [f"  {gap.says}  {gap.span}" for gap in listed[:most]]
    return lines + ([f"  and {len(listed) - most} more (-f json has all)"] if len(listed) > most else [])


def way_json(graph: Graph, way: Way) -> dict[str, Any]:
    """A way as JSON: hops as in the report, certainty, unknowns."""
    from envfence.graph.symbols import readable
    from envfence.judge.context import end_of

    hops = [{**end_json(end_of(graph.nodes[edge.source])), **_edge_json(edge)} for edge in way.path]
    last = {**end_json(end_of(graph.nodes[way.end])), "edge": None, "says": "", "evidence": []}
    return {
        "certainty": "proved" if way.proved else "possible",
        "path": [*hops, last],
        "unknowns": [readable(each, graph.symbols) for each in way.unknowns],
    }


def _says(edge: Edge) -> str:
    from envfence.judge.context import edge_name

    return edge.says or edge_name(edge)


def _edge_json(edge: Edge) -> dict[str, Any]:
    from envfence.judge.context import edge_name

    return {
        "edge": edge_name(edge),
        "says": _says(edge),
        "evidence": [evidence_json(each) for each in edge.evidence],
    }


def gaps_json(gaps: Iterable[Gap]) -> list[dict[str, Any]]:
    """What is not known, with its places."""
    return [{"says": gap.says, "file": gap.span.path, "line": gap.span.line} for gap in gaps]


def print_json(document: dict[str, Any]) -> None:
    """Prints a document as all commands do."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
