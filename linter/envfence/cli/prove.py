"""`envfence prove`: holds the claim that nothing in one environment can reach another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from envfence.cli._options import scan_options, today
from envfence.cli._ways import gap_lines, gaps_json, print_json, survey_of, way_json, way_lines
from envfence.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from envfence.model import CAPABILITIES
from envfence.settings import Settings

if TYPE_CHECKING:
    from envfence.graph import Graph
    from envfence.judge.proof import Proof, Zone

_MOST = 10
_MOST_GAPS = 25
_EXITS = {"proved isolated": EXIT_CLEAN, "refuted": EXIT_FINDINGS, "open": EXIT_INCOMPLETE}


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--from", "start", required=True, metavar="ENV", help="An environment, or `nonproduction`.")
@click.option("--to", "end", required=True, metavar="ENV", help="An environment, or `production`.")
@click.option("--can", type=click.Choice(CAPABILITIES), help="Only what can be done this way, or more.")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@scan_options
def command(
    path: Path,
    start: str,
    end: str,
    can: str | None,
    format_: str,
    wanted: Settings,
) -> int:
    """Decide whether anything in one environment can touch another, as far as this repository declares both.

    \b
    proved isolated (exit 0)  nothing leads over, and nothing unread could
    refuted         (exit 1)  something does: the ways are shown
    open            (exit 4)  it depends on what is listed
    """
    survey = survey_of(path, wanted)
    graph, sides, proof = _decide(survey, start, end, can or "")
    if format_ == "json":
        print_json(_document(graph, sides, can, proof))
    else:
        click.echo("\n".join(_text(graph, sides, can, proof)))
    return _EXITS[proof.verdict]


def _decide(survey: Any, start: str, end: str, can: str) -> tuple[Graph, tuple[Zone, Zone], Proof]:
    from envfence.graph import link
    from envfence.judge import judge, load_rules
    from envfence.judge.gaps import gaps
    from envfence.judge.proof import between, crossings, prove, zone
    from envfence.judge.questions import asked, becomes

    plain = link(survey.facts, survey.environments)
    tiers = plain.environments.tiers
    sides = (zone(start, tiers), zone(end, tiers))
    starts = [node.id for node in plain.nodes.values() if sides[0].holds(node)]
    graph = link(survey.facts, survey.environments, asked=asked(plain, starts, sides[1].holds))
    # ways say already what rules of kind path would
    rules = [rule for rule in load_rules(survey.config) if rule.kind != "path"]
    found = () if can else judge(graph, rules, survey.config, today=today())
    unread = gaps(
        graph,
        survey.facts,
        (*survey.problems, *graph.problems),
        (sides[0].maybe, sides[1].maybe),
        becomes(graph, starts),
    )
    return graph, sides, prove(crossings(graph, sides, can), between(found, sides), unread)


def _text(graph: Graph, sides: tuple[Zone, Zone], can: str | None, proof: Proof) -> list[str]:
    from envfence.judge.proof import ISOLATED
    from envfence.judge.questions import does

    claim = f"nothing in {sides[0].name} can {can or 'touch'} anything in {sides[1].name}"
    said = claim if proof.verdict == ISOLATED else f'the claim "{claim}"'
    lines = [f"{click.style(proof.verdict, bold=True)}: {said}"]
    for way in proof.ways[:_MOST]:
        what = f"{does(way.path[-1])} " if way.path else ""
        lines.append(f"  {what}{graph.nodes[way.end].node.address}  {'proved' if way.proved else 'possible'}")
        lines += way_lines(graph, way, "    ")
    if len(proof.ways) > _MOST:
        lines.append(f"  and {len(proof.ways) - _MOST} more ways (-f json has all)")
    for finding in proof.findings[:_MOST]:
        lines.append(f"  {finding.rule}: {finding.message}  {finding.cause.span}")
    if len(proof.findings) > _MOST:
        lines.append(f"  and {len(proof.findings) - _MOST} more findings (-f json has all)")
    if proof.gaps:
        lines += ["it depends on", *gap_lines(proof.gaps, _MOST_GAPS)]
    return lines


def _document(graph: Graph, sides: tuple[Zone, Zone], can: str | None, proof: Proof) -> dict[str, Any]:
    return {
        "schema": "envfence/prove/1",
        "from": sides[0].name,
        "to": sides[1].name,
        "can": can,
        "verdict": proof.verdict,
        "ways": [way_json(graph, way) for way in proof.ways],
        "findings": [
            {
                "rule": finding.rule,
                "certainty": finding.certainty,
                "message": finding.message,
                "file": finding.cause.span.path,
                "line": finding.cause.span.line,
                "fingerprint": finding.fingerprint,
                "unknowns": list(finding.unknowns),
            }
            for finding in proof.findings
        ],
        "unknowns": gaps_json(proof.gaps),
    }
