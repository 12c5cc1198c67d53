"""Addresses: which networks have them, and which rules let them in.

Comes in: ranges and groups of machines as a resource names them. Goes out: names `cidr:RANGE` of networks, connects
references from a range or group to the rule that admits it. Must not know: any provider, environments.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import TYPE_CHECKING

from envfence.model import Evidence, Reference
from envfence.secretness import without_secrets
from envfence.values import has_holes, hole_index
from envfence.words import words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The form of a range among the names of nodes and what references seek.
FORM = "cidr:"
#: What a reference says that stands for a rule which lets somebody in.
LET_IN = "is let in"


def add_ranges(resource: Resource, builder: FactsBuilder, ranges: Iterable[str]) -> None:
    """Names a network by its ranges, unknown ones too: the same unknown is the same range."""
    found = tuple(FORM + text for text in ranges if is_private(text) or _is_unknown(text))
    if found and resource.mode == "managed" and builder.has_node(resource.address):
        node = builder.node(resource.address)
        builder.change_node(resource.address, names=(*node.names, *found))


def admit(resource: Resource, builder: FactsBuilder, path: str, text: str, ports: str) -> None:
    """A reference from a private range to the rule or group that admits it at `ports`; `path` names the attribute.

    A range that is unknown counts where it may tell whose it is."""
    if is_private(text) or _is_telling(text, builder):
        _add(resource, builder, path, FORM + text, ports)


def admit_group(resource: Resource, builder: FactsBuilder, path: str, sought: str, ports: str) -> None:
    """A reference from a group of machines (`aws_security_group:ID`) to the rule or group that admits it.

    What a server calls a group says nothing; an unknown may tell whose it is."""
    if _is_telling(sought.partition(":")[2], builder):
        _add(resource, builder, path, sought, ports)


def is_admission(reference: Reference) -> bool:
    """Whether a reference stands for a rule that lets somebody in: what it means is not told by the name alone."""
    return reference.kind == "connects" and reference.says.startswith(LET_IN)


def _add(resource: Resource, builder: FactsBuilder, path: str, sought: str, ports: str) -> None:
    if resource.mode != "managed" or not builder.has_node(resource.address):
        return
    text = sought.partition(":")[2]
    shown = "${" + without_secrets(builder.symbols.symbol(text).what) + "}" if has_holes(text) else text
    says = f"admits {shown}" + (f" at {ports}" if ports else "")
    leaf = resource.origin_of_leaf(path, text)
    first = Evidence(span=resource.span_of(path) or resource.span, says=says, address=resource.address)
    written = tuple(each for each in leaf if each.span != first.span)
    builder.add_reference(
        Reference(
            kind="connects",
            node=resource.address,
            sought=sought,
            evidence=(first, *written),
            outward=False,
            says=LET_IN + (f" at {ports} by" if ports else " by"),
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


def _is_unknown(text: str) -> bool:
    return len(text) == 1 and hole_index(text) is not None


def _is_telling(text: str, builder: FactsBuilder) -> bool:
    """Whether an unknown may lead to another environment: it comes from another deployment, or its names speak of
    one."""
    if not _is_unknown(text):
        return False
    symbol = builder.symbols.symbol(text)
    elsewhere = bool(symbol.scope) and not symbol.scope.startswith(builder.scope)
    return elsewhere or bool(words_in_name(symbol.what))


def port_range(low: object, high: object) -> str:
    """Ports for people: `port 5432`, `ports 80-443`; empty for all."""
    if low in (None, 0, -1) and high in (None, 0, -1, 65535):
        return ""
    return f"port {low}" if low == high else f"ports {low}-{high}"
