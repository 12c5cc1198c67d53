"""Both ends of a peering of virtual networks: it is declared once for each direction, beside one of them.

In: peering resources. Out: connects references between the peering and its two networks, in both directions, since
packets travel both. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.peerings import connect
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azurerm_virtual_network_peering",)
_NETWORK = "azurerm_virtual_network"
_SUBSCRIPTION = "subscription"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one peering; the catalogue has the one to the remote network."""
    if resource.mode != "managed":
        return
    remote = text(one(resource.values, "remote_virtual_network_id"))
    if remote:
        _connect(resource, builder, remote, "remote_virtual_network_id", inward_only=True)
    group, name = (text(one(resource.values, path)) for path in ("resource_group_name", "virtual_network_name"))
    subscription = builder.place(resource).context.get(_SUBSCRIPTION)
    if group and name and subscription:
        local = (
            f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{name}"
        )
        _connect(resource, builder, local, "virtual_network_name", inward_only=False)


def _connect(resource: Resource, builder: FactsBuilder, network: str, path: str, *, inward_only: bool) -> None:
    for outward in (False,) if inward_only else (False, True):
        connect(resource, builder, f"{_NETWORK}:{network}", path, outward=outward)
