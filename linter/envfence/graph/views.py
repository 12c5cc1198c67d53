"""Graph nodes as `envfence.access` looks at them: who asks, and what is asked for.

In: nodes and statements. Out: views. Must not know decisions.
"""

from __future__ import annotations

from collections.abc import Mapping

from envfence.access import PrincipalView, ResourceView
from envfence.graph.graph import GraphNode
from envfence.graph.names import parse_arn
from envfence.model import Grant
from envfence.values import Span, has_holes

_ACCOUNT_DIGITS = 12


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


def principal_view(node: GraphNode, guess: str = "") -> PrincipalView:
    """A node as the one who asks; `guess` is its account when it does not say it itself."""
    arn = _in_account(next((name for name in node.node.names if name.startswith("arn:")), ""), guess)
    parsed = parse_arn(arn)
    account = parsed.account if parsed is not None else node.node.boundary.removeprefix("aws:")
    if node.node.mode == "external" and node.node.address == "*":
        return PrincipalView(arn="*", kind="public", identity_known=False)
    if node.node.kind == "external":
        return PrincipalView(arn=arn, account=account, kind="account", identity_known=False)
    kind = "user" if parsed is not None and parsed.resource.startswith("user/") else "role"
    return PrincipalView(arn=arn, account=account, kind=kind, identity_known=node.node.mode != "external")


def resource_view(node: GraphNode, policy: tuple[Grant, ...], guess: str = "") -> ResourceView:
    """A node as what is asked for, with the statements of its own policies; `guess` as for `principal_view`.

    The ARN keeps its hole: statements that name the resource by reference have the same.
    """
    arns = tuple(name for name in node.node.names if name.startswith("arn:"))
    parsed = parse_arn(arns[0]) if arns else None
    account = parsed.account if parsed is not None and parsed.account else node.node.boundary.removeprefix("aws:")
    account = guess or account
    tags = {
        path.removeprefix("tags."): str(fact.value) if fact.state == "known" else None
        for path, fact in node.node.facts.items()
        if path.startswith("tags.")
    }
    known = node.node.mode != "external"
    return ResourceView(
        arns=arns,
        type=node.node.type,
        account=account,
        policy=policy,
        policy_known=known,
        tags=tags if known else None,
        tags_complete=False,
    )


#: A statement that lets a principal do everything, for asking what the other side alone decides.
EVERYTHING = (
    Grant(language="aws", policy="identity", effect="Allow", span=Span("", 0), actions=("*",), resources=("*",)),
)
