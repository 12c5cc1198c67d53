"""Searches the product of the graph and an automaton: what can be reached, and by which shortest path.

In: a graph, an automaton, the nodes to start from. Out: for every (node, state) that is reached, the best way back to
a start: paths of proved edges before others, then short ones, then by node name. Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from envfence.graph.automaton import Automaton
from envfence.graph.graph import Graph
from envfence.model import Edge

State = tuple[str, int]
#: Beyond so many ways to one step nobody looks for one without contradiction.
_MOST_WAYS = 300


@dataclass(frozen=True, slots=True)
class Reached:
    """The result of one search. `back[state]` is (state before, edge taken), or None at a start; `proved` are the
    states that a path of proved edges alone reaches.
    """

    back: dict[State, tuple[State, Edge] | None]
    proved: frozenset[State]
    #: Paths to a last step that take another way than the shortest, which contradicts itself with that step.
    around: dict[tuple[State, Edge], tuple[Edge, ...]] = field(default_factory=dict)

    def path(self, state: State, last: Edge | None = None) -> tuple[Edge, ...]:
        """The edges from a start to `state`; with `last` those that go together with this last step, and it."""
        if last is not None:
            found = self.around.get((state, last)) if self.around else None
            return (*(self.path(state) if found is None else found), last)
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

    There may be several steps into one node: each is a cause of its own. Steps that no path leads to without
    contradicting itself are left out.
    """
    for before in sorted(reached.back):
        node, state = before
        for edge in graph.out.get(node, ()):
            for after in automaton.after(state, edge):
                if after in automaton.accepting and _can_be(graph, automaton, reached, before, edge):
                    yield before, edge, after


def _can_be(graph: Graph, automaton: Automaton, reached: Reached, before: State, last: Edge) -> bool:
    """Whether some path to a last step does not contradict itself; notes it where it is not the shortest one."""
    if not graph.demands.of(last) and before in reached.proved:
        return True
    if not graph.demands.contradict(reached.path(before, last)):
        return True
    found = _around(graph, automaton, reached, before, last)
    if found is not None:
        reached.around[(before, last)] = found[:-1]
    return found is not None


def _around(graph: Graph, automaton: Automaton, reached: Reached, before: State, last: Edge) -> tuple[Edge, ...] | None:
    """Another path to a last step, looked for backwards and breadth first; None when there is none. Where there are
    too many ways, the shortest is kept: it is not refuted that another one can be."""
    waiting: list[tuple[State, tuple[Edge, ...]]] = [(before, (last,))]
    for (state, path), _ in zip(waiting, range(_MOST_WAYS), strict=False):
        if reached.back[state] is None:
            return path
        met = {edge.target for edge in path}
        for edge in graph.into.get(state[0], ()):
            longer = (edge, *path)
            if edge.source in met or graph.demands.contradict(longer):
                continue
            for number in range(len(automaton.moves)):
                earlier = (edge.source, number)
                if earlier in reached.back and state[1] in automaton.after(number, edge):
                    waiting.append((earlier, longer))
    return None if len(waiting) <= _MOST_WAYS else reached.path(before, last)
