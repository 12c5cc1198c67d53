"""Peerings of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.peerings import add_way_back

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("google_compute_network_peering",)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The references of one peering."""
    add_way_back(resource, builder, "google_compute_network", ("network", "peer_network"))
