"""Edges that policies make: who may do what to whom across a fence.

In: statements by holder, the index of names, external nodes, the decisions of `envfence.access`. Out: edges of kind
may, and those of `becoming` and `takeovers`. Only pairs that a statement names are decided: an identity with what its
statements name (or, for `*`, with what shares its account), a resource with the principals that its policy names; and
the pairs that somebody asks about. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from envfence.access import Capability
from envfence.graph.becoming import Becoming
from envfence.graph.causes import pattern_of
from envfence.graph.desk import (
    IDENTITY,
    RESOURCE,
    TRUST,
    Desk,
    decision_of,
    depending,
    differs,
    is_among,
    is_nowhere,
)
from envfence.graph.elevation import Elevated, elevated
from envfence.graph.executed import Executed
from envfence.graph.federated import Federated
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.modules import is_module
from envfence.graph.takeovers import Takeovers
from envfence.graph.targets import Targets
from envfence.graph.views import EVERYTHING, named_account, principal_view
from envfence.model import Edge

_ASSUME = "sts:assumerole"
#: The language of the statements here; those of `access.scoped` are for `graph.scoped`.
LANGUAGE = "aws"


@dataclass(slots=True)
class Rights:
    """Makes the edges."""

    desk: Desk
    targets: Targets
    becoming: Becoming
    takeovers: Takeovers
    federated: Federated

    def __init__(self, desk: Desk, executed: Sequence[Executed] = ()) -> None:
        self.desk = desk
        self.targets = Targets(desk)
        self.becoming = Becoming(desk, self.targets)
        self.takeovers = Takeovers(desk, self.targets, executed)
        self.federated = Federated(desk)

    def edges(self) -> Iterator[Edge]:
        """All edges but those of policies that nothing attaches, identity policies first."""
        for holder in sorted(self.desk.holders.by_node):
            linked = [each for each in self.desk.holders.by_node[holder] if each.grant.language == LANGUAGE]
            node = self.desk.binder.node(holder)
            if node is None:
                continue
            yield from self._of_identity(node, [each for each in linked if each.grant.policy not in (*RESOURCE, TRUST)])
            yield from self._of_resource(node, [each for each in linked if each.grant.policy in RESOURCE])
            trusted = [each for each in linked if each.grant.policy == TRUST]
            yield from self.becoming.of_trust(node, trusted)
            yield from self.federated.of_trust(node, trusted)

    def unattached(self) -> Iterator[Edge]:
        """The edges of policies that stand on their own and that nothing attaches, never more than `possible`."""
        for policy, statements in self.desk.holders.unattached():
            node = self.desk.binder.node(policy)
            if node is not None:
                given = [
                    replace(each, grant=msgspec.structs.replace(each.grant, policy=IDENTITY)) for each in statements
                ]
                yield from self._of_identity(node, given, attached=False)

    def _of_identity(self, node: GraphNode, linked: list[LinkedGrant], *, attached: bool = True) -> Iterator[Edge]:
        allows = [each for each in linked if each.grant.effect == "Allow"]
        if not allows:
            return
        grants = tuple(each.grant for each in linked)
        view, depends = self.desk.asker(node)
        if attached:
            yield from self.becoming.of_policies(node, linked, view, grants)
            yield from self.takeovers.of_policies(node, linked, view, grants)
        asked = self.desk.asked.targets if node.id in self.desk.asked.askers else frozenset()
        if is_nowhere(node) and not asked:
            asked = self.targets.on_both_sides(node, [each.grant for each in allows]) if attached else frozenset()
            if not asked:
                return
        own = elevated(self.desk, node, linked, view, grants) if attached else None
        if own is not None:
            linked, allows = [*linked, own.linked], [*allows, own.linked]
            grants = (*grants, own.linked.grant)
        named = self._named(node, allows, asked)
        for target_id in sorted(named):
            target = self.desk.binder.node(target_id)
            if target is None or target is node or not (target_id in asked or differs(node, target)):
                continue
            resource, more = self.desk.resource(target)
            if is_nowhere(node) and node.node.boundary and target.node.boundary == node.node.boundary:
                # One provider configuration made both: whichever account that is in.
                resource, more = replace(resource, account=view.account), ()
            for capability in self.desk.decisions.capabilities(view, grants, resource):
                if capability.action.lower() == _ASSUME or not _is_meant(capability, named[target_id]):
                    continue
                unknowns = (*depends, *more, *(() if attached else (_whose(node),)))
                yield from self._may(node, target, capability, linked, unknowns, own)

    def _named(self, node: GraphNode, allows: list[LinkedGrant], asked: frozenset[str]) -> dict[str, list[LinkedGrant]]:
        """The nodes that statements name, each with these statements; all of them for what somebody asks about."""
        found = {target: list(allows) for target in asked}
        for each in allows:
            for target in set(self.targets.of(node, each.grant)) - asked:
                found.setdefault(target, []).append(each)
        return found

    def _of_resource(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """What a resource's own policy lets principals of other environments do, whatever their own policies say."""
        if not linked or is_module(node):
            yield from self.becoming.of_module(node, linked)
            return
        resource = self.desk.as_named(node)
        for principal, each, text, depends in self.desk.principals(node, linked):
            if not (differs(principal, node) or is_nowhere(node)):
                continue
            view = principal_view(principal, named_account(text))
            for capability in self.desk.decisions.capabilities(view, EVERYTHING, resource):
                if not is_among(capability, each.grant) or (view.kind == "public" and capability.verdict != "yes"):
                    continue
                decision = depending(decision_of(capability), depends)
                ends = (principal, node)
                yield self.desk.edge("may", ends, each, capability.name, decision, text, acts=capability.action)

    def _may(
        self,
        node: GraphNode,
        target: GraphNode,
        capability: Capability,
        linked: list[LinkedGrant],
        unknowns: tuple[str, ...],
        own: Elevated | None = None,
    ) -> Iterator[Edge]:
        each = next((found for found in linked if is_among(capability, found.grant)), None)
        if each is None:
            return
        says = ""
        if own is not None and each is own.linked:
            says = f"may give itself any right ({own.action}), then {capability.action}"
            unknowns = (*unknowns, *own.unknowns)
        decision = depending(decision_of(capability), unknowns)
        pattern = pattern_of(each.grant.resources, target)
        ends = (node, target)
        yield self.desk.edge("may", ends, each, capability.name, decision, pattern, says=says, acts=capability.action)


def _is_meant(capability: Capability, naming: Sequence[LinkedGrant]) -> bool:
    """Whether a capability surely exists, or rests on a statement that names the thing: one whose resources are wholly
    unknown says nothing about what another statement names."""
    return capability.verdict == "yes" or any(is_among(capability, each.grant) for each in naming)


def _whose(policy: GraphNode) -> str:
    return f"which identity {policy.node.address} is attached to"
