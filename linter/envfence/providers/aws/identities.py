"""Roles, users, groups, instance profiles, and the policies that give them rights.

Comes in: IAM resources. Goes out: identity, trust and boundary grants, and who acts as whom.
Must not know: what the actions do, other deployments.
"""

from __future__ import annotations

from envfence.model import Evidence, Reference
from envfence.providers.aws.contract import Builder, ResourceView, identifier, place, text, walk
from envfence.providers.aws.grants import Target, add_managed, add_policy, attach
from envfence.values import Unknown, Value

_INLINE = {
    "aws_iam_role_policy": ("role", "aws_iam_role"),
    "aws_iam_user_policy": ("user", "aws_iam_user"),
    "aws_iam_group_policy": ("group", "aws_iam_group"),
}
_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": (("role", "aws_iam_role"),),
    "aws_iam_user_policy_attachment": (("user", "aws_iam_user"),),
    "aws_iam_group_policy_attachment": (("group", "aws_iam_group"),),
    "aws_iam_policy_attachment": (
        ("roles[]", "aws_iam_role"),
        ("users[]", "aws_iam_user"),
        ("groups[]", "aws_iam_group"),
    ),
}
_EXCLUSIVE = {
    "aws_iam_role_policy_attachments_exclusive": ("role_name", "aws_iam_role"),
    "aws_iam_user_policy_attachments_exclusive": ("user_name", "aws_iam_user"),
    "aws_iam_group_policy_attachments_exclusive": ("group_name", "aws_iam_group"),
}
_PRINCIPALS = ("aws_iam_role", "aws_iam_user")

TYPES = (
    *_PRINCIPALS,
    "aws_iam_policy",
    *_INLINE,
    *_ATTACHMENTS,
    *_EXCLUSIVE,
    "aws_iam_instance_profile",
    "aws_iam_group_membership",
    "aws_iam_user_group_membership",
    "aws_iam_access_key",
    "aws_iam_user_login_profile",
)


def extract(resource: ResourceView, builder: Builder) -> None:
    """The grants and references of one IAM resource."""
    if resource.mode != "managed":
        return
    kind = resource.type
    if kind in _PRINCIPALS:
        _principal(resource, builder)
    elif kind == "aws_iam_policy":
        add_managed(builder, resource)
    elif kind in _INLINE:
        attribute, form = _INLINE[kind]
        target = _attached(resource, attribute, form)
        add_policy(builder, resource, "policy", resource.values.items.get("policy"), target)
    elif kind in _ATTACHMENTS:
        _attachment(resource, builder)
    elif kind in _EXCLUSIVE:
        attribute, form = _EXCLUSIVE[kind]
        _attach_all(builder, resource, "policy_arns", _attached(resource, attribute, form))
    else:
        _membership(resource, builder)


def _principal(resource: ResourceView, builder: Builder) -> None:
    values = resource.values.items
    address = resource.address
    trust = Target(policy="trust", holder=address, says="trust policy")
    add_policy(builder, resource, "assume_role_policy", values.get("assume_role_policy"), trust)
    boundary = Target(policy="boundary", holder=address, says="permissions boundary")
    attach(builder, resource, "permissions_boundary", values.get("permissions_boundary"), boundary)
    inline = Target(policy="identity", holder=address, says="inline policy")
    for path, value in walk(resource.values, "inline_policy[].policy"):
        add_policy(builder, resource, path, value, inline)
    _attach_all(builder, resource, "managed_policy_arns", Target(policy="identity", holder=address))


def _attachment(resource: ResourceView, builder: Builder) -> None:
    for path, form in _ATTACHMENTS[resource.type]:
        for _, value in _members(resource, path):
            if (name := text(value)) is not None:
                target = Target(policy="identity", attached_to=identifier(form, name))
                attach(builder, resource, "policy_arn", resource.values.items.get("policy_arn"), target)


def _attach_all(builder: Builder, resource: ResourceView, path: str, target: Target) -> None:
    for _, value in _members(resource, f"{path}[]"):
        attach(builder, resource, path, value, target)


def _membership(resource: ResourceView, builder: Builder) -> None:
    """Groups give their rights to their users; a profile carries a role; a key or login opens its user."""
    kind = resource.type
    if kind == "aws_iam_instance_profile":
        for path in ("role", "roles[]"):
            _refer(resource, builder, "runs-as", path, "aws_iam_role", "carries the role")
    elif kind == "aws_iam_group_membership":
        group = text(resource.values.items.get("group"))
        for _, user in _members(resource, "users[]"):
            _join(resource, builder, user, group)
    elif kind == "aws_iam_user_group_membership":
        user = resource.values.items.get("user")
        for _, group_value in _members(resource, "groups[]"):
            _join(resource, builder, user, text(group_value))
    else:
        _refer(resource, builder, "holds", "user", "aws_iam_user", "opens")


def _join(resource: ResourceView, builder: Builder, user: Value, group: str | None) -> None:
    """A user who is in a group has its rights: the membership node stands between them in the graph."""
    name = text(user)
    if name is None or group is None:
        return
    evidence = (Evidence(span=resource.span, says="is a member", address=resource.address),)
    for sought, outward in ((identifier("aws_iam_user", name), False), (identifier("aws_iam_group", group), True)):
        builder.add_reference(
            Reference(
                kind="assumes",
                node=resource.address,
                sought=sought,
                evidence=evidence,
                outward=outward,
                says="is a member of",
            )
        )


def _refer(resource: ResourceView, builder: Builder, kind: str, path: str, form: str, says: str) -> None:
    for where, value in _members(resource, path):
        if (name := text(value)) is not None:
            evidence = (Evidence(span=place(resource, where), says=says, address=resource.address),)
            builder.add_reference(
                Reference(kind=kind, node=resource.address, sought=identifier(form, name), evidence=evidence, says=says)
            )


def _members(resource: ResourceView, path: str) -> tuple[tuple[str, Value], ...]:
    """The values at a path; a list that is unknown as a whole is one unknown member."""
    return tuple((where, value) for where, value in walk(resource.values, path) if isinstance(value, str | Unknown))


def _attached(resource: ResourceView, attribute: str, form: str) -> Target:
    name = text(resource.values.items.get(attribute))
    return Target(policy="identity", attached_to=identifier(form, name or ""), says="attached here")
