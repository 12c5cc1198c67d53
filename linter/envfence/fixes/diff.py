"""The edits of one file as a diff that `git apply` takes, without the secrets around them.

Comes in: a file before and after, and how a line may be shown. Goes out: a unified diff. Must not know: what makes a
line a secret.

Lines around an edit are there for orientation: they end where a line may not be shown. Of an edit that is on such a
line, the masked form is shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envfence.fixes.plan import Fixed

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a diff: its mark, its text, how many lines of either version come before it."""

    mark: str
    text: str
    before: int
    after: int


def diff(fixed: Fixed, masked: Callable[[str], str]) -> str:
    """The diff of a file; `masked` gives a line as it may be shown: unchanged, where it may be shown as it is."""
    lines = list(_lines(fixed))
    shown = _shown(lines, masked)
    parts = [f"--- a/{fixed.path}\n+++ b/{fixed.path}\n"]
    start = 0
    while start < len(lines):
        if not shown[start]:
            start += 1
            continue
        end = start
        while end < len(lines) and shown[end]:
            end += 1
        parts += _hunk(lines[start:end], masked)
        start = end
    return "".join(parts)


def _lines(fixed: Fixed) -> Iterator[_Line]:
    """All lines of both versions, in the order of a diff."""
    before, after = (_split(text) for text in (fixed.before, fixed.after))
    for tag, first, last, start, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (_Line(" ", text, first + at, start + at) for at, text in enumerate(before[first:last]))
        else:
            yield from (_Line("-", text, first + at, start) for at, text in enumerate(before[first:last]))
            yield from (_Line("+", text, last, start + at) for at, text in enumerate(after[start:end]))


def _split(data: bytes) -> list[str]:
    """Lines as git counts them: a carriage return belongs to the line."""
    text = data.decode("utf-8", "replace")
    return text.removesuffix("\n").split("\n") if text else []


def _shown(lines: list[_Line], masked: Callable[[str], str]) -> list[bool]:
    """Which lines are shown: the edits, and around each as many others as may be."""
    shown = [line.mark != " " for line in lines]
    for index in [index for index, line in enumerate(lines) if line.mark != " "]:
        for step in (-1, 1):
            for distance in range(1, _CONTEXT + 1):
                at = index + step * distance
                if not 0 <= at < len(lines) or (lines[at].mark == " " and masked(lines[at].text) != lines[at].text):
                    break
                shown[at] = True
    return shown


def _hunk(lines: list[_Line], masked: Callable[[str], str]) -> Iterator[str]:
    old = sum(line.mark != "+" for line in lines)
    new = sum(line.mark != "-" for line in lines)
    # A side without lines is counted from the line before it.
    first, start = lines[0].before + (old > 0), lines[0].after + (new > 0)
    yield f"@@ -{first},{old} +{start},{new} @@\n"
    yield from (f"{line.mark}{masked(line.text)}\n" for line in lines)
