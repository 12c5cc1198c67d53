"""Findings about suppression comments and `allow` entries: malformed, expired, unused.

In: what `suppressions` and `allowed` read and used. Out: findings of the three rules of that name. Must not know the
graph. A malformed entry of envfence.yaml is an error of the configuration, and stops the run before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from envfence.config import Allow
from envfence.judge.places import finding_at
from envfence.judge.rules import Rule
from envfence.judge.suppressions import Malformed, Suppression
from envfence.model import Finding
from envfence.values import Span


def findings_about(
    rules: Mapping[str, Rule],
    suppressions: Iterable[Suppression],
    malformed: Iterable[Malformed],
    lapsed: Iterable[Suppression],
) -> Iterator[Finding]:
    """One finding for every comment that is wrong, past its last day, or silences nothing."""
    for wrong in malformed:
        yield from _finding(rules, "suppression-malformed", wrong.span, f"this comment to envfence {wrong.problem}")
    for old in lapsed:
        text = f"the suppression of {', '.join(old.rules)} ended on {old.until}: {old.reason}"
        yield from _finding(rules, "suppression-expired", old.span, text)
    for suppression in suppressions:
        idle = [name for name in suppression.rules if name not in suppression.used]
        if idle:
            text = f"the suppression of {', '.join(idle)} silences nothing: {suppression.reason}"
            yield from _finding(rules, "suppression-unused", suppression.span, text)


def findings_about_allowed(
    rules: Mapping[str, Rule], ended: Iterable[Allow], idle: Iterable[Allow]
) -> Iterator[Finding]:
    """One finding for every `allow` entry that is past its last day, else for every one that accepts nothing."""
    past = {entry.span: entry for entry in ended}
    for entry in past.values():
        text = f"the allow entry {_crossing(entry)} ended on {entry.until}: {entry.reason}"
        yield from _finding(rules, "suppression-expired", entry.span, text, "the entry")
    for entry in idle:
        if entry.span not in past:
            text = f"the allow entry {_crossing(entry)} accepts nothing that is found: {entry.reason}"
            yield from _finding(rules, "suppression-unused", entry.span, text, "the entry")


def _crossing(entry: Allow) -> str:
    """What an entry accepts, in a few words: `staging to production`, with its rules and addresses."""
    ends = f"{', '.join(entry.source)} to {', '.join(entry.target)}"
    parts = (*entry.rules, entry.source_address, entry.target_address)
    named = ", ".join(part for part in parts if part)
    return f"{ends} ({named})" if named else ends


def _finding(
    rules: Mapping[str, Rule], name: str, span: Span, message: str, says: str = "the comment"
) -> Iterator[Finding]:
    rule = rules.get(name)
    if rule is not None:
        yield finding_at(rule, span, message, says)
