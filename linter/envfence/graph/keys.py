"""What static keys open, where that decides whether anything better could take their place.

In: the nodes of keys, what they open, the statements of their holders. Out: facts `mail-only` of keys. Must not know
rules.

The mail interface (SMTP) of Amazon SES takes no temporary credentials: a key of a user who may only send mail has no
substitute (https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import msgspec

from envfence.access.attachments import expand
from envfence.graph.graph import GraphNode
from envfence.graph.holders import Holders
from envfence.model import Edge, Fact, Grant

_KEY = "aws_iam_access_key"
_SENDS = ("ses:send",)


def mark_mail_keys(nodes: dict[str, GraphNode], holders: Holders, edges: Iterable[Edge]) -> None:
    """Notes at keys that they serve to send mail and for nothing else."""
    opened = {edge.source: edge.target for edge in edges if edge.kind == "holds"}
    for key in [node for node in nodes.values() if node.node.type == _KEY]:
        reason = _reason(key, opened.get(key.id, ""), holders)
        if reason:
            facts = {**key.node.facts, "mail-only": Fact(value=True, span=key.span, reason=reason)}
            nodes[key.id] = dataclasses.replace(key, node=msgspec.structs.replace(key.node, facts=facts))


def _reason(key: GraphNode, user: str, holders: Holders) -> str:
    """Why a key only sends mail; empty when it may do more, or nobody knows."""
    grants = expand(each.grant for each in holders.by_node.get(user, ()))
    allows = [grant for grant in grants if grant.effect == "Allow"]
    if any(_does_more(grant) for grant in allows):
        return ""
    if allows and not any(grant.unknown for grant in allows):
        return "its user may send mail and nothing else"
    facts = key.node.facts
    return "it is used as a password for mail alone" if "used-as.mail" in facts and "used-as.key" not in facts else ""


def _does_more(grant: Grant) -> bool:
    """Whether a statement is known to allow more than sending mail."""
    more = any(not action.lower().startswith(_SENDS) for action in grant.actions)
    return not grant.unknown and (more or bool(grant.not_actions))
