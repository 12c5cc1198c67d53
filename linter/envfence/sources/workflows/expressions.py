"""GitHub's expression language, with values that may be open: `${{ github.ref == 'refs/heads/main' }}`.

In: an expression, the contexts that it may look into. Out: its value, or `OPEN` where that depends on what nobody can
know from the source. Must not know workflows.

Truth is three-valued: true, false, None for open (LATER where only the run itself can tell). A context that knows all
its keys is a plain dictionary (a missing key is null, as GitHub has it); one that knows some is a `Some`, whose missing
keys are open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

MAX_LENGTH = 4000
MAX_DEPTH = 40


class Open:
    """A value that is not known."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


#: Depends on who started the run and how.
OPEN = Open("OPEN")
#: Depends on how earlier steps and jobs of the same run end.
LATER = Open("LATER")


def is_open(value: Any) -> bool:
    """Whether a value is not known."""
    return isinstance(value, Open)


class Some(dict[str, Any]):
    """A context of which some keys are known; all others are open."""


class Named(Some):
    """A context whose values nobody knows, only their names: `secrets`, `vars`.

    A value of it is a mark in a text, which `marks` finds again; nothing can be told of it but that it is there.
    """

    def __init__(self, prefix: str, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(known or {})
        self.prefix = prefix

    def mark(self, name: str) -> str:
        """The mark of the value called `name`."""
        return f"{_START}{self.prefix}.{name}{_END}"


_START, _END = "\ue000", "\ue001"
_MARK = re.compile(f"{_START}([^{_END}]*){_END}")
_CARRIES_MARKS = frozenset(("format", "join", "tojson"))


def marks(text: str) -> tuple[str, ...]:
    """The names (`secrets.DEPLOY_KEY`) of all values in a text that only their names are known of, in order."""
    return tuple(_MARK.findall(text)) if _START in text else ()


def split_marks(text: str) -> list[tuple[bool, str]]:
    """A text in pieces: (True, name) for a mark, (False, text) for what stands between them."""
    pieces = _MARK.split(text)
    return [(index % 2 == 1, piece) for index, piece in enumerate(pieces) if piece]


_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|(&&|\|\||==|!=|<=|>=|[!<>()\[\].,*]))")
_PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
#: Contexts that earlier parts of the run fill.
_OF_THE_RUN = frozenset(("needs", "steps", "job", "runner", "jobs", "strategy"))
_WORDS = {"true": True, "false": False, "null": None}


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """The value of an expression without its `${{ }}`; OPEN for what cannot be parsed."""
    if len(text) > MAX_LENGTH:
        return OPEN
    try:
        reader = _Reader(_tokens(text), contexts)
        value = reader.either(0)
        return value if reader.at_end() else OPEN
    except _SyntaxError:
        return OPEN


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None when it is open."""
    if is_open(value):
        return None
    if isinstance(value, str) and _START in value:
        return True if value.startswith(f"{_START}secrets.") else None
    return value not in (None, False, 0, "")


def condition(text: Any, contexts: Mapping[str, Any]) -> Any:
    """The value of an `if:`, with or without `${{ }}`: for `truth`, or open; an absent one is true."""
    if text is None:
        return True
    if not isinstance(text, str):
        return text
    whole = _PLACE.fullmatch(text.strip())
    if whole is None and "${{" in text:
        filled = fill(text, contexts)
        return filled if "${{" not in filled else OPEN
    return evaluate(whole[1] if whole else text, contexts)


def fill(text: str, contexts: Mapping[str, Any]) -> str:
    """`text` with the values of its `${{ }}` in it; open ones stay as they are written."""
    return _PLACE.sub(lambda match: _filled(match, contexts), text) if "${{" in text else text


def value_of(text: Any, contexts: Mapping[str, Any]) -> Any:
    """The value of a setting: what its one expression gives, else its text with all expressions filled."""
    if not isinstance(text, str):
        return text
    whole = _PLACE.fullmatch(text.strip())
    if whole is not None:
        return evaluate(whole[1], contexts)
    filled = fill(text, contexts)
    return OPEN if "${{" in filled else filled


def _filled(match: re.Match[str], contexts: Mapping[str, Any]) -> str:
    value = evaluate(match[1], contexts)
    return match[0] if is_open(value) or isinstance(value, dict | list) else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


class _SyntaxError(Exception):
    """The text is no expression."""


@lru_cache(maxsize=2048)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _SyntaxError
        kind = ("text", "number", "name", "sign")[(match.lastindex or 1) - 1]
        found.append((kind, match[match.lastindex or 1]))
        at = match.end()
    return tuple(found)


class _Reader:
    """Evaluates while it parses: both sides of every operator are read, whatever the first says."""

    def __init__(self, tokens: tuple[tuple[str, str], ...], contexts: Mapping[str, Any]) -> None:
        self.tokens = tokens
        self.contexts = contexts
        self.at = 0

    def at_end(self) -> bool:
        return self.at == len(self.tokens)

    def take(self, *signs: str) -> str:
        """The next token if it is one of these signs, else empty."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise _SyntaxError

    def either(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _SyntaxError
        value = self.both(depth)
        while self.take("||"):
            other = self.both(depth)
            value = _or(value, other)
        return value

    def both(self, depth: int) -> Any:
        value = self.compared(depth)
        while self.take("&&"):
            other = self.compared(depth)
            value = _and(value, other)
        return value

    def compared(self, depth: int) -> Any:
        value = self.negated(depth)
        while sign := self.take("==", "!=", "<", ">", "<=", ">="):
            value = _compare(sign, value, self.negated(depth))
        return value

    def negated(self, depth: int) -> Any:
        if self.take("!"):
            if depth > MAX_DEPTH:
                raise _SyntaxError
            value = self.negated(depth + 1)
            found = truth(value)
            return _open(value) if found is None else not found
        return self.reached(self.single(depth), depth)

    def reached(self, value: Any, depth: int) -> Any:
        """What `.name`, `[index]` and `.*` lead to from a value."""
        while True:
            if self.take("."):
                if self.take("*"):
                    value = _open(value)
                    continue
                if self.at_end() or self.tokens[self.at][0] != "name":
                    raise _SyntaxError
                value = _member(value, self.tokens[self.at][1])
                self.at += 1
            elif self.take("["):
                index = OPEN if self.take("*") else self.either(depth + 1)
                self.need("]")
                value = _member(value, index)
            else:
                return value

    def single(self, depth: int) -> Any:
        if self.take("("):
            value = self.either(depth + 1)
            self.need(")")
            return value
        if self.at_end():
            raise _SyntaxError
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind != "name":
            raise _SyntaxError
        if self.take("("):
            return self.called(text.lower(), depth)
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        return self.contexts.get(text.lower(), LATER if text.lower() in _OF_THE_RUN else OPEN)

    def called(self, name: str, depth: int) -> Any:
        arguments: list[Any] = []
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.either(depth + 1))
        function = _FUNCTIONS.get(name)
        if function is None or any(is_open(each) for each in arguments):
            return _open(*arguments) if arguments else LATER
        if name not in _CARRIES_MARKS and any(isinstance(each, str) and _START in each for each in arguments):
            return OPEN
        try:
            return function(*arguments)
        except (TypeError, ValueError, IndexError, RecursionError):
            return OPEN


