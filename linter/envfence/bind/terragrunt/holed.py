"""Values of inputs that are known only in part, as JSON.

Comes in: a value with holes. Goes out: a JSON text and the symbols of its holes, numbered anew. Must not know: what the
holes stand for.
"""

from __future__ import annotations

import json
from typing import Any

from envfence.bind.definition import as_json
from envfence.bind.terragrunt.places import ROOT
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value, has_holes, hole_char, hole_index

#: Where the repository lies when it runs: one place for all units.
_ROOT = Symbol("get_repo_root()")
_MAX_DEPTH = 50


class _Unnamed(Exception):
    """A part is not known and has no name."""


def as_holed_json(value: Value, symbols: Symbols) -> tuple[str, tuple[Symbol, ...]]:
    """The text and the symbols; both empty for a value of which nothing is known, not even what it depends on."""
    writer = _Writer(symbols)
    try:
        return json.dumps(writer.plain(value, 0), sort_keys=True), tuple(writer.found)
    except _Unnamed:
        return "", ()


class _Writer:
    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.found: dict[Symbol, str] = {}

    def plain(self, value: Value, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise _Unnamed
        if isinstance(value, Sequence):
            return [self.plain(item, depth + 1) for item in value.items]
        if isinstance(value, Mapping):
            if any(has_holes(key) or ROOT in key for key in value.items):
                raise _Unnamed
            return {key: self.plain(item, depth + 1) for key, item in value.items.items()}
        if isinstance(value, Unknown):
            return self.hole(value.symbol)
        if isinstance(value, str):
            return "".join(map(self.hole, value)).replace(ROOT, self.root()) if self.is_open(value) else value
        return json.loads(as_json(value) or "null")

    @staticmethod
    def is_open(text: str) -> bool:
        return has_holes(text) or ROOT in text

    def root(self) -> str:
        return self.found.setdefault(_ROOT, hole_char(len(self.found)))

    def hole(self, char: str) -> str:
        if hole_index(char) is None:
            return char
        try:
            symbol = self.symbols.symbol(char)
        except KeyError:
            raise _Unnamed from None
        return self.found.setdefault(symbol, hole_char(len(self.found)))
