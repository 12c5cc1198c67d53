"""Federated credentials: whose tokens of other platforms identities of Azure take for their own.

Comes in: federated credentials of managed identities, see `azuread.federation` for those of applications. Goes out:
statements of policy "trust", with the issuer as principal and the one subject as condition. Must not know: whom a
subject means.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations: subject and issuer are
compared exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Condition, Grant, Principal
from envfence.providers.azuread.names import owner_of
from envfence.providers.azurerm.holders import identity_name
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azurerm_federated_identity_credential",)
_IDENTITY = "azurerm_user_assigned_identity"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The statement of one credential of a managed identity."""
    if resource.mode != "managed":
        return
    for attribute in ("parent_id", "user_assigned_identity_id"):
        identity = text(one(resource.values, attribute))
        if identity:
            looked_up = owner_of(identity, builder, _IDENTITY)
            named = identity_name(looked_up) if looked_up is not None and looked_up.mode == "data" else ""
            add_trust(resource, builder, attached_to=named or f"{_IDENTITY}:{identity}")
            return


def add_trust(resource: Resource, builder: FactsBuilder, *, attached_to: str = "", holder: str = "") -> None:
    """Adds what one credential says about who may become an identity. One without a known subject says nothing."""
    subject, issuer = (text(one(resource.values, each)) or "" for each in ("subject", "issuer"))
    if not subject:
        return
    builder.add_grant(
        Grant(
            language="azurerm",
            policy="trust",
            effect="Allow",
            span=resource.span_of("subject") or resource.span,
            holder=holder,
            attached_to=attached_to,
            principals=(Principal(type="Federated", value=issuer),),
            conditions=(Condition(test="StringEquals", variable="sub", values=(subject,)),),
            evidence=builder.evidence(resource, "subject", f"trusts the subject {subject}"),
            address=resource.address,
        )
    )
