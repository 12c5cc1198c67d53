"""Far ends that are named for an environment, and that this environment itself uses by that name.

In: the nodes that are declared nowhere, all nodes, edges. Out: the same far ends, where the name is confirmed: their
placement is firm then. Must not know rules.

A name alone proves nothing. When the deployments of `test` look up the resource group `orders-test`, or write to the
bucket `orders-test`, the name and its use say the same, and whoever else names it means the thing of `test`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from envfence.graph.externals import PREFIX
from envfence.graph.graph import GraphNode
from envfence.model import Edge, Placement

#: What an id of Azure lies in.
_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)
#: Edges from an identity do not say that what they lead to is its own environment's: they may be the crossing.
_OWN_USES = frozenset({"points-at", "copies", "connects", "runs-as", "reads-secret", "backs-up", "encrypts"})


def confirmed(
    far: Mapping[str, GraphNode],
    declared: Mapping[str, GraphNode],
    edges: Iterable[Edge],
    place: Callable[[str], Placement],
) -> dict[str, GraphNode]:
    """`far` with firm placements where the environment of the name uses the thing itself; `place` places a name."""
    waiting = {key: node for key, node in far.items() if _is_named_only(node)}
    if not waiting:
        return dict(far)
    found: set[str] = set()
    groups: dict[str, str] = {}
    for edge in edges:
        if edge.kind not in _OWN_USES:
            continue
        for used, user in ((edge.source, edge.target), (edge.target, edge.source)):
            environment = _sure_environment(declared.get(user))
            node = far.get(used) or declared.get(used)
            if not environment or node is None:
                continue
            if used in waiting and waiting[used].placement.environments == (environment,):
                found.add(used)
            groups.update((group, environment) for group in _groups(node) if _is_called(group, environment, place))
    found.update(key for key, node in waiting.items() if any(_place_of(node) == groups.get(g) for g in _groups(node)))
    return {key: _firm(node) if key in found else node for key, node in far.items()}


def _is_named_only(node: GraphNode) -> bool:
    placement = node.placement
    return len(placement.environments) == 1 and not placement.firm and node.id.startswith(PREFIX)


def _sure_environment(node: GraphNode | None) -> str:
    """The one environment that a declared node is surely in, else an empty text."""
    if node is None or not node.placement.firm or len(node.placement.environments) != 1:
        return ""
    return node.placement.environments[0]


def _place_of(node: GraphNode) -> str:
    return node.placement.environments[0]


def _groups(node: GraphNode) -> set[str]:
    """The resource groups that the names of a node stand in."""
    return {match[1].lower() for name in node.node.names if (match := _GROUP.search(name)) is not None}


def _is_called(group: str, environment: str, place: Callable[[str], Placement]) -> bool:
    return place(group).environments == (environment,)


def _firm(node: GraphNode) -> GraphNode:
    placement = msgspec.structs.replace(node.placement, firm=True)
    return GraphNode(node.id, node.node, node.deployment, placement)
