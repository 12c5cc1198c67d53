"""Policies of an organization: which accounts they reach, through the units between the root and an account.

Comes in: organization policies, their attachments, the accounts and units of one deployment. Goes out: for every
account that a policy reaches, the statements of that policy. Must not know: who acts in an account, what the actions
do.

The account that manages an organization is out of the reach of its policies; so is, as far as we can tell, an account
that is neither declared here nor named by an attachment. What may not exist reaches nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from envfence.model import Grant
from envfence.providers.aws.contract import attribute, text
from envfence.providers.aws.grants import Target, collected
from envfence.values import hole_index

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_POLICY, _ATTACHMENT = "aws_organizations_policy", "aws_organizations_policy_attachment"
_ACCOUNT, _UNIT = "aws_organizations_account", "aws_organizations_organizational_unit"
_KINDS = {None: "scp", "SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
_ROOT, _ROOT_ID, _ROOTS = "root", "r-", ".roots["
_ACCOUNT_DIGITS = 12
#: An organization has at most five levels of units.
_MOST_LEVELS = 8


@dataclass(frozen=True, slots=True)
class _Attached:
    """The statements of a policy, and where it is attached: the id of an account or unit, or the root."""

    target: str
    statements: tuple[Grant, ...]


def finish(builder: FactsBuilder) -> None:
    """The statements that reach each account."""
    managed = [each for each in builder.resources if each.mode == "managed" and each.exists == "yes"]
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for resource in managed:
        by_type[resource.type].append(resource)
    if not by_type[_POLICY]:
        return
    policies = {attribute(builder, each, "id"): _statements(builder, each) for each in by_type[_POLICY]}
    attached = list(_attachments(builder, by_type[_ATTACHMENT], policies))
    parents = {attribute(builder, each, "id"): _parent(builder, each) for each in (*by_type[_UNIT], *by_type[_ACCOUNT])}
    accounts = [attribute(builder, each, "id") for each in by_type[_ACCOUNT]]
    accounts += [each.target for each in attached if _is_account_number(each.target)]
    own = {builder.place(each).context.get("account") for each in (*by_type[_POLICY], *by_type[_ATTACHMENT])}
    for account in dict.fromkeys(accounts):
        if account in own:
            continue
        levels = set(_levels(account, parents))
        for each in attached:
            if each.target in levels:
                for grant in each.statements:
                    # The account that is reached, and the level of the organization at which it is.
                    builder.add_grant(msgspec.structs.replace(grant, attached_to=f"aws:{account}@{each.target}"))


def _statements(builder: FactsBuilder, policy: Resource) -> tuple[Grant, ...]:
    """The statements of a policy; a part that cannot be read may refuse anything."""
    kind = _KINDS.get(text(policy.values.items.get("type")))
    if kind is None:
        return ()
    found = collected(builder, policy, "content", Target(policy=kind, says="organization policy"))
    return tuple(msgspec.structs.replace(each, effect="Deny") if each.unknown else each for each in found)


def _attachments(
    builder: FactsBuilder, attachments: list[Resource], policies: Mapping[str, tuple[Grant, ...]]
) -> Iterator[_Attached]:
    for resource in attachments:
        values = resource.values.items
        policy, target = text(values.get("policy_id")), text(values.get("target_id"))
        if policy is None or target is None:
            continue
        here = builder.evidence(resource, "target_id", "attached here")
        statements = tuple(
            msgspec.structs.replace(each, evidence=(*each.evidence, *here)) for each in policies.get(policy, ())
        )
        yield _Attached(_place_of(builder, target), statements)


def _parent(builder: FactsBuilder, resource: Resource) -> str:
    parent = text(resource.values.items.get("parent_id"))
    return _ROOT if parent is None else _place_of(builder, parent)


def _place_of(builder: FactsBuilder, target: str) -> str:
    """A place in the organization; there is only one root, however it is named."""
    if target.startswith(_ROOT_ID):
        return _ROOT
    if len(target) == 1 and hole_index(target) is not None and _ROOTS in builder.symbols.symbol(target).what:
        return _ROOT
    return target


def _levels(account: str, parents: Mapping[str, str]) -> Iterator[str]:
    """The account, the units above it as far as they are known, and the root, which is above all."""
    yield _ROOT
    level = account
    for _ in range(_MOST_LEVELS):
        yield level
        if level not in parents:
            return
        level = parents[level]


def _is_account_number(target: str) -> bool:
    return target.isdigit() and len(target) == _ACCOUNT_DIGITS
