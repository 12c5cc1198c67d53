"""Patterns of `fileset`: `*`, `**`, `?`, `[…]`, `{…,…}` and `\\`.

Comes in: a pattern. Goes out: a matcher of relative paths. Must not know: trees.
"""

from __future__ import annotations

from typing import Any

from envfence.evaluate.functions.context import FunctionError, Undecided
from envfence.evaluate.functions.regexes import compiled

_SPECIAL = set("\\.+*?()|[]{}^$")
_ALTERNATIVES = 200


class Glob:
    """A compiled pattern; raises `FunctionError` for a malformed one, `Undecided` for one that leaves the directory."""

    def __init__(self, pattern: str) -> None:
        variants = _alternatives(pattern)
        self._variants = [[part for part in variant.split("/") if part != "."] for variant in variants]
        if any(".." in variant or variant[:1] == [""] for variant in self._variants):
            raise Undecided("the pattern leaves the directory")
        self._whole = [_compiled(variant) for variant in self._variants]
        self._steps: dict[tuple[int, int], Any] = {}

    def matches(self, path: str) -> bool:
        """Whether a relative path matches."""
        return any(pattern.fullmatch(path) for pattern in self._whole)

    def may_lead_to(self, directory: str) -> bool:
        """Whether something under a relative directory may match."""
        parts = directory.split("/")
        return any(self._leads(number, parts) for number in range(len(self._variants)))

    def _leads(self, number: int, parts: list[str]) -> bool:
        wanted = self._variants[number]
        for at, part in enumerate(parts):
            if at < len(wanted) and wanted[at] == "**":
                return True
            if at >= len(wanted) - 1:
                return False
            step = self._steps.get((number, at))
            if step is None:
                step = self._steps[number, at] = _compiled([wanted[at]])
            if not step.fullmatch(part):
                return False
        return True


def _alternatives(pattern: str) -> list[str]:
    """The pattern once for each choice among its alternatives."""
    pending, done = [pattern], []
    while pending:
        current = pending.pop(0)
        start = _find(current, "{", 0)
        if start < 0:
            done.append(current)
            continue
        end, cuts = _closing(current, start)
        choices = [current[a + 1 : b] for a, b in zip([start, *cuts], [*cuts, end], strict=True)]
        pending.extend(current[:start] + choice + current[end + 1 :] for choice in choices)
        if len(pending) + len(done) > _ALTERNATIVES:
            raise Undecided("the pattern has too many alternatives")
    return done


def _find(text: str, char: str, at: int) -> int:
    while at < len(text) and text[at] != char:
        at += 2 if text[at] == "\\" else 1
    return at if at < len(text) else -1


def _closing(text: str, start: int) -> tuple[int, list[int]]:
    depth, at = 0, start
    cuts: list[int] = []
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                return at, cuts
        elif char == "," and depth == 1:
            cuts.append(at)
        at += 1
    raise FunctionError("the pattern has an alternative that does not end")


def _compiled(parts: list[str]) -> Any:
    made = []
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            made.append(".*" if last else "(?:[^/]+/)*")
        else:
            made.append(_component(part) + ("" if last else "/"))
    return compiled("(?s)" + "".join(made))


def _component(part: str) -> str:
    made, at = [], 0
    while at < len(part):
        char = part[at]
        if char == "*":
            made.append("[^/]*")
        elif char == "?":
            made.append("[^/]")
        elif char == "[":
            end = _find(part, "]", at + 2)
            if end < 0:
                raise FunctionError("the pattern has a character class that does not end")
            inside = part[at + 1 : end]
            negated = inside[0] in "!^"
            made.append(f"[{'^/' if negated else ''}{inside[negated:].replace('[', chr(92) + '[')}]")
            at = end
        else:
            if char == "\\" and at + 1 < len(part):
                at += 1
                char = part[at]
            made.append("\\" + char if char in _SPECIAL else char)
        at += 1
    return "".join(made)