def _open(*values: Any) -> Open:
    """What is not known because these are not."""
    return LATER if any(each is LATER for each in values) and OPEN not in values else OPEN


def _or(one: Any, other: Any) -> Any:
    found = truth(one)
    if found is None:
        return other if other is True else _open(one, other)
    return one if found else other


def _and(one: Any, other: Any) -> Any:
    found = truth(one)
    if found is None:
        return other if truth(other) is False else _open(one, other)
    return other if found else one


def _compare(sign: str, one: Any, other: Any) -> Any:
    if is_open(one) or is_open(other) or any(isinstance(each, str) and _START in each for each in (one, other)):
        return _open(one, other)
    if isinstance(one, str) and isinstance(other, str):
        one, other = one.lower(), other.lower()
    elif type(one) is not type(other):
        one, other = _number(one), _number(other)
    if sign in ("==", "!="):
        return (one == other) == (sign == "==")
    try:
        return {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}[sign]
    except TypeError:
        return OPEN


def _number(value: Any) -> Any:
    """What GitHub makes of values of two types before it compares them; a text that is no number equals nothing."""
    if value is None or value == "":
        return 0
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _member(value: Any, name: Any) -> Any:
    if value is LATER and name == "outputs":
        return OPEN  # what a step puts out may well say who started the run
    if is_open(value) or is_open(name):
        return _open(value, name)
    if isinstance(value, list) and isinstance(name, int):
        return value[name] if 0 <= name < len(value) else None
    return _entry(value, str(name)) if isinstance(value, dict) else None


def _entry(value: dict[str, Any], name: str) -> Any:
    for key, item in value.items():
        if str(key).lower() == name.lower():
            return item
    if isinstance(value, Named):
        return value.mark(name)
    return OPEN if isinstance(value, Some) else None


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, list):
        return any(str(each).lower() == str(item).lower() for each in search)
    return str(item).lower() in _text(search).lower()


def _format(text: Any, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda match: _text(values[int(match[1])]), str(text))


#: Steps before are taken to have worked; what runs after a failure or a cancellation may run.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": _contains,
    "startswith": lambda text, start: _text(text).lower().startswith(_text(start).lower()),
    "endswith": lambda text, end: _text(text).lower().endswith(_text(end).lower()),
    "format": _format,
    "join": lambda items, by=",": _text(by).join(_text(item) for item in items),
    "tojson": lambda value: json.dumps(value),
    "fromjson": lambda text: json.loads(text),
    "always": lambda: True,
    "success": lambda: True,
}
