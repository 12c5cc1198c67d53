"""The resource graph of a whole repository: plain dictionaries, in a fixed order.

In: nodes and edges from *link*, or by hand in tests. Out: nodes by id, edges by their source and by their target.
Must not know rules, texts or files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from envfence.graph.demands import EdgeDemands
from envfence.model import CallSite, Deployment, Edge, Environments, Grant, Node, Placement, Problem, Secret
from envfence.values import Span, Symbols


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node of one deployment with the place it was given. `id` is `DEPLOYMENT:ADDRESS`, or `external:TEXT`."""

    id: str
    node: Node
    deployment: str
    placement: Placement

    @property
    def exists(self) -> bool:
        """Whether the node surely exists."""
        return self.node.exists == "yes"

    @property
    def span(self) -> Span:
        """Where its block begins."""
        return self.node.span

    @property
    def calls(self) -> tuple[CallSite, ...]:
        """The module calls on the way to it."""
        return self.node.calls


@dataclass(frozen=True, slots=True)
class LinkedGrant:
    """A statement with the node it is attached to (`holder`, a node id) and the deployment that says it."""

    grant: Grant
    holder: str
    deployment: str


@dataclass(frozen=True, slots=True)
class LinkedSecret:
    """A secret value met at a node (`node`, a node id; the deployment's own id when it stands outside of resources)."""

    secret: Secret
    node: str
    deployment: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, edges in both directions, and what rules about one thing need of the facts."""

    nodes: Mapping[str, GraphNode]
    out: Mapping[str, tuple[Edge, ...]]
    into: Mapping[str, tuple[Edge, ...]]
    environments: Environments
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    grants: tuple[LinkedGrant, ...] = ()
    secrets: tuple[LinkedSecret, ...] = ()
    problems: tuple[Problem, ...] = ()
    symbols: Symbols = field(default_factory=Symbols)
    demands: EdgeDemands = field(default_factory=EdgeDemands)
    # Not handed on by `replace`: a graph with fewer nodes has classes of its own.
    _alike: dict[tuple[object, ...], list[GraphNode]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def edges(self) -> Iterable[Edge]:
        """All edges, ordered by source."""
        for edges in self.out.values():
            yield from edges

    def alike(self) -> Collection[Sequence[GraphNode]]:
        """The nodes, those of one kind, type, mode, provider and placement together."""
        if not self._alike:
            for node in self.nodes.values():
                self._alike.setdefault(class_of(node), []).append(node)
        return self._alike.values()


def class_of(node: GraphNode) -> tuple[object, ...]:
    """What most rules tell nodes apart by: kind, type, mode, provider, placement."""
    own, placement = node.node, node.placement
    return own.kind, own.type, own.mode, own.provider, placement.environments, placement.tier


def make_graph(
    nodes: Iterable[GraphNode],
    edges: Iterable[Edge],
    environments: Environments,
    *,
    deployments: Mapping[str, Deployment] | None = None,
    grants: Iterable[LinkedGrant] = (),
    secrets: Iterable[LinkedSecret] = (),
    problems: Iterable[Problem] = (),
    symbols: Symbols | None = None,
    demands: EdgeDemands | None = None,
) -> Graph:
    """A graph with everything in sorted order. Edges whose end is no node are left out; of equal edges (kind, ends,
    capability, cause) the first proved one stays."""
    by_id = {node.id: node for node in sorted(nodes, key=lambda node: node.id)}
    kept: dict[tuple[str, str, str, str, str], Edge] = {}
    for edge in edges:
        if edge.source not in by_id or edge.target not in by_id:
            continue
        key = (edge.source, edge.target, edge.kind, edge.capability, edge.cause)
        before = kept.get(key)
        if before is None or (before.certainty != "proved" and edge.certainty == "proved"):
            kept[key] = edge
    out: dict[str, list[Edge]] = {}
    into: dict[str, list[Edge]] = {}
    for key in sorted(kept):
        edge = kept[key]
        out.setdefault(edge.source, []).append(edge)
        into.setdefault(edge.target, []).append(edge)
    return Graph(
        nodes=by_id,
        out={node: tuple(found) for node, found in out.items()},
        into={node: tuple(found) for node, found in sorted(into.items())},
        environments=environments,
        deployments=dict(deployments or {}),
        grants=tuple(grants),
        secrets=tuple(secrets),
        problems=tuple(problems),
        symbols=symbols or Symbols(),
        demands=demands or EdgeDemands(),
    )
