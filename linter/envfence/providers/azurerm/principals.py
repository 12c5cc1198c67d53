"""The object ids that identities of Azure answer to, and what data sources say about subscription and caller.

Comes in: managed identities, and everything with an `identity` block. Goes out: names of the form `azuread_object:ID`
on their nodes, and those by which others look identities up. Must not know: what anybody is allowed, environments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.providers.azurerm.holders import identity_name
from envfence.values import Sequence, Symbol, Value

if TYPE_CHECKING:
    from envfence.evaluate import ComputeRequest, Resource
    from envfence.providers.builder import FactsBuilder

_IDENTITY = "azurerm_user_assigned_identity"


def finish(builder: FactsBuilder) -> None:
    """Adds the names to the nodes, once all resources were read."""
    for resource in builder.resources:
        if resource.type.startswith("azurerm_") and builder.has_node(resource.address):
            names = tuple(_names(resource, builder))
            if names:
                node = builder.node(resource.address)
                builder.change_node(resource.address, names=(*node.names, *names))


def _names(resource: Resource, builder: FactsBuilder) -> Iterator[str]:
    def hole(path: str) -> str:
        return builder.symbols.intern(Symbol(what=f"{resource.address}.{path}", scope=builder.scope))

    if resource.type == _IDENTITY:
        yield f"azuread_object:{hole('principal_id')}"
        yield f"azuread_client:{hole('client_id')}"
        if name := identity_name(resource):
            yield name
        return
    identity = resource.values.items.get("identity")
    if isinstance(identity, Sequence) and identity.items:
        yield f"azuread_object:{hole('identity[0].principal_id')}"


def _subscription(request: ComputeRequest) -> dict[str, Value]:
    """What `data.azurerm_subscription` knows of the subscription in which its provider configuration acts."""
    given = request.values.items.get("subscription_id") or request.provider_config.items.get("subscription_id")
    if not isinstance(given, str):
        return {}
    found: dict[str, Value] = {"subscription_id": given}
    if request.type == "azurerm_subscription":
        found["id"] = f"/subscriptions/{given}"
    return found


COMPUTED = {"azurerm_subscription": _subscription, "azurerm_client_config": _subscription}
