"""What the arguments of a module that is not in the repository say about access: policies, and who may come in.

Comes in: the module calls of a deployment that could not be read. Goes out: a node that stands for what the call makes,
with its grants; *link* makes only `possible` edges of them, for nobody sees what the module does with its arguments.
Must not know: environments, particular modules.

A policy in JSON is read as it stands, whatever the argument is called. A principal's ARN alone, or a list of them,
counts only under a name that says what it is for (`trusted_role_arns`, `allowed_principals`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from envfence.model import CallSite, Evidence, Grant, Node, Principal
from envfence.providers.aws.statements import Statement, read_policy
from envfence.providers.common.signals import address_signals
from envfence.values import Mapping, Sequence, Span, Symbols, Value

TYPES = ()
#: The type of a node that stands for a whole module call.
MODULE = "module"
_TRUST = re.compile(r"trust|assume|assum(?:er|ing)")
_ADMIT = re.compile(r"principal|allow|grant|access|read|write|share|consumer|subscriber|publisher|account|push")
#: Who may pull an image, or is told of something, is let in on purpose.
_HARMLESS = re.compile(
    r"pull|readonly|read_only|deny|denied|exclude|boundary|notif|policy_arn|policies|log|replication"
)
_PRINCIPAL = re.compile(r"arn:[^:]*:(?:iam|sts)::[^:]+:(?:root|role/.+|user/.+|assumed-role/.+)", re.DOTALL)
_MOST_LEAVES = 400
_DEEPEST = 6
_KINDS = {
    "s3": "store",
    "dynamodb": "store",
    "rds": "store",
    "elasticfilesystem": "store",
    "ecr": "other",
    "es": "store",
    "backup": "backup",
    "secretsmanager": "secret",
    "ssm": "secret",
    "kms": "key",
    "iam": "identity",
    "sts": "identity",
    "lambda": "compute",
}
_SOURCE_WORDS = (("kms", "key"), ("s3", "store"), ("bucket", "store"), ("secret", "secret"), ("iam", "identity"))


class _Call(Protocol):
    """A module call that could not be read."""

    @property
    def address(self) -> str:
        """Its address."""

    @property
    def source(self) -> str | None:
        """Where the module is said to be."""

    @property
    def values(self) -> Mapping:
        """Its arguments."""

    @property
    def span(self) -> Span:
        """The header of its block."""

    @property
    def calls(self) -> tuple[CallSite, ...]:
        """The module calls on the way to it, itself last."""

    @property
    def exists(self) -> str:
        """`yes` or `maybe`."""

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """Where an argument was written."""

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """Where a string inside an argument was written."""


class _Builder(Protocol):
    """What is asked of the facts in the making."""

    evaluated: Any
    symbols: Symbols

    def add_node(self, node: Node) -> None:
        """Adds a node."""

    def has_node(self, address: str) -> bool:
        """Whether there is one."""

    def add_grant(self, grant: Grant) -> None:
        """Adds a statement."""


def extract(resource: object, builder: object) -> None:
    """This file reads module calls, not resources."""


def finish(builder: _Builder) -> None:
    """The grants that the arguments of unread modules contain."""
    for call in builder.evaluated.unread_calls:
        grants = list(_grants(call))
        if not grants or builder.has_node(call.address):
            continue
        builder.add_node(
            Node(
                address=call.address,
                kind=_kind(call, grants),
                type=MODULE,
                span=call.span,
                signals=tuple(address_signals(call.address, call.span)),
                exists=call.exists,
                calls=call.calls[:-1],
                provider=call.source or "",
            )
        )
        for grant in grants:
            builder.add_grant(grant)


def _grants(call: _Call) -> Iterator[Grant]:
    for argument in sorted(call.values.items):
        principals: list[str] = []
        for number, (names, text) in enumerate(_leaves((argument,), call.values.items[argument])):
            if number >= _MOST_LEAVES:
                break
            if text.lstrip().startswith("{"):
                yield from _of_policy(call, argument, text)
            elif _PRINCIPAL.fullmatch(text) and _purpose(names):
                principals.append(text)
        if principals:
            yield _of_list(call, argument, principals)


def _leaves(names: tuple[str, ...], value: Value) -> Iterator[tuple[tuple[str, ...], str]]:
    """All strings inside a value, with the keys on the way."""
    if isinstance(value, str):
        yield names, value
    elif len(names) <= _DEEPEST:
        if isinstance(value, Sequence):
            for item in value.items:
                yield from _leaves((*names, ""), item)
        elif isinstance(value, Mapping):
            for key in sorted(value.items):
                yield from _leaves((*names, key), value.items[key])


def _purpose(names: Iterable[str]) -> str:
    """What an argument lets principals do: become the module's role ("trust"), come in ("resource"), or nothing."""
    text = "/".join(name for name in names if name).lower()
    if _HARMLESS.search(text):
        return ""
    if _TRUST.search(text):
        return "trust"
    return "resource" if _ADMIT.search(text) else ""


def _of_policy(call: _Call, argument: str, text: str) -> Iterator[Grant]:
    """The statements of a policy that name principals: what the module makes has such a policy."""
    if '"Statement"' not in text:
        return
    policy = read_policy(text)
    for statement in policy.statements:
        if statement.unknown or not statement.principals:
            continue
        trust = all(action.lower().startswith("sts:assume") for action in statement.actions) and statement.actions
        yield _grant(call, argument, statement, "trust" if trust else "resource", policy.version)


def _of_list(call: _Call, argument: str, principals: list[str]) -> Grant:
    purpose = _purpose((argument,)) or "resource"
    statement = Statement(
        index=0,
        principals=tuple(("AWS", text) for text in principals),
        actions=("sts:AssumeRole",) if purpose == "trust" else (),
    )
    return _grant(call, argument, statement, purpose, "2012-10-17")


def _grant(call: _Call, argument: str, statement: Statement, policy: str, version: str) -> Grant:
    origin = call.origin(argument)
    span = origin[0].span if origin else call.span
    label = f"statement {statement.sid}" if statement.sid else f"the argument {argument}"
    return Grant(
        language="aws",
        policy=policy,
        effect=statement.effect,
        span=span,
        holder=call.address,
        sid=statement.sid,
        version=version,
        principals=tuple(
            Principal(type=kind, value=value, span=_where(call, argument, value))
            for kind, value in statement.principals
        ),
        actions=statement.actions,
        not_actions=statement.not_actions,
        resources=statement.resources,
        conditions=statement.conditions,
        element_spans={
            value: found for _, value in statement.principals if (found := _where(call, argument, value)) is not None
        },
        evidence=(
            Evidence(span=span, says=label, address=call.address),
            *(Evidence(span=each.span, says="module call", address=each.address) for each in reversed(call.calls)),
        ),
        address=call.address,
    )


def _where(call: _Call, argument: str, leaf: str) -> Span | None:
    """Where a principal was written, as far as the call can tell."""
    found = call.origin_of_leaf(argument, leaf)
    return found[-1].span if found else None


def _kind(call: _Call, grants: list[Grant]) -> str:
    """The kind of what the module makes: by the actions of its policies, else by the words of its source."""
    if any(grant.policy == "trust" for grant in grants):
        return "identity"
    for grant in grants:
        for action in (*grant.actions, *grant.not_actions):
            found = _KINDS.get(action.partition(":")[0].lower())
            if found is not None:
                return found
    words = set(re.split(r"[^a-z0-9]+", (call.source or "").lower()))
    return next((kind for word, kind in _SOURCE_WORDS if word in words), "other")
