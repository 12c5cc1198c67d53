"""The two questions that *link* asks of `envfence.access`: what can this one do to that, and may it become that role?

In: views and statements. Out: capabilities and decisions. Must not know the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from envfence.access import Capabilities, Capability, Decision, Engine, PrincipalView, Request, ResourceView
from envfence.access.organization import Controls
from envfence.model import Grant
from envfence.values import Symbols

ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class Question:
    """One action on one thing by its ARN, in which account that lies, what its own policy says, and what else holds."""

    action: str
    arn: str
    account: str = ""
    policy: tuple[Grant, ...] = ()
    policy_known: bool = True
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Decisions(Protocol):
    """What *link* needs to know; tests may answer by hand."""

    def capabilities(
        self, principal: PrincipalView, grants: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """What the principal, holding `grants`, can do to the resource."""

    def may_assume(self, principal: PrincipalView, grants: Sequence[Grant], role: ResourceView) -> Decision:
        """Whether the principal may assume the role, whose trust policy is in `role.policy`."""

    def may(self, principal: PrincipalView, grants: Sequence[Grant], asked: Question) -> Decision:
        """Whether the principal, holding `grants`, may do one action."""


class AccessDecisions:
    """The answers of `envfence.access`; what an organization limits and guards takes part in each."""

    def __init__(self, symbols: Symbols, controls: Controls) -> None:
        self._engine = Engine(symbols.table())
        self._capabilities = Capabilities(self._engine)
        self._controls = controls
        self._limited: dict[tuple[int, str], tuple[Sequence[Grant], tuple[Grant, ...]]] = {}
        self._guarded: dict[int, tuple[ResourceView, ResourceView]] = {}

    def capabilities(
        self, principal: PrincipalView, grants: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """What the principal, holding `grants`, can do to the resource."""
        return self._capabilities.of(principal, self._limits(principal, grants), self._guards(resource))

    def _limits(self, principal: PrincipalView, grants: Sequence[Grant]) -> Sequence[Grant]:
        """The statements of a principal with those that limit its account; the same object each time."""
        limits = self._controls.principals.get(principal.account)
        if not limits:
            return grants
        key = (id(grants), principal.account)
        found = self._limited.get(key)
        if found is None:
            found = self._limited[key] = (grants, (*grants, *limits))
        return found[1]

    def _guards(self, resource: ResourceView) -> ResourceView:
        """A resource with the statements that guard its account; the same object each time."""
        guards = self._controls.resources.get(resource.account)
        if not guards:
            return resource
        found = self._guarded.get(id(resource))
        if found is None:
            guarded = replace(resource, policy=(*resource.policy, *guards))
            found = self._guarded[id(resource)] = (resource, guarded)
        return found[1]

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
            tags=role.tags,
            tags_complete=role.tags_complete,
        )
        return self._engine.decide(request, (*self._limits(principal, grants), *self._guards(role).policy))

    def may(self, principal: PrincipalView, grants: Sequence[Grant], asked: Question) -> Decision:
        """Whether the principal, holding `grants`, may do one action."""
        request = Request(
            principal=principal,
            action=asked.action,
            resource=asked.arn,
            resource_account=asked.account,
            context=asked.context,
            policy_known=asked.policy_known,
            tags=None,
        )
        guards = self._controls.resources.get(asked.account, ())
        return self._engine.decide(request, (*self._limits(principal, grants), *asked.policy, *guards))


def make_decisions(symbols: Symbols, controls: Controls | None = None) -> Decisions:
    """The decisions of `envfence.access` over one table of symbols, which must be complete by now; `controls` are the
    policies of the organization."""
    return AccessDecisions(symbols, controls or Controls())
