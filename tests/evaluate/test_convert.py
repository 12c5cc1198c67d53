"""Conversions between types, as `terraform console` does them."""

from decimal import Decimal
from typing import Any

import pytest

from envfence.evaluate.convert import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Attribute,
    ConversionError,
    Type,
    Unsure,
    convert,
    list_of,
    map_of,
    parse_type,
    set_of,
)
from envfence.hcl import ast, parse_expression
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value

SYMBOLS = Symbols()
HOLE = SYMBOLS.intern(Symbol(what="var.x", scope="root"))


def items(*values: Value, kind: str = "tuple") -> Sequence:
    return Sequence(values, kind)


def obj(**values: Value) -> Mapping:
    return Mapping({key: values[key] for key in sorted(values)})


def default(expr: ast.Expr) -> Value:
    assert isinstance(expr, ast.Literal)
    return expr.value


def constraint(text: str) -> Type:
    expr = parse_expression(text)
    assert isinstance(expr, ast.Expr)
    return parse_type(expr, default)


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (1, STRING, "1"),
        (True, STRING, "true"),
        ("1.50", NUMBER, Decimal("1.5")),
        ("1e3", NUMBER, 1000),
        ("1", BOOL, True),
        (None, STRING, None),
        (items(1, "a"), list_of(ANY), items("1", "a", kind="list")),
        (items("b", "a", "b"), set_of(STRING), items("a", "b", kind="set")),
        (items(2, 10), set_of(ANY), items(2, 10, kind="set")),
        (obj(a=1, b="x"), map_of(ANY), Mapping({"a": "1", "b": "x"}, "map")),
        (
            items(obj(a=1), obj(b=2)),
            list_of(ANY),
            items(Mapping({"a": 1}, "map"), Mapping({"b": 2}, "map"), kind="list"),
        ),
        (items(1, f"a{HOLE}"), list_of(ANY), items("1", f"a{HOLE}", kind="list")),
    ],
)
def test_converts(given: Value, wanted: Type, expected: Value) -> None:
    assert convert(given, wanted, SYMBOLS) == expected


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("x", NUMBER),
        ("True", BOOL),
        (1, BOOL),
        (items(1, True), list_of(ANY)),
        (obj(a=1), list_of(ANY)),
        (items(1), map_of(ANY)),
        (items(1), STRING),
    ],
)
def test_refuses(given: Value, wanted: Type) -> None:
    with pytest.raises(ConversionError):
        convert(given, wanted, SYMBOLS)


def test_optional_attributes_get_their_defaults() -> None:
    wanted = constraint("object({name = string, size = optional(number, 3), tag = optional(string)})")
    assert convert(obj(name="a", other=1), wanted, SYMBOLS) == obj(name="a", size=3, tag=None)
    assert convert(obj(name="a", size=None), wanted, SYMBOLS) == obj(name="a", size=3, tag=None)
    with pytest.raises(ConversionError, match="name"):
        convert(obj(size=1), wanted, SYMBOLS)


def test_reads_nested_constraints() -> None:
    wanted = constraint("map(list(object({ports = set(number), any_of = tuple([string, bool])})))")
    inner = Type(
        "object",
        attributes=(Attribute("ports", set_of(NUMBER)), Attribute("any_of", Type("tuple", items=(STRING, BOOL)))),
    )
    assert wanted == map_of(list_of(inner))


@pytest.mark.parametrize("text", ["strings", "list(1)", "object([])", "optional(string)"])
def test_refuses_what_is_no_type(text: str) -> None:
    with pytest.raises(ConversionError):
        constraint(text)


@pytest.mark.parametrize(("kind", "same"), [("string", True), ("list", True), ("number", False), ("set", False)])
def test_an_unknown_keeps_its_symbol_where_its_text_cannot_change(kind: str, same: bool) -> None:
    wanted: dict[str, Any] = {"string": STRING, "list": list_of(ANY), "number": NUMBER, "set": set_of(ANY)}
    made = convert(Unknown(HOLE, "test"), wanted[kind], SYMBOLS)
    assert isinstance(made, Unknown)
    assert made.type == kind
    assert (made.symbol == HOLE) is same


@pytest.mark.parametrize("given", [items(HOLE, "a"), items(Unknown(HOLE, "test"), "a")])
def test_a_set_of_elements_that_may_coincide_is_undecided(given: Value) -> None:
    with pytest.raises(Unsure):
        convert(given, set_of(STRING), SYMBOLS)


def test_a_number_beside_an_unknown_may_become_a_string() -> None:
    with pytest.raises(Unsure):
        convert(items(1, Unknown(HOLE, "test")), list_of(ANY), SYMBOLS)
