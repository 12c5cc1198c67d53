"""Address ranges: which networks have them, and which rules let them in.

Comes in: ranges as a resource names them. Goes out: names `cidr:RANGE` of networks, connects references from a range to
the rule that admits it. Must not know: any provider, environments.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING

from envfence.model import Evidence, Reference

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The form of a range among the names of nodes and what references seek.
FORM = "cidr:"


def add_ranges(resource: Resource, builder: FactsBuilder, ranges: Iterable[str]) -> None:
    """Names a network by its ranges."""
    found = tuple(FORM + text for text in ranges if is_private(text))
    if found and resource.mode == "managed" and builder.has_node(resource.address):
        node = builder.node(resource.address)
        builder.change_node(resource.address, names=(*node.names, *found))


def admit(resource: Resource, builder: FactsBuilder, path: str, text: str, ports: str) -> None:
    """A reference from a private range to the rule or group that admits it at `ports`; `path` names the attribute."""
    if resource.mode != "managed" or not is_private(text) or not builder.has_node(resource.address):
        return
    says = f"admits {text}" + (f" at {ports}" if ports else "")
    leaf = resource.origin_of_leaf(path, text)
    first = Evidence(span=resource.span_of(path) or resource.span, says=says, address=resource.address)
    written = tuple(each for each in leaf if each.span != first.span)
    builder.add_reference(
        Reference(
            kind="connects",
            node=resource.address,
            sought=FORM + text,
            evidence=(first, *written),
            outward=False,
            says="is let in" + (f" at {ports} by" if ports else " by"),
        )
    )


def is_private(text: str) -> bool:
    """Whether a text is a range of private addresses, of more than one address and fewer than a whole class."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.version == 4 and network.is_private and network.prefixlen >= _WIDEST


#: `10.0.0.0/8` says "from inside", and not from where.
_WIDEST = 12


def port_range(low: object, high: object) -> str:
    """Ports for people: `port 5432`, `ports 80-443`; empty for all."""
    if low in (None, 0, -1) and high in (None, 0, -1, 65535):
        return ""
    return f"port {low}" if low == high else f"ports {low}-{high}"
