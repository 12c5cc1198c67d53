"""Canonical names of unknowns, so that the same unknown expression is the same symbol.

Comes in: values. Goes out: a text that is equal exactly for equal values, and `Unknown`s interned under such texts.
Must not know: expressions, scopes.
"""

from __future__ import annotations

import json
from decimal import Decimal
from hashlib import sha256

from envfence.evaluate.failures import LimitError
from envfence.values import Mapping, Sequence, Span, Symbol, Symbols, Unknown, Value, hole_index

#: A longer description is replaced by its digest, so that symbols stay readable and small.
_LONGEST = 300
#: A value with more nodes than this is not described: the unknown made of it equals nothing.
_MOST_NODES = 2_000


class Naming:
    """Describes values and makes unknowns for one deployment, whose id is the usual scope of symbols."""

    __slots__ = ("_nodes", "scope", "symbols")

    def __init__(self, symbols: Symbols, scope: str) -> None:
        self.symbols = symbols
        self.scope = scope
        self._nodes = 0

    def unknown(
        self,
        what: str,
        reason: str,
        span: Span | None = None,
        type_: str = "any",
        names: tuple[str, ...] = (),
        scope: str | None = None,
    ) -> Unknown:
        """An unknown called `what` in this deployment, or in `scope`."""
        return Unknown(self._intern(what, self.scope if scope is None else scope), reason, span, type_, names)

    def fresh(self, what: str, reason: str, span: Span | None = None, type_: str = "any") -> Unknown:
        """An unknown that equals no other."""
        return Unknown(self.symbols.fresh(what, self.scope), reason, span, type_)

    def member(self, parent: Unknown, suffix: str, span: Span | None = None, type_: str = "any") -> Unknown:
        """The unknown `parent` followed by `.name` or `[key]`; it stays in its parent's scope."""
        symbol = self.symbols.symbol(parent.symbol)
        return Unknown(self._intern(symbol.what + suffix, symbol.scope), parent.reason, span, type_, parent.names)

    def derived(
        self, form: str, operands: tuple[Value, ...], reason: str = "", span: Span | None = None, type_: str = "any"
    ) -> Unknown:
        """An unknown computed from `operands`; `form` has one `{}` for each, such as `({} + {})`."""
        names: dict[str, None] = {}
        first = reason
        for operand in operands:
            for unknown in unknowns_in(operand, self):
                first = first or unknown.reason
                names.update(dict.fromkeys(unknown.names))
        first = first or "depends on an unknown value"
        try:
            self._nodes = 0
            what = form.format(*[self._describe(operand) for operand in operands])
        except LimitError:
            return Unknown(self.symbols.fresh(form, self.scope), first, span, type_, tuple(names))
        return Unknown(self._intern(what, self.scope), first, span, type_, tuple(names))

    def text(self, value: Value) -> str:
        """The canonical text of a value, shortened by a digest."""
        self._nodes = 0
        return _shorten(self._describe(value))

    def _intern(self, what: str, scope: str) -> str:
        return self.symbols.intern(Symbol(what=_shorten(what), scope=scope))

    def _describe(self, value: Value) -> str:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise LimitError("a value is too large to be named")
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False) if value.isascii() else self._describe_text(value)
        if isinstance(value, Unknown):
            return self._describe_symbol(value.symbol)
        if value is None or isinstance(value, bool):
            return json.dumps(value)
        if isinstance(value, (int, Decimal)):
            return str(value)
        if isinstance(value, Sequence):
            return ("set" if value.kind == "set" else "") + "[" + ", ".join(map(self._describe, value.items)) + "]"
        return "{" + ", ".join(f"{self._describe(k)}: {self._describe(v)}" for k, v in value.items.items()) + "}"

    def _describe_text(self, text: str) -> str:
        parts, plain = [], ""
        for char in text:
            if hole_index(char) is None:
                plain += char
            else:
                parts.append(json.dumps(plain, ensure_ascii=False)[1:-1] + "${" + self._describe_symbol(char) + "}")
                plain = ""
        return '"' + "".join(parts) + json.dumps(plain, ensure_ascii=False)[1:-1] + '"'

    def _describe_symbol(self, char: str) -> str:
        try:
            symbol = self.symbols.symbol(char)
        except KeyError:
            return f"?{ord(char)}"
        return symbol.what if symbol.scope == self.scope else f"{symbol.what}@{symbol.scope}"


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:60]}…#{sha256(text.encode()).hexdigest()[:32]}"


def unknowns_in(value: Value, naming: Naming, most: int = 20) -> list[Unknown]:
    """The first few unknowns inside a value, holes of strings included."""
    found: list[Unknown] = []
    stack: list[Value] = [value]
    while stack and len(found) < most:
        item = stack.pop()
        if isinstance(item, Unknown):
            found.append(item)
        elif isinstance(item, str):
            if not item.isascii():
                found.extend(
                    Unknown(char, "depends on an unknown value") for char in item if hole_index(char) is not None
                )
        elif isinstance(item, Sequence):
            stack.extend(item.items[:most])
        elif isinstance(item, Mapping):
            stack.extend(list(item.items.values())[:most])
    return found
