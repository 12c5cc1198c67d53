"""Platform tokens written into text files: scripts, `.env` files, agent settings, CI files.

In: path, text. Out: `Token` records that know name, platform, scope and place, and hold the value only for hashing.
The formats are data: `rules/tokens.yaml`.
Must not know environments or rules. Everything is linear in the text: RE2, one pass a format.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import re2

from envfence.values import Span
from envfence.yamls import load_yaml

MAX_BYTES = 256 * 1024
_MAX_LINE = 4096
_NAME = re2.compile(r"([A-Za-z_][A-Za-z0-9_]*)[\"']?\s*[:=]\s*[\"']?$")
#: Texts that nobody could use: documentation writes them where a token would stand.
_PLACEHOLDER = re2.compile(r"(?i)(example|placeholder|changeme|your[-_ ]|xxxx|0000-0000|1234-1234|<[a-z_ -]+>)")


@dataclass(frozen=True, slots=True)
class Token:
    """A token in a file. `scope` is how much it opens; `narrow` names the smaller kind the platform offers."""

    name: str
    platform: str
    scope: str
    narrow: str
    reaches: str
    span: Span
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Format:
    platform: str
    pattern: Any
    witnesses: tuple[Any, ...]
    scopes: tuple[tuple[str, Any], ...]
    narrow: str
    reaches: str


def find_tokens(path: str, text: str) -> tuple[Token, ...]:
    """All platform tokens of a text, in order, each value once."""
    if len(text) > MAX_BYTES:
        return ()
    tokens: dict[tuple[str, str], Token] = {}
    for form in _formats():
        if sum(1 for witness in form.witnesses if witness.search(text)) < min(2, len(form.witnesses)):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if len(line) > _MAX_LINE:
                continue
            for match in form.pattern.finditer(line):
                token = _token(form, path, text, number, line, match)
                if token is not None:
                    tokens.setdefault((form.platform, token.value), token)
    return tuple(sorted(tokens.values(), key=lambda token: token.span))


def _token(form: _Format, path: str, text: str, number: int, line: str, match: Any) -> Token | None:
    value = match.group(0)
    # A value of few different characters is a dummy; so is one that says so.
    if len(set(value)) < 8 or _PLACEHOLDER.search(line):
        return None
    before = line[: match.start()]
    named = _NAME.search(before)
    # Without a format of its own, the token must stand where the platform's tooling takes one.
    if form.witnesses and not any(witness.search(line) for witness in form.witnesses):
        return None
    span = Span(path, number, match.start() + 1, number, match.end() + 1)
    return Token(
        name=named.group(1) if named else f"{form.platform}-token",
        platform=form.platform,
        scope=_scope(form, text, line),
        narrow=form.narrow,
        reaches=form.reaches,
        span=span,
        value=value,
    )


def _scope(form: _Format, text: str, line: str) -> str:
    """The scope that the token's own line shows, else the file; the first listed scope that fits wins."""
    for place in (line, text):
        for scope, pattern in form.scopes:
            if pattern.search(place):
                return scope
    return "unknown"


@cache
def _formats() -> tuple[_Format, ...]:
    data = load_yaml(resources.files("envfence.rules").joinpath("tokens.yaml").read_bytes())
    return tuple(
        _Format(
            platform=platform,
            pattern=re2.compile(entry["pattern"]),
            witnesses=tuple(re2.compile(text) for text in entry.get("witnesses", {}).values()),
            scopes=tuple((scope, re2.compile(text)) for scope, text in entry["scopes"].items()),
            narrow=entry["narrow"],
            reaches=entry["reaches"],
        )
        for platform, entry in sorted(data.items())
    )
