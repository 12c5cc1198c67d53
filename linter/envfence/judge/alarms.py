"""What nobody is told of in production, though the repository shows that somebody should be.

In: the graph, what should be watched (destruction, backup-failure, audit). Out: the stores of production that nothing
watches, each with the alarm of another environment that has no counterpart here. Must not know rules.

Most companies keep their alarms elsewhere, so a missing alarm alone says nothing. It says something where the same root
module, or its sibling, declares one for another environment. Nothing is said of environments that have any alarm of the
kind, in any root; and of none where an alarm of the kind is in no one environment, since it may watch production too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import header, label, root_of
from envfence.judge.fences import NONPRODUCTION, PRODUCTION
from envfence.judge.selectors import tiers_of
from envfence.model import Evidence
from envfence.providers.common.alarms import SILENT, WATCHES
from envfence.words import words_in_path_segment

_WHAT = {
    "destruction": "can be deleted without anybody being told",
    "backup-failure": "can lose its backups without anybody being told",
    "audit": "lies where no audit trail is declared",
}


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A store of production that nothing watches: what shows it, what it says, and what the claim depends on."""

    node: GraphNode
    evidence: tuple[Evidence, ...]
    says: str
    doubts: tuple[str, ...]


def unwatched(graph: Graph, what: str) -> Iterator[Unwatched]:
    """One store for each root module of production that has a counterpart, in a fixed order."""
    alarms = [node for node in graph.nodes.values() if _watches(node, what)]
    elsewhere = [alarm for alarm in alarms if _only(alarm, graph, NONPRODUCTION)]
    if not elsewhere or any(tiers_of(alarm, graph.environments.tiers) - _SIDES for alarm in alarms):
        return
    watched = {name for alarm in alarms for name in _production(alarm, graph)}
    accounts = {alarm.node.boundary for alarm in alarms if not _only(alarm, graph, NONPRODUCTION)}
    seen = set()
    for store in graph.nodes.values():
        names = _production(store, graph)
        root = root_of(graph, store)
        if store.node.kind != "store" or not names or names & watched or store.node.boundary in accounts:
            continue
        found = _counterpart(graph, store, elsewhere)
        if found is not None and (root, names) not in seen:
            seen.add((root, names))
            yield _case(graph, store, found, what)


_SIDES = frozenset({PRODUCTION, NONPRODUCTION})


def _watches(node: GraphNode, what: str) -> bool:
    """Whether a node watches this, or may: of an alarm whose pattern is not known nobody can say that it does not."""
    fact = node.node.facts.get(WATCHES)
    return fact is not None and (fact.state == "unknown" or what in fact.value)


def _only(node: GraphNode, graph: Graph, tier: str) -> bool:
    return tiers_of(node, graph.environments.tiers) == {tier}


def _production(node: GraphNode, graph: Graph) -> frozenset[str]:
    """The environments of production that a managed node is surely in."""
    tiers = graph.environments.tiers
    if node.node.mode != "managed":
        return frozenset()
    return frozenset(name for name in node.placement.environments if tiers.get(name) == PRODUCTION)


def _counterpart(graph: Graph, store: GraphNode, alarms: list[GraphNode]) -> GraphNode | None:
    """The alarm that the store's root has in another environment: of the same root first, else of its sibling."""
    own = root_of(graph, store)
    working = [alarm for alarm in alarms if alarm.exists and SILENT not in alarm.node.facts]
    known = [alarm for alarm in working if alarm.node.facts[WATCHES].state == "known"]
    same = [alarm for alarm in known if root_of(graph, alarm) == own and alarm.deployment != store.deployment]
    beside = [alarm for alarm in known if _are_siblings(own, root_of(graph, alarm))]
    return next(iter((*same, *beside)), None)


def _are_siblings(one: str, other: str) -> bool:
    """Whether two directories differ in one step, and that names an environment in both."""
    steps, others = one.split("/"), other.split("/")
    if len(steps) != len(others):
        return False
    differing = [pair for pair in zip(steps, others, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and all(words_in_path_segment(step) for step in differing[0])


def _case(graph: Graph, store: GraphNode, alarm: GraphNode, what: str) -> Unwatched:
    name = next(iter(sorted(alarm.placement.environments)), NONPRODUCTION)
    says = f"{_WHAT[what]}: {label(alarm)} is declared for {name} only"
    doubts = [] if root_of(graph, store) == root_of(graph, alarm) and what != "audit" else [_DOUBT]
    evidence = (header(alarm, f"declared for {name}"), header(store, "production has none for this"))
    return Unwatched(node=store, evidence=evidence, says=says, doubts=tuple(doubts))


_DOUBT = "whether something outside of this repository watches production"
