"""Crossings that were there before and can do more now.

In: both graphs. Out: findings about pairs of nodes. Must not know how access is decided.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.changes.comparison import Comparison
from envfence.judge.context import Claim, Context, doubts, first_span, hops_of, make_finding, placed
from envfence.judge.fences import Side, crosses, sides_of
from envfence.judge.kinds.path import cause_of
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches
from envfence.model import CAPABILITIES, Edge, Finding

_RANK = {name: index for index, name in enumerate(CAPABILITIES)}


def escalated(comparison: Comparison, after: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """One finding for each pair of nodes across a fence that was allowed something and is allowed more."""
    before = _pairs(comparison)
    for pair, edge in sorted(_strongest(after).items()):
        old = before.get(pair)
        if old is not None and _RANK[edge.capability] < _RANK[old]:
            source, target = after.nodes[pair[0]], after.nodes[pair[1]]
            if matches(rule.parameters.get("of", {}), target, after.environments.tiers):
                yield from _findings(after, rule, context, edge, source, target, old)


def _strongest(graph: Graph) -> dict[tuple[str, str], Edge]:
    found: dict[tuple[str, str], Edge] = {}
    for edges in graph.out.values():
        for edge in edges:
            if edge.kind != "may" or edge.capability not in _RANK:
                continue
            known = found.get((edge.source, edge.target))
            if known is None or _RANK[edge.capability] < _RANK[known.capability]:
                found[(edge.source, edge.target)] = edge
    return found


def _pairs(comparison: Comparison) -> dict[tuple[str, str], str]:
    """The strongest capability of each pair before, by the ids that its ends have now."""
    found: dict[tuple[str, str], str] = {}
    for (source, target), edge in _strongest(comparison.before).items():
        ends = [comparison.fate(comparison.before.nodes[end]).node for end in (source, target)]
        if ends[0] is not None and ends[1] is not None:
            found[(ends[0].id, ends[1].id)] = edge.capability
    return found


def _findings(
    graph: Graph, rule: Rule, context: Context, edge: Edge, source: GraphNode, target: GraphNode, old: str
) -> Iterator[Finding]:
    for one, other in _crossings(graph, source, target):
        severity = context.fences.severity(one, other, rule.severity)
        if severity is None:
            continue
        unknowns = (*doubts((source, target), {source.id: one, target.id: other}), *edge.unknowns)
        says = f"{placed(source, one)} may {edge.capability} {placed(target, other)}; before it could {old} it"
        proved = edge.certainty == "proved" and not unknowns
        yield make_finding(
            Claim(
                rule=rule,
                message=says,
                source=source,
                target=target,
                between=(one.name, other.name),
                severity=severity,
                certainty="proved" if proved else "possible",
                cause=first_span(edge.evidence, source.span),
                key=cause_of(edge),
                path=hops_of(graph, (edge,)),
                unknowns=unknowns,
                cut=0,
            )
        )


def _crossings(graph: Graph, source: GraphNode, target: GraphNode) -> Iterator[tuple[Side, Side]]:
    tiers = graph.environments.tiers
    for one in sides_of(source, tiers):
        for other in sides_of(target, tiers):
            if one.tier != "production" and other.tier == "production" and crosses(one, other):
                yield one, other
