"""Which addresses network security rules let in, and which addresses virtual networks have.

Comes in: virtual networks, security groups and rules. Goes out: ranges as names, and references from ranges that are
let
in. Must not know: what listens there, environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.aws.contract import walk
from envfence.providers.common.addresses import add_ranges, admit
from envfence.providers.common.values import text, texts
from envfence.values import Mapping

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_NETWORK, _GROUP, _RULE = "azurerm_virtual_network", "azurerm_network_security_group", "azurerm_network_security_rule"
TYPES = (_NETWORK, _GROUP, _RULE)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The ranges of one network, or those that one group or rule lets in."""
    values = resource.values
    if resource.type == _NETWORK:
        add_ranges(resource, builder, texts(values.items.get("address_space")))
    elif resource.type == _RULE:
        _admit(resource, builder, "", values)
    else:
        for path, block in walk(values, "security_rule[]"):
            if isinstance(block, Mapping):
                _admit(resource, builder, f"{path}.", block)


def _admit(resource: Resource, builder: FactsBuilder, at: str, rule: Mapping) -> None:
    said = {name: (text(rule.items.get(name)) or "").lower() for name in ("access", "direction")}
    if said != {"access": "allow", "direction": "inbound"}:
        return
    port = text(rule.items.get("destination_port_range")) or ""
    ports = "" if port in ("", "*") else f"port {port}"
    for name in ("source_address_prefix", "source_address_prefixes"):
        for each in texts(rule.items.get(name)):
            admit(resource, builder, f"{at}{name}", each, ports)
