"""The hierarchy of Azure: which subscription lies in which management group.

Comes in: management groups and associations of subscriptions. Goes out: statements of policy "below". Must not know:
who holds what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.providers.azuread.names import owner_of
from envfence.providers.common.hierarchy import add_below
from envfence.providers.common.values import one, text, texts
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_GROUP, _ASSOCIATION = "azurerm_management_group", "azurerm_management_group_subscription_association"
TYPES = (_GROUP, _ASSOCIATION)
_PATH = "/providers/Microsoft.Management/managementGroups/"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """What one resource says of what lies in a management group."""
    if resource.mode != "managed":
        return
    for own, above in _pairs(resource, builder):
        if own and above:
            add_below(builder, resource, "azurerm", own, above)


def _pairs(resource: Resource, builder: FactsBuilder) -> Iterator[tuple[str, str]]:
    if resource.type == _ASSOCIATION:
        group = _scope(text(one(resource.values, "management_group_id")) or "", builder)
        yield _subscription(text(one(resource.values, "subscription_id")) or ""), group
        return
    own = _named(text(one(resource.values, "name")) or "")
    yield own, _scope(text(one(resource.values, "parent_management_group_id")) or "", builder)
    for each in texts(one(resource.values, "subscription_ids")):
        yield _subscription(each), own


def _scope(identifier: str, builder: FactsBuilder) -> str:
    found = owner_of(identifier, builder, _GROUP)
    name = text(one(found.values, "name")) or "" if found is not None else identifier.rpartition("/")[2]
    return _named(name)


def _named(name: str) -> str:
    return f"*:{_PATH}{name}".lower() if name and not has_holes(name) else ""


def _subscription(identifier: str) -> str:
    number = identifier.rpartition("/")[2]
    return f"azurerm:{number.lower()}" if number and not has_holes(number) else ""
