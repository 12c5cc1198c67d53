"""Groups of Entra ID: a member has the roles of its groups.

Comes in: `azuread_group_member`, the `members` of `azuread_group`. Goes out: statements of policy "member". Must not
know: what a group is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Grant
from envfence.providers.azurerm.holders import holder_of
from envfence.providers.common.values import one, text, texts
from envfence.values import Symbol

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_GROUP, _MEMBER = "azuread_group", "azuread_group_member"
TYPES = (_GROUP, _MEMBER)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The memberships that one resource makes."""
    if resource.mode != "managed":
        return
    if resource.type == _MEMBER:
        group = text(one(resource.values, "group_object_id")) or ""
        _add(resource, builder, "member_object_id", text(one(resource.values, "member_object_id")) or "", group)
        return
    own = builder.symbols.intern(Symbol(what=f"{resource.address}.object_id", scope=builder.scope))
    for member in texts(one(resource.values, "members")):
        _add(resource, builder, "members", member, own)


def _add(resource: Resource, builder: FactsBuilder, path: str, member: str, group: str) -> None:
    if member and group:
        builder.add_grant(
            Grant(
                language="azurerm",
                policy="member",
                effect="Allow",
                span=resource.span_of(path) or resource.span,
                attached_to=holder_of(member, builder),
                resources=(holder_of(group, builder),),
                evidence=builder.evidence(resource, path, "makes it a member of the group"),
                address=resource.address,
            )
        )
