"""Marks findings that the baseline knows. In: findings and fingerprints. Out: the same findings, some marked known."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from envfence.model import Finding


def mark_baseline(findings: Iterable[Finding], known: Collection[str]) -> tuple[Finding, ...]:
    """The findings; the new ones among them whose fingerprint is known are marked so. Nothing is dropped."""
    return tuple(
        msgspec.structs.replace(finding, status="known", justification="in the baseline")
        if finding.status == "new" and finding.fingerprint in known
        else finding
        for finding in findings
    )
