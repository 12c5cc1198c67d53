"""Rule kind `path`: from such a node, over such edges, to such a node, across a fence.

Parameters: `from`, `to` (selectors), `through` (a selector for all nodes between them), `via` (regular expression over
edges), `verb` (for the message), `mutual` (both directions are one finding).
One finding per cause (what makes the edge that enters the protected side) and pair of sides, with the shortest witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import msgspec

from envfence.graph.automaton import Automaton, compile_pattern
from envfence.graph.graph import Graph, GraphNode
from envfence.graph.reach import accepted, search
from envfence.judge.context import (
    Claim,
    Context,
    doubts,
    edge_name,
    end_of,
    first_span,
    hops_of,
    label,
    make_finding,
    placed,
    root_of,
)
from envfence.judge.fences import PRODUCTION, Side, crosses, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches, tiers_of
from envfence.model import Edge, End, Evidence, Finding

#: More places of one cause than this are not shown.
_MOST_EVIDENCE = 16


@dataclass(frozen=True, slots=True)
class Witness:
    """One accepted path from a start to a target across a fence; `entry` is the index of the edge that enters the
    target's side."""

    source: GraphNode
    target: GraphNode
    path: tuple[Edge, ...]
    entry: int
    unknowns: tuple[str, ...]
    certainty: str

    @property
    def rank(self) -> tuple[bool, int, tuple[str, ...]]:
        """Best first: proved, short, by node names."""
        return (
            self.certainty != "proved",
            len(self.path),
            (*(edge.target for edge in self.path), self.source.id),
        )


