"""One line a finding, for grep and editors: `file:line:column: severity rule from->to message [fingerprint]`."""

from __future__ import annotations

from envfence.model import End, Finding, Report
from envfence.report import Options


def render(report: Report, options: Options) -> str:
    """The active findings, the proved ones only unless `options.audit`."""
    lines = [
        _line(finding)
        for finding in report.findings
        if options.audit or (finding.status == "new" and finding.certainty == "proved")
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding) -> str:
    span = finding.cause.span
    marks = "" if finding.certainty == "proved" else " possible"
    marks += "" if finding.status == "new" else f" {finding.status}"
    pair = f"{label(finding.source)}->{label(finding.target)}" if finding.source else label(finding.target)
    return (
        f"{span.path}:{span.line}:{span.column}: {finding.severity}{marks} {finding.rule} {pair} "
        f"{finding.message} [{finding.fingerprint[:8]}]"
    )


def label(end: End) -> str:
    """The environments of an end as a person reads them: `staging`, `staging+production`, `dev|test?`, else its
    tier."""
    if end.environments:
        return "+".join(end.environments)
    if end.candidates:
        return "|".join(end.candidates) + "?"
    return end.tier
