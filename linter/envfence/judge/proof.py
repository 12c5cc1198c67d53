"""Whether anything in one environment can reach another: proved isolated, refuted, or open.

In: the graph with all pairs of the two sides decided, findings of rules about both, gaps. Out: a verdict with its
grounds. Must not know the command line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from envfence.errors import UsageError
from envfence.graph import Graph, GraphNode
from envfence.judge.gaps import Gap
from envfence.judge.questions import Way, pattern, place_doubts, ways
from envfence.model import Finding, Placement

ISOLATED, REFUTED, OPEN = "proved isolated", "refuted", "open"
TIERS = ("production", "nonproduction", "shared", "outside", "unknown")
_HELD = frozenset({"store", "backup", "secret", "identity", "key", "state"})


@dataclass(frozen=True, slots=True)
class Zone:
    """One side of a claim: an environment, or all environments of a tier."""

    name: str
    environments: frozenset[str]
    tier: str = ""

    def surely(self, where: Placement) -> bool:
        """Whether something placed there is in the zone."""
        return bool(self.environments & set(where.environments)) or bool(
            self.tier and where.tier == self.tier and not where.environments and not where.candidates
        )

    def maybe(self, where: Placement) -> bool:
        """Whether something placed there may be in the zone."""
        return self.surely(where) or bool(self.environments & set(where.candidates))

    def holds(self, node: GraphNode) -> bool:
        """Whether a node may be in the zone."""
        return self.maybe(node.placement)


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict and what it rests on: `ways` and `findings` that lead over, best first; `gaps` that could."""

    verdict: str
    ways: tuple[Way, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


def zone(name: str, tiers: Mapping[str, str]) -> Zone:
    """The zone called `name`; raises `UsageError` with what there is when there is none."""
    if name in tiers:
        return Zone(name, frozenset({name}))
    if name in TIERS:
        return Zone(name, frozenset(each for each, tier in tiers.items() if tier == name), name)
    known = ", ".join(sorted({*tiers, "nonproduction"}))
    raise UsageError(f"no environment is called '{name}'; there are: {known}")


def crossings(graph: Graph, sides: tuple[Zone, Zone], can: str) -> list[Way]:
    """Everything that leads from the first zone to the second, the best way to each thing, and what is in both."""
    first, second = sides
    starts = [node.id for node in graph.nodes.values() if first.holds(node) and not second.surely(node.placement)]
    over = ways(graph, starts, pattern(can), second.holds, doubtful=place_doubts)
    both = [_in_both(node) for node in graph.nodes.values() if _is_in_both(node, first, second)]
    return sorted((*over, *both), key=lambda way: way.rank)


def _is_in_both(node: GraphNode, first: Zone, second: Zone) -> bool:
    where = node.placement
    return node.node.kind in _HELD and node.node.mode != "data" and first.surely(where) and second.surely(where)


def _in_both(node: GraphNode) -> Way:
    unknowns = place_doubts(node)
    return Way(node.id, node.id, (), unknowns, not unknowns)


def prove(over: Iterable[Way], findings: Iterable[Finding], unread: Collection[Gap]) -> Proof:
    """The verdict: one proved way over is enough to refute; anything possible or unread leaves it open."""
    found, told = tuple(over), tuple(findings)
    sure = tuple(way for way in found if way.proved)
    certain = tuple(each for each in told if each.certainty == "proved")
    if sure or certain:
        return Proof(REFUTED, sure, certain)
    if found or told or unread:
        return Proof(OPEN, found, told, tuple(unread))
    return Proof(ISOLATED)


def between(findings: Iterable[Finding], sides: tuple[Zone, Zone]) -> Iterator[Finding]:
    """The findings that lead from the first zone to the second."""
    first, second = sides
    for finding in findings:
        names = [set(each.split("|")) for each in finding.between]
        if finding.source is not None and _is_of(names[0], first) and _is_of(names[1], second):
            yield finding


def _is_of(names: set[str], side: Zone) -> bool:
    return bool(names & side.environments) or bool(side.tier and side.tier in names)
