"""Which addresses firewalls let in, and which addresses subnetworks have.

Comes in: subnetworks, firewalls. Goes out: ranges as names, and references from ranges that are let in. Must not know:
what listens there, environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.aws.contract import walk
from envfence.providers.common.addresses import add_ranges, admit
from envfence.providers.common.values import text, texts

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_SUBNETWORK, _FIREWALL = "google_compute_subnetwork", "google_compute_firewall"
TYPES = (_SUBNETWORK, _FIREWALL)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The ranges of one subnetwork, or those that one firewall lets in."""
    values = resource.values
    if resource.type == _SUBNETWORK:
        add_ranges(resource, builder, texts(values.items.get("ip_cidr_range")))
        return
    allows = list(walk(values, "allow[]"))
    if not allows or (text(values.items.get("direction")) or "INGRESS").upper() != "INGRESS":
        return
    ports = sorted({port for _, value in walk(values, "allow[].ports") for port in texts(value)})
    said = f"port {', '.join(ports[:4])}" if ports else ""
    for each in texts(values.items.get("source_ranges")):
        admit(resource, builder, "source_ranges", each, said)
