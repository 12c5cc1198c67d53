"""Graph nodes as `envfence.access` looks at them: who asks, and what is asked for.

In: nodes and statements. Out: views. Must not know decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

import msgspec

from envfence.access import PrincipalView, ResourceView
from envfence.graph.graph import GraphNode
from envfence.graph.names import parse_arn
from envfence.model import Grant
from envfence.providers.aws.bucket_tags import FACT as TAGS_COUNT
from envfence.values import Span, has_holes

_ACCOUNT_DIGITS = 12
_TAG_SESSION = "sts:tagsession"


def account_of(value: str) -> str | None:
    """The account when a principal stands for a whole account (its id, or `…:root`), else None."""
    if value.isdigit() and len(value) == _ACCOUNT_DIGITS:
        return value
    arn = parse_arn(value)
    return arn.account if arn is not None and arn.service == "iam" and arn.resource == "root" else None


def guessed_account(node: GraphNode, accounts: Mapping[str, tuple[str, bool]]) -> tuple[str, str]:
    """(account, what it depends on) of a node that does not say its own: the only one known of its environment.

    It depends on nothing where both the account's environment and the node's rest on more than names.
    """
    boundary = node.node.boundary
    if not boundary.startswith("aws:") or not has_holes(boundary) or len(node.placement.environments) != 1:
        return "", ""
    account, firm = accounts.get(node.placement.environments[0], ("", False))
    if not account or (firm and node.placement.firm):
        return account, ""
    return account, f"whether {node.deployment} acts in account {account}"


#: Identifiers that are unique in the whole world: whoever writes one with an account in it means this very thing.
_WORLDWIDE = ("arn:aws:s3:::", "aws_s3_bucket:")


def with_own_account(node: GraphNode, accounts: Mapping[str, tuple[str, bool]]) -> GraphNode:
    """A node whose name contains the number of its own account, which it does not say, also under the name with the
    account of its environment: `logs-${account}` is `logs-310000000001` where production is that account.

    A guess that is wrong names nothing that anybody else writes.
    """
    hole = node.node.boundary.removeprefix("aws:")
    if len(hole) != 1 or not any(hole in name for name in node.node.names if name.startswith(_WORLDWIDE)):
        return node
    account, _ = guessed_account(node, accounts)
    if not account:
        return node
    more = [name.replace(hole, account) for name in node.node.names if name.startswith(_WORLDWIDE) and hole in name]
    names = tuple(dict.fromkeys((*node.node.names, *more)))
    return replace(node, node=msgspec.structs.replace(node.node, names=names))


def in_own_account(node: GraphNode, policy: tuple[Grant, ...], account: str) -> tuple[Grant, ...]:
    """A node's own policies, with the account in the names of things where `with_own_account` put it."""
    hole = node.node.boundary.removeprefix("aws:")
    if not account or len(hole) != 1:
        return policy
    return tuple(
        msgspec.structs.replace(
            grant,
            resources=tuple(
                text.replace(hole, account) if text.startswith(_WORLDWIDE) else text for text in grant.resources
            ),
        )
        if any(hole in text for text in grant.resources)
        else grant
        for grant in policy
    )


def _in_account(arn: str, account: str) -> str:
    """An ARN whose account is not known, with `account` in its place."""
    parts = arn.split(":", 5)
    if not account or len(parts) < 6 or not has_holes(parts[4]):
        return arn
    return ":".join((*parts[:4], account, parts[5]))


def named_account(value: str) -> str:
    """The account in a principal's ARN, empty where it says none."""
    arn = parse_arn(value)
    return arn.account if arn is not None and not has_holes(arn.account) else ""


def principal_view(node: GraphNode, guess: str = "", *, retagged: bool = False) -> PrincipalView:
    """A node as the one who asks; `guess` is its account when it does not say it itself. With `retagged`, whoever
    becomes it may bring tags of his own, which take the place of those it has."""
    arn = _in_account(next((name for name in node.node.names if name.startswith("arn:")), ""), guess) or _unknown(node)
    parsed = parse_arn(arn)
    account = parsed.account if parsed is not None else node.node.boundary.removeprefix("aws:")
    if node.node.mode == "external" and node.node.address == "*":
        return PrincipalView(arn="*", kind="public", identity_known=False)
    if node.node.kind == "external":
        return PrincipalView(arn=arn, account=account, kind="account", identity_known=False)
    kind = "user" if parsed is not None and parsed.resource.startswith("user/") else "role"
    tags = _tags(node)
    return PrincipalView(
        arn=arn,
        account=account,
        kind=kind,
        tags=dict.fromkeys(tags) if retagged else tags,
        tags_complete=False,
        identity_known=node.node.mode != "external",
    )


def _unknown(node: GraphNode) -> str:
    """The one unknown that a policy names an identity elsewhere by; empty for everything else."""
    names = node.node.names if node.node.mode == "external" and node.node.kind == "identity" else ()
    return next((name for name in names if len(name) == 1 and has_holes(name)), "")


def _tags(node: GraphNode) -> dict[str, str | None]:
    """The tags that the source shows; there may be more."""
    return {
        path.removeprefix("tags."): str(fact.value) if fact.state == "known" else None
        for path, fact in node.node.facts.items()
        if path.startswith("tags.")
    }


def may_bring_tags(trust: Grant) -> bool:
    """Whether a statement of a trust policy may let whoever becomes the role bring tags of his own."""
    if trust.effect != "Allow":
        return False
    return bool(trust.unknown or trust.not_actions) or any(
        has_holes(action) or fnmatchcase(_TAG_SESSION, action.lower()) for action in trust.actions
    )


def _looks_at_tags(node: GraphNode) -> bool | None:
    """Whether a bucket lets its tags decide."""
    fact = node.node.facts.get(TAGS_COUNT)
    if fact is None:
        return False
    return fact.value == "Enabled" if fact.state == "known" else None


def resource_view(node: GraphNode, policy: tuple[Grant, ...], guess: str = "") -> ResourceView:
    """A node as what is asked for, with the statements of its own policies; `guess` as for `principal_view`.

    The ARN keeps its hole: statements that name the resource by reference have the same.
    """
    arns = tuple(name for name in node.node.names if name.startswith("arn:"))
    parsed = parse_arn(arns[0]) if arns else None
    account = parsed.account if parsed is not None and parsed.account else node.node.boundary.removeprefix("aws:")
    account = guess or account
    known = node.node.mode != "external"
    return ResourceView(
        arns=arns,
        type=node.node.type,
        account=account,
        policy=policy,
        policy_known=known,
        tags=_tags(node) if known else None,
        tags_complete=False,
        abac=_looks_at_tags(node) if known else None,
    )


#: A statement that lets a principal do everything, for asking what the other side alone decides.
EVERYTHING = (
    Grant(language="aws", policy="identity", effect="Allow", span=Span("", 0), actions=("*",), resources=("*",)),
)
