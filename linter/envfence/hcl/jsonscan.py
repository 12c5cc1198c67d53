"""JSON to AST with a place on every value: the standard library reads JSON, but says no positions.

Comes in: a source text. Goes out: `ObjectExpr`, `TupleExpr` and `Literal` nodes; a string with an interpolation
is a template where `templates` is set. Must not know: which properties are blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from json import JSONDecodeError, JSONDecoder

from envfence.hcl import ast
from envfence.hcl.bare import parse_bare
from envfence.hcl.limits import MAX_DEPTH
from envfence.hcl.strings import BadTextError, checked, number

_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"[A-Za-z_]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_DECODER = JSONDecoder()
_SURROGATE = re.compile("[\ud800-\udfff]")


class BadJsonError(Exception):
    """The text is no JSON; `at` is the byte offset where it ends to be."""

    def __init__(self, reason: str, at: int) -> None:
        self.reason = reason
        self.at = at
        super().__init__(reason)


class Scanner:
    """Reads one source."""

    def __init__(self, file: ast.SourceText, templates: bool) -> None:
        self.file = file
        self.templates = templates
        self.text = file.data.decode("utf-8", "replace")
        self._wide: list[int] = []
        self._extra: list[int] = [0]
        if not self.text.isascii():
            for match in re.finditer(r"[^\x00-\x7f]", self.text):
                self._wide.append(match.start())
                self._extra.append(self._extra[-1] + len(match.group().encode()) - 1)

    def scan(self) -> ast.Expr:
        """The only value of the text; raises `BadJsonError`."""
        value, at = self._value(self._blank(0), 0)
        at = self._blank(at)
        if at != len(self.text):
            raise self._bad("Extraneous data after the JSON value", at)
        return value

    def _offset(self, at: int) -> int:
        """The byte offset of a character."""
        return at + self._extra[bisect_left(self._wide, at)] if self._wide else at

    def _blank(self, at: int) -> int:
        match = _BLANK.match(self.text, at)
        return match.end() if match is not None else at

    def _bad(self, reason: str, at: int) -> BadJsonError:
        return BadJsonError(reason, self._offset(at))

    def _value(self, at: int, depth: int) -> tuple[ast.Expr, int]:
        if depth > MAX_DEPTH:
            raise self._bad(f"values nested more than {MAX_DEPTH} deep", at)
        first = self.text[at : at + 1]
        if first == '"':
            return self._string(at)
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        return self._scalar(at)

    def _scalar(self, at: int) -> tuple[ast.Expr, int]:
        match = _NUMBER.match(self.text, at)
        if match is not None:
            end = match.end()
            place = (self.file, self._offset(at), self._offset(end))
            try:
                return ast.Literal(*place, number(match.group())), end
            except BadTextError as bad:
                return ast.Broken(*place, str(bad)), end
        match = _WORD.match(self.text, at)
        if match is None or match.group() not in _WORDS:
            raise self._bad("Invalid JSON: expected the start of a value", at)
        end = match.end()
        return ast.Literal(self.file, self._offset(at), self._offset(end), _WORDS[match.group()]), end

    def _raw(self, at: int) -> tuple[str, int]:
        if self.text[at : at + 1] != '"':
            raise self._bad("Invalid JSON: expected a property name in double quotes", at)
        try:
            text, end = _DECODER.raw_decode(self.text, at)
        except JSONDecodeError as error:
            raise self._bad(f"Invalid JSON string: {error.msg}", error.pos) from None
        return _SURROGATE.sub("\ufffd", str(text)), end

    def _string(self, at: int) -> tuple[ast.Expr, int]:
        text, end = self._raw(at)
        return self._made(text, self._offset(at), self._offset(end)), end

    def _made(self, text: str, start: int, end: int) -> ast.Expr:
        try:
            text = checked(text)
        except BadTextError as bad:
            return ast.Broken(self.file, start, end, str(bad))
        if self.templates and ("${" in text or "%{" in text):
            return parse_bare(self.file.path, text.encode(), self.file.span(start, end))
        return ast.Literal(self.file, start, end, text)

    def _object(self, at: int, depth: int) -> tuple[ast.Expr, int]:
        items: list[tuple[ast.Expr, ast.Expr]] = []
        start, at = at, self._blank(at + 1)
        while self.text[at : at + 1] != "}":
            name, stop = self._raw(at)
            key = self._made(name, self._offset(at), self._offset(stop))
            at = self._blank(stop)
            if self.text[at : at + 1] != ":":
                raise self._bad("Missing property value colon", at)
            value, at = self._value(self._blank(at + 1), depth + 1)
            items.append((key, value))
            at = self._separator(at, "}")
        return ast.ObjectExpr(self.file, self._offset(start), self._offset(at + 1), tuple(items)), at + 1

    def _array(self, at: int, depth: int) -> tuple[ast.Expr, int]:
        items: list[ast.Expr] = []
        start, at = at, self._blank(at + 1)
        while self.text[at : at + 1] != "]":
            value, at = self._value(at, depth + 1)
            items.append(value)
            at = self._separator(at, "]")
        return ast.TupleExpr(self.file, self._offset(start), self._offset(at + 1), tuple(items)), at + 1

    def _separator(self, at: int, closing: str) -> int:
        """Behind a comma, or at the closing bracket."""
        at = self._blank(at)
        found = self.text[at : at + 1]
        if found == ",":
            at = self._blank(at + 1)
            if self.text[at : at + 1] == closing:
                raise self._bad("Trailing comma", at)
        elif found != closing:
            raise self._bad(f"Missing item separator: expected a comma or {closing!r}", at)
        return at
