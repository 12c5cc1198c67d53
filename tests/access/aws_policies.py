"""Short ways to write statements and requests in tests."""

from __future__ import annotations

from typing import Any

from envfence.access import PrincipalView, Request, decide
from envfence.model import Condition, Grant, Principal
from envfence.values import Span, Symbol, hole_char

HERE = Span("main.tf", 1)
ONE, TWO = "111111111111", "222222222222"
ROLE = PrincipalView(f"arn:aws:iam::{ONE}:role/staging-app")
TABLE = f"arn:aws:dynamodb:eu-west-1:{ONE}:table/prod-orders"
KEY = f"arn:aws:kms:eu-west-1:{ONE}:key/1234"
VAR, ACCOUNT = hole_char(0), hole_char(1)
SYMBOLS = (Symbol("var.env", "d"), Symbol("account(aws)", "d"))


def words(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def grant(
    actions: str | tuple[str, ...] = "*",
    resources: str | tuple[str, ...] = (),
    *,
    policy: str = "identity",
    effect: str = "Allow",
    aws: str | tuple[str, ...] = (),
    when: tuple[tuple[str, str, str | tuple[str, ...]], ...] = (),
    **more: Any,
) -> Grant:
    """A statement; `aws` are principals of type AWS, `when` conditions as (test, key, values)."""
    return Grant(
        language="aws",
        policy=policy,
        effect=effect,
        span=HERE,
        actions=words(actions),
        resources=words(resources),
        principals=more.pop("principals", tuple(Principal(type="AWS", value=value) for value in words(aws))),
        conditions=tuple(Condition(test=test, variable=key, values=words(values)) for test, key, values in when),
        **more,
    )


def deny(*arguments: Any, **more: Any) -> Grant:
    return grant(*arguments, effect="Deny", **more)


def ask(action: str, resource: str, *statements: Grant, who: PrincipalView = ROLE, **more: Any) -> str:
    """The verdict on one request."""
    return decide(Request(who, action, resource, **more), statements, SYMBOLS).verdict
