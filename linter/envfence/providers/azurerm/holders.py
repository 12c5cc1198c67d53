"""Whom the id of a principal means: a resource by the id it is given, what a data source looks up by its name.

Comes in: ids as assignments and memberships name them. Goes out: identifiers to look the principal up by. Must not
know: what anybody is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.azuread.names import owner_of, principal_name
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_IDENTITY = "azurerm_user_assigned_identity"
_LOOKED_UP = ("azuread_service_principal", "azuread_group", "azuread_application")


def holder_of(identifier: str, builder: FactsBuilder) -> str:
    """How to look a principal up: `azuread_object:ID`, or by name where a data source gave the id."""
    found = owner_of(identifier, builder)
    if found is not None and found.mode == "data":
        name = identity_name(found) if found.type == _IDENTITY else ""
        name = principal_name(found, builder) if found.type in _LOOKED_UP else name
        return name or f"azuread_object:{identifier}"
    return f"azuread_object:{identifier}"


def identity_name(resource: Resource) -> str:
    """The name of a managed identity, with its resource group; empty where they are not known."""
    name, group = (text(one(resource.values, each)) or "" for each in ("name", "resource_group_name"))
    return f"azurerm_identity:{group}/{name}" if name and group and not has_holes(name + group) else ""
