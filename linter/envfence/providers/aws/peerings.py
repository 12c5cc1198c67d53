"""Peerings, the way back: packets travel both ways, the catalogue has one.

In: peering resources. Out: connects references from the networks to the peering. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("aws_vpc_peering_connection",)
_NETWORK = "aws_vpc"
_PATHS = ("vpc_id", "peer_vpc_id")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one peering."""
    if resource.mode != "managed":
        return
    for path in _PATHS:
        network = text(one(resource.values, path))
        if network:
            builder.add_reference(
                Reference(
                    kind="connects",
                    node=resource.address,
                    sought=f"{_NETWORK}:{network}",
                    evidence=builder.evidence(resource, path, "peers with it"),
                    outward=False,
                    says="is peered with",
                )
            )
