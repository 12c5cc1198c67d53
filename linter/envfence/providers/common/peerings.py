"""Peerings, the way back: packets travel both ways, the catalogue has one.

In: a peering resource. Out: connects references from the networks to the peering. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder


def add_way_back(resource: Resource, builder: FactsBuilder, network: str, paths: tuple[str, ...]) -> None:
    """A reference from each network that the peering names; `network` is its type, `paths` are the attributes."""
    if resource.mode != "managed":
        return
    for path in paths:
        name = text(one(resource.values, path))
        if name:
            connect(resource, builder, f"{network}:{name}", path, outward=False)


def connect(resource: Resource, builder: FactsBuilder, sought: str, path: str, *, outward: bool) -> None:
    """One reference between the peering and the network `sought`, which the attribute `path` names."""
    builder.add_reference(
        Reference(
            kind="connects",
            node=resource.address,
            sought=sought,
            evidence=builder.evidence(resource, path, "peers with it"),
            outward=outward,
            says="is peered with",
        )
    )
