"""Policies of an organization, by the account they reach: what limits its principals, and what guards its resources.

Comes in: statements of service and resource control policies, each with the account that it reaches. Goes out: for an
account, the statements that take part in every decision about it. Must not know: the graph, how statements add up.

AWS attaches a policy that allows everything to every level, and Terraform only adds to it. So a level with nothing but
refusals still allows the rest; where a level has an Allow of its own, nobody sees whether the first one is still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from envfence.model import Grant

SERVICE_CONTROL: Final = "scp"
RESOURCE_CONTROL: Final = "rcp"
_AT: Final = "@"
_PREFIX: Final = "aws:"


def is_control(grant: Grant) -> bool:
    """Whether a statement is one of an organization's policy."""
    return grant.policy in (SERVICE_CONTROL, RESOURCE_CONTROL)


@dataclass(frozen=True, slots=True)
class Controls:
    """Statements by account, holed: those for its principals and those for its resources."""

    principals: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    resources: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)


def controls(grants: Iterable[Grant]) -> Controls:
    """The statements sorted by account. Each says whom it reaches as `aws:ACCOUNT@LEVEL` (`Grant.attached_to`), the
    level being where in the organization its policy is attached; others are passed over."""
    levels: dict[str, dict[str, list[Grant]]] = {}
    resources: dict[str, list[Grant]] = {}
    for grant in grants:
        account, found, level = grant.attached_to.removeprefix(_PREFIX).rpartition(_AT)
        if not found or not account:
            continue
        if grant.policy == SERVICE_CONTROL:
            levels.setdefault(account, {}).setdefault(level, []).append(grant)
        elif grant.policy == RESOURCE_CONTROL:
            resources.setdefault(account, []).append(grant)
    principals = {
        account: tuple(each for level in sorted(known) for each in _with_first(known[level]))
        for account, known in levels.items()
    }
    return Controls(principals, {account: tuple(found) for account, found in resources.items()})


def _with_first(level: list[Grant]) -> list[Grant]:
    """The statements of one level, with what AWS attached there first."""
    allows = [grant for grant in level if grant.effect == "Allow"]
    if any(_is_everything(grant) for grant in allows):
        return level
    doubt = "whether the policy FullAWSAccess is still attached in the organization" if allows else ""
    first = Grant(
        language="aws",
        policy=SERVICE_CONTROL,
        effect="Allow",
        span=level[0].span,
        attached_to=level[0].attached_to,
        actions=("*",),
        resources=("*",),
        unknown=doubt,
        address=level[0].address,
    )
    return [*level, first]


def _is_everything(grant: Grant) -> bool:
    return "*" in grant.actions and "*" in grant.resources and not grant.conditions and not grant.unknown
