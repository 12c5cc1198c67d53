"""Federated credentials of applications, whose service principals hold the roles.

Comes in: `azuread_application_federated_identity_credential`. Goes out: statements of policy "trust". Must not know:
whom a subject means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.azuread.names import application_of, principal_name, principal_of
from envfence.providers.azurerm.federation import add_trust
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azuread_application_federated_identity_credential",)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The statement of one credential."""
    if resource.mode != "managed":
        return
    for attribute in ("application_id", "application_object_id"):
        application = application_of(text(one(resource.values, attribute)) or "", builder)
        if application is None:
            continue
        principal = principal_of(application, builder) if application.mode == "managed" else None
        if principal is not None:
            add_trust(resource, builder, holder=principal.address)
        elif application.mode == "managed":
            add_trust(resource, builder, holder=application.address)
        else:
            add_trust(resource, builder, attached_to=principal_name(application, builder))
        return
