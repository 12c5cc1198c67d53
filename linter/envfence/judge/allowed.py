"""The `allow:` entries of envfence.yaml: crossings that the repository's owners accept, with a reason and a last day.

In: findings, entries. Out: the same findings, some marked suppressed; entries that have ended or accept nothing. Must
not know rules or the graph.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import msgspec

from envfence.config import Allow
from envfence.model import End, Finding


def apply_allowed(findings: Iterable[Finding], entries: Iterable[Allow], today: datetime.date) -> tuple[Finding, ...]:
    """Marks every finding that an entry accepts today."""
    valid = [entry for entry in entries if _is_valid(entry, today)]
    return tuple(_marked(finding, valid) for finding in findings)


def lapsed(entries: Iterable[Allow], today: datetime.date) -> tuple[Allow, ...]:
    """The entries whose last day is past, in the order of the file."""
    return tuple(entry for entry in entries if not _is_valid(entry, today))


def idle(findings: Iterable[Finding], entries: Iterable[Allow], kinds: Mapping[str, str]) -> tuple[Allow, ...]:
    """The entries that accept no finding, whatever their date, in the order of the file.

    `kinds` is the kind of each rule: what an entry for rules about changes is for, a run without a version to compare
    with cannot tell.
    """
    found = tuple(findings)
    return tuple(
        entry
        for entry in entries
        if not any(_accepts(entry, finding) for finding in found) and not _is_about_changes(entry, kinds)
    )


def _is_about_changes(entry: Allow, kinds: Mapping[str, str]) -> bool:
    meant = {kind for name, kind in kinds.items() if any(fnmatchcase(name, pattern) for pattern in entry.rules)}
    return meant == {"change"}


def _is_valid(entry: Allow, today: datetime.date) -> bool:
    try:
        return not entry.until or today <= datetime.date.fromisoformat(entry.until)
    except ValueError:
        return False


def _marked(finding: Finding, entries: list[Allow]) -> Finding:
    if finding.status == "suppressed":
        return finding
    for entry in entries:
        if _accepts(entry, finding):
            return msgspec.structs.replace(finding, status="suppressed", justification=entry.reason)
    return finding


def _accepts(entry: Allow, finding: Finding) -> bool:
    if entry.rules and not any(fnmatchcase(finding.rule, pattern) for pattern in entry.rules):
        return False
    source, target = finding.between
    return (
        _side_fits(entry.source, source, finding.source)
        and _side_fits(entry.target, target, finding.target)
        and _address_fits(entry.source_address, finding.source)
        and _address_fits(entry.target_address, finding.target)
    )


def _side_fits(patterns: tuple[str, ...], name: str, end: End | None) -> bool:
    if "*" in patterns:
        return True
    names = {name, end.tier if end else "", *(end.environments if end and not name else ())} - {""}
    return any(fnmatchcase(each, pattern) for each in names for pattern in patterns)


def _address_fits(pattern: str, end: End | None) -> bool:
    if not pattern:
        return True
    return end is not None and (
        fnmatchcase(end.address, pattern) or fnmatchcase(f"{end.deployment}:{end.address}", pattern)
    )
