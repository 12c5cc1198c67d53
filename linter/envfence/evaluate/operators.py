"""Unary and binary operators and conditionals, three-valued.

Comes in: operand values. Goes out: values. `true || unknown` is true, `false && unknown` is false, equality of strings
with holes is decided where the literal parts decide it. Must not know: syntax, modules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from envfence.evaluate import limits
from envfence.evaluate.convert import (
    ANY,
    BOOL,
    NUMBER,
    OPEN,
    ConversionError,
    Type,
    Unsure,
    convert,
    number,
    type_of,
    unify,
)
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.floats import computed, exact
from envfence.evaluate.kinds import has_open
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
        made = convert(value, to, run.symbols)
        if isinstance(made, Unknown) and (isinstance(value, str) or (isinstance(value, Unknown) and value != made)):
            run.doubts += 1
        return made
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
        if max(abs(Decimal(left).adjusted()), abs(Decimal(right).adjusted())) > limits.DIGITS:
            raise Unsure("a number is out of bounds")
        if right == 0 and sign == "%":
            return left
        return number(computed(sign, left, right))
    except Unsure as error:
        raise LimitError("a number is out of bounds") from error


_EXACT: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


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
        return _on_numbers(run, sign, first, second, at)
    if sign in _COMPARE:
        return run.naming.derived(f"({{}} {sign} {{}})", (first, second), "", at.span, "bool")
    if sign in ("/", "%") and isinstance(second, Unknown):
        run.doubts += 1  # it may be zero
    return run.naming.derived(f"({{}} {sign} {{}})", (first, second), "", at.span, "number")


def _on_numbers(run: Run, sign: str, first: Number, second: Number, at: ast.Node) -> Value:
    if sign in _COMPARE:
        return _COMPARE[sign](exact(first), exact(second))
    try:
        return arithmetic(sign, first, second)
    except ZeroDivisionError:
        if not first:
            raise EvaluationError("Division of zero by zero", at.span) from None
        return run.naming.derived("({} / {})", (first, second), "a division by zero is infinite", at.span, "number")


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


def chosen(run: Run, value: Value, ours: Type, theirs: Type, at: ast.Node) -> Value:
    """The chosen branch of a conditional, converted to the type it shares with the other branch.

    Where an unknown decides that type, the value stays as it is, as it does in Terraform's plan.
    """
    try:
        shared = unify((ours, theirs))
        if shared is None:
            raise EvaluationError("Inconsistent conditional result types", at.span)
        if isinstance(value, Unknown) and value.type == "any":
            return _as_unknown(run, value, theirs)
        if shared == ours or value is None:
            return value
        if has_open(shared):
            run.assumed += 1
            run.doubts += 1
            shared = shared if shared.element is None else Type(shared.kind, ANY)
        return convert(value, shared, run.symbols)
    except ConversionError as error:
        raise EvaluationError(f"Inconsistent conditional result types: {error.message}", at.span) from error
    except Unsure:
        run.assumed += 1
        run.doubts += 1
        return value


def _as_unknown(run: Run, value: Unknown, theirs: Type) -> Unknown:
    """An unknown of any type, as what it becomes beside a branch of the type `theirs`."""
    if theirs.kind != "any":
        run.doubts += 1  # it may be of a kind that does not go together with the other
    if theirs.kind == "string":
        return replace(value, type="string")
    if theirs.kind in ("list", "set"):
        return run.naming.derived(f"to{theirs.kind}({{}})", (value,), value.reason, value.span)
    return value


def either(
    run: Run, condition: Unknown, then: Value, otherwise: Value, at: ast.Node, depth: int = 0, unified: bool = True
) -> Value:
    """What is known of `condition ? then : otherwise` when the condition is not.

    `unified`: the branches are converted to the type that they share; `try` leaves each as it is.
    """
    if then is None and otherwise is None:
        return None
    then, otherwise = shown(then), shown(otherwise)
    kind = _shared_type(run, then, otherwise, at) if unified else _common_type(then, otherwise)
    if unified and not has_open(kind):
        then, otherwise = _as_shared(run, then, kind), _as_shared(run, otherwise, kind)
    if same(then, otherwise) is True:
        return then
    if depth < _DEEPEST_CHOICE and not (unified and kind.element is not None and has_open(kind)):
        merged = _merged(run, condition, then, otherwise, at, depth + 1, unified)
        if merged is not None:
            return merged
    return _unknown_choice(run, condition, then, otherwise, "any" if kind.open else kind.kind, at)


def _shared_type(run: Run, then: Value, otherwise: Value, at: ast.Node) -> Type:
    try:
        ours, theirs = type_of(then), type_of(otherwise)
        if has_open(ours) or has_open(theirs):
            run.doubts += 1
        kind = unify((ours, theirs))
    except Unsure:
        run.doubts += 1
        return OPEN
    if kind is None:
        raise EvaluationError("Inconsistent conditional result types", at.span)
    return kind


def _common_type(then: Value, otherwise: Value) -> Type:
    try:
        ours, theirs = type_of(then), type_of(otherwise)
    except Unsure:
        return OPEN
    return ours if ours.kind == theirs.kind else OPEN


def _merged(
    run: Run, condition: Unknown, then: Value, otherwise: Value, at: ast.Node, depth: int, unified: bool
) -> Mapping | Sequence | None:
    """Two collections with the same keys or length, element by element."""
    if isinstance(then, Mapping) and isinstance(otherwise, Mapping) and then.items.keys() == otherwise.items.keys():
        theirs = otherwise.items
        items = {k: either(run, condition, v, theirs[k], at, depth, unified) for k, v in then.items.items()}
        return Mapping(items, then.kind) if then.kind == otherwise.kind else None
    if not isinstance(then, Sequence) or not isinstance(otherwise, Sequence):
        return None
    if len(then.items) != len(otherwise.items) or then.kind != otherwise.kind or then.kind == "set":
        return None
    pairs = zip(then.items, otherwise.items, strict=True)
    return Sequence(tuple(either(run, condition, one, two, at, depth, unified) for one, two in pairs), then.kind)


def shown(value: Value) -> Value:
    """A value as a whole: an object that is only partly computed is one unknown."""
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
