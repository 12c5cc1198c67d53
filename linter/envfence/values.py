"""Values as the evaluator computes them: known, unknown, or a string with holes.

* `None` is Terraform's null; `bool` and `str` are themselves; a number is an `int` when it is integral and a
  `Decimal` otherwise, so that equal numbers are equal and big ones stay exact.
* A collection is a `Sequence` (list, tuple, set) or a `Mapping` (map, object). Elements may be unknown.
* `Unknown` is a value of which nothing but perhaps the type is known. It has a *symbol*: one private-use
  character that stands for "this very unknown". In a string the symbol is a *hole*, so concatenation, equality and
  prefix tests on plain `str` stay exact: two strings with the same holes are equal whatever the holes hold.

A hole may be empty and of any length. Two different symbols may hold the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

import msgspec

FIRST_HOLE = 0xF0000
LAST_HOLE = 0x10FFFD
_PLANE_15_END = 0xFFFFD
_PLANE_16_START = 0x100000
_HOLE = re.compile(f"[{chr(FIRST_HOLE)}-{chr(_PLANE_15_END)}{chr(_PLANE_16_START)}-{chr(LAST_HOLE)}]")
CAPACITY = (_PLANE_15_END - FIRST_HOLE + 1) + (LAST_HOLE - _PLANE_16_START + 1)


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """A place in a file: path relative to the scanned root, lines and columns from 1, the end behind the last
    character."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Symbol(msgspec.Struct, frozen=True, order=True, gc=False):
    """The identity of an unknown.

    `what` is what is unknown, with its arguments: `aws_db_instance.main[0].address`, `var.region`, `upper(var.region)`.
    `scope` is where: `DEPLOYMENT` or `DEPLOYMENT:MODULE_PATH`; empty for what is the same thing in every deployment
    (the output of a state outside the repository). Equal symbols are the same unknown.
    """

    what: str
    scope: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """A value that is not known.

    `symbol` is its one private-use character; `type` is "any" or the Terraform type it is known to have ("string",
    "number", "bool", "list", "set", "map"); `names` are the variables, inputs, outputs and secrets it came through.
    `parts` are what a list or set is made of where only their number and order are not known: each is in it once or
    more, a text that may be empty perhaps not, and an unknown that may be a list stands for all that it holds.
    """

    symbol: str
    reason: str
    span: Span | None = None
    type: str = "any"
    names: tuple[str, ...] = ()
    parts: tuple[Value, ...] = ()


class Sequence(msgspec.Struct, frozen=True):
    """A Terraform list, tuple or set; the items of a set are sorted as Terraform prints them."""

    items: tuple[Value, ...]
    kind: str = "tuple"  # "list", "tuple" or "set"

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A Terraform map or object. `items` is never changed after construction; it is in Terraform's key order."""

    items: dict[str, Value] = field(default_factory=dict)
    kind: str = "object"  # "map" or "object"

    @property
    def complete(self) -> bool:
        """Whether `items` holds all attributes; not so for objects that compute some when they are asked."""
        return True

    def __len__(self) -> int:
        return len(self.items)


Value: TypeAlias = "bool | int | Decimal | str | Sequence | Mapping | Unknown | None"


def as_blocks(value: Value) -> tuple[Value, ...]:
    """The blocks in a value: the items of a list, or the one object that the JSON syntax may have in its place."""
    if isinstance(value, Sequence):
        return value.items
    return (value,) if isinstance(value, Mapping) else ()


class Symbols:
    """Interns symbols: the same `Symbol` gets the same character, a different one a different character.

    One table serves one deployment (facts carry it along) or, in *link*, the whole graph.
    """

    __slots__ = ("_chars", "_impure", "_symbols")

    def __init__(self) -> None:
        self._chars: dict[Symbol, str] = {}
        self._symbols: list[Symbol] = []
        self._impure = 0

    def intern(self, symbol: Symbol) -> str:
        """The character of `symbol`. Past the capacity every further symbol is the last character: still sound,
        since that one is only ever used as "anything" by then (see `saturated`)."""
        char = self._chars.get(symbol)
        if char is None:
            index = len(self._symbols)
            if index >= CAPACITY - 1:
                return chr(LAST_HOLE)
            char = hole_char(index)
            self._chars[symbol] = char
            self._symbols.append(symbol)
        return char

    def fresh(self, what: str, scope: str) -> str:
        """A character that equals no other: for `timestamp()`, `uuid()` and the like."""
        self._impure += 1
        return self.intern(Symbol(what=f"{what}#{self._impure}", scope=scope))

    def symbol(self, char: str) -> Symbol:
        """The symbol behind a character; raises `KeyError` for one that this table did not give out."""
        index = hole_index(char)
        if index is None or index >= len(self._symbols):
            raise KeyError(char)
        return self._symbols[index]

    def table(self) -> tuple[Symbol, ...]:
        """All symbols, so that `table()[hole_index(char)]` is the symbol of `char`."""
        return tuple(self._symbols)


def hole_char(index: int) -> str:
    """The private-use character number `index`."""
    code = FIRST_HOLE + index
    return chr(code if code <= _PLANE_15_END else code - _PLANE_15_END - 1 + _PLANE_16_START)


def hole_index(char: str) -> int | None:
    """The number of a hole character, or None when `char` is an ordinary character."""
    code = ord(char)
    if FIRST_HOLE <= code <= _PLANE_15_END:
        return code - FIRST_HOLE
    if _PLANE_16_START <= code <= LAST_HOLE:
        return code - _PLANE_16_START + (_PLANE_15_END - FIRST_HOLE + 1)
    return None


def has_holes(text: str) -> bool:
    """Whether a string contains a hole."""
    return not text.isascii() and _HOLE.search(text) is not None


def holes_in(text: str) -> frozenset[str]:
    """The holes of a string."""
    return frozenset() if text.isascii() else frozenset(_HOLE.findall(text))


def is_fully_known(value: Value) -> bool:
    """Whether no part of `value` is unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, str):
        return not has_holes(value)
    if isinstance(value, Sequence):
        return all(is_fully_known(item) for item in value.items)
    if isinstance(value, Mapping):
        return all(is_fully_known(item) for item in value.items.values())
    return True
