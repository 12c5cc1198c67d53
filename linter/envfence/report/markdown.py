"""Markdown for a pull request's comment: a table of what crosses, the steps of each path folded below it.

The first line is a hidden mark by which a job finds its own comment and edits it in place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from envfence.model import Finding, Hop, Report
from envfence.report import Options
from envfence.report._shown import headline, is_shown, resolved, scope, unassigned
from envfence.report.concise import label

MARK = "<!-- envfence -->"
#: GitHub refuses comments of 65,536 characters; the closing lines need room too.
_MAX_CHARACTERS = 60_000
_SIGNS = {"critical": "🔴", "high": "🔴", "medium": "🟠", "low": "🔵"}
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_ENTITIES = str.maketrans({"@": "&#64;", "<": "&lt;", ">": "&gt;", "&": "&amp;"})


def render(report: Report, options: Options) -> str:
    """The findings that a person is shown, worst first, as far as a comment may be long; then the figures."""
    shown = [finding for finding in report.findings if is_shown(finding, options)]
    lines = [MARK, f"### envfence: {headline(report)}", ""]
    kept = list(_fitting(shown, options))
    if kept:
        lines += ["| | from → to | what | edit here |", "|---|---|---|---|"]
        lines += [_row(finding, options) for finding in kept] + [""]
        for finding in kept:
            lines += _details(finding, options)
    if len(kept) < len(shown):
        lines += [f"… and {len(shown) - len(kept)} more than a comment holds.", ""]
    lines.append(_closing(report))
    return "\n".join(lines) + "\n"


def _fitting(findings: Iterable[Finding], options: Options) -> Iterator[Finding]:
    """The first findings whose texts together fit into a comment."""
    length = 0
    for finding in findings:
        length += len(_row(finding, options)) + sum(len(line) + 1 for line in _details(finding, options))
        if length > _MAX_CHARACTERS:
            return
        yield finding


def _row(finding: Finding, options: Options) -> str:
    ends = [label(end) for end in (finding.source, finding.target) if end is not None]
    sign = _SIGNS[finding.severity] if finding.certainty == "proved" and finding.status == "new" else "⚪"
    note = "" if finding.certainty == "proved" else " (possible)"
    note += "" if finding.status == "new" else f" ({finding.status})"
    return (
        f"| {sign} {finding.severity} | **{_escaped(' → '.join(ends))}** | {_escaped(finding.message)}{note} "
        f"| {_place(finding.cause.span.path, finding.cause.span.line, options)} |"
    )


def _details(finding: Finding, options: Options) -> list[str]:
    steps = f"{len(finding.path)} steps, " if len(finding.path) > 1 else ""
    lines = [f"<details><summary>{steps}{finding.rule} <code>{finding.fingerprint[:12]}</code></summary>", ""]
    if len(finding.path) > 1:
        lines += [_step(number, hop, options) for number, hop in enumerate(finding.path, start=1)] + [""]
    if finding.unknowns:
        lines += [f"Depends on {_escaped('; '.join(finding.unknowns[:3]))}.", ""]
    if finding.fix:
        lines += [finding.fix.translate(_ENTITIES), ""]
    return [*lines, "</details>", ""]


def _step(number: int, hop: Hop, options: Options) -> str:
    end = hop.end
    says = f" {_escaped(hop.says)}" if hop.says else ""
    place = f" - {_place(end.file, end.line, options)}" if end.file else ""
    return f"{number}. **{_escaped(label(end))}** {_code(end.address)}{says}{place}"


def _place(path: str, line: int, options: Options) -> str:
    return _code(f"{posixpath.join(options.prefix, path)}:{line}") if path else ""


def _closing(report: Report) -> str:
    parts = [scope(report), f"resolved: {resolved(report) or 'nothing to resolve'}"]
    count = unassigned(report)
    if count:
        parts.append(f"{count} without environment")
    return " · ".join(parts)


def _escaped(text: str) -> str:
    """`text` so that nothing in it is markup, a link, a mention or the end of a cell."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).translate(_ENTITIES)


def _code(text: str) -> str:
    """`text` as code, also in a cell."""
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "\\|") + "`"
