"""Suppression comments: `# envfence: ignore[rule, rule] until=2027-03-31 -- reason`, at any hop of a finding.

In: the comments of all sources, findings with the places of their hops. Out: the same findings, some marked
suppressed, and what is wrong with the comments themselves. A comment covers its own line and the first line below it
that is no comment; at the head of a block or a module call it covers what lies in it. Must not know rule kinds.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from envfence.config import did_you_mean
from envfence.model import Comment, Finding
from envfence.values import Span

Place = tuple[str, int]

_MARK = re.compile(r"^\s*envfence\s*:|^\s*envfence[\s:.=-]*(?:ignore|disable|skip|allow)\b", re.IGNORECASE)
_FORM = re.compile(r"^\s*envfence:\s*ignore\[([^\]]*)\](.*)$", re.DOTALL)
_REST = re.compile(r"^(?:\s+until=(\S+))?(?:\s+--\s*(.*\S))?\s*$", re.DOTALL)
_HELP = "write `# envfence: ignore[rule-name] until=2027-03-31 -- the reason`"
#: Findings about suppressions cannot be suppressed themselves.
OWN_RULES = ("suppression-expired", "suppression-malformed", "suppression-unused")


@dataclass(slots=True)
class Suppression:
    """One comment that parses. `lines` are the lines it covers; `used` the rules that it silenced."""

    rules: tuple[str, ...]
    reason: str
    span: Span
    lines: frozenset[Place]
    until: datetime.date | None = None
    used: set[str] = field(default_factory=set)

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is past."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True)
class Malformed:
    """A comment that speaks to envfence and cannot be understood."""

    span: Span
    problem: str


def read_suppressions(
    comments: Iterable[Comment], rule_names: Iterable[str]
) -> tuple[tuple[Suppression, ...], tuple[Malformed, ...]]:
    """All suppressions, and all comments that look like one and are none, in the order of their places."""
    known = sorted(rule_names)
    ordered = sorted(comments, key=lambda comment: comment.span)
    marked = [index for index, comment in enumerate(ordered) if _MARK.match(comment.text)]
    found, wrong = [], []
    commented = {(comment.span.path, line) for comment in ordered for line in _lines(comment.span)} if marked else set()
    for index in marked:
        comment = ordered[index]
        parsed = _parse(comment, known)
        if isinstance(parsed, str):
            wrong.append(Malformed(comment.span, parsed))
            continue
        rules, until, reason = parsed
        found.append(Suppression(rules, reason, comment.span, _covered(comment.span, commented), until))
    return tuple(found), tuple(wrong)


def apply_suppressions(
    findings: Iterable[tuple[Finding, frozenset[Place]]], suppressions: Iterable[Suppression], today: datetime.date
) -> tuple[tuple[Finding, ...], tuple[Suppression, ...]]:
    """The findings, marked where a suppression covers one of their places, and the expired suppressions that would have
    silenced something. Suppressions that silence something are marked as used."""
    by_place: dict[Place, list[Suppression]] = {}
    for suppression in suppressions:
        for place in sorted(suppression.lines):
            by_place.setdefault(place, []).append(suppression)
    result, lapsed = [], {}
    for finding, places in findings:
        fitting = [s for place in sorted(places & by_place.keys()) for s in by_place[place] if finding.rule in s.rules]
        for suppression in fitting:
            suppression.used.add(finding.rule)
            if suppression.expired(today):
                lapsed[(suppression.span, suppression.rules)] = suppression
        valid = next((s for s in fitting if not s.expired(today)), None)
        if valid is not None:
            finding = msgspec.structs.replace(finding, status="suppressed", justification=valid.reason)
        result.append(finding)
    return tuple(result), tuple(lapsed[key] for key in sorted(lapsed))


def places_of(finding: Finding, headers: Mapping[tuple[str, str], Iterable[Span]]) -> frozenset[Place]:
    """Every line at which a comment counts for this finding: cause, evidence, the blocks of all hops and the module
    calls around them. `headers` gives the spans of block head and calls by (deployment, address)."""
    places = set(_head(finding.cause.span))
    ends = [finding.target, *(hop.end for hop in finding.path)]
    if finding.source is not None:
        ends.append(finding.source)
    for end in ends:
        places.add((end.file, end.line))
        for span in headers.get((end.deployment, end.address), ()):
            places.update(_head(span))
    for hop in finding.path:
        for evidence in hop.evidence:
            places.update(_head(evidence.span))
    return frozenset(places)


def _head(span: Span) -> tuple[Place, ...]:
    return ((span.path, span.line),)


def _lines(span: Span) -> range:
    return range(span.line, max(span.line, span.end_line) + 1)


def _covered(span: Span, commented: set[Place]) -> frozenset[Place]:
    """The comment's own lines and the first line below it that holds no comment."""
    below = max(span.line, span.end_line) + 1
    while (span.path, below) in commented:
        below += 1
    return frozenset({(span.path, line) for line in _lines(span)} | {(span.path, below)})


def _parse(comment: Comment, known: list[str]) -> tuple[tuple[str, ...], datetime.date | None, str] | str:
    """The parts of a suppression, or what is wrong with it."""
    form = _FORM.match(comment.text)
    rest = _REST.match(form.group(2)) if form is not None else None
    if form is None or rest is None:
        return f"is not understood; {_HELP}"
    rules = tuple(name.strip() for name in form.group(1).split(",") if name.strip())
    wrong = next((name for name in rules if name not in known or name in OWN_RULES), "")
    if wrong:
        return f"ignores {wrong!r}, which is no rule; {did_you_mean(wrong, known) or '`envfence rules` lists them'}"
    if not rules or not rest.group(2):
        return f"gives no {'reason' if rules else 'rule'}; {_HELP}"
    until = _date(rest.group(1))
    if until == "wrong":
        return f"has {rest.group(1)!r} for a date; write until=2027-03-31"
    return rules, until, " ".join(rest.group(2).split())


def _date(text: str | None) -> datetime.date | Literal["wrong"] | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        return "wrong"
