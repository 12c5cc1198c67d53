"""Edges of identities that may become roles: by their own policy, by the role's trust policy, by a module's arguments.

In: statements of identities and of trust. Out: edges of kind assumes, and what the arguments of an unread module let
in. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from envfence.access import Decision, PrincipalView
from envfence.graph.desk import TRUST, Desk, depending, differs
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.modules import capabilities, doubt, is_module
from envfence.graph.targets import Targets
from envfence.graph.views import EVERYTHING, named_account, principal_view
from envfence.model import Edge, Grant

_ACTION = "sts:AssumeRole"
_SAYS = "may assume"


@dataclass(slots=True)
class Becoming:
    """Makes the edges."""

    desk: Desk
    targets: Targets

    def of_policies(
        self, node: GraphNode, linked: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """Roles that the identity's own policy lets it assume."""
        for each in linked:
            if each.grant.effect != "Allow" or not _names_assume(each.grant):
                continue
            for pattern in each.grant.resources:
                for role in self.targets.roles(node, pattern, each.grant):
                    decision = self._assume(view, grants, role)
                    if decision.verdict != "no" and role.id != node.id:
                        ends = (node, role)
                        yield self.desk.edge(
                            "assumes", ends, each, "policy", decision, pattern, says=_SAYS, acts=_ACTION
                        )

    def _assume(self, view: PrincipalView, grants: tuple[Grant, ...], role: GraphNode) -> Decision:
        if role.node.mode == "external":
            unknown = f"whether the trust policy of {role.node.address}, which is not in this repository, admits it"
            return Decision("maybe", (), (unknown,))
        resource, depends = self.desk.resource(role)
        return depending(self.desk.decisions.may_assume(view, grants, resource), depends)

    def of_trust(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """Who a role's trust policy lets become it."""
        if not linked or is_module(node):
            yield from self.of_module(node, linked)
            return
        resource = self.desk.as_named(node)
        for principal, each, text, depends in self.desk.principals(node, linked):
            if principal.id == node.id:
                continue
            view = principal_view(principal, named_account(text))
            decision = depending(self.desk.decisions.may_assume(view, EVERYTHING, resource), depends)
            if decision.verdict != "no" and not (view.kind == "public" and decision.verdict != "yes"):
                ends = (principal, node)
                yield self.desk.edge("assumes", ends, each, "trust", decision, text, says=_SAYS, acts=_ACTION)

    def of_module(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """Whom the arguments of a module that is not in the repository let in, or let become its role."""
        for principal, each, text, depends in self.desk.principals(node, linked):
            if not differs(principal, node) or text == "*":
                continue
            unknowns = (*depends, doubt(node), *(f"the condition {c.test} {c.variable}" for c in each.grant.conditions))
            decision = Decision("maybe", (), tuple(dict.fromkeys(unknowns)))
            ends = (principal, node)
            if each.grant.policy == TRUST:
                yield self.desk.edge("assumes", ends, each, "trust", decision, text, says=_SAYS, acts=_ACTION)
                continue
            for capability, action in capabilities(each.grant):
                yield self.desk.edge("may", ends, each, capability, decision, text, acts=action)


def _names_assume(grant: Grant) -> bool:
    return any(action.lower() in ("*", "sts:*", _ACTION.lower(), "sts:assume*") for action in grant.actions)
