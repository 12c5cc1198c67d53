"""Questions about one graph: what is reached from here, by which way, and what leads from one environment to another.

In: the graph, where to start, what counts. Out: ways, proved ones first, then short ones, each with what it depends on.
Must not know rules, formats, or how a name on the command line is resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from envfence.graph import Graph, GraphNode
from envfence.graph.automaton import Automaton, compile_pattern
from envfence.graph.desk import Asked
from envfence.graph.reach import Reached, accepted, search
from envfence.judge.context import doubts, label
from envfence.model import CAPABILITIES, Edge

_BECOMES = "(runs-as|assumes|passes|takes-over|holds|deploys)"
#: Steps that say "this touches that"; a way may end with any of them.
_TOUCHES = (
    "(may|reads-secret|reads-state|holds|deploys|runs-as|assumes|passes|takes-over|copies|points-at|connects|encrypts"
    "|acts-in)"
)
ANYTHING = f"{_BECOMES}* {_TOUCHES}"
#: What edges other than `may` let one do.
_CAPABILITY_OF = {"reads-secret": "read", "reads-state": "read", "deploys": "administer"}
_MOST_TARGETS = 20_000


@dataclass(frozen=True, slots=True)
class Way:
    """A path between two nodes, with all that it depends on; an empty path is a node that is at both ends."""

    start: str
    end: str
    path: tuple[Edge, ...]
    unknowns: tuple[str, ...] = ()
    proved: bool = True

    @property
    def rank(self) -> tuple[bool, int, str, tuple[str, ...]]:
        """Best first: proved, short, by names."""
        return (not self.proved, len(self.path), self.start, tuple(edge.target for edge in self.path))


def pattern(can: str = "") -> str:
    """The regular expression over edges for "can do `can`", or for touching in any way."""
    if not can:
        return ANYTHING
    wider = containing((can,))
    steps = [f"may[{'|'.join(wider)}]"]
    steps += [kind for kind, capability in _CAPABILITY_OF.items() if capability in wider]
    return f"{_BECOMES}* ({'|'.join(steps)})"


def containing(can: Collection[str]) -> list[str]:
    """The capabilities with which one can do any of `can`: who may administer may do everything."""
    wider = {"administer", *can}
    if "read" in can:
        wider.add("decrypt")
    return [capability for capability in CAPABILITIES if capability in wider]


def does(edge: Edge) -> str:
    """What the last edge of a way lets one do: a capability, else the kind of the edge."""
    return edge.capability if edge.kind == "may" else _CAPABILITY_OF.get(edge.kind, edge.kind)


def becomes(graph: Graph, starts: Iterable[str]) -> frozenset[str]:
    """Everything that one may act as from `starts`, themselves included."""
    reached = search(graph, compile_pattern(f"{_BECOMES}*"), starts)
    return frozenset(node for node, _ in reached.back)


def asked(graph: Graph, starts: Iterable[str], wanted: Callable[[GraphNode], bool]) -> Asked:
    """The pairs that a question is about: all one may act as from `starts`, with every node that is wanted."""
    targets = [node.id for node in graph.nodes.values() if node.node.mode in ("managed", "external") and _has_arn(node)]
    chosen = [node for node in targets if wanted(graph.nodes[node])][:_MOST_TARGETS]
    return Asked(askers=becomes(graph, starts), targets=frozenset(chosen))


def _has_arn(node: GraphNode) -> bool:
    return any(name.startswith("arn:") for name in node.node.names)


def ways(
    graph: Graph,
    starts: Collection[str],
    via: str,
    wanted: Callable[[GraphNode], bool],
    *,
    doubtful: Callable[[GraphNode], Iterable[str]] | None = None,
) -> list[Way]:
    """The best way from `starts` to every wanted node and thing done there, best first. `doubtful` says what the claim
    about an end depends on beside its existence."""
    automaton = compile_pattern(via)
    reached = search(graph, automaton, starts)
    best: dict[tuple[str, str], Way] = {}
    for way, last in _found(graph, automaton, reached, wanted, doubtful or _nothing):
        key = (way.end, does(last))
        if key not in best or way.rank < best[key].rank:
            best[key] = way
    return sorted(best.values(), key=lambda way: way.rank)


def _found(
    graph: Graph,
    automaton: Automaton,
    reached: Reached,
    wanted: Callable[[GraphNode], bool],
    doubtful: Callable[[GraphNode], Iterable[str]],
) -> Iterator[tuple[Way, Edge]]:
    for before, edge, _ in accepted(graph, automaton, reached):
        if not wanted(graph.nodes[edge.target]):
            continue
        path = reached.path(before, edge)
        if path[0].source != edge.target:
            yield make_way(graph, path, doubtful), edge


def make_way(graph: Graph, path: tuple[Edge, ...], doubtful: Callable[[GraphNode], Iterable[str]]) -> Way:
    """A path as a way."""
    ends = graph.nodes[path[0].source], graph.nodes[path[-1].target]
    unknowns = [f"whether {label(node)} exists" for node in ends if not node.exists]
    for node in ends:
        unknowns.extend(doubtful(node))
    for edge in path:
        unknowns.extend(edge.unknowns)
    proved = not unknowns and all(edge.certainty == "proved" for edge in path)
    return Way(ends[0].id, ends[1].id, path, tuple(dict.fromkeys(unknowns)), proved)


def place_doubts(node: GraphNode) -> tuple[str, ...]:
    """Why a node may not be where it is said to be."""
    return doubts((node,)) if node.placement.environments or node.placement.candidates else ()


def _nothing(_: GraphNode) -> tuple[str, ...]:
    return ()
