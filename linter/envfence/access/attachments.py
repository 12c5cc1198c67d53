"""Attachments of standing policies: from "this policy is attached here" to the statements of that policy.

Comes in: grants, some of which name a policy instead of a statement (`Grant.document`). Goes out: statements.
Must not know: how a statement is decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from envfence.access.tables import managed_policy
from envfence.model import Condition, Grant

_MANAGED: dict[tuple[int, str], tuple[Grant, tuple[Grant, ...]]] = {}


def expand(grants: Iterable[Grant]) -> list[Grant]:
    """Attachments of policies that AWS maintains, replaced by their statements; other attachments are left out unless
    *link* replaced them before, and count as unknown documents."""
    result: list[Grant] = []
    for grant in grants:
        if grant.document and not grant.unknown:
            result.extend(_expanded(grant))
        else:
            result.append(grant)
    return result


def _expanded(grant: Grant) -> tuple[Grant, ...]:
    key = (id(grant), grant.document)
    found = _MANAGED.get(key)
    if found is None:
        found = _MANAGED[key] = (grant, tuple(statements_of(grant)))
    return found[1]


def statements_of(attachment: Grant) -> list[Grant]:
    """The statements of the policy that AWS maintains and `attachment` names; one placeholder when there is none."""
    policy = managed_policy(attachment.document) or _by_name(attachment.document)
    if policy is None:
        return [_copy(attachment, unknown="the attached policy is not in the repository")]
    version, statements = policy
    return [_statement(attachment, version, statement) for statement in statements]


def _by_name(arn: str) -> tuple[str, list[dict[str, Any]]] | None:
    """A policy that was looked up by name seems to be the caller's own: AWS maintains it when no other has its name."""
    _, found, rest = arn.partition(":policy/")
    return managed_policy(f"arn:aws:iam::aws:policy/{rest}") if found else None


def attach(attachment: Grant, statements: Iterable[Grant]) -> list[Grant]:
    """The statements of a standing policy (policy "managed"), as `attachment` gives them to its holder."""
    return [
        _copy(
            grant,
            policy=attachment.policy,
            holder=attachment.holder,
            attached_to=attachment.attached_to,
            evidence=(*grant.evidence, *attachment.evidence),
        )
        for grant in statements
    ]


def _statement(attachment: Grant, version: str, raw: dict[str, object]) -> Grant:
    return _copy(
        attachment,
        version=version,
        effect=str(raw.get("Effect", "Allow")),
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw.get("NotAction")),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        conditions=_conditions(raw.get("Condition")),
    )


def _copy(grant: Grant, **changes: object) -> Grant:
    fields = {name: getattr(grant, name) for name in grant.__struct_fields__}
    return Grant(**(fields | changes))


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _conditions(value: object) -> tuple[Condition, ...]:
    items = value.items() if isinstance(value, dict) else ()
    return tuple(
        Condition(test=test, variable=key, values=_texts(values))
        for test, keys in items
        for key, values in keys.items()
    )
