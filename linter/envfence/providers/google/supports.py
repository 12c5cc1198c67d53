"""What bindings of Google Cloud need to be understood: custom roles, groups with their members, deny policies.

Comes in: these resources. Goes out: statements of the policies role, member and limit. Must not know: who is bound to
what.

Deny policies: https://cloud.google.com/iam/docs/deny-overview; whom they name:
https://cloud.google.com/iam/docs/principal-identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from envfence.model import Condition, Grant, Principal
from envfence.providers.common.values import one, text, texts
from envfence.providers.google.hierarchy import container
from envfence.providers.google.statements import LANGUAGE, holder_of, role_name
from envfence.values import Mapping, Sequence, as_blocks, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_ROLES = ("google_project_iam_custom_role", "google_organization_iam_custom_role")
_MEMBERSHIP, _GROUP, _DENY = (
    "google_cloud_identity_group_membership",
    "google_cloud_identity_group",
    "google_iam_deny_policy",
)
TYPES = (*_ROLES, _MEMBERSHIP, _DENY)
_ACCOUNT = re.compile(r"principal://iam\.googleapis\.com/projects/-/serviceAccounts/(.+)")
_EVERYBODY = "principalSet://goog/public:all"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The statements of one such resource."""
    if resource.mode != "managed":
        return
    if resource.type in _ROLES:
        _role(resource, builder)
    elif resource.type == _MEMBERSHIP:
        _membership(resource, builder)
    else:
        for grant in _denials(resource, builder):
            builder.add_grant(grant)


def _role(resource: Resource, builder: FactsBuilder) -> None:
    name, permissions = role_name(resource, builder), one(resource.values, "permissions")
    if name and isinstance(permissions, Sequence) and permissions.items:
        builder.add_grant(_plain(resource, "role", sid=name, actions=texts(permissions)))


def _membership(resource: Resource, builder: FactsBuilder) -> None:
    group = _group(text(one(resource.values, "group")) or "", builder)
    member = text(one(resource.values, "preferred_member_key.id")) or text(one(resource.values, "member_key.id")) or ""
    if not group or not member:
        return
    kind = "serviceAccount" if member.endswith(".gserviceaccount.com") else "user"
    holders = [holder_of(f"{kind}:{member}")]
    if kind == "user":
        holders.append(holder_of(f"group:{member}"))  # a group in a group looks the same
    evidence = builder.evidence(resource, "group", f"makes {member} a member of {group}")
    for holder in holders:
        resources = (f"google_member:group:{group}",)
        builder.add_grant(_plain(resource, "member", attached_to=holder, resources=resources, evidence=evidence))


def _group(value: str, builder: FactsBuilder) -> str:
    """The address of a group, by what a membership says of it; empty where it is not declared here."""
    if "@" in value:
        return value
    for resource in builder.resources:
        if resource.type == _GROUP and has_holes(value):
            whats = [builder.symbols.symbol(char).what for char in value if has_holes(char)]
            if any(what.rpartition(".")[0] == resource.address for what in whats):
                return text(one(resource.values, "group_key.id")) or ""
    return ""


def _denials(resource: Resource, builder: FactsBuilder) -> Iterator[Grant]:
    """The rules of one deny policy. One with a condition may hold or not."""
    scope = _attachment(text(one(resource.values, "parent")) or "", builder)
    for index, rule in enumerate(as_blocks(resource.values.items.get("rules"))):
        found = one(rule, "deny_rule") if isinstance(rule, Mapping) else None
        denial = next(iter(as_blocks(found)), None) if isinstance(found, Sequence | Mapping) else None
        if not scope or not isinstance(denial, Mapping):
            continue
        excepted = set(texts(one(denial, "exception_permissions")))
        condition = text(one(denial, "denial_condition.expression"))
        yield _plain(
            resource,
            "limit",
            effect="Deny",
            actions=tuple(each for each in texts(one(denial, "denied_permissions")) if each not in excepted),
            resources=(scope,),
            principals=tuple(map(_principal, texts(one(denial, "denied_principals")))),
            not_principals=tuple(map(_principal, texts(one(denial, "exception_principals")))),
            conditions=(Condition(test="unknown", variable="", values=(f"the condition {condition}",)),)
            if condition
            else (),
            span=resource.span_of(f"rules[{index}]") or resource.span,
        )


def _principal(name: str) -> Principal:
    """A principal as deny policies spell it, by the identifier of the node that it means."""
    if name == _EVERYBODY:
        return Principal(type="*", value="*")
    account = _ACCOUNT.fullmatch(name)
    if account is not None:
        return Principal(type="serviceAccount", value=f"google_service_account:{account[1]}")
    kind, _, rest = name.partition("://goog/")
    if kind == "principalSet" and rest.startswith("group/"):
        return Principal(type="group", value=f"google_member:group:{rest.removeprefix('group/')}")
    if kind == "principal" and rest.startswith("subject/"):
        return Principal(type="user", value=f"google_member:user:{rest.removeprefix('subject/')}")
    return Principal(type="group" if kind == "principalSet" else "user", value=f"google_member:{name}")


def _attachment(parent: str, builder: FactsBuilder) -> str:
    """The scope that a deny policy is attached to: `cloudresourcemanager.googleapis.com/projects/ID`, encoded."""
    path = unquote(parent).partition("cloudresourcemanager.googleapis.com/")[2].split("/")
    if len(path) < 2:
        return ""
    forms = {"folders": "google_folder", "organizations": "google_organization"}
    return f"google:{path[1]}" if path[0] == "projects" else container(builder, forms.get(path[0], ""), path[1])


def _plain(resource: Resource, policy: str, **fields: Any) -> Grant:
    """A statement of this resource; it is held by the resource unless it says who holds it."""
    holder = "" if "attached_to" in fields else resource.address
    plain = Grant(
        language=LANGUAGE, policy=policy, effect="Allow", span=resource.span, holder=holder, address=resource.address
    )
    return msgspec.structs.replace(plain, **fields)
