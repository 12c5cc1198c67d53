"""Secrets of key vaults, by the vault and their own name.

In: secrets that are declared, and data sources that look one up. Out: a name for the first, a node for the second. Must
not know environments.

The name of a vault is unique in all of Azure, so a secret is known by the two names, whatever is unknown of the
subscription and the resource group.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.providers.common.lookups import add_looked_up_secret
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azurerm_key_vault_secret",)
_FORM = "azurerm_key_vault_secret"
_VAULT = re.compile(r"/vaults/([A-Za-z0-9-]{3,24})\Z", re.IGNORECASE)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The name of a declared secret, or the node of a look-up."""
    name = text(one(resource.values, "name"))
    vault = _vault(resource)
    if not name or not vault or has_holes(name):
        return
    sought = f"{_FORM}:{vault}/secrets/{name}"
    if resource.mode == "data":
        add_looked_up_secret(resource, builder, sought, f"azurerm_key_vault:{vault}")
    elif builder.has_node(resource.address):
        node = builder.node(resource.address)
        builder.change_node(resource.address, names=(*node.names, sought))


def _vault(resource: Resource) -> str:
    """The name of the vault, from its id; empty where the id does not tell."""
    found = _VAULT.search(text(one(resource.values, "key_vault_id")) or "")
    return found[1].lower() if found else ""
