"""Functions on numbers.

Comes in: converted arguments. Goes out: numbers. Must not know: strings beyond `parseint`.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from envfence.evaluate import limits
from envfence.evaluate.convert import ANY, NUMBER, ConversionError, convert, number
from envfence.evaluate.floats import Double, broken_power, computed, natural_log, whole_power
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import function, nullable
from envfence.values import Sequence, Value

Number = int | Decimal


@function("abs", NUMBER, returns="number")
def absolute(_context: FunctionContext, value: Number) -> Value:
    """Without the sign."""
    return number(abs(value)) if isinstance(value, int) else value.copy_abs()


@function("ceil", NUMBER, returns="number")
def ceil(_context: FunctionContext, value: Number) -> Value:
    """The next whole number upwards."""
    return value if isinstance(value, int) else int(value.to_integral_value(ROUND_CEILING))


@function("floor", NUMBER, returns="number")
def floor(_context: FunctionContext, value: Number) -> Value:
    """The next whole number downwards."""
    return value if isinstance(value, int) else int(value.to_integral_value(ROUND_FLOOR))


@function("max", variadic=NUMBER, returns="number")
def maximum(_context: FunctionContext, *values: Number) -> Value:
    """The greatest."""
    if not values:
        raise FunctionError("max() requires at least one number")
    return max(values)


@function("min", variadic=NUMBER, returns="number")
def minimum(_context: FunctionContext, *values: Number) -> Value:
    """The least."""
    if not values:
        raise FunctionError("min() requires at least one number")
    return min(values)


def _of_float(value: float) -> Value:
    if not math.isfinite(value):
        raise Undecided("the result is not finite")
    shown = Double(repr(value))
    return int(value) if value.is_integer() and int(shown) == int(value) else shown


@function("log", NUMBER, NUMBER, returns="number")
def log(_context: FunctionContext, value: Number, base: Number) -> Value:
    """The logarithm to a base, with the precision of a double."""
    if base == 0 and value > 0:
        return 0  # the logarithm of 0 is minus infinity there
    if value < 0 or base < 0 or value == base == 1:
        raise FunctionError("log() has no result for these numbers")
    try:
        return _of_float(natural_log(float(value)) / natural_log(float(base)))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise Undecided("the logarithm is not finite") from None


@function("pow", NUMBER, NUMBER, returns="number")
def power(_context: FunctionContext, value: Number, exponent: Number) -> Value:
    """A power, with the precision of a double."""
    if value < 0 and exponent != int(exponent):
        raise FunctionError("pow() has no result for these numbers")
    try:
        base, times = float(value), float(exponent)
        whole = times.is_integer() and base != 0 and abs(times) < 2**31
        return _of_float(whole_power(base, int(times)) if whole else broken_power(base, times))
    except (ValueError, OverflowError):
        raise Undecided("the power is not finite") from None


@function("signum", NUMBER, returns="number")
def signum(_context: FunctionContext, value: Number) -> Value:
    """-1, 0 or 1."""
    if not isinstance(value, int) or value.bit_length() > 63:
        raise FunctionError("signum() requires a whole number of 64 bits")
    return (value > 0) - (value < 0)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@function("parseint", ANY, NUMBER, returns="number")
def parseint(_context: FunctionContext, text: Value, base: Number) -> Value:
    """The whole number that a string spells in a base from 2 to 62."""
    if not isinstance(text, str):
        raise FunctionError("parseint() requires a string")
    if not isinstance(base, int) or not 2 <= base <= 62:
        raise FunctionError("parseint() requires a whole base from 2 to 62")
    digits = text[1:] if text[:1] in ("+", "-") else text
    if len(digits) > 4_000:
        raise Undecided("the number has too many digits")
    total = 0
    for char in digits if base > 36 else digits.lower():
        digit = _DIGITS.find(char)
        if not 0 <= digit < base:
            digits = ""
            break
        total = total * base + digit
    if not digits:
        raise FunctionError(f'parseint() cannot read "{text}" as a number in base {base}')
    return number(-total if text[0] == "-" else total)


@function("sum", ANY, returns="number", partial=True)
def total(context: FunctionContext, items: Value) -> Value:
    """The sum of a collection of numbers."""
    if not isinstance(items, Sequence):
        if isinstance(items, (str, bool, int, Decimal)) or items is None or hasattr(items, "items"):
            raise FunctionError("sum() requires a list, set or tuple")
        raise Undecided("the collection is not known")
    if not items.items:
        raise FunctionError("sum() requires at least one number")
    result: Number = 0
    unknown = False
    for item in items.items:
        if item is None:
            raise FunctionError("sum() requires elements that are not null")
        try:
            addend = convert(item, NUMBER, context.symbols)
        except ConversionError:
            raise FunctionError("sum() requires numbers") from None
        if isinstance(addend, (int, Decimal)):
            result = computed("+", result, addend)
        else:
            unknown = True
    if unknown:
        raise Undecided("an element of sum() is not known")
    return number(result)


@function("range", variadic=nullable(NUMBER), returns="list")
def number_range(_context: FunctionContext, *bounds: Number | None) -> Value:
    """The numbers from a start up or down to a limit."""
    if not 1 <= len(bounds) <= 3 or any(bound is None for bound in bounds):
        raise FunctionError("range() requires one to three numbers")
    given = [bound for bound in bounds if bound is not None]
    start, end = (0, given[0]) if len(given) == 1 else (given[0], given[1])
    step = given[2] if len(given) == 3 else -1 if end < start else 1
    if step == 0:
        raise FunctionError("range() requires a step that is not zero")
    if (step > 0 and end < start) or (step < 0 and end > start):
        raise FunctionError("the step of range() leads away from the limit")
    made: list[Value] = []
    at: Number = start
    while at < end if step > 0 else at > end:
        if len(made) >= limits.RANGE:
            raise FunctionError("range() yields more than 1024 values")
        made.append(number(at))
        at = computed("+", at, step)
    return Sequence(tuple(made), "list")
