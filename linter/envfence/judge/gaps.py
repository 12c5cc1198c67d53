"""What was not read, and could decide a claim that nothing leads from one environment to another.

In: facts, problems, the graph, the two sides. Out: gaps in words, with their places. Must not know formats.

It errs on the careful side: whatever stands in a deployment of either side, or in one that may be of either, counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from envfence.graph import Graph, GraphNode
from envfence.model import Facts, Placement, Problem, Record
from envfence.values import Span, has_holes

#: Kinds of nodes through which or at which something may happen.
_MATTERS = frozenset({"identity", "compute", "pipeline", "store", "backup", "secret", "key", "state"})
Side = Callable[[Placement], bool]


class Gap(Record, frozen=True, kw_only=True, order=True):
    """Something not known that could decide, and where it stands."""

    says: str
    span: Span


def gaps(
    graph: Graph,
    facts: Iterable[Facts],
    problems: Iterable[Problem],
    sides: tuple[Side, Side],
    acting: frozenset[str],
) -> tuple[Gap, ...]:
    """Everything unread that could decide whether the first side reaches the second.

    `acting` are the nodes that one may act as from the first side.
    """
    listed = tuple(facts)
    placements = {each.deployment.id: _placement(graph, each.deployment.id) for each in listed}
    concerned = {name for name, where in placements.items() if any(side(where) for side in sides)}
    found = [
        *_problems(problems, concerned, placements),
        *_grants(graph, sides, acting),
        *_unplaced(graph, sides),
        *_boundaries(listed, placements, sides),
        *_platforms(listed, placements, sides),
    ]
    return tuple(sorted(set(found)))


def grant_gaps(graph: Graph, holders: Iterable[str]) -> tuple[Gap, ...]:
    """The policies of some nodes that could not be read."""
    wanted = frozenset(holders)
    return tuple(sorted(set(_unread_grants(graph, lambda holder: holder in wanted))))


def _placement(graph: Graph, deployment: str) -> Placement:
    return graph.environments.deployments.get(deployment, Placement())


def _problems(problems: Iterable[Problem], concerned: set[str], placements: dict[str, Placement]) -> Iterator[Gap]:
    """What could not be read in a deployment of either side, or in a file that may belong to any."""
    for problem in problems:
        if problem.deployment in placements and problem.deployment not in concerned:
            continue
        hides = f", which hides {problem.hides}" if problem.hides else ""
        yield Gap(says=f"{problem.reason}{hides}", span=problem.span)


def _grants(graph: Graph, sides: tuple[Side, Side], acting: frozenset[str]) -> Iterator[Gap]:
    def matters(holder: str) -> bool:
        node = graph.nodes.get(holder)
        return holder in acting or node is None or any(side(node.placement) for side in sides)

    return _unread_grants(graph, matters)


def _unread_grants(graph: Graph, matters: Callable[[str], bool]) -> Iterator[Gap]:
    for linked in graph.grants:
        if linked.grant.unknown and matters(linked.holder):
            yield Gap(says=f"a policy of {_name(graph, linked.holder)}: {linked.grant.unknown}", span=linked.grant.span)


def _name(graph: Graph, holder: str) -> str:
    node = graph.nodes.get(holder)
    return node.node.address if node is not None else holder


def _unplaced(graph: Graph, sides: tuple[Side, Side]) -> Iterator[Gap]:
    """Things that may be of either side for all that is known; one gap for each deployment. What is only named counts
    where it leads into the second side."""
    seen = set()
    for node in graph.nodes.values():
        if not _may_be_anywhere(node) or node.node.kind not in _MATTERS or node.node.mode == "data":
            continue
        if not node.deployment and not any(
            sides[1](graph.nodes[edge.target].placement) for edge in graph.out.get(node.id, ())
        ):
            continue
        what = node.deployment or node.node.address
        if what not in seen:
            seen.add(what)
            yield Gap(says=f"which environment {what} is in", span=node.span)


def _may_be_anywhere(node: GraphNode) -> bool:
    where = node.placement
    return where.tier == "unknown" and not where.environments and not where.candidates


def _boundaries(facts: tuple[Facts, ...], placements: dict[str, Placement], sides: tuple[Side, Side]) -> Iterator[Gap]:
    """Boundaries that are not known, or that both sides act in: whoever applies the one may then do what the rights of
    its credentials allow, and those stand in no repository."""
    uses = [_uses(facts, placements, side) for side in sides]
    for form in sorted({form for form, _, _, _ in uses[0]} & {form for form, _, _, _ in uses[1]}):
        first, second = ([use for use in found if use[0] == form] for found in uses)
        unknown = [use for use in (*first, *second) if not use[1]]
        for _, _, deployment, span in unknown:
            yield Gap(says=f"in which {_KINDS.get(form, form + ' boundary')} {deployment} acts", span=span)
        shared = {use[1] for use in first if use[1]} & {use[1] for use in second}
        for _, text, deployment, span in first:
            if text in shared:
                says = f"what the credentials that {deployment} is applied with may do in {text}, where both sides act"
                yield Gap(says=says, span=span)


def _platforms(facts: tuple[Facts, ...], placements: dict[str, Placement], sides: tuple[Side, Side]) -> Iterator[Gap]:
    """Platforms that both sides have things on and whose configurations say no boundary: a token may open both."""
    bounded = {use.boundary.partition(":")[0] for each in facts for use in each.boundaries}
    first, second = (_platforms_of(facts, placements, side) for side in sides)
    for platform in sorted((first.keys() & second.keys()) - bounded - _LOCAL):
        deployment, span = first[platform]
        yield Gap(says=f"what the {platform} credentials that {deployment} is applied with may do", span=span)


def _platforms_of(
    facts: tuple[Facts, ...], placements: dict[str, Placement], side: Side
) -> dict[str, tuple[str, Span]]:
    """The platforms on which one side has things, each with the first deployment that does."""
    found: dict[str, tuple[str, Span]] = {}
    for each in sorted(facts, key=lambda each: each.deployment.id):
        if side(placements[each.deployment.id]):
            for node in each.nodes:
                if node.mode == "managed" and "_" in node.type:
                    found.setdefault(node.type.partition("_")[0], (each.deployment.id, each.deployment.span))
    return found


#: Providers that act on nothing outside of the run.
_LOCAL = frozenset({"archive", "external", "http", "local", "null", "random", "template", "terraform", "time", "tls"})
_KINDS = {
    "aws": "AWS account",
    "google": "Google Cloud project",
    "azurerm": "Azure subscription",
    "kubernetes": "cluster",
}


def _uses(
    facts: tuple[Facts, ...], placements: dict[str, Placement], side: Side
) -> tuple[tuple[str, str, str, Span], ...]:
    """(form, text or "" where it is not known, deployment, place) of every boundary that one side acts in."""
    found: dict[tuple[str, str, str], Span] = {}
    for each in facts:
        if not side(placements[each.deployment.id]):
            continue
        for use in each.boundaries:
            form, _, rest = use.boundary.partition(":")
            known = "" if not rest or has_holes(rest) else use.boundary
            found.setdefault((form, known, each.deployment.id), use.span)
    return tuple((*key, span) for key, span in sorted(found.items()))
