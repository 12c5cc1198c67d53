"""Acknowledgements against plans: which findings a reviewer has approved, and which entries do nothing.

In: the entries of the repository, the digests of the plans, findings. Out: the findings, some marked suppressed, and
findings of the rule `acknowledgement-without-effect`. Must not know files.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from envfence.config.acknowledgements import Acknowledgement, Acknowledgements
from envfence.judge.places import finding_at
from envfence.judge.rules import Rule
from envfence.model import Finding
from envfence.values import Span

NAME = "acknowledgement-without-effect"


@dataclass(frozen=True, slots=True)
class Digest:
    """What one plan does that a reviewer must approve: its digest, and by address what it is (destroy, replace,
    unguard). `addresses` are all that the plan speaks of."""

    deployment: str
    digest: str
    what: dict[str, str] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()


def acknowledge(
    findings: Sequence[Finding],
    rule: Rule | None,
    given: Acknowledgements,
    digests: Iterable[Digest],
    today: datetime.date,
) -> tuple[Finding, ...]:
    """Marks what is approved today, and adds what is wrong with the entries. `rule` is None when it is off."""
    valid: dict[tuple[str, str], Acknowledgement] = {}
    told: list[tuple[Span, str]] = list(mistakes_of(given, today))
    plans = tuple(digests)
    for entry in given.entries:
        if today > entry.until:
            continue
        known = [plan for plan in plans if plan.digest == entry.plan and entry.address in plan.what]
        for plan in known:
            valid[(plan.deployment, entry.address)] = entry
        if not known:
            told.extend((entry.span, text) for text in _idle(entry, plans))
    marked = [_marked(finding, valid) for finding in findings]
    return (
        (*marked, *(finding_at(rule, span, text, "the entry") for span, text in told))
        if rule is not None
        else tuple(marked)
    )


def mistakes_of(given: Acknowledgements, today: datetime.date) -> Iterator[tuple[Span, str]]:
    """What is wrong with entries whatever the plan: malformed and expired ones."""
    for mistake in given.mistakes:
        yield Span(mistake.path, mistake.line), f"this acknowledgement is not understood: {mistake.message}"
    for entry in given.entries:
        if today > entry.until:
            yield entry.span, f"the acknowledgement of {entry.address} ended on {entry.until}: {entry.reason}"


def findings_about(rule: Rule, given: Acknowledgements, today: datetime.date) -> Iterator[Finding]:
    """The findings about the entries alone, without a plan."""
    for span, text in mistakes_of(given, today):
        yield finding_at(rule, span, text, "the entry")


def _idle(entry: Acknowledgement, plans: Iterable[Digest]) -> Iterator[str]:
    """Why an entry acknowledges nothing; nothing for one that belongs to a plan that is not looked at."""
    for plan in plans:
        if entry.address in plan.what:
            yield f"the acknowledgement of {entry.address} was written for another plan: this one has {plan.digest}"
        elif plan.digest == entry.plan or entry.address in plan.addresses:
            yield f"the acknowledgement of {entry.address} is not used: the plan does not destroy it"


def _marked(finding: Finding, valid: dict[tuple[str, str], Acknowledgement]) -> Finding:
    entry = valid.get((finding.target.deployment, finding.target.address))
    if entry is None or finding.source is not None or finding.status != "new":
        return finding
    text = f"acknowledged until {entry.until}: {entry.reason}"
    return msgspec.structs.replace(finding, status="suppressed", justification=text)
