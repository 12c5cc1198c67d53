"""What a plan does to each thing, and what of it needs a reviewer's word.

In: both graphs of a plan, the actions that the plan names. Out: fates, the digest of what is destroyed. Must not know
files or environments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.changes.comparison import GONE, KEPT, LEFT, REPLACED, Fate

DESTROY, REPLACE, FORGET, UNGUARD, KEEP = "destroy", "replace", "forget", "unguard", "keep"
_HOW = "by this plan"


@dataclass(frozen=True, slots=True)
class Planned:
    """What happens to one address of a plan: `now` is its address after the apply, `because` why it is replaced."""

    action: str
    now: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Both sides of a plan; a `Comparison`. `planned` is by node id of the side before."""

    before: Graph
    after: Graph
    planned: Mapping[str, Planned]

    @property
    def knows_actions(self) -> bool:
        """A plan says what an apply does."""
        return True

    def fate(self, node: GraphNode) -> Fate:
        """What becomes of a node."""
        planned = self.planned.get(node.id)
        if planned is None:
            return self._part(node)
        now = self.after.nodes.get(f"{node.deployment}:{planned.now}") if planned.now else None
        if planned.action == DESTROY:
            return Fate(GONE, how=_HOW)
        if planned.action == REPLACE:
            return Fate(REPLACED, now, planned.because, how=_HOW)
        if planned.action == FORGET or now is None:
            return Fate(LEFT, because="the plan lets it go")
        return Fate(KEPT, now)

    def _part(self, node: GraphNode) -> Fate:
        """What is no resource of its own: a part of one, or something elsewhere."""
        same = self.after.nodes.get(node.id)
        if same is not None:
            return Fate(KEPT, same)
        owner = self.before.nodes.get(f"{node.deployment}:{node.node.address.rpartition('.')[0]}")
        return Fate(GONE, how=_HOW) if owner is not None else Fate(LEFT)


def around(graph: Graph, touched: Iterable[tuple[str, str]]) -> Graph:
    """The part of a graph that a plan touches: its nodes by (deployment, address), and what is joined to them."""
    return _part(graph, {f"{deployment}:{address}" for deployment, address in touched} & graph.nodes.keys())


def judged_part(graph: Graph, kinds: Set[str]) -> Graph:
    """The nodes of some kinds, and what is joined to them."""
    return _part(graph, {name for name, node in graph.nodes.items() if node.node.kind in kinds})


def _part(graph: Graph, inner: set[str]) -> Graph:
    near = set(inner)
    for name in inner:
        near.update(edge.target for edge in graph.out.get(name, ()))
        near.update(edge.source for edge in graph.into.get(name, ()))
    if len(near) == len(graph.nodes):
        return graph
    return replace(
        graph,
        nodes={name: node for name, node in graph.nodes.items() if name in near},
        out={
            name: kept
            for name, edges in graph.out.items()
            if name in near and (kept := tuple(edge for edge in edges if edge.target in near))
        },
        into={
            name: kept
            for name, edges in graph.into.items()
            if name in near and (kept := tuple(edge for edge in edges if edge.source in near))
        },
        grants=tuple(each for each in graph.grants if each.holder in near),
        secrets=tuple(each for each in graph.secrets if each.node in near),
    )


def digest(destroying: Iterable[tuple[str, str, str]]) -> str:
    """The digest of what a plan destroys, replaces or unguards: (address, what, identity) of each, in any order."""
    text = json.dumps(sorted(destroying), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(b"envfence/plan/1\n" + text.encode()).hexdigest()
