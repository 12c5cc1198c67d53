"""Looks into evaluated values: by dotted path, as text, as plain data.

In: values as the evaluator made them. Out: values, strings with holes, JSON-like data. Must not know any provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from envfence.values import Mapping, Sequence, Unknown, Value, has_holes

#: Deeper data is cut off: nothing that a rule judges lies so deep.
_DEPTH = 12


class Absent:
    """The type of `ABSENT`: no attribute is there, or it is null."""

    __slots__ = ()


ABSENT = Absent()


def at(values: Mapping, path: str) -> Iterator[Value | Absent]:
    """Every value at a dotted path: one for an attribute, one for each block on the way.

    A missing block yields `ABSENT` once; what is below an unknown is that unknown.
    """
    yield from _walk(values, path.split("."))


def one(values: Mapping, path: str) -> Value | Absent:
    """The first value at a dotted path."""
    if "." not in path:
        found = values.items.get(path)
        return ABSENT if found is None else found
    return next(at(values, path), ABSENT)


def text(value: Value | Absent) -> str | None:
    """A scalar as Terraform would put it into a string, with holes; None for what is no scalar or not there."""
    if isinstance(value, str):
        return value
    if isinstance(value, Unknown):
        return value.symbol
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return None


def texts(value: Value | Absent) -> tuple[str, ...]:
    """The scalars of a list or set, or the one scalar, as texts."""
    items = value.items if isinstance(value, Sequence) else (value,)
    return tuple(found for item in items if (found := text(item)) is not None)


def plain(value: Value | Absent, depth: int = _DEPTH) -> Any:
    """JSON-like data of a known value; None for absent, unknown or too deep parts."""
    if isinstance(value, Sequence):
        return [plain(item, depth - 1) for item in value.items] if depth else None
    if isinstance(value, Mapping):
        return {key: plain(item, depth - 1) for key, item in value.items.items()} if depth else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Absent | Unknown):
        return None
    return value


def unknown_in(value: Value | Absent) -> Unknown | str | None:
    """The first unknown part of a value: an `Unknown`, or a string with holes; None when all of it is known."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        return value if has_holes(value) else None
    children: list[Value] = []
    if isinstance(value, Sequence):
        children = list(value.items)
    elif isinstance(value, Mapping):
        children = list(value.items.values())
    return next((found for child in children if (found := unknown_in(child)) is not None), None)


def _walk(value: Value | Absent, steps: list[str]) -> Iterator[Value | Absent]:
    if isinstance(value, Sequence) and steps:
        if not value.items:
            yield ABSENT
        for item in value.items:
            yield from _walk(item, steps)
    elif isinstance(value, Mapping) and steps:
        yield from _walk(value.items.get(steps[0]), steps[1:])
    elif value is None or isinstance(value, Absent) or (steps and not isinstance(value, Unknown)):
        yield ABSENT
    else:
        yield value
