"""Puts the two halves of an access together that stand in two policies.

In: the edges of what is attached, and of policies that nothing here attaches. Out: all edges, where a policy without
holder became evidence of the resource's own policy, if that admits every identity of the environment already: the
crossing is one, and whose hands the policy is put into does not change it. Nor does what the policy calls a thing whose
name its server gives. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from envfence.graph.graph import GraphNode
from envfence.graph.names import Arn, parse_arn
from envfence.model import Edge, Evidence
from envfence.values import has_holes

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


def paired(edges: Iterable[Edge], nodes: Mapping[str, GraphNode]) -> list[Edge]:
    """All edges, where one to something that is only named (`key/0d9c1f5e`) became evidence of a proved edge.

    That edge is of the same identity to something declared that may be just that: its server gave it its name, so no
    source can say so."""
    kept = list(edges)
    doors: dict[tuple[str, str], list[int]] = {}
    for index, edge in enumerate(kept):
        if edge.kind == "may" and edge.certainty == "proved":
            doors.setdefault((edge.source, edge.capability), []).append(index)
    dropped = set()
    for index, edge in enumerate(kept):
        if edge.kind != "may" or edge.certainty == "proved" or nodes[edge.target].node.mode != "external":
            continue
        door = next(
            (other for other in doors.get((edge.source, edge.capability), ()) if _fit(kept[other], edge, nodes)), None
        )
        if door is not None:
            dropped.add(index)
            places = dict.fromkeys((*kept[door].evidence, *edge.evidence))
            kept[door] = msgspec.structs.replace(kept[door], evidence=tuple(places)[:_MOST])
    return [edge for index, edge in enumerate(kept) if index not in dropped]


def _fit(door: Edge, named: Edge, nodes: Mapping[str, GraphNode]) -> bool:
    """Whether what one edge leads to may be what the other names: the same kind of thing, where only the hole that the
    server fills differs, in the same environment."""
    one, other = nodes[door.target], nodes[named.target]
    if set(one.placement.environments) != set(other.placement.environments) or not one.placement.environments:
        return False
    sought = [arn for name in other.node.names if (arn := parse_arn(name)) is not None]
    declared = [arn for name in one.node.names if (arn := parse_arn(name)) is not None]
    return any(_may_be(arn, wanted) for arn in declared for wanted in sought)


def _may_be(arn: Arn, wanted: Arn) -> bool:
    """Whether an ARN whose last part is nothing but a hole may be `wanted`."""
    head, slash, last = arn.resource.rpartition("/")
    if not slash or not has_holes(last) or len(last) != 1 or wanted.resource.rpartition("/")[0] != head:
        return False
    if arn.service != wanted.service:
        return False
    return has_holes(arn.account) or arn.account == wanted.account


def _door(edge: Edge, nodes: Mapping[str, GraphNode]) -> _Key | None:
    """What an edge that admits a whole account stands for: (environments, target, capability)."""
    source = nodes.get(edge.source)
    if edge.kind != "may" or edge.certainty != "proved" or source is None or source.node.kind != "external":
        return None
    environments = source.placement.environments
    return (environments, edge.target, edge.capability) if len(environments) == 1 else None
