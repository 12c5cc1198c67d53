"""What the edges of a path demand of the unknowns, and whether all of it can be met together.

In: edges with their demands (`envfence.access.demands`). Out: whether a path contradicts itself: whether one step needs
`env` to be prod and another needs the same `env` to be staging. Must not know policies, searches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from envfence.access.demands import Demand, contradictory, holes_of
from envfence.model import Edge
from envfence.values import has_holes

_Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class EdgeDemands:
    """Demands by edge, and the answers so far."""

    _by_edge: dict[_Key, tuple[Demand, ...]] = field(default_factory=dict)
    _answers: dict[frozenset[Demand], bool] = field(default_factory=dict)

    def add(self, edge: Edge, demands: Iterable[Demand]) -> None:
        """What an edge demands. Of several that come to the same edge only what all of them demand counts."""
        found = tuple(each for each in demands if _counts(each))
        key = _key(edge)
        before = self._by_edge.get(key)
        self._by_edge[key] = found if before is None else tuple(each for each in before if each in found)

    def of(self, edge: Edge) -> tuple[Demand, ...]:
        """What an edge demands: nothing when it is sure."""
        return self._by_edge.get(_key(edge), ()) if edge.certainty != "proved" else ()

    def contradict(self, edges: Iterable[Edge]) -> bool:
        """Whether no contents of the unknowns give all of these edges at once."""
        listed = [found for edge in edges if (found := self.of(edge))]
        if len(listed) < 2 or not _share(listed):
            return False
        demands = frozenset(each for found in listed for each in found)
        answer = self._answers.get(demands)
        if answer is None:
            answer = self._answers[demands] = contradictory(sorted(demands), plain=True)
        return answer


def _key(edge: Edge) -> _Key:
    return edge.source, edge.target, edge.kind, edge.capability, edge.cause


def _counts(demand: Demand) -> bool:
    """A resource that is one unknown as a whole may be a list, or `*`: it may be several things at once."""
    return not (len(demand.pattern) == 1 and has_holes(demand.pattern) and demand.text.startswith("arn:"))


def _share(listed: Iterable[tuple[Demand, ...]]) -> bool:
    """Whether two of the edges speak of one unknown."""
    seen: set[str] = set()
    for demands in listed:
        holes = {hole for each in demands for hole in holes_of(each)}
        if holes & seen:
            return True
        seen |= holes
    return False
