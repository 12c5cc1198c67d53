"""Workflow commands of GitHub Actions: an annotation at the place to edit, with the path in its text.

GitHub shows ten annotations of each level a step: the worst come first, as everywhere.
"""

from __future__ import annotations

import posixpath

from envfence.model import Finding, Hop, Report
from envfence.report import Options
from envfence.report._shown import headline, is_shown, scope
from envfence.report.concise import label

_COMMANDS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}


def render(report: Report, options: Options) -> str:
    """One command a finding, then one plain line of figures. Files are named from `options.prefix` on."""
    lines = [_command(finding, options) for finding in report.findings if is_shown(finding, options)]
    lines.append(f"envfence: {headline(report)}; {scope(report)}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, options: Options) -> str:
    span = finding.cause.span
    # What is only possible, or accepted, must not look like an error.
    loud = finding.certainty == "proved" and finding.status == "new"
    properties = {"title": finding.rule}
    if span.path:
        file = posixpath.normpath(posixpath.join(options.prefix, span.path))
        properties = {"file": file, "line": str(max(span.line, 1)), "col": str(max(span.column, 1)), **properties}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity] if loud else 'notice'} {written}::{_text(_message(finding))}"


def _message(finding: Finding) -> str:
    lines = [finding.message]
    if len(finding.path) > 1:
        lines += [_step(number, hop) for number, hop in enumerate(finding.path, start=1)]
    if finding.unknowns:
        lines.append("if: depends on " + "; ".join(finding.unknowns[:3]))
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    return "\n".join(lines)


def _step(number: int, hop: Hop) -> str:
    place = f" ({hop.end.file}:{hop.end.line})" if hop.end.file else ""
    return f"{number}. {label(hop.end)}: {hop.end.address}{place} {hop.says}".rstrip()


def _text(text: str) -> str:
    """`text` as the message of a command: line breaks would end it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
