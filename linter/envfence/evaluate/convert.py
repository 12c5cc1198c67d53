"""Terraform's type conversions, on values that may be unknown or have holes.

Comes in: values and types. Goes out: converted values; `ConversionError` where Terraform would refuse.
Must not know: functions, scopes, files.

A value carries no type beyond what can be seen in it; `type_of` reads that off, `unify` finds the type that several
values share, `convert` brings a value to a type (with the defaults of `optional()`), `parse_type` reads a constraint.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

from msgspec.structs import replace

from envfence.evaluate import limits, partial
from envfence.evaluate.floats import shortest
from envfence.evaluate.kinds import (
    ANY,
    BOOL,
    NUMBER,
    OPEN,
    PRIMITIVE,
    STRING,
    Attribute,
    Type,
    Unsure,
    has_any,
    list_of,
    map_of,
    set_of,
    type_of,
    unify,
)
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value, has_holes

__all__ = [
    "ANY",
    "ARITHMETIC",
    "BOOL",
    "NUMBER",
    "OPEN",
    "STRING",
    "Attribute",
    "ConversionError",
    "Type",
    "Unsure",
    "convert",
    "list_of",
    "map_of",
    "number",
    "number_text",
    "parse_type",
    "set_of",
    "text_number",
    "to_string",
    "type_of",
    "unify",
]

#: Arithmetic as exact as Terraform's 512-bit floats, for everybody who computes with numbers.
ARITHMETIC = Context(prec=limits.PRECISION, Emax=999_999, Emin=-999_999)

#: With no more digits than these the shortest text of a 512-bit float is the number itself.
_EXACT_DIGITS = 150

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)


class ConversionError(Exception):
    """Terraform would refuse the conversion; the message says what is required, in its words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ---------------------------------------------------------------- primitives


def number(value: Decimal | int) -> int | Decimal:
    """A number in the one form that values use: `int` when integral. Raises `Unsure` beyond the limits."""
    if isinstance(value, int):
        if value.bit_length() > limits.DIGITS * 3:
            raise Unsure("the number has too many digits")
        return value
    if not value.is_finite() or value.adjusted() > limits.DIGITS or value.adjusted() < -limits.DIGITS:
        raise Unsure("the number is too large or too small")
    if value == value.to_integral_value():
        return int(value)
    return value.normalize(ARITHMETIC)


def number_text(value: int | Decimal) -> str:
    """A number as Terraform writes it: all digits, no exponent."""
    if isinstance(value, int):
        text = str(value)
        if value.bit_length() > limits.NUMBER_BITS and len(text.rstrip("0")) > _EXACT_DIGITS:
            raise Unsure("the digits of so large a number are rounded")
        return text
    if len(value.as_tuple().digits) > _EXACT_DIGITS:
        value = shortest(value)
    return format(value.normalize(ARITHMETIC), "f")


def text_number(text: str) -> int | Decimal:
    """The number that a string spells; raises `ConversionError` when it spells none."""
    if not _NUMBER.fullmatch(text):
        if re.fullmatch(r"[+-]?([Ii]nf|\d+(\.\d*)?[pP][+-]?\d+)", text):
            raise Unsure("a number in an unusual notation")
        raise ConversionError("a number is required")
    try:
        return number(ARITHMETIC.create_decimal(text))
    except (InvalidOperation, Inexact):
        raise Unsure("the number cannot be represented") from None


