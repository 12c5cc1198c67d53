"""What became of every node of the version before.

In: two graphs, what the later source says about moves. Out: a `Fate` for a node, and the node it is now. Must not know
rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from envfence.addresses import implied_moves, is_open, without_keys
from envfence.graph.graph import Graph, GraphNode
from envfence.judge.changes.deployments import match_deployments
from envfence.judge.changes.moves import Moves, NoMoves, Where
from envfence.values import has_holes

KEPT, GONE, REPLACED, LEFT, UNKNOWN = "kept", "gone", "replaced", "left", "unknown"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a node.

    "kept" (`node` is what it is now), "gone" (the next apply destroys it), "replaced" (destroyed and made anew), "left"
    (no longer managed, and not destroyed), "unknown". `because` explains it; `doubts` say what it depends on;
    `how` is what destroys it.
    """

    kind: str
    node: GraphNode | None = None
    because: str = ""
    doubts: tuple[str, ...] = ()
    how: str = "by the next apply"


class Comparison(Protocol):
    """What the rule kind `change` asks."""

    @property
    def before(self) -> Graph:
        """The graph of the version before."""

    @property
    def knows_actions(self) -> bool:
        """Whether it knows what is made anew, so that nobody has to tell from attributes."""

    def fate(self, node: GraphNode) -> Fate:
        """What became of a node of `before`."""


@dataclass(slots=True)
class Versions:
    """Two versions of a repository."""

    before: Graph
    after: Graph
    moves: Moves = field(default_factory=NoMoves)
    deployments: Mapping[str, str] = field(init=False)
    _plain: dict[tuple[str, str], list[GraphNode]] = field(init=False)
    _by_name: dict[str, list[GraphNode]] = field(init=False)
    _known: dict[str, Fate] = field(init=False, default_factory=dict)

    @property
    def knows_actions(self) -> bool:
        """Source does not say what an apply does."""
        return False

    def __post_init__(self) -> None:
        self.deployments = match_deployments(self.before, self.after)
        self._plain = defaultdict(list)
        self._by_name = defaultdict(list)
        for node in self.after.nodes.values():
            if node.node.mode == "managed":
                self._plain[(node.deployment, without_keys(node.node.address))].append(node)
                for name in node.node.names:
                    if not has_holes(name):
                        self._by_name[name].append(node)

    def fate(self, node: GraphNode) -> Fate:
        """See `Comparison.fate`."""
        known = self._known.get(node.id)
        if known is None:
            known = self._known[node.id] = self._fate(node)
        return known

    def _fate(self, node: GraphNode) -> Fate:
        home = self.deployments.get(node.deployment)
        if home is None:
            here = self.after.nodes.get(node.id)
            return Fate(KEPT, here) if here is not None else self._homeless(node)
        kept = self._at(home, node.node.address)
        if kept is not None:
            return Fate(KEPT, kept)
        where = self.moves.where(home, node.node.address)
        for candidate in (where.address, *implied_moves(where.address)):
            kept = self._at(home, candidate)
            if kept is not None:
                return Fate(KEPT, kept)
        if where.forgotten:
            return Fate(LEFT, because="a removed block lets it go")
        return self._unsure(node, home, where) or self._destroyed(node, home)

    def _unsure(self, node: GraphNode, home: str, where: Where) -> Fate | None:
        """Why nobody can tell: keys of instances that are not known, modules that cannot be read."""
        same = self._plain.get((home, without_keys(where.address)), [])
        if same and (is_open(node.node.address) or any(is_open(other.node.address) for other in same)):
            return Fate(UNKNOWN, same[0])
        return Fate(UNKNOWN, because=where.hidden) if where.hidden else None

    def _destroyed(self, node: GraphNode, home: str) -> Fate:
        """Gone from its deployment: what stands elsewhere under the same name may have taken it over."""
        twin = self._twin(node)
        if twin is None or twin.id in self.before.nodes:
            return Fate(GONE, because=self._renamed(node, home))
        if twin.deployment == home:
            return Fate(REPLACED, twin, f"it is {twin.node.address} now, and no moved block says so")
        if self.moves.imported(twin.deployment, twin.node.address):
            return Fate(LEFT, twin, f"{twin.deployment} takes it over")
        doubt = f"whether its state was moved to {twin.deployment}"
        return Fate(GONE, twin, f"{twin.deployment} declares it now", (doubt,))

    def _renamed(self, node: GraphNode, home: str) -> str:
        """The one thing of its type that is new beside it."""
        fresh = [
            other.node.address
            for other in self.after.nodes.values()
            if other.deployment == home
            and other.node.type == node.node.type
            and other.node.mode == "managed"
            and f"{node.deployment}:{other.node.address}" not in self.before.nodes
        ]
        return f"if {fresh[0]} is its new name, a moved block must say so" if len(fresh) == 1 else ""

    def _homeless(self, node: GraphNode) -> Fate:
        """Its deployment is gone: nothing applies it any more, so that nothing destroys it either."""
        twin = self._twin(node)
        if twin is not None:
            return Fate(KEPT, twin)
        root = node.deployment.partition("@")[0]
        for other in self.after.deployments:
            if other.partition("@")[0] == root and self._at(other, node.node.address) is not None:
                return Fate(UNKNOWN, because="the deployments of its root changed")
        return Fate(LEFT, because="its deployment is no longer there")

    def _at(self, deployment: str, address: str) -> GraphNode | None:
        return self.after.nodes.get(f"{deployment}:{address}")

    def _twin(self, node: GraphNode) -> GraphNode | None:
        """What answers to the same fully known name, and is of the same type."""
        for name in node.node.names:
            for other in self._by_name.get(name, ()) if not has_holes(name) else ():
                if other.node.type == node.node.type:
                    return other
        return None
