"""`envfence path FROM TO`: the shortest way from one thing or environment to another."""

from __future__ import annotations

from pathlib import Path

import click

from envfence.cli._options import scan_options
from envfence.cli._ways import gap_lines, gaps_json, nodes_of, print_json, survey_of, way_json, way_lines
from envfence.settings import Settings

_MOST_GAPS = 20


@click.command()
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@scan_options
def command(
    start: str,
    end: str,
    path: Path,
    format_: str,
    wanted: Settings,
) -> int:
    """Show the shortest way from FROM to TO, one of proved steps before any other.

    Both are whole names or any unique ending of one, or `env:NAME`. Where there is no way it says so, and what was
    not read of the policies that decide.
    """
    from envfence.graph import link
    from envfence.judge.gaps import grant_gaps
    from envfence.judge.questions import ANYTHING, asked, becomes, ways

    survey = survey_of(path, wanted)
    plain = link(survey.facts, survey.environments)
    starts, ends = nodes_of(plain, start), frozenset(nodes_of(plain, end))
    pairs = asked(plain, starts, lambda node: node.id in ends)
    graph = link(survey.facts, survey.environments, asked=pairs)
    found = ways(graph, [each for each in starts if each not in ends], ANYTHING, lambda node: node.id in ends)
    gaps = () if found else grant_gaps(graph, {*becomes(graph, starts), *ends})
    if format_ == "json":
        best = way_json(graph, found[0]) if found else None
        document = {"schema": "envfence/path/1", "from": start, "to": end, "way": best, "unknowns": gaps_json(gaps)}
        print_json(document)
        return 0
    if found:
        certainty = "proved" if found[0].proved else "possible"
        click.echo(f"{certainty}: {graph.nodes[found[0].end].node.address} is reached from {start}")
        click.echo("\n".join(way_lines(graph, found[0], "  ")))
        return 0
    click.echo(f"no way from {start} to {end}" + (", unless what is not known makes one:" if gaps else ""))
    if gaps:
        click.echo("\n".join(gap_lines(gaps, _MOST_GAPS)))
    return 0
