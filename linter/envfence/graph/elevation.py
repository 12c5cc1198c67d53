"""Identities that may give themselves any right: by attaching or writing a policy to themselves.

In: an identity with its statements. Out: the statement that it could write for itself, which then takes part in the
decisions as if it were there: a permissions boundary, a Deny or a policy of the organization limits it as it would in
the cloud. Must not know targets or rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from envfence.access import Decision, PrincipalView
from envfence.graph.decisions import Question
from envfence.graph.desk import IDENTITY, Desk, depending
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import covers
from envfence.model import Evidence, Grant
from envfence.values import has_holes

#: The calls by which an identity of a type gets a policy more (documented ways iam-005 and iam-007 to iam-009).
_WAYS = {
    "aws_iam_role": ("iam:AttachRolePolicy", "iam:PutRolePolicy"),
    "aws_iam_user": ("iam:AttachUserPolicy", "iam:PutUserPolicy"),
}
#: A condition on this key lets only some policies be attached: nobody knows whether they help.
_ONLY_SOME = "iam:policyarn"


@dataclass(frozen=True, slots=True)
class Elevated:
    """The statement that an identity could give itself, how, and what that depends on."""

    linked: LinkedGrant
    action: str
    unknowns: tuple[str, ...]


def elevated(
    desk: Desk, node: GraphNode, linked: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
) -> Elevated | None:
    """What an identity could give itself; None where it cannot, has it already, or acts in no known account."""
    boundary = node.node.boundary
    if node.node.mode != "managed" or not boundary or has_holes(boundary) or node.node.type not in _WAYS:
        return None
    allows = [
        each
        for each in linked
        if each.grant.effect == "Allow" and each.grant.policy == IDENTITY and not each.grant.unknown
    ]
    if any("*" in each.grant.actions and "*" in each.grant.resources for each in allows):
        return None
    found = list(_ways(desk, node, allows, view, grants))
    return min(found, key=lambda each: bool(each.unknowns), default=None)


def _ways(
    desk: Desk, node: GraphNode, allows: Iterable[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
) -> Iterator[Elevated]:
    resource, depends = desk.resource(node)
    if not resource.arns:
        return
    for each in allows:
        if any(condition.variable.lower() == _ONLY_SOME for condition in each.grant.conditions):
            continue
        for action in _WAYS[node.node.type]:
            if not _speaks_of(each.grant, action):
                continue
            answer = desk.decisions.may(view, grants, Question(action, resource.arns[0], resource.account))
            decision = depending(answer, depends)
            if decision.verdict != "no" and _takes_part(decision, each.grant):
                yield Elevated(_own(each, action), action, decision.unknowns if decision.verdict != "yes" else ())


def _speaks_of(grant: Grant, action: str) -> bool:
    named = any(covers(pattern.lower(), action.lower()) for pattern in (grant.not_actions or grant.actions))
    return named is not bool(grant.not_actions)


def _takes_part(decision: Decision, grant: Grant) -> bool:
    return any(each is grant for each in decision.statements) or not decision.statements


def _own(linked: LinkedGrant, action: str) -> LinkedGrant:
    """Everything on everything, at the place of the statement that makes it possible."""
    grant = linked.grant
    span = next(
        (place for text, place in grant.element_spans.items() if covers(text.lower(), action.lower())), grant.span
    )
    places = grant.evidence or (Evidence(span=grant.span, says="statement", address=grant.address),)
    first = Evidence(span=span, says=f"{action}, on itself too", address=places[0].address)
    own = msgspec.structs.replace(
        grant,
        sid="",
        actions=("*",),
        not_actions=(),
        resources=("*",),
        not_resources=(),
        conditions=(),
        element_spans={},
        evidence=(first, *places),
    )
    return LinkedGrant(grant=own, holder=linked.holder, deployment=linked.deployment)
