"""Unary and binary operators and conditionals, three-valued.

Comes in: operand values. Goes out: values. `true || unknown` is true, `false && unknown` is false, equality of strings
with holes is decided where the literal parts decide it. Must not know: syntax, modules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Context, Decimal, DecimalException

from envfence.evaluate.convert import (
    ARITHMETIC,
    BOOL,
    NUMBER,
    ConversionError,
    Type,
    Unsure,
    convert,
    number,
    type_of,
    unify,
)
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.partial import same
from envfence.evaluate.scope import LazyMapping, Run
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value, is_fully_known

Number = int | Decimal

_COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MOST_CANDIDATES = 8
_DEEPEST_CHOICE = 20


def operand(run: Run, value: Value, to: Type, at: ast.Node, what: str = "operand") -> Value:
    """`value` converted for an operator; null is refused."""
    if value is None:
        raise EvaluationError(f"Invalid {what}: the value is null", at.span)
    return converted(run, value, to, at, what)


def converted(run: Run, value: Value, to: Type, at: ast.Node, what: str) -> Value:
    """`value` as `to`; what is not decided is unknown; raises `EvaluationError` where Terraform refuses."""
    try:
        return convert(value, to, run.symbols)
    except ConversionError as error:
        raise EvaluationError(f"Invalid {what}: {error.message}", at.span) from error
    except Unsure as error:
        run.doubts += 1
        return run.naming.derived(f"to{to.kind}({{}})", (value,), error.reason, at.span, _simple(to.kind))


def _simple(kind: str) -> str:
    return "any" if kind in ("object", "tuple") else kind


def arithmetic(sign: str, left: Number, right: Number) -> Number:
    """`left sign right` as exact as Terraform's numbers; raises `ZeroDivisionError`, and `LimitError` out of bounds."""
    try:
        if sign in _EXACT and isinstance(left, int) and isinstance(right, int):
            return number(_EXACT[sign](left, right))
        if right == 0 and sign == "/":
            raise ZeroDivisionError
        if right == 0 and sign == "%":
            return left
        result = _INEXACT[sign](Decimal(left), Decimal(right))
        # Guard digits: a third times three is one, as it is with Terraform's binary fractions.
        return number(result if sign == "/" else _ROUNDED.plus(result))
    except (Unsure, DecimalException) as error:
        raise LimitError("a number is out of bounds") from error


_ROUNDED = Context(prec=ARITHMETIC.prec - 5, Emax=ARITHMETIC.Emax, Emin=ARITHMETIC.Emin)
_EXACT: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_INEXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
    "%": ARITHMETIC.remainder,
}


def unary(run: Run, sign: str, value: Value, at: ast.Node) -> Value:
    """`-value` or `!value`."""
    if sign == "!":
        truth = operand(run, value, BOOL, at)
        return run.naming.derived("!{}", (truth,), "", at.span, "bool") if isinstance(truth, Unknown) else not truth
    amount = operand(run, value, NUMBER, at)
    if isinstance(amount, Unknown):
        return run.naming.derived("-{}", (amount,), "", at.span, "number")
    return (
        (amount.copy_negate() if isinstance(amount, Decimal) else -amount)
        if isinstance(amount, (int, Decimal))
        else amount
    )


def binary(run: Run, sign: str, left: Value, right: Value, at: ast.Node) -> Value:
    """`left sign right` for everything but `&&` and `||`."""
    if sign in ("==", "!="):
        same = _equal(run, left, right)
        if same is None:
            return run.naming.derived(f"({{}} {sign} {{}})", (left, right), "", at.span, "bool")
        return same if sign == "==" else not same
    first, second = operand(run, left, NUMBER, at), operand(run, right, NUMBER, at)
    if isinstance(first, (int, Decimal)) and isinstance(second, (int, Decimal)):
        if sign in _COMPARE:
            return _COMPARE[sign](first, second)
        try:
            return arithmetic(sign, first, second)
        except ZeroDivisionError:
            raise EvaluationError("Division by zero", at.span) from None
    if sign in _COMPARE:
        return run.naming.derived(f"({{}} {sign} {{}})", (first, second), "", at.span, "bool")
    return run.naming.derived(f"({{}} {sign} {{}})", (first, second), "", at.span, "number")


