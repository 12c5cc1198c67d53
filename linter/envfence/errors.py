"""The errors a user can act on: each says where, what, and what to do.

Comes in: whatever a stage found wrong. Goes out: one exception per stage that carries all of its
mistakes, so that nobody has to fix them one run at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NOTHING = 3
EXIT_INCOMPLETE = 4
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in what the user gave us, at a place the user can open."""

    message: str
    path: str = ""
    line: int = 0
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.line else f"{self.path}: " if self.path else ""
        return f"{place}{self.message}" + (f"\n  help: {self.hint}" if self.hint else "")


class EnvfenceError(Exception):
    """Root of all errors shown to the user; `exit_code` is what the process ends with."""

    exit_code = EXIT_USAGE

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(Mistake(m) if isinstance(m, str) else m for m in mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class UsageError(EnvfenceError):
    """The command line asks for something that cannot be done."""


class ConfigError(EnvfenceError):
    """envfence.yaml is wrong; carries every mistake in it."""


class RuleError(EnvfenceError):
    """A rule or catalogue file is wrong; carries every mistake in all of them."""


class NothingToCheck(EnvfenceError):
    """The paths hold no source that envfence reads."""

    exit_code = EXIT_NOTHING
