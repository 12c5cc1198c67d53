"""Who else reads the place that an edit would change.

Comes in: the graph. Goes out: for findings with an edit, the environments of other tiers that share its place. Must not
know: how sources are edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from envfence.graph.graph import Graph, GraphNode
from envfence.model import Edit, Finding
from envfence.values import Span

_Place = tuple[str, int, int]


def with_sharers(findings: Iterable[Finding], graph: Graph) -> Iterator[Finding]:
    """The findings, their edits knowing which environments of other tiers share the place."""
    listed = tuple(findings)
    if not any(finding.edit for finding in listed):
        yield from listed
        return
    places = _places(graph, {_place(span) for finding in listed if finding.edit for span in _spans(finding.edit)})
    tiers = graph.environments.tiers
    for finding in listed:
        if finding.edit is None:
            yield finding
            continue
        own = finding.target.tier
        names = {name for span in _spans(finding.edit) for name in places.get(_place(span), ())}
        others = tuple(sorted(name for name in names if tiers.get(name, name) != own))
        yield msgspec.structs.replace(finding, edit=msgspec.structs.replace(finding.edit, shared=others))


def _spans(edit: Edit) -> tuple[Span, ...]:
    return (edit.written,) if edit.written is not None else (edit.block,)


def _places(graph: Graph, wanted: set[_Place]) -> dict[_Place, set[str]]:
    """The environments (or "an unknown environment") of all nodes that come from each place."""
    found: dict[_Place, set[str]] = {}
    for node in graph.nodes.values():
        for span in _of(node):
            place = _place(span)
            if place in wanted:
                found.setdefault(place, set()).update(_names(node))
    return found


def _of(node: GraphNode) -> Iterator[Span]:
    yield node.span
    for call in node.calls:
        yield call.span
    for fact in node.node.facts.values():
        for span in (fact.span, fact.origin):
            if span is not None:
                yield span


def _names(node: GraphNode) -> tuple[str, ...]:
    return node.placement.environments or node.placement.candidates or ("an unknown environment",)


def _place(span: Span) -> _Place:
    return span.path, span.line, span.column
