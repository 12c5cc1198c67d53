"""Makefiles: their targets, what each needs, sets and runs.

In: the text of a Makefile. Out: lines of a script for each target. Must not know commands. Nothing is run.
"""

from __future__ import annotations

import re

_TARGET = re.compile(r"^([\w./%-]+(?:\s+[\w./%-]+)*)\s*::?(?!=)\s*(.*)$")
_SETTING = re.compile(r"^(?:export\s+|override\s+)?([A-Za-z_]\w*)\s*(?:[:?+]|::)?=\s*(.*)$")
_EVAL = re.compile(r"\$\(eval\s+(?:export\s+)?([A-Za-z_]\w*)\s*[:?+]?=\s*((?:[^()]|\$\(\w+\))*)\)")
_MAX_TARGETS = 60


class Makefile:
    """The targets of a Makefile: what each needs, sets and runs, and the line it stands on; and what is set for all of
    them (`shared`, the first value of each)."""

    def __init__(self, text: str) -> None:
        self.needs: dict[str, list[str]] = {}
        self.sets: dict[str, list[tuple[str, str]]] = {}
        self.runs: dict[str, list[tuple[int, str]]] = {}
        self.places: dict[str, int] = {}
        self.shared: dict[str, str] = {}
        self._read(text)

    def lines(self, target: str) -> list[str]:
        """The lines of a script that does what a target does, those of what it needs first."""
        return [line for _, line in self.numbered(target)]

    def numbered(self, target: str) -> list[tuple[int, str]]:
        """The same, each with its line in the Makefile."""
        found: list[tuple[int, str]] = []
        self._collect(target, found, set())
        return found

    def _collect(self, target: str, lines: list[tuple[int, str]], seen: set[str]) -> None:
        if target in seen or len(seen) > _MAX_TARGETS:
            return
        seen.add(target)
        place = self.places.get(target, 1)
        lines += [(place, f"{name} := {value}") for name, value in self.sets.get(target, ())]
        for needed in self.needs.get(target, ()):
            self._collect(needed, lines, seen)
        for number, line in self.runs.get(target, ()):
            assigned = _EVAL.findall(line)
            lines += [(number, f"{name} := {value.strip()}") for name, value in assigned]
            if not assigned:
                lines.append((number, line.replace("$(MAKE)", "make").replace("$$", "$")))

    def _read(self, text: str) -> None:
        names: list[str] = []
        for number, line in _joined(text):
            if line.startswith("\t"):
                for name in names:
                    self.runs.setdefault(name, []).append((number, line.strip()))
                continue
            plain = line.split("#", 1)[0].rstrip()
            setting = _SETTING.match(plain)
            target = None if setting else _TARGET.match(plain)
            if setting:
                self.shared.setdefault(setting[1], setting[2].strip())
            elif target:
                names = target[1].split()
                self._target(names, target[2], number)

    def _target(self, names: list[str], rest: str, number: int) -> None:
        setting = _SETTING.match(rest)
        body, _, recipe = rest.partition(";")
        for name in names:
            self.runs.setdefault(name, [])
            self.places.setdefault(name, number)
            if setting:
                self.sets.setdefault(name, []).append((setting[1], setting[2].strip()))
            else:
                self.needs.setdefault(name, []).extend(body.split())
                if recipe:
                    self.runs[name].append((number, recipe.strip()))


def _joined(text: str) -> list[tuple[int, str]]:
    """The lines with continuations joined, each with the number of its first."""
    found: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        found.append((start, pending + line))
        pending = ""
    return [*found, (start, pending)] if pending else found
