"""The two questions that *link* asks of `envfence.access`: what can this one do to that, and may it become that role?

In: views and statements. Out: capabilities and decisions. Must not know the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from envfence.access import Capabilities, Capability, Decision, Engine, PrincipalView, Request, ResourceView
from envfence.model import Grant
from envfence.values import Symbols

ASSUME_ROLE = "sts:AssumeRole"


class Decisions(Protocol):
    """What *link* needs to know; tests may answer by hand."""

    def capabilities(
        self, principal: PrincipalView, grants: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """What the principal, holding `grants`, can do to the resource."""

    def may_assume(self, principal: PrincipalView, grants: Sequence[Grant], role: ResourceView) -> Decision:
        """Whether the principal may assume the role, whose trust policy is in `role.policy`."""


class AccessDecisions:
    """The answers of `envfence.access`."""

    def __init__(self, symbols: Symbols) -> None:
        self._engine = Engine(symbols.table())
        self._capabilities = Capabilities(self._engine)

    def capabilities(
        self, principal: PrincipalView, grants: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """What the principal, holding `grants`, can do to the resource."""
        return self._capabilities.of(principal, grants, resource)

    def may_assume(self, principal: PrincipalView, grants: Sequence[Grant], role: ResourceView) -> Decision:
        """Whether the principal may assume the role; "no" for a role without an ARN."""
        if not role.arns:
            return Decision("no")
        request = Request(
            principal=principal,
            action=ASSUME_ROLE,
            resource=role.arns[0],
            resource_account=role.account,
            policy_known=role.policy_known,
        )
        return self._engine.decide(request, (*grants, *role.policy))


def make_decisions(symbols: Symbols) -> Decisions:
    """The decisions of `envfence.access` over one table of symbols, which must be complete by now."""
    return AccessDecisions(symbols)
