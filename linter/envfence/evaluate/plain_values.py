"""JSON values as the evaluator has values.

Comes in: decoded JSON of which all is known and may be shown. Goes out: values. Must not know: where it comes from.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from envfence.values import Mapping, Sequence, Value

#: What lies deeper is left out.
DEEPEST = 40
_SCALARS = frozenset({str, bool, int})


def plainly(value: Any, depth: int = DEEPEST) -> Value:
    """A JSON value of which all is known and may be shown."""
    if value is None or type(value) in _SCALARS:
        scalar: bool | int | str | None = value
        return scalar
    if isinstance(value, float):
        return Decimal(str(value))
    if not depth:
        return None
    if isinstance(value, list):
        return Sequence(tuple(plainly(item, depth - 1) for item in value), "list")
    if not isinstance(value, dict):
        return None
    return Mapping({name: plainly(item, depth - 1) for name, item in sorted(value.items()) if item is not None})
