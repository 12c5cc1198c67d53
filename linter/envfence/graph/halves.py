"""Puts the two halves of an access together that stand in two policies.

In: the edges of what is attached, and of policies that nothing here attaches. Out: all edges, where a policy without
holder became evidence of the resource's own policy, if that admits every identity of the environment already: the
crossing is one, and whose hands the policy is put into does not change it. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from envfence.graph.graph import GraphNode
from envfence.model import Edge, Evidence

#: So many places are shown.
_MOST = 16
_Key = tuple[tuple[str, ...], str, str]


def joined(edges: Iterable[Edge], unattached: Iterable[Edge], nodes: Mapping[str, GraphNode]) -> list[Edge]:
    """All edges, in the order given, those of the first kind before the others."""
    kept = list(edges)
    doors = {key: index for index, edge in enumerate(kept) if (key := _door(edge, nodes)) is not None}
    halves: dict[int, list[Evidence]] = {}
    rest = []
    for edge in unattached:
        door = doors.get((nodes[edge.source].placement.environments, edge.target, edge.capability))
        if edge.kind != "may" or door is None:
            rest.append(edge)
        else:
            policy = nodes[edge.source]
            header = Evidence(span=policy.span, says="a policy here allows it too", address=policy.node.address)
            halves.setdefault(door, []).extend((*edge.evidence[:1], header))
    for index, found in halves.items():
        places = dict.fromkeys((*kept[index].evidence, *found))
        kept[index] = msgspec.structs.replace(kept[index], evidence=tuple(places)[:_MOST])
    return [*kept, *rest]


def _door(edge: Edge, nodes: Mapping[str, GraphNode]) -> _Key | None:
    """What an edge that admits a whole account stands for: (environments, target, capability)."""
    source = nodes.get(edge.source)
    if edge.kind != "may" or edge.certainty != "proved" or source is None or source.node.kind != "external":
        return None
    environments = source.placement.environments
    return (environments, edge.target, edge.capability) if len(environments) == 1 else None
