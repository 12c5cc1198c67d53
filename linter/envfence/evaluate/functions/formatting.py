"""`format` and `formatlist`: verbs, flags, widths.

Comes in: a format and arguments, with holes. Goes out: strings. Must not know: other string functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from envfence.evaluate.convert import ANY, BOOL, NUMBER, STRING, ConversionError, convert, to_string
from envfence.evaluate.floats import exact, float_text
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.graphemes import clusters
from envfence.evaluate.functions.jsontext import encode
from envfence.evaluate.functions.spec import checked_count, checked_length, function, nullable, unknown_call
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes

_VERB = re.compile(r"%([ +#0-]*)([1-9]\d*)?(?:\.(\d*))?(?:\[(\d+)\])?(.)", re.DOTALL)
_WIDEST = 100_000


@dataclass(frozen=True, slots=True)
class _Verb:
    flags: str
    width: int
    precision: int | None
    letter: str

    @property
    def plain(self) -> bool:
        """Whether the text goes in as it is."""
        return not self.width and self.precision is None and "#" not in self.flags


@function("format", STRING, variadic=nullable(ANY), returns="string", partial=True)
def format_(context: FunctionContext, pattern: str, *args: Value) -> Value:
    """The format with each verb replaced by an argument."""
    nulls = [context.null(at + 1) for at, arg in enumerate(args) if arg is None]
    return _format(context, pattern, args, listed=all(null is not None and null.kind != "any" for null in nulls))


@function("formatlist", STRING, variadic=nullable(ANY), returns="list", partial=True)
def formatlist(context: FunctionContext, pattern: str, *args: Value) -> Value:
    """One formatted string per element of the lists among the arguments; other arguments go into each."""
    rows = 1
    listed = [arg for arg in args if isinstance(arg, Sequence)]
    if any(arg is None or (isinstance(arg, Unknown) and arg.type not in ("string", "number", "bool")) for arg in args):
        raise Undecided("formatlist() of something that may be a list")
    if listed:
        lengths = {len(arg) for arg in listed}
        if len(lengths) > 1:
            raise FunctionError("formatlist() requires lists of the same length")
        rows = lengths.pop()
    checked_count(rows)
    checked_length(rows * len(pattern))
    made = [
        _format(
            context, pattern, tuple(arg.items[row] if isinstance(arg, Sequence) else arg for arg in args), listed=True
        )
        for row in range(rows)
    ]
    return Sequence(tuple(made), "list")


def _format(context: FunctionContext, pattern: str, args: tuple[Value, ...], listed: bool = False) -> str:
    if has_holes(pattern):
        raise Undecided("the format is not known")
    made: list[str] = []
    at = position = highest = size = 0
    while at < len(pattern):
        start = pattern.find("%", at)
        if start < 0:
            made.append(pattern[at:])
            break
        made.append(pattern[at:start])
        match = _VERB.match(pattern, start)
        if match is None:
            raise FunctionError("the format ends within a verb")
        at = match.end()
        if match.group() == "%%":
            made.append("%")
            continue
        verb, position = _read_verb(match, position)
        if position > len(args):
            raise FunctionError(f"the format needs an argument {position}, which is not given")
        highest = max(highest, position)
        made.append(_one(context, verb, args[position - 1], listed))
        size += len(made[-1])
        checked_length(size)
    if highest < len(args):
        raise FunctionError("there are more arguments than the format has verbs")
    return "".join(made)


def _read_verb(match: re.Match[str], position: int) -> tuple[_Verb, int]:
    flags, width, precision, index, letter = match.groups()
    if letter not in "vtbdoxXeEfgGsq":
        raise FunctionError(f'the format has an unsupported verb "%{letter}"')
    if index is not None and int(index) == 0:
        raise FunctionError("the arguments of a format count from 1")
    verb = _Verb(flags, int(width or 0), None if precision is None else int(precision or 0), letter)
    if verb.width > _WIDEST or (verb.precision or 0) > _WIDEST:
        raise Undecided("the width is too large")
    return verb, int(index) if index else position + 1


def _one(context: FunctionContext, verb: _Verb, arg: Value, listed: bool) -> str:
    if arg is None:
        if not listed:
            raise Undecided("a null without a type is not formatted before apply")
        if verb.letter == "v":
            return _pad(verb, "null")
        raise FunctionError("a null value cannot be formatted")
    try:
        if verb.letter == "v":
            return _value(context, verb, arg)
        if verb.letter == "t":
            return _bool(context, arg)
        if verb.letter in "sq":
            return _string(context, verb, arg)
        return _number(context, verb, arg)
    except ConversionError as error:
        raise FunctionError(f"%{verb.letter}: {error.message}") from None


def _value(context: FunctionContext, verb: _Verb, arg: Value) -> str:
    if isinstance(arg, Unknown) and arg.type in ("string", "bool") and verb.plain:
        return arg.symbol
    if isinstance(arg, Unknown):
        if not verb.plain:
            raise Undecided("an unknown value is formatted with a width")
        return unknown_call("format", ("%v", arg), context, returns="string").symbol
    if isinstance(arg, str) and "#" not in verb.flags:
        return _pad(verb, arg)
    if isinstance(arg, (int, Decimal)) and not isinstance(arg, bool):
        return _pad(verb, float_text(arg, "g", verb.precision))
    return _pad(verb, encode(arg, context))


def _bool(context: FunctionContext, arg: Value) -> str:
    return to_string(convert(arg, BOOL, context.symbols))


def _string(context: FunctionContext, verb: _Verb, arg: Value) -> str:
    if isinstance(arg, (Sequence, Mapping)):
        raise ConversionError("string required")
    text = to_string(convert(arg, STRING, context.symbols))
    if has_holes(text) and (not verb.plain or verb.letter == "q"):
        raise Undecided("an unknown string is cut, padded or quoted")
    if verb.precision:
        text = "".join(clusters(text)[: verb.precision])
    return _pad(verb, encode(text, context) if verb.letter == "q" else text)


def _pad(verb: _Verb, text: str) -> str:
    if not verb.width:
        return text
    if has_holes(text):
        raise Undecided("an unknown string is padded")
    missing = verb.width - len(clusters(text))
    if missing <= 0:
        return text
    if "-" in verb.flags:
        return text + " " * missing
    return ("0" if "0" in verb.flags else " ") * missing + text


_BASES = {"b": ("b", "0b"), "o": ("o", "0"), "x": ("x", "0x"), "X": ("X", "0X"), "d": ("d", "")}


def _number(context: FunctionContext, verb: _Verb, arg: Value) -> str:
    number: Value = convert(arg, NUMBER, context.symbols)
    if isinstance(number, Unknown):
        if verb.letter == "d" and verb.plain and verb.flags == "":
            return number.symbol
        raise Undecided("an unknown number is formatted")
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        raise ConversionError("a number is required")
    if isinstance(number, Decimal) and number == number.to_integral_value():
        number = int(exact(number))
    if verb.letter in _BASES:
        if not isinstance(number, int):
            raise ConversionError("a whole number is required")
        base, prefix = _BASES[verb.letter]
        digits = format(abs(number), base)
        if verb.precision is not None:
            digits = digits.rjust(verb.precision, "0")
        return _signed(verb, number < 0, digits, prefix if "#" in verb.flags else "", verb.precision is None)
    text = float_text(number, verb.letter, verb.precision)
    return _signed(verb, number < 0, text.removeprefix("-"), "", True)


def _signed(verb: _Verb, negative: bool, digits: str, prefix: str, zeros: bool) -> str:
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    body = sign + prefix + digits
    if "-" in verb.flags:
        return body.ljust(verb.width)
    if "0" in verb.flags and zeros:
        return sign + prefix + digits.rjust(verb.width - len(sign) - len(prefix), "0")
    return body.rjust(verb.width)
