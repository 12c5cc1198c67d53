"""The identifiers that people, groups, applications and service principals of Entra ID answer to.

Comes in: these resources. Goes out: names on their nodes: `azuread_object:ID`, `azuread_client:ID`, and
`azuread_name:KIND/NAME` by which others look them up; they are identities. Must not know: what anybody is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.providers.common.values import one, text
from envfence.values import Symbol, has_holes, hole_index

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_PRINCIPAL, _APPLICATION, _GROUP = "azuread_service_principal", "azuread_application", "azuread_group"
#: Attributes of each type that hold its object id, under the names that versions of the provider have for it.
_OBJECT_IDS = {_PRINCIPAL: ("object_id", "id"), _GROUP: ("object_id", "id"), "azuread_user": ("object_id", "id")}
_CLIENT_IDS = ("client_id", "application_id")


def finish(builder: FactsBuilder) -> None:
    """Adds the names, once all resources were read."""
    for resource in builder.resources:
        wanted = resource.mode == "managed" and resource.type in (*_OBJECT_IDS, _APPLICATION)
        if wanted and builder.has_node(resource.address):
            node = builder.node(resource.address)
            names = tuple(dict.fromkeys((*node.names, *_names(resource, builder))))
            builder.change_node(resource.address, names=names, kind="identity")


def principal_name(resource: Resource, builder: FactsBuilder) -> str:
    """The name by which a service principal, group or application is looked up; empty where it is not known."""
    shown = text(one(resource.values, "display_name")) or ""
    if resource.type == _PRINCIPAL and not shown:
        application = application_of(text(one(resource.values, "client_id")) or "", builder)
        shown = text(one(application.values, "display_name")) or "" if application is not None else ""
    kind = "group" if resource.type == _GROUP else "application"
    return f"azuread_name:{kind}/{shown}" if shown and not has_holes(shown) else ""


def application_of(identifier: str, builder: FactsBuilder) -> Resource | None:
    """The application of this deployment that an id stands for, whichever of its ids it is."""
    return owner_of(identifier, builder, _APPLICATION)


def owner_of(identifier: str, builder: FactsBuilder, *types: str) -> Resource | None:
    """The resource of this deployment whose own id, of whatever kind, an identifier is."""
    if len(identifier) != 1 or hole_index(identifier) is None:
        return None
    address = builder.symbols.symbol(identifier).what.rpartition(".")[0]
    found = (each for each in builder.resources if each.address == address and (not types or each.type in types))
    return next(found, None)


def principal_of(application: Resource, builder: FactsBuilder) -> Resource | None:
    """The service principal of an application, where this deployment has it."""
    for resource in builder.resources:
        if resource.type == _PRINCIPAL and resource.mode == "managed":
            for name in _CLIENT_IDS:
                if application_of(text(one(resource.values, name)) or "", builder) is application:
                    return resource
    return None


def _names(resource: Resource, builder: FactsBuilder) -> Iterator[str]:
    for attribute in _OBJECT_IDS.get(resource.type, ()):
        yield f"azuread_object:{_hole(resource, attribute, builder)}"
    if resource.type == _APPLICATION:
        for attribute in _CLIENT_IDS:
            yield f"azuread_client:{_hole(resource, attribute, builder)}"
    name = principal_name(resource, builder) if resource.type != "azuread_user" else ""
    if name and (resource.type != _APPLICATION or principal_of(resource, builder) is None):
        yield name


def _hole(resource: Resource, attribute: str, builder: FactsBuilder) -> str:
    return builder.symbols.intern(Symbol(what=f"{resource.address}.{attribute}", scope=builder.scope))
