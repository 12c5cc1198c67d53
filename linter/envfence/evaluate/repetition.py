"""count and for_each: how many instances a block has, and under which keys.

Comes in: a block and its module's scope. Goes out: the instance keys, or that they are unknown.
Must not know: what the block is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from envfence.evaluate import limits
from envfence.evaluate.convert import NUMBER
from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.operators import converted
from envfence.evaluate.scope import LazyMapping, Scope
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes, hole_index

Key = int | str | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """`kind` is "single", "count", "for_each" or "unknown".

    `instances` holds key and `each.value`; `maybe` when it is unknown whether they exist (a count of 0 or 1).
    """

    kind: str
    instances: tuple[tuple[Key, Value], ...] = ()
    maybe: bool = False
    reason: str = ""
    counted: bool = False


SINGLE = Repetition("single", ((None, None),))


def repetition(body: ast.Body, scope: Scope) -> Repetition:
    """How often the block with this body stands; raises `EvaluationError` and `LimitError`."""
    count = body.attributes.get("count")
    if count is not None:
        return _count(count.expr, scope)
    for_each = body.attributes.get("for_each")
    if for_each is not None:
        return _for_each(for_each.expr, scope)
    enabled = _enabled(body, scope)
    return SINGLE if enabled is not False else Repetition("single", ())


def _enabled(body: ast.Body, scope: Scope) -> bool:
    """OpenTofu's `lifecycle { enabled = false }`."""
    for block in body.blocks:
        attribute = block.body.attributes.get("enabled") if block.type == "lifecycle" else None
        if attribute is not None:
            return evaluate(attribute.expr, scope) is not False
    return True


def _count(expr: ast.Expr, scope: Scope) -> Repetition:
    value = evaluate(expr, scope)
    if value is None:
        raise EvaluationError("Invalid count argument: the value is null", expr.span)
    number = converted(scope.run, value, NUMBER, expr, "count argument")
    if isinstance(number, Unknown):
        options = scope.run.candidates.get(number.symbol, ())
        if set(options) == {0, 1} and not any(isinstance(option, bool) for option in options):
            return Repetition("count", ((0, None),), maybe=True, reason=number.reason, counted=True)
        return Repetition("unknown", reason=number.reason, counted=True)
    if not isinstance(number, (int, Decimal)) or number < 0 or number != int(number):
        raise EvaluationError("Invalid count argument: a whole number, not negative, is required", expr.span)
    if number > limits.INSTANCES:
        raise LimitError(f"count is over {limits.INSTANCES}")
    return Repetition("count", tuple((at, None) for at in range(int(number))), counted=True)


def _for_each(expr: ast.Expr, scope: Scope) -> Repetition:
    value = evaluate(expr, scope)
    if scope.module is not None and scope.module.is_sensitive_itself(expr, scope):
        raise EvaluationError("Invalid for_each argument: sensitive values cannot be used", expr.span)
    if value is None:
        raise EvaluationError("Invalid for_each argument: the value is null", expr.span)
    if isinstance(value, Unknown):
        return Repetition("unknown", reason=value.reason)
    if isinstance(value, LazyMapping) and not value.complete:
        return Repetition("unknown", reason="for_each over a resource's attributes")
    if isinstance(value, Mapping):
        pairs: list[tuple[Key, Value]] = [(key, value.items[key]) for key in sorted(value.items)]
        return _checked(pairs)
    if isinstance(value, Sequence) and value.kind == "set":
        return _set(value, expr)
    if isinstance(value, Sequence) and not value.items:
        return Repetition("for_each")  # `var.x == null ? [] : toset(var.x)` is a set to Terraform
    raise EvaluationError("Invalid for_each argument: a map, or set of strings, is required", expr.span)


def _set(value: Sequence, expr: ast.Expr) -> Repetition:
    pairs: list[tuple[Key, Value]] = []
    for item in value.items:
        if isinstance(item, Unknown):
            return Repetition("unknown", reason=item.reason)
        if not isinstance(item, str):
            raise EvaluationError("Invalid for_each set argument: the set must hold strings", expr.span)
        pairs.append((item, item))
    return _checked(pairs)


def _checked(pairs: list[tuple[Key, Value]]) -> Repetition:
    if len(pairs) > limits.INSTANCES:
        raise LimitError(f"for_each has over {limits.INSTANCES} entries")
    shown = {shown_key(key) for key, _ in pairs}
    if len(shown) < len(pairs):
        return Repetition("unknown", reason="keys of for_each are partly unknown")
    return Repetition("for_each", tuple(pairs))


def shown_key(key: Key) -> str:
    """The key in brackets as Terraform prints it; a hole is shown as `?`."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    if has_holes(key):
        key = "".join("?" if hole_index(char) is not None else char for char in key)
    return "[" + json.dumps(key, ensure_ascii=False) + "]"