def _equal(run: Run, left: Value, right: Value) -> bool | None:
    if isinstance(left, LazyMapping) and not left.complete and right is not None:
        left = left.opaque()
    if isinstance(right, LazyMapping) and not right.complete and left is not None:
        right = right.opaque()
    if left is None and isinstance(right, Unknown) and right.symbol in run.not_null:
        return False
    if right is None and isinstance(left, Unknown) and left.symbol in run.not_null:
        return False
    verdict = same(left, right)
    if verdict and not (is_fully_known(left) and is_fully_known(right)):
        return None  # the same unknown: Terraform cannot tell, and neither do we
    return verdict


def logical(run: Run, sign: str, left: Value, right: Value, at: ast.Node) -> Value:
    """`left && right`, `left || right` on converted operands; one that decides is enough."""
    decisive = sign == "||"
    if left is decisive or right is decisive:
        return decisive
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        if isinstance(left, Unknown) and not isinstance(right, Unknown):
            return left
        if isinstance(right, Unknown) and not isinstance(left, Unknown):
            return right
        return run.naming.derived(f"({{}} {sign} {{}})", (left, right), "", at.span, "bool")
    return not decisive


def chosen(run: Run, value: Value, other: Callable[[], Value], at: ast.Node) -> Value:
    """The chosen branch of a conditional, converted to the type it shares with the `other` branch."""
    if isinstance(value, (str, LazyMapping, Unknown)) or value is None:
        return value
    try:
        alternative = other()
    except EvaluationError:
        return value
    if alternative is None or isinstance(alternative, LazyMapping):
        return value
    try:
        ours = type_of(value)
        shared = unify((ours, type_of(alternative)))
    except Unsure:
        return value
    if shared is None and is_fully_known(value) and is_fully_known(alternative):
        raise EvaluationError("Inconsistent conditional result types", at.span)
    return value if shared is None or shared == ours else _as_shared(run, value, shared)


def either(run: Run, condition: Unknown, then: Value, otherwise: Value, at: ast.Node, depth: int = 0) -> Value:
    """What is known of `condition ? then : otherwise` when the condition is not."""
    if then is None and otherwise is None:
        return None
    then, otherwise = _shared(then), _shared(otherwise)
    kind = unify((type_of(then), type_of(otherwise)))
    if kind is not None and kind.kind in ("string", "number", "bool") and not kind.open:
        then, otherwise = _as_shared(run, then, kind), _as_shared(run, otherwise, kind)
    if same(then, otherwise) is True:
        return then
    if depth < _DEEPEST_CHOICE:
        merged = _merged(run, condition, then, otherwise, at, depth)
        if merged is not None:
            return merged
    return _unknown_choice(run, condition, then, otherwise, kind.kind if kind else "any", at)


def _merged(
    run: Run, condition: Unknown, then: Value, otherwise: Value, at: ast.Node, depth: int
) -> Mapping | Sequence | None:
    """Two collections with the same keys or length, element by element."""
    if isinstance(then, Mapping) and isinstance(otherwise, Mapping) and then.items.keys() == otherwise.items.keys():
        theirs = otherwise.items
        items = {k: either(run, condition, v, theirs[k], at, depth + 1) for k, v in then.items.items()}
        return Mapping(items, "map" if "map" in (then.kind, otherwise.kind) else "object")
    if not isinstance(then, Sequence) or not isinstance(otherwise, Sequence):
        return None
    if len(then.items) != len(otherwise.items) or "set" in (then.kind, otherwise.kind):
        return None
    pairs = zip(then.items, otherwise.items, strict=True)
    parts = tuple(either(run, condition, one, two, at, depth + 1) for one, two in pairs)
    return Sequence(parts, "list" if "list" in (then.kind, otherwise.kind) else "tuple")


def _shared(value: Value) -> Value:
    return value.opaque() if isinstance(value, LazyMapping) else value


def _as_shared(run: Run, value: Value, kind: Type) -> Value:
    try:
        return convert(value, kind, run.symbols)
    except (ConversionError, Unsure):
        return value


def _unknown_choice(run: Run, condition: Unknown, then: Value, otherwise: Value, kind: str, at: ast.Node) -> Value:
    reason = condition.reason or "the condition is unknown"
    type_ = "any" if kind in ("tuple", "object") else kind
    result = run.naming.derived("({} ? {} : {})", (condition, then, otherwise), reason, at.span, type_)
    options: dict[Value, None] = {}
    for branch in (then, otherwise):
        if isinstance(branch, Unknown):
            if branch.symbol not in run.candidates:
                return result
            options.update(dict.fromkeys(run.candidates[branch.symbol]))
        elif branch is None or isinstance(branch, (str, bool, int, Decimal)):
            options[branch] = None
        else:
            return result
    if len(options) <= _MOST_CANDIDATES:
        run.candidates[result.symbol] = tuple(options)
    return result
