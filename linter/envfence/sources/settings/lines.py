"""Lines of the form `NAME=value`: files of variables, assignments in scripts.

In: a text. Out: settings. Nothing is expanded: what a line takes from elsewhere is no value. Must not know formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envfence.sources.settings.values import Setting
from envfence.values import Span

_ASSIGNED = re.compile(
    r"[ \t]*(?:export[ \t]+|set[ \t]+-x[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]{0,200})[ \t]{0,20}=[ \t]{0,20}"
)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_COMMENT = re.compile(r"[ \t]#")
_LONGEST_LINE = 8192
_MOST_LINES = 5000


def read_settings(path: str, text: str) -> Iterator[Setting]:
    """The assignments of a text, one a line."""
    for number, line in enumerate(text.splitlines()[:_MOST_LINES], start=1):
        match = _ASSIGNED.match(line) if "=" in line and len(line) <= _LONGEST_LINE else None
        value = _value(line[match.end() :]) if match is not None else ""
        if match is not None and value:
            yield Setting(match[1], Span(path, number, match.end() + 1), value)


def _value(text: str) -> str:
    """What a line assigns: the inside of the quotes that it begins with, else all before a comment."""
    quoted = _QUOTED.match(text)
    if quoted is not None:
        rest = text[quoted.end() :].strip()
        return (quoted[1] or quoted[2] or "") if not rest or rest.startswith("#") else ""
    if text.startswith("#"):
        return ""
    comment = _COMMENT.search(text)
    return (text[: comment.start()] if comment is not None else text).strip()
