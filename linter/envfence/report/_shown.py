"""What formats for people show of a report, and the figures they close with."""

from __future__ import annotations

from envfence.model import SEVERITIES, Finding, Report
from envfence.report import Options


def is_shown(finding: Finding, options: Options) -> bool:
    """Whether a person is shown it unasked: new, proved and louder than low; everything under `options.audit`."""
    if options.audit:
        return True
    return finding.status == "new" and finding.certainty == "proved" and finding.severity != "low"


def headline(report: Report) -> str:
    """The figures in one phrase: `2 findings (1 critical, 1 high); 3 possible, 1 ignored, 4 known`."""
    active = [finding for finding in report.findings if finding.status == "new"]
    proved = [finding for finding in active if finding.certainty == "proved"]
    counts = [
        f"{sum(1 for finding in proved if finding.severity == severity)} {severity}"
        for severity in SEVERITIES
        if any(finding.severity == severity for finding in proved)
    ]
    known = _count(report, "known")
    text = f"{len(proved)} finding{'s' if len(proved) != 1 else ''} ({', '.join(counts)})"
    if not counts:
        text = "nothing new crosses" if known else "nothing crosses"
    aside = [
        f"{count} {word}"
        for count, word in (
            (len(active) - len(proved), "possible"),
            (_count(report, "suppressed"), "ignored"),
            (known, "known"),
        )
        if count
    ]
    return f"{text}; {', '.join(aside)}" if aside else text


def scope(report: Report) -> str:
    """What was read, in one phrase: `412 resources in 9 deployments, 3 environments`."""
    return (
        f"{report.resources} resources in {len(report.deployments)} deployments, "
        f"{len(report.environments.tiers)} environments"
    )


def unassigned(report: Report) -> int:
    """How many deployments have no environment."""
    return sum(1 for placement in report.environments.deployments.values() if placement.tier == "unknown")


def resolved(report: Report) -> str:
    """What share of the input was decided: `resources 98 %, references 81 %`; empty where there was nothing."""
    shares = report.shares
    return ", ".join(
        f"{name} {100 * known // total} %"
        for name, known, total in (
            ("resources", shares.resources_known, shares.resources),
            ("references", shares.references_known, shares.references),
            ("grants", shares.grants_known, shares.grants),
        )
        if total
    )


def _count(report: Report, status: str) -> int:
    return sum(1 for finding in report.findings if finding.status == status)