@dataclass(slots=True)
class _Group:
    """All witnesses of one cause between two sides."""

    source: Side
    target: Side
    severity: str
    best: Witness
    ends: dict[tuple[str, str], Witness] = field(default_factory=dict)

    def add(self, witness: Witness, source: Side, target: Side) -> None:
        ends = (witness.source.id, witness.target.id)
        if ends not in self.ends or witness.rank < self.ends[ends].rank:
            self.ends[ends] = witness
        if witness.rank < self.best.rank:
            self.best, self.source, self.target = witness, source, target


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a path rule, in a fixed order."""
    groups: dict[tuple[str, str, str], _Group] = {}
    automaton = compile_pattern(rule.parameters["via"])
    targets = _Targets(graph, rule, context)
    for side, starts in sorted(starts_by_side(graph, rule, automaton).items()):
        _search_side(graph, automaton, side, starts, targets, groups)
    for key in sorted(groups):
        yield _finding(graph, rule, groups[key])


def starts_by_side(graph: Graph, rule: Rule, automaton: Automaton) -> dict[Side, list[str]]:
    """The nodes that a path may start from, by the side they stand on. A node that is in production too starts
    nothing."""
    tiers = graph.environments.tiers
    wanted = rule.parameters["from"]
    found: dict[Side, list[str]] = {}
    for node_id, edges in graph.out.items():
        if not any(automaton.after(0, edge) for edge in edges):
            continue
        node = graph.nodes[node_id]
        if not matches(wanted, node, tiers):
            continue
        if PRODUCTION in tiers_of(node, tiers) and not _asks_for_production(wanted, tiers):
            continue
        for side in sides_of(node, tiers):
            found.setdefault(side, []).append(node_id)
    return found


def _asks_for_production(wanted: Mapping[str, object], tiers: Mapping[str, str]) -> bool:
    names = (name for key in ("tier", "environment", "place") for name in _texts(wanted.get(key)))
    return any(PRODUCTION in (name, tiers.get(name)) for name in names)


def _is_asked(side: Side, wanted: Mapping[str, object]) -> bool:
    """Whether a node on several sides is looked for on this one."""
    places = _texts(wanted.get("place"))
    if places:
        return side.tier in places or any(member in places for member in side.members)
    tiers, environments = _texts(wanted.get("tier")), _texts(wanted.get("environment"))
    return (not tiers or side.tier in tiers) and (
        not environments or any(fnmatchcase(member, name) for member in side.members for name in environments)
    )


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return (str(value),) if value is not None else ()


class _Targets:
    """Which nodes a path may end at, and what the fence to them is worth; remembered by node."""

    def __init__(self, graph: Graph, rule: Rule, context: Context) -> None:
        self._graph = graph
        self._rule = rule
        self._fences = context.fences
        self.mutual = rule.parameters.get("mutual") is True
        #: What lets somebody into a thing of no side is to be mended there, whatever all else that thing can reach.
        self.at_the_door = "through" in rule.parameters
        self._known: dict[str, tuple[Side, ...]] = {}

    def allows(self, path: tuple[Edge, ...]) -> bool:
        """Whether all nodes between the ends of a path are of those that it may lead through."""
        wanted = self._rule.parameters.get("through")
        tiers = self._graph.environments.tiers
        return wanted is None or all(matches(wanted, self._graph.nodes[edge.source], tiers) for edge in path[1:])

    def crossings(self, node_id: str, source: Side) -> Iterator[tuple[Side, str]]:
        """(side of the node, severity) for every fence between `source` and the node."""
        for side in self._sides(node_id):
            if crosses(source, side):
                severity = self._severity(source, side)
                if severity is not None:
                    yield side, severity

    def _severity(self, source: Side, target: Side) -> str | None:
        if self._rule.parameters.get("fences") == "ignore":
            return self._rule.severity
        return self._fences.severity(source, target, self._rule.severity)

    def _sides(self, node_id: str) -> tuple[Side, ...]:
        if node_id not in self._known:
            node = self._graph.nodes[node_id]
            tiers = self._graph.environments.tiers
            wanted = self._rule.parameters["to"]
            sides = sides_of(node, tiers) if matches(wanted, node, tiers) else ()
            self._known[node_id] = tuple(side for side in sides if _is_asked(side, wanted))
        return self._known[node_id]


def _search_side(
    graph: Graph,
    automaton: Automaton,
    side: Side,
    starts: list[str],
    targets: _Targets,
    groups: dict[tuple[str, str, str], _Group],
) -> None:
    """Adds every crossing that begins on `side` to its group."""
    reached = search(graph, automaton, starts)
    for before, edge, _ in accepted(graph, automaton, reached):
        for target, severity in targets.crossings(edge.target, side):
            path = reached.path(before, edge)
            witness = make_witness(graph, path, side, target) if targets.allows(path) else None
            if witness is None:
                continue
            if targets.at_the_door:
                witness = replace(witness, entry=0)
            key = (side.name, target.name, cause_of(path[witness.entry]))
            if targets.mutual:
                first, last = sorted((side.name, target.name))
                key = (first, last, _joining_root(graph, witness))
            group = groups.setdefault(key, _Group(side, target, severity, witness))
            group.add(witness, side, target)


def _joining_root(graph: Graph, witness: Witness) -> str:
    """The root module that joins two sides: that of the end which is declared."""
    return min((root for node in (witness.source, witness.target) if (root := root_of(graph, node))), default="")


def make_witness(graph: Graph, path: tuple[Edge, ...], source: Side, target: Side) -> Witness | None:
    """A path as a witness; None where both ends may be the same environment after all."""
    first, last = graph.nodes[path[0].source], graph.nodes[path[-1].target]
    if not source.sure and not target.sure and first.deployment == last.deployment:
        return None
    entry = len(path) - 1
    while entry > 0 and target.name in graph.nodes[path[entry].source].placement.environments:
        entry -= 1
    unknowns = list(doubts((first, last), {first.id: source, last.id: target}))
    for edge in path:
        unknowns.extend(edge.unknowns)
    proved = not unknowns and all(edge.certainty == "proved" for edge in path)
    return Witness(first, last, path, entry, tuple(dict.fromkeys(unknowns)), "proved" if proved else "possible")


def cause_of(edge: Edge) -> str:
    """The canonical cause of an edge: its own, or its kind and ends for edges that no statement makes."""
    if edge.cause:
        return edge.cause
    root, _, address = edge.source.partition(":")
    return cause_key(root.partition("@")[0], address, f"{edge_name(edge)} {edge.target.partition(':')[2]}")


def _finding(graph: Graph, rule: Rule, group: _Group) -> Finding:
    best = group.best
    verb = rule.parameters.get("verb", "can reach")
    others = [group.ends[ends] for ends in sorted(group.ends) if ends != (best.source.id, best.target.id)]
    also: tuple[tuple[End | None, End], ...] = tuple((end_of(item.source), end_of(item.target)) for item in others)
    entry = best.path[best.entry]
    message = f"{placed(best.source, group.source)} {verb} {placed(best.target, group.target)}"
    through = [label(graph.nodes[edge.source]) for edge in best.path[1:]]
    if through:
        message += " through " + ", ".join(through[:3]) + (" …" if len(through) > 3 else "")
    return make_finding(
        Claim(
            rule=rule,
            message=message,
            source=best.source,
            target=best.target,
            between=(group.source.name, group.target.name),
            severity=group.severity,
            certainty=best.certainty,
            cause=first_span(entry.evidence, graph.nodes[entry.source].span),
            key=cause_of(entry) if entry.cause else _rooted(graph, entry),
            path=hops_of(graph, _with_all_places(best, others)),
            also=also,
            unknowns=best.unknowns,
            cut=best.entry,
        )
    )


def _rooted(graph: Graph, edge: Edge) -> str:
    source = graph.nodes[edge.source]
    target = graph.nodes[edge.target]
    return cause_key(root_of(graph, source), source.node.address, f"{edge_name(edge)} {target.node.address}")


def _with_all_places(best: Witness, others: list[Witness]) -> tuple[Edge, ...]:
    """The witness's path, with the places of the same cause in the other witnesses added to its entering edge."""
    places: dict[Evidence, None] = dict.fromkeys(best.path[best.entry].evidence)
    for item in others:
        if len(places) >= _MOST_EVIDENCE:
            break
        places.update(dict.fromkeys(item.path[item.entry].evidence))
    entry = msgspec.structs.replace(best.path[best.entry], evidence=tuple(places)[:_MOST_EVIDENCE])
    return (*best.path[: best.entry], entry, *best.path[best.entry + 1 :])
