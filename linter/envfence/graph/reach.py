"""Searches the product of the graph and an automaton: what can be reached, and by which shortest path.

In: a graph, an automaton, the nodes to start from. Out: for every (node, state) that is reached, the best way back to
a start: paths of proved edges before others, then short ones, then by node name. Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from envfence.graph.automaton import Automaton
from envfence.graph.graph import Graph
from envfence.model import Edge

State = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Reached:
    """The result of one search. `back[state]` is (state before, edge taken), or None at a start; `proved` are the
    states that a path of proved edges alone reaches.
    """

    back: dict[State, tuple[State, Edge] | None]
    proved: frozenset[State]

    def path(self, state: State) -> tuple[Edge, ...]:
        """The edges from a start to `state`."""
        edges = []
        step = self.back[state]
        while step is not None:
            edges.append(step[1])
            step = self.back[step[0]]
        return tuple(reversed(edges))


def search(
    graph: Graph, automaton: Automaton, starts: Iterable[str], enter: Callable[[str], bool] | None = None
) -> Reached:
    """Searches from `starts`, breadth first: over proved edges, then over all. `enter` says whether the search may go
    on from a node that it meets (default: from all).
    """
    back: dict[State, tuple[State, Edge] | None] = {}
    ordered = sorted(set(starts))
    for node in ordered:
        back[(node, 0)] = None
    layer = list(back)
    _spread(graph, automaton, back, layer, enter, proved_only=True)
    proved = frozenset(back)
    _spread(graph, automaton, back, sorted(back), enter, proved_only=False)
    return Reached(back, proved)


def _spread(
    graph: Graph,
    automaton: Automaton,
    back: dict[State, tuple[State, Edge] | None],
    layer: list[State],
    enter: Callable[[str], bool] | None,
    *,
    proved_only: bool,
) -> None:
    """Adds to `back` everything that can be reached from `layer`, layer by layer."""
    while layer:
        following: list[State] = []
        for node, state in layer:
            if enter is not None and back[(node, state)] is not None and not enter(node):
                continue
            for edge in graph.out.get(node, ()):
                if proved_only and edge.certainty != "proved":
                    continue
                for target in automaton.after(state, edge):
                    key = (edge.target, target)
                    if key not in back:
                        back[key] = ((node, state), edge)
                        following.append(key)
        layer = sorted(following)


def accepted(graph: Graph, automaton: Automaton, reached: Reached) -> Iterator[tuple[State, Edge, int]]:
    """Every last step of an accepted path: (state before it, edge, state after it), in a fixed order.

    There may be several steps into one node: each is a cause of its own.
    """
    for before in sorted(reached.back):
        node, state = before
        for edge in graph.out.get(node, ()):
            for after in automaton.after(state, edge):
                if after in automaton.accepting:
                    yield before, edge, after
