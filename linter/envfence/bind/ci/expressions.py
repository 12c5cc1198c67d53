"""Expressions of GitHub's workflows: `${{ inputs.environment || 'staging' }}`.

Comes in: a text and the names that are known. Goes out: the text with what can be told filled in; the rest stays as it
is written. Must not know: workflows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\|\||&&|==|!=|[!()\[\],])|([A-Za-z_][\w.*-]*|-?\d[\w.]*))")
_MAX_TOKENS = 200
_MAX_TEXT = 2_000
_NAMED = {"true": True, "false": False, "null": ""}


class _Unknown:
    """What only a run can tell."""


UNKNOWN = _Unknown()


class _UnreadableError(Exception):
    """The text is no expression that is read here."""


def fill(text: str, names: Mapping[str, Any]) -> str:
    """`text` with its expressions replaced by their values; unknown ones stay."""
    if "${{" not in text:
        return text

    def replaced(match: re.Match[str]) -> str:
        value = evaluate(match[1], names)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) else match[0]

    return _HOLE.sub(replaced, text)


def value_of(text: Any, names: Mapping[str, Any]) -> Any:
    """The value of something that may be one expression as a whole (a list from `fromJSON`); else the filled text."""
    if not isinstance(text, str):
        return text
    match = _HOLE.fullmatch(text.strip())
    if match is None:
        return fill(text, names)
    value = evaluate(match[1], names)
    return text if value is UNKNOWN else value


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression, or `UNKNOWN`."""
    if len(text) > _MAX_TEXT:
        return UNKNOWN
    try:
        return _Parser(_tokens(text), names).whole()
    except (_UnreadableError, RecursionError):
        return UNKNOWN


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or len(found) > _MAX_TOKENS:
            raise _UnreadableError
        found.append(match[1] or match[2] or match[3])
        position = match.end()
    return found


class _Parser:
    """Recursive descent over at most `_MAX_TOKENS` tokens."""

    def __init__(self, tokens: list[str], names: Mapping[str, Any]) -> None:
        self.tokens = tokens
        self.names = names
        self.at = 0

    def whole(self) -> Any:
        value = self._either()
        if self.at != len(self.tokens):
            raise _UnreadableError
        return value

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise _UnreadableError
        self.at += 1
        return self.tokens[self.at - 1]

    def _takes(self, *texts: str) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at] in texts:
            return self._next()
        return ""

    def _either(self) -> Any:
        value = self._both()
        while self._takes("||"):
            other = self._both()
            value = value if value is UNKNOWN or value else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._takes("&&"):
            other = self._compared()
            value = other if value is not UNKNOWN and value else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        operator = self._takes("==", "!=")
        if not operator:
            return value
        other = self._single()
        if value is UNKNOWN or other is UNKNOWN:
            return UNKNOWN
        same = str(value).lower() == str(other).lower()
        return same if operator == "==" else not same

    def _single(self) -> Any:
        if self._takes("!"):
            value = self._single()
            return UNKNOWN if value is UNKNOWN else not value
        token = self._next()
        if token == "(":  # noqa: S105 - a token of a language
            value = self._either()
            if not self._takes(")"):
                raise _UnreadableError
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._takes("("):
            return self._call(token)
        if token.lower() in _NAMED:
            return _NAMED[token.lower()]
        return self._named(token)

    def _named(self, token: str) -> Any:
        name = token.removeprefix("github.event.") if token.startswith("github.event.inputs.") else token
        if name in self.names:
            return self.names[name]
        if token[0].isdigit() or token[0] == "-":
            return token
        return UNKNOWN

    def _call(self, name: str) -> Any:
        args: list[Any] = []
        while not self._takes(")"):
            args.append(self._either())
            self._takes(",")
        if name.lower() == "fromjson" and len(args) == 1 and isinstance(args[0], str):
            try:
                return json.loads(args[0])
            except (ValueError, RecursionError):
                return UNKNOWN
        if name.lower() == "format" and args and all(isinstance(arg, str) for arg in args):
            text = args[0]
            for index, arg in enumerate(args[1:]):
                text = text.replace(f"{{{index}}}", arg)
            return text
        return UNKNOWN
