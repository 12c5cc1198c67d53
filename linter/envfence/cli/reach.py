"""`envfence reach FROM`: what an identity, a token or a whole environment can do, should it go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envfence.cli._options import scan_options
from envfence.cli._ways import (
    environment_of,
    gap_lines,
    gaps_json,
    nodes_of,
    print_json,
    survey_of,
    way_json,
    way_lines,
)
from envfence.model import CAPABILITIES
from envfence.report.json import end_json
from envfence.settings import Settings

if TYPE_CHECKING:
    from envfence.graph import Graph
    from envfence.judge.gaps import Gap
    from envfence.judge.questions import Way

_TIERS = ("production", "shared", "nonproduction", "unknown", "outside")
_MOST_WAYS = 10
_MOST_GAPS = 10


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--can", type=click.Choice(CAPABILITIES), help="Only what can be done this way, or more.")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@scan_options
def command(
    start: str,
    path: Path,
    can: str | None,
    format_: str,
    wanted: Settings,
) -> int:
    """Show what FROM can read, write and destroy, with the shortest way to each.

    FROM is an identity, a pipeline, a token: its whole name or any unique ending of one; or `env:NAME`, everything in
    an environment, of which then only what lies outside of it is shown.
    """
    from envfence.judge.gaps import grant_gaps

    survey = survey_of(path, wanted)
    graph, starts, found = _search(survey, start, can or "")
    gaps = grant_gaps(graph, _acting(graph, starts))
    if format_ == "json":
        print_json(_document(graph, start, can, found, gaps))
    else:
        click.echo("\n".join(_text(graph, start, can, found, gaps)))
    return 0


def _acting(graph: Graph, starts: tuple[str, ...]) -> frozenset[str]:
    from envfence.judge.questions import becomes

    return becomes(graph, starts)


def _search(survey: Any, start: str, can: str) -> tuple[Graph, tuple[str, ...], list[Way]]:
    """The graph with all that FROM may act as decided against everything, and what it reaches."""
    from envfence.graph import GraphNode, link
    from envfence.judge.questions import asked, pattern, place_doubts, ways

    plain = link(survey.facts, survey.environments)
    starts = nodes_of(plain, start)
    home = start.removeprefix("env:") if start.startswith("env:") else ""

    def wanted(node: GraphNode) -> bool:
        return not home or home not in (*node.placement.environments, *node.placement.candidates)

    pairs = asked(plain, starts, wanted)
    graph = link(survey.facts, survey.environments, asked=pairs)
    return graph, starts, ways(graph, starts, pattern(can), wanted, doubtful=place_doubts)


def _groups(graph: Graph, found: list[Way]) -> dict[str, dict[str, list[Way]]]:
    """Ways by environment, production first, and by what they let one do, the worst first."""
    from envfence.judge.questions import does

    order = {name: index for index, name in enumerate(CAPABILITIES)}
    groups: dict[str, dict[str, list[Way]]] = {}
    for way in found:
        node = graph.nodes[way.end]
        groups.setdefault(environment_of(node), {}).setdefault(does(way.path[-1]), []).append(way)
    tiers = {environment_of(graph.nodes[way.end]): graph.nodes[way.end].placement.tier for way in found}
    names = sorted(groups, key=lambda name: (_TIERS.index(tiers[name]), name))
    return {
        name: {can: groups[name][can] for can in sorted(groups[name], key=lambda can: (order.get(can, 9), can))}
        for name in names
    }


def _text(graph: Graph, start: str, can: str | None, found: list[Way], gaps: tuple[Gap, ...]) -> list[str]:
    what = f" that it can {can}" if can else ""
    lines = [] if found else [f"{start} reaches nothing{what} in this repository, as far as it was read"]
    for environment, by_capability in _groups(graph, found).items():
        tier = graph.nodes[next(iter(by_capability.values()))[0].end].placement.tier
        lines.append(click.style(environment if environment == tier else f"{environment} ({tier})", bold=True))
        for capability, ways in by_capability.items():
            proved = sum(1 for way in ways if way.proved)
            lines.append(f"  {capability}: {proved} proved, {len(ways) - proved} possible")
            for way in ways[:_MOST_WAYS]:
                lines.append(f"    {graph.nodes[way.end].node.address}  {'' if way.proved else 'possible'}".rstrip())
                lines += way_lines(graph, way, "      ")
            if len(ways) > _MOST_WAYS:
                lines.append(f"    and {len(ways) - _MOST_WAYS} more (-f json has all)")
    if gaps:
        lines += ["not known", *gap_lines(gaps, _MOST_GAPS)]
    return lines


def _document(graph: Graph, start: str, can: str | None, found: list[Way], gaps: tuple[Gap, ...]) -> dict[str, Any]:
    from envfence.judge.context import end_of

    return {
        "schema": "envfence/reach/1",
        "from": start,
        "can": can,
        "reaches": [
            {
                "environment": environment,
                "capability": capability,
                "things": [{"to": end_json(end_of(graph.nodes[way.end])), **way_json(graph, way)} for way in ways],
            }
            for environment, by_capability in _groups(graph, found).items()
            for capability, ways in by_capability.items()
        ],
        "unknowns": gaps_json(gaps),
    }