def to_string(value: Value) -> str:
    """A known primitive, or a holed string, or an unknown as the hole that it is, as a string; raises
    `ConversionError`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    if isinstance(value, Unknown) and value.type in ("any", "string", "number", "bool"):
        return value.symbol
    raise ConversionError("string required" if value is not None else "a null value cannot be a string")


def _to_primitive(value: Value, kind: str) -> Value:
    if kind == "string":
        return to_string(value)
    if isinstance(value, str):
        if kind == "number":
            return text_number(value)
        if value in ("true", "1"):
            return True
        if value in ("false", "0"):
            return False
        raise ConversionError("a bool is required")
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "number" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    raise ConversionError(f"{kind} required")


# ---------------------------------------------------------------- conversion


def convert(value: Value, wanted: Type, symbols: Symbols, depth: int = 0) -> Value:
    """`value` as `wanted`; unknown parts stay unknown, with the type they must have.

    Raises `ConversionError`, and `Unsure` when unknown parts or a limit decide the result.
    """
    if depth > limits.DEPTH:
        raise Unsure("the value is nested too deeply")
    if wanted.kind == "any" or value is None:
        return value
    if isinstance(value, Unknown):
        return _convert_unknown(value, wanted, symbols)
    if isinstance(value, (Sequence, Mapping)) and value.kind == wanted.kind and wanted.element == ANY:
        return value
    if wanted.kind in PRIMITIVE:
        return _to_known_primitive(value, wanted, symbols)
    return _to_structure(value, wanted, symbols, depth)


def _to_known_primitive(value: Value, wanted: Type, symbols: Symbols) -> Value:
    if isinstance(value, str) and wanted.kind != "string" and has_holes(value):
        return Unknown(lossy(value, f"to{wanted.kind}", symbols), "a partly unknown string", type=wanted.kind)
    if wanted.open:
        raise Unsure("an unknown value beside it decides the type")
    return _to_primitive(value, wanted.kind)


def _to_structure(value: Value, wanted: Type, symbols: Symbols, depth: int) -> Value:
    if wanted.kind in ("map", "object"):
        if not isinstance(value, Mapping):
            raise ConversionError(f"{wanted.kind} required")
        return (_to_map if wanted.kind == "map" else _to_object)(value, wanted, symbols, depth)
    if not isinstance(value, Sequence) or (value.kind == "set" and wanted.kind == "tuple"):
        raise ConversionError(f"{wanted.kind} required")
    return _to_sequence(value, wanted, symbols, depth)


_COMPATIBLE = {
    "list": ("list", "set"),
    "set": ("list", "set"),
    "map": ("map",),
    "object": ("map",),
    "tuple": ("list",),
    "string": PRIMITIVE,
    "number": ("string", "number"),
    "bool": ("string", "bool"),
}


def _convert_unknown(value: Unknown, wanted: Type, symbols: Symbols) -> Unknown:
    if value.type != "any" and value.type not in _COMPATIBLE[wanted.kind]:
        raise ConversionError(f"{wanted.kind} required")
    if wanted.kind == value.type or wanted.kind in ("object", "tuple"):
        return value
    if wanted.kind in ("string", "list", "map"):
        if value.type == "set":
            return replace(value, type=wanted.kind, symbol=lossy(value.symbol, "tolist", symbols))
        return replace(value, type=wanted.kind)
    return replace(value, type=wanted.kind, symbol=lossy(value.symbol, f"to{wanted.kind}", symbols))


def lossy(text: str, conversion: str, symbols: Symbols) -> str:
    """The symbol of a conversion that may change what it is given ("01" to the number 1)."""
    holes = partial.holes_in(text)
    try:
        known = {hole: symbols.symbol(hole) for hole in holes}
    except KeyError:
        return symbols.fresh(conversion, "")
    scopes = {symbol.scope for symbol in known.values()} - {""}
    many = len(scopes) > 1
    words = {hole: f"${{{symbol.what}{'@' + symbol.scope if many else ''}}}" for hole, symbol in known.items()}
    alone = len(text) == 1 and not many
    what = known[text].what if alone else "".join(words.get(char, char) for char in text.replace("$", "$$"))
    return symbols.intern(Symbol(what=f"{conversion}({what})", scope=max(scopes, default="")))


def _to_sequence(value: Sequence, wanted: Type, symbols: Symbols, depth: int) -> Value:
    if wanted.kind == "tuple":
        if len(value) != len(wanted.items):
            raise ConversionError(f"tuple of {len(wanted.items)} elements required")
        pairs = zip(value.items, wanted.items, strict=True)
        return Sequence(tuple(convert(item, to, symbols, depth + 1) for item, to in pairs))
    if value.kind == "set" and wanted.kind == "list" and not partial.is_ordered(value):
        raise Unsure("the order of the set is not known")
    items = convert_all(value.items, wanted.element or ANY, symbols, depth + 1, value.kind == "tuple", "list")
    if wanted.kind == "list":
        return Sequence(items, "list")
    made = partial.sorted_set(items)
    if made is None:
        raise Unsure("unknown elements may be equal to others of the set")
    return made


def _to_map(value: Mapping, wanted: Type, symbols: Symbols, depth: int) -> Value:
    items = tuple(value.items.values())
    made = convert_all(items, wanted.element or ANY, symbols, depth + 1, value.kind == "object", "map")
    return Mapping(dict(zip(value.items, made, strict=True)), "map")


def convert_all(
    items: tuple[Value, ...], element: Type, symbols: Symbols, depth: int, mixed: bool, kind: str
) -> tuple[Value, ...]:
    """The elements of a collection, each as `element`; where that leaves "any", the one type that all of them share."""
    made = tuple(convert(item, element, symbols, depth) for item in items)
    if not mixed or len(made) < 2 or not has_any(element):
        return made
    if all(isinstance(item, str) for item in made):
        return made
    shared = unify(type_of(item, depth) for item in made)
    if shared is None:
        raise ConversionError(f"all {kind} elements must have the same type")
    return tuple(convert(item, shared, symbols, depth) for item in made)


def _to_object(value: Mapping, wanted: Type, symbols: Symbols, depth: int) -> Value:
    holed = any(has_holes(name) for name in value.items)
    made: dict[str, Value] = {}
    for attribute in sorted(wanted.attributes, key=lambda item: item.name):
        item = value.items.get(attribute.name)
        if item is None and attribute.name not in value.items:
            if holed:
                raise Unsure("an unknown key may be the attribute")
            if not attribute.optional:
                raise ConversionError(f'attribute "{attribute.name}" is required')
        if item is None and attribute.optional:
            item = attribute.default
        try:
            made[attribute.name] = convert(item, attribute.type, symbols, depth + 1)
        except ConversionError as error:
            raise ConversionError(f'attribute "{attribute.name}": {error.message}') from None
    return Mapping(made)


# ---------------------------------------------------------------- type expressions

_COLLECTIONS = {"list": list_of, "set": set_of, "map": map_of}


def parse_type(expr: ast.Expr, default: Callable[[ast.Expr], Value], depth: int = 0) -> Type:
    """The constraint that a `type` argument spells; `default` evaluates the second argument of `optional()`.

    Raises `ConversionError` for what is no type.
    """
    if depth > limits.DEPTH:
        raise Unsure("the type is nested too deeply")
    if isinstance(expr, ast.TemplateWrap):
        return parse_type(expr.inner, default, depth + 1)
    name = expr.name if isinstance(expr, ast.Name) else expr.value if isinstance(expr, ast.Literal) else None
    if isinstance(name, str) and name in ("any", *PRIMITIVE):
        return Type(name)
    if isinstance(name, str) and name in ("list", "map", "set"):
        return Type(name, ANY)
    if isinstance(expr, ast.Call) and len(expr.args) == 1:
        inner = expr.args[0]
        if expr.name in _COLLECTIONS:
            return _COLLECTIONS[expr.name](parse_type(inner, default, depth + 1))
        if expr.name == "tuple" and isinstance(inner, ast.TupleExpr):
            return Type("tuple", items=tuple(parse_type(item, default, depth + 1) for item in inner.items))
        if expr.name == "object" and isinstance(inner, ast.ObjectExpr):
            return Type("object", attributes=tuple(_attribute(*pair, default, depth + 1) for pair in inner.items))
    raise ConversionError("this is not a type")


def _attribute(key: ast.Expr, expr: ast.Expr, default: Callable[[ast.Expr], Value], depth: int) -> Attribute:
    name = key.name if isinstance(key, ast.Name) else key.value if isinstance(key, ast.Literal) else None
    if not isinstance(name, str):
        raise ConversionError("an attribute's name must be a word")
    if isinstance(expr, ast.Call) and expr.name == "optional" and 1 <= len(expr.args) <= 2:
        fallback = default(expr.args[1]) if len(expr.args) == 2 else None
        return Attribute(name, parse_type(expr.args[0], default, depth + 1), True, fallback)
    return Attribute(name, parse_type(expr, default, depth + 1))
