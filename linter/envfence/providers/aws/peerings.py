"""Peerings of networks: the way back, and the account of the network on the other side.

In: peering resources. Out: connects references between the peering and its networks. Must not know environments.

The id of a network in another account says nothing; the account that the peering names does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.peerings import add_way_back, connect
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("aws_vpc_peering_connection",)
_NETWORK, _PEER, _OWNER = "aws_vpc", "peer_vpc_id", "peer_owner_id"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one peering."""
    add_way_back(resource, builder, _NETWORK, ("vpc_id", _PEER))
    network, account = (text(one(resource.values, name)) for name in (_PEER, _OWNER))
    if resource.mode != "managed" or not network or not account or has_holes(account):
        return
    place = builder.place(resource).context
    region = text(one(resource.values, "peer_region")) or place.get("region", "")
    sought = f"arn:{place.get('partition', 'aws')}:ec2:{region}:{account}:vpc/{network}"
    for outward in (False, True):
        connect(resource, builder, sought, _OWNER, outward=outward)
