"""Which resource groups a deployment looks up: what it calls them by its own inputs tells whose they are.

In: look-ups of resource groups. Out: points-at references from the deployment to the group. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The address of the deployment's own node, which *link* makes.
_DEPLOYMENT = "terraform"
_GROUP = "azurerm_resource_group"
_SUBSCRIPTION = "subscription"
TYPES = (_GROUP,)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The reference of one look-up."""
    name = text(one(resource.values, "name"))
    subscription = builder.place(resource).context.get(_SUBSCRIPTION)
    if resource.mode != "data" or not name or has_holes(name) or not subscription:
        return
    builder.add_reference(
        Reference(
            kind="points-at",
            node=_DEPLOYMENT,
            sought=f"{_GROUP}:/subscriptions/{subscription}/resourceGroups/{name}",
            evidence=builder.evidence(resource, "name", "looks it up"),
            says="looks up",
        )
    )
