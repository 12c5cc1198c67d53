"""JSON text from values and back, with holes.

Comes in: values, or JSON text. Goes out: JSON text, or values. Must not know: which function asked.

Choices, where a hole stands for text that nobody knows:

* A hole in a string is written as it is inside the quotes, though the text behind it might need escapes: holes are
  identifiers (names, account numbers, ARNs), which hold no quotes, backslashes, control characters, `<`, `>` or `&`.
  Policy documents depend on it: the document must keep the very symbol of the thing that it names.
* A wholly unknown value is the hole `jsonencode(VALUE)` without quotes, since it may be null, a number or a list.
  `decode` gives VALUE itself back for it.
* For the same reason as above a hole inside a string literal is text of that literal when decoded. A hole outside of
  a literal that is not of the second kind may be any piece of JSON: the document is undecided then.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from envfence.evaluate import limits, partial
from envfence.evaluate.convert import ARITHMETIC, Unsure, number, number_text
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import unknown_call
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value, has_holes

_ESCAPES = {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
_ESCAPES.update({code: f"\\u{code:04x}" for code in range(32) if code not in _ESCAPES})


def quote(text: str) -> str:
    """A JSON string literal as Terraform writes it."""
    return f'"{text.translate(_ESCAPES)}"'


def encode(value: Value, context: FunctionContext) -> str:
    """JSON text without spaces, keys sorted. Raises `Undecided` beyond the limits and where holes decide the order of
    keys."""
    writer = _Writer(context)
    writer.write(value, 0)
    return "".join(writer.parts)


class _Writer:
    def __init__(self, context: FunctionContext) -> None:
        self.context = context
        self.parts: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.size += len(text)
        if self.size > limits.STRING:
            raise Undecided("the JSON text would be too long")

    def write(self, value: Value, depth: int) -> None:
        if depth > limits.DEPTH:
            raise Undecided("the value is nested too deeply")
        if isinstance(value, str):
            self.add(quote(value))
        elif value is None:
            self.add("null")
        elif isinstance(value, bool):
            self.add("true" if value else "false")
        elif isinstance(value, (int, Decimal)):
            self.add(number_text(value))
        elif isinstance(value, Unknown):
            self.add(encoded_unknown(value, self.context).symbol)
        elif isinstance(value, Sequence):
            self._sequence(value, depth)
        else:
            self._mapping(value, depth)

    def _sequence(self, value: Sequence, depth: int) -> None:
        if not partial.is_ordered(value):
            raise Undecided("unknown parts decide the order of a set")
        self.add("[")
        for at, item in enumerate(value.items):
            if at:
                self.add(",")
            self.write(item, depth + 1)
        self.add("]")

    def _mapping(self, value: Mapping, depth: int) -> None:
        self.add("{")
        for at, key in enumerate(ordered_keys(value)):
            self.add(("," if at else "") + quote(key) + ":")
            self.write(value.items[key], depth + 1)
        self.add("}")


def ordered_keys(value: Mapping) -> list[str]:
    """The keys in Terraform's order; raises `Undecided` when holes decide it."""
    keys = sorted(value.items)
    if any(has_holes(key) for key in keys) and any(partial.order(a, b) is None for a, b in pairwise(keys)):
        raise Undecided("unknown parts decide the order of keys")
    return keys


_ENCODED = re.compile(r"jsonencode\((.+)\)", re.DOTALL)


def encoded_unknown(value: Unknown, context: FunctionContext) -> Unknown:
    """The unknown text `jsonencode(value)`; its symbol carries the whole name of the value, which `decode` reads."""
    try:
        symbol = context.symbols.symbol(value.symbol)
    except KeyError:
        return unknown_call("jsonencode", (value,), context, returns="string")
    made = context.symbols.intern(Symbol(what=f"jsonencode({symbol.what})", scope=symbol.scope))
    return Unknown(made, value.reason, value.span, "string", value.names)


def decode(text: str, symbols: Symbols, reason: str = "a part of a JSON text") -> Value:
    """The value of a JSON text; holes inside string literals stay. Raises `FunctionError` for what is no JSON."""
    marked = _mark(text, symbols) if has_holes(text) else text
    try:
        made = json.loads(
            marked, parse_int=_integer, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=dict
        )
    except (ValueError, InvalidOperation) as error:
        raise FunctionError(f"this is not JSON: {error}") from None
    except RecursionError:
        raise Undecided("the JSON text is nested too deeply") from None
    return _value(made, symbols, reason, has_holes(text), 0)


_MARK = "\U0010ffff"
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _mark(text: str, symbols: Symbols) -> str:
    """The text with each encoded unknown outside of string literals as a marked literal of its value's hole."""
    if _MARK in text or ("\\u" in text and "\\udb" in text.lower()):
        raise Undecided("the JSON text contains reserved characters")
    made, at = [], 0
    for literal in _LITERAL.finditer(text):
        made.append(_mark_structure(text[at : literal.start()], symbols))
        made.append(literal.group())
        at = literal.end()
    made.append(_mark_structure(text[at:], symbols))
    return "".join(made)


def _mark_structure(piece: str, symbols: Symbols) -> str:
    if not has_holes(piece):
        return piece
    if '"' in piece:
        raise Undecided("an unknown part of the JSON text stands outside of its strings")
    made = []
    for at, char in enumerate(piece):
        if not partial.is_hole(char):
            made.append(char)
            continue
        alone = _ends(piece[:at], "[:,") and _ends(piece[at + 1 :][::-1], "]},")
        try:
            symbol = symbols.symbol(char)
        except KeyError:
            symbol = Symbol(what="")
        match = _ENCODED.fullmatch(symbol.what)
        if not alone or match is None:
            raise Undecided("an unknown part of the JSON text stands outside of its strings")
        made.append(f'"{_MARK}{symbols.intern(Symbol(what=match.group(1), scope=symbol.scope))}"')
    return "".join(made)


def _ends(text: str, allowed: str) -> bool:
    stripped = text.rstrip(" \t\r\n")
    return not stripped or stripped[-1] in allowed


def _integer(text: str) -> int:
    if len(text) > limits.DIGITS:
        raise Undecided("the number has too many digits")
    return int(text)


def _decimal(text: str) -> int | Decimal:
    try:
        return number(ARITHMETIC.create_decimal(text))
    except (Unsure, InvalidOperation):
        raise Undecided("the number is too large or too small") from None


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is not a value")


def _value(made: Any, symbols: Symbols, reason: str, holed: bool, depth: int) -> Value:
    if depth > limits.DEPTH:
        raise Undecided("the JSON text is nested too deeply")
    if isinstance(made, str):
        if made.startswith(_MARK) and len(made) == 2 and holed:
            return Unknown(made[1], reason)
        return _text(made, holed)
    if isinstance(made, list):
        if len(made) > limits.COLLECTION:
            raise Undecided("the collection is too large")
        return Sequence(tuple(_value(item, symbols, reason, holed, depth + 1) for item in made))
    if isinstance(made, dict):
        keys = {_text(key, holed): item for key, item in made.items()}
        if holed and partial.distinct_values(tuple(keys)) is None:
            raise Undecided("unknown keys may be equal")
        return Mapping({key: _value(keys[key], symbols, reason, holed, depth + 1) for key in sorted(keys)})
    plain: bool | int | Decimal | None = made
    return plain


def _text(text: str, holed: bool) -> str:
    if text.isascii():
        return text
    if not holed and has_holes(text):
        raise Undecided("the text contains private-use characters")
    if any("\ud800" <= char <= "\udfff" for char in text):
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return unicodedata.normalize("NFC", text)
