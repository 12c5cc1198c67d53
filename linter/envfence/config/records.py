"""The frozen configuration: what envfence.yaml says, with defaults for all it does not say.

Comes in: nothing. Goes out: record types. Must not know: YAML, files.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from envfence.errors import Mistake
from envfence.model import Record
from envfence.values import Span

#: Where a configuration file is looked for, below the root of the tree.
FILE_NAMES = ("envfence.yaml", ".envfence.yaml", ".github/envfence.yaml")
DEFAULT_BASELINE = ".envfence-baseline.json"


class DeclaredEnvironment(Record, frozen=True, kw_only=True):
    """One entry of `environments`: how to recognise an environment. Empty fields say nothing.

    `paths`, `workspaces`, `var_files` and `names` are glob patterns; `tags` are pairs of a key and the values that
    mean this environment; `words` are further spellings of its name; `tier` is empty where the name decides.
    """

    name: str
    span: Span
    tier: str = ""
    paths: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class Fence(Record, frozen=True, kw_only=True):
    """One entry of `fences`: how loud a crossing between these environments or tiers is.

    `severity` is a severity, "off" (no finding), or "rule" (what the rule itself says).
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    severity: str
    span: Span
    reason: str = ""


class Allow(Record, frozen=True, kw_only=True):
    """One entry of `allow`: a crossing that is accepted, with its reason and until when (an ISO date, inclusive).

    `source` and `target` are environments, tiers or `*`; `source_address` and `target_address` glob patterns of
    addresses; `rules` glob patterns of rule names, empty for all.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    reason: str
    until: str
    span: Span
    rules: tuple[str, ...] = ()
    source_address: str = ""
    target_address: str = ""


class Expect(Record, frozen=True, kw_only=True):
    """One entry of `expect`: what must never be. `can` are capabilities, empty for any of them."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    span: Span
    can: tuple[str, ...] = ()
    name: str = ""
    severity: str = "high"
    message: str = ""


class RuleSetting(Record, frozen=True, kw_only=True):
    """One entry of `rules`: another severity for a rule, or "off"."""

    name: str
    severity: str
    span: Span


class Config(Record, frozen=True, kw_only=True):
    """The whole configuration. `path` is the file it was read from, empty for the defaults."""

    path: str = ""
    environments: tuple[DeclaredEnvironment, ...] = ()
    fences: tuple[Fence, ...] = ()
    allow: tuple[Allow, ...] = ()
    expect: tuple[Expect, ...] = ()
    rules: tuple[RuleSetting, ...] = ()
    rule_paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: str = ""

    @property
    def severities(self) -> dict[str, str]:
        """Rule name to the severity (or "off") that the user wants for it."""
        return {setting.name: setting.severity for setting in self.rules}

    @property
    def var_files(self) -> dict[str, tuple[str, ...]]:
        """Environment name to the patterns of the var files that belong to it, in the order of the file."""
        return {each.name: each.var_files for each in self.environments if each.var_files}

    def rule_mistakes(self, known: Iterable[str]) -> tuple[Mistake, ...]:
        """A mistake for each name in `rules` and `allow` that no rule of `known` has (only judge knows the rules)."""
        import fnmatch

        names = sorted(set(known))
        mistakes = [
            Mistake(
                f"there is no rule '{setting.name}'", setting.span.path, setting.span.line, _near(setting.name, names)
            )
            for setting in self.rules
            if setting.name not in names
        ]
        for entry in self.allow:
            for pattern in entry.rules:
                if not fnmatch.filter(names, pattern):
                    text = f"no rule is called '{pattern}'"
                    mistakes.append(Mistake(text, entry.span.path, entry.span.line, _near(pattern, names)))
        return tuple(mistakes)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the nearest of `known`, else the list of them while it is short, else an empty text."""
    return _near(name, sorted(set(known)))


def _near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"one of: {', '.join(known)}" if 0 < len(known) <= 12 else ""
