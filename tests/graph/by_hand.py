"""Facts by hand: small deployments for tests of *link* and *judge*."""

from __future__ import annotations

from collections.abc import Sequence

from envfence.model import (
    Deployment,
    Environments,
    Facts,
    Grant,
    LocalEdge,
    Node,
    Placement,
    Principal,
    Reference,
    Secret,
)
from envfence.values import Span, Symbol

PRODUCTION, STAGING, TEST = "310000000001", "320000000002", "330000000003"
TIERS = {"production": "production", "staging": "nonproduction", "test": "nonproduction"}
ACCOUNTS = {"production": PRODUCTION, "staging": STAGING, "test": TEST}


def placed(name: str, firm: bool = True) -> Placement:
    return Placement(environments=(name,), tier=TIERS[name], firm=firm)


def environments(*deployments: str, firm: bool = True) -> Environments:
    """Deployments called `ROOT@ENVIRONMENT`, and one account for each environment."""
    return Environments(
        deployments={each: placed(each.partition("@")[2], firm) for each in deployments},
        nodes={},
        identities={f"aws:{account}": placed(name) for name, account in ACCOUNTS.items()},
        tiers=TIERS,
    )


def deployment(name: str) -> Deployment:
    root = name.partition("@")[0]
    return Deployment(id=name, root=root, config_dir=root, span=Span(f"{root}/main.tf", 1))


def facts(
    name: str,
    nodes: Sequence[Node] = (),
    grants: Sequence[Grant] = (),
    edges: Sequence[LocalEdge] = (),
    references: Sequence[Reference] = (),
    secrets: Sequence[Secret] = (),
    symbols: Sequence[Symbol] = (),
) -> Facts:
    return Facts(
        deployment=deployment(name),
        nodes=tuple(nodes),
        grants=tuple(grants),
        edges=tuple(edges),
        references=tuple(references),
        secrets=tuple(secrets),
        symbols=tuple(symbols),
    )


def bucket(name: str, line: int = 1, account: str = "") -> Node:
    return Node(
        address=f"aws_s3_bucket.{name.replace('-', '_')}",
        kind="store",
        type="aws_s3_bucket",
        span=Span("main.tf", line),
        names=(f"arn:aws:s3:::{name}", f"aws_s3_bucket:{name}"),
        boundary=f"aws:{account}" if account else "",
        provider="aws",
    )


def role(name: str, account: str, line: int = 1) -> Node:
    return Node(
        address=f"aws_iam_role.{name}",
        kind="identity",
        type="aws_iam_role",
        span=Span("main.tf", line),
        names=(f"arn:aws:iam::{account}:role/{name}", f"aws_iam_role:{name}"),
        boundary=f"aws:{account}",
        provider="aws",
    )


def allow(
    policy: str,
    holder: str,
    actions: Sequence[str],
    resources: Sequence[str] = ("*",),
    principals: Sequence[str] = (),
    line: int = 10,
    effect: str = "Allow",
    **rest: object,
) -> Grant:
    values = {
        "language": "aws",
        "policy": policy,
        "effect": effect,
        "span": Span("main.tf", line),
        "holder": holder,
        "actions": tuple(actions),
        "resources": tuple(resources),
        "principals": tuple(Principal(type="AWS" if each != "*" else "*", value=each) for each in principals),
        "address": holder,
    }
    return Grant(**(values | rest))
