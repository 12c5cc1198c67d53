"""Patterns against texts that both may have holes: does it match for every value of the holes, for none, or for some?

Comes in: a pattern with `*` and `?`, a text. Goes out: YES, MAYBE or NO. Must not know: policies, the graph.

A hole in a text is anything, of any length, as far as its class does not say more. A hole in a pattern matches
surely only the same hole. `OPAQUE` is one part of a text that is free to choose (the key of an object): only wildcards
match it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from envfence.access.globs import (
    ACCOUNT_CLASS,
    ANYTHING,
    LITERAL_QUESTION,
    LITERAL_STAR,
    OPAQUE,
    OWN_CLASS,
    Glob,
    ends_agree,
    overlap,
)
from envfence.values import LAST_HOLE, Symbol, has_holes, hole_char

__all__ = [
    "ACCOUNT_CLASS",
    "ANYTHING",
    "LITERAL_QUESTION",
    "LITERAL_STAR",
    "MAYBE",
    "NO",
    "OPAQUE",
    "OWN_CLASS",
    "YES",
    "Matcher",
    "hole_classes",
    "literal",
]

NO: Final = 0
MAYBE: Final = 1
YES: Final = 2

_ACCOUNT = re.compile(r"^account\(|account_id$")
_STEP = r"(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*"
_OWN_ATTRIBUTE = re.compile(rf"^{_STEP}(?:aws|random|google|azurerm|azuread)_\w+\.[^.\[]+(?:\[[^\]]*\])?\.")
#: What a module call that is not in the repository gives out by such a name is what that call made.
_MADE_BY_MODULE = re.compile(
    r"^(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)+\w*(?:arn|bucket|bucket_id|name|key_id|queue_id|url)$"
)
_ARN_PARTS = 6
_CACHE = 300_000
_MOST_GLOBS = 10_000
_MOST_KEYS = 1_000


def hole_classes(symbols: Iterable[Symbol]) -> dict[str, str]:
    """What the names of the symbols say about the text of their holes."""
    result: dict[str, str] = {}
    for index, symbol in enumerate(symbols):
        if _ACCOUNT.search(symbol.what):
            result[hole_char(index)] = ACCOUNT_CLASS
        elif symbol.scope and (_OWN_ATTRIBUTE.match(symbol.what) or _MADE_BY_MODULE.match(symbol.what)):
            result[hole_char(index)] = OWN_CLASS
    return result


@dataclass(slots=True)
class Row:
    """What is known about one ARN: the verdicts of patterns, and of what they say in the first five segments; the
    latter are shared by all ARNs that begin alike."""

    parts: tuple[str, ...]
    tail: str
    known: dict[str, int]
    heads: dict[str, int]


class Matcher:
    """Matches and remembers; one for each table of symbols."""

    #: Whether it settles what is open by an assumption.
    assumes = False

    def __init__(self, classes: Mapping[str, str] | None = None) -> None:
        self._classes = dict(classes or {})
        self._rows: dict[str, Row] = {}
        self._heads: dict[str, dict[str, int]] = {}
        self._count = 0
        self._texts: dict[tuple[str, str], int] = {}
        self._keys: dict[str, str] = {}
        self._patterns: dict[str, Glob] = {}
        self._targets: dict[str, Glob] = {}

    def text(self, pattern: str, target: str) -> int:
        """A pattern against a text, letter case included."""
        if pattern == "*":
            return YES
        key = (pattern, target)
        found = self._texts.get(key)
        if found is None:
            if len(self._texts) > _CACHE:
                self._texts.clear()
            found = self._texts[key] = self._match(pattern, target)
        return found

    def equal(self, left: str, right: str) -> int:
        """Two texts without wildcards."""
        if left == right:
            return MAYBE if ANYTHING in left else YES
        if left.isascii() and right.isascii():
            return NO
        return self.text(literal(left), right)

    def fold(self, left: str, right: str) -> int:
        """Two texts without wildcards, without regard to letter case."""
        return self.equal(left.lower(), right.lower())

    def undecided(self, *_about: str) -> int:
        """The verdict about something that texts cannot settle; `_about` tells it from other such questions."""
        return MAYBE

    def key_hole(self, key: str) -> str:
        """The hole that stands for the one value of a condition key which is not known."""
        found = self._keys.get(key)
        if found is None:
            found = ANYTHING if len(self._keys) >= _MOST_KEYS else chr(LAST_HOLE - 1 - len(self._keys))
            self._keys[key] = found
        return found

    def is_account(self, hole: str) -> bool:
        """Whether a hole is known to be an account number."""
        return self._classes.get(hole) == ACCOUNT_CLASS

    def arn(self, pattern: str, target: str) -> int:
        """A pattern against an ARN: by segment on the first five colons, these without regard to case."""
        if pattern == "*":
            return YES
        row = self._rows.get(target) or self._row(target)
        found = row.known.get(pattern)
        return self.settle(pattern, row, target) if found is None else found

    def row_of(self, target: str) -> Row:
        """What is known about an ARN so far."""
        return self._rows.get(target) or self._row(target)

    def _row(self, target: str) -> Row:
        if self._count > _CACHE:
            self._rows.clear()
            self._heads.clear()
            self._count = 0
        parts, head = _segments(target)
        heads = self._heads.setdefault(head, {}) if head else {}
        found = self._rows[target] = Row(parts, parts[-1], {"*": YES}, heads)
        return found

    def settle(self, pattern: str, row: Row, target: str) -> int:
        """The verdict of a pattern that is not in the row of `target` yet; now it is."""
        parts, head = _segments(pattern)
        if not head or len(row.parts) < _ARN_PARTS:
            result = self._arn(pattern, target)
        else:
            known = row.heads.get(head)
            result = self._of_head(parts, head, row) if known is None else known
            if result != NO and parts[5] != "*":
                found = self._match(parts[5], row.tail)
                result = found if found < result else result
        row.known[pattern] = result
        self._count += 1
        return result

    def _of_head(self, parts: tuple[str, ...], head: str, row: Row) -> int:
        result: int = YES
        for index in range(_ARN_PARTS - 1):
            result = min(result, self.text(parts[index], row.parts[index]))
        row.heads[head] = result
        return result

    def _arn(self, pattern: str, target: str) -> int:
        parts, wanted = _segments(pattern)[0], _segments(target)[0]
        if len(wanted) < _ARN_PARTS:
            return self.text(pattern, target)
        if len(parts) < _ARN_PARTS:
            if has_holes(pattern):
                return self.text(pattern, target)
            if parts[0] != "arn" and "*" not in parts[0]:
                return NO
            parts = (*parts, *("*",) * (_ARN_PARTS - len(parts)))
        result = YES
        for index in (2, 5, 4, 3, 1, 0):
            left, right = parts[index], wanted[index]
            if left == "*" or (left == right and left.isascii()):
                continue
            verdict = self._segment(index, left, right)
            result = min(result, verdict)
            if result == NO:
                break
        return result

    def _segment(self, index: int, pattern: str, target: str) -> int:
        # The last segment is remembered with the ARN; the others are few and come again.
        return self._match(pattern, target) if index == _ARN_PARTS - 1 else self.text(pattern, target)

    def _match(self, pattern: str, target: str) -> int:
        if pattern == target:
            return MAYBE if ANYTHING in pattern else YES
        left = self._patterns.get(pattern) or self._glob(pattern, True)
        right = self._targets.get(target) or self._glob(target, False)
        if not ends_agree(left, right):
            return NO
        if left.surely(target):
            return YES
        if not left.holes and not right.holes:
            return NO
        if not left.holes.isdisjoint(right.holes):
            pattern, target = _strip_equal(pattern, target)
            left, right = self._glob(pattern, True), self._glob(target, False)
            if not ends_agree(left, right):
                return NO
        return MAYBE if overlap(left, right) else NO

    def _glob(self, text: str, is_pattern: bool) -> Glob:
        kept = self._patterns if is_pattern else self._targets
        found = kept.get(text)
        if found is None:
            if len(kept) > _MOST_GLOBS:
                kept.clear()
            found = kept[text] = Glob(text, is_pattern, self._classes)
        return found


def literal(text: str) -> str:
    """A text as a pattern that matches only itself."""
    return text.replace("*", LITERAL_STAR).replace("?", LITERAL_QUESTION) if "*" in text or "?" in text else text


@lru_cache(maxsize=100_000)
def _segments(arn: str) -> tuple[tuple[str, ...], str]:
    """The segments of an ARN, all but the last in lower case, since letter case counts only there; and the first five
    in one text, empty for what has fewer than six."""
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return tuple(part.lower() for part in parts), ""
    head = tuple(part.lower() for part in parts[:-1])
    return (*head, parts[-1]), ":".join(head)


def _strip_equal(pattern: str, target: str) -> tuple[str, str]:
    """Without the equal beginning and end: the same hole holds the same text on both sides."""
    start, limit = 0, min(len(pattern), len(target))
    while start < limit and pattern[start] == target[start] and pattern[start] not in ("*", "?", ANYTHING):
        start += 1
    end = 0
    while (
        end < limit - start and pattern[-1 - end] == target[-1 - end] and pattern[-1 - end] not in ("*", "?", ANYTHING)
    ):
        end += 1
    return pattern[start : len(pattern) - end], target[start : len(target) - end]
