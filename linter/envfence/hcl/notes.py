"""What parsing one file left to say: problems, each once, up to a limit.

Must not know: how the file was parsed.
"""

from __future__ import annotations

from envfence.hcl.ast import SourceText
from envfence.hcl.limits import MAX_PROBLEMS
from envfence.model import Problem


class Notes:
    """Collects the problems of one file."""

    def __init__(self, file: SourceText) -> None:
        self._file = file
        self._problems: dict[Problem, None] = {}
        self._dropped = 0

    def add(self, start: int, end: int, reason: str, hides: str = "") -> None:
        """Notes `reason` at the bytes from `start` to `end`; further ones past the limit are only counted."""
        if len(self._problems) >= MAX_PROBLEMS:
            self._dropped += 1
            return
        problem = Problem(stage="parse", reason=reason, span=self._file.span(start, end), hides=hides)
        self._problems.setdefault(problem)

    def problems(self) -> tuple[Problem, ...]:
        """All problems, in order of position."""
        found = sorted(self._problems)
        if self._dropped:
            last = found[-1]
            found.append(Problem(stage="parse", reason=f"{self._dropped} more problems in this file", span=last.span))
        return tuple(found)
