"""SARIF 2.1.0: one result a finding, with one code flow per path in which every step names its own file.

GitHub's limits are kept (5,000 results are shown, worst first by our order; 1,000 steps; 20 tags).
"""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

import msgspec

from envfence.model import Evidence, Finding, Report, RuleText
from envfence.report import Options
from envfence.report.concise import label
from envfence.values import Span

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
_MAX_RESULTS = 25_000


def render(report: Report, options: Options) -> str:
    """The whole report as one SARIF log with one run."""
    rules = sorted({finding.rule for finding in report.findings})
    index = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "envfence",
                "semanticVersion": report.version,
                "rules": [_rule(name, report.rules.get(name)) for name in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index, options.prefix) for finding in report.findings[:_MAX_RESULTS]],
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": _notifications(report, options.prefix)}
        ],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _rule(name: str, text: RuleText | None) -> dict[str, Any]:
    if text is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": text.title},
        "fullDescription": {"text": text.why},
        "help": {"text": text.fix},
        "defaultConfiguration": {"level": _LEVELS[text.severity]},
        "properties": {"tags": ["security", text.family], "security-severity": _SECURITY_SEVERITY[text.severity]},
    }


def _result(finding: Finding, index: dict[str, int], prefix: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        # What is only possible must not fail a code-scanning gate that looks at errors.
        "level": _LEVELS[finding.severity] if finding.certainty == "proved" else "note",
        "message": {"text": finding.message},
        "locations": [_location(finding.cause, prefix)],
        "partialFingerprints": {"envfence/v1": finding.fingerprint},
        "properties": {"certainty": finding.certainty, "unknowns": list(finding.unknowns)},
    }
    if finding.path:
        result["codeFlows"] = [{"threadFlows": [{"locations": _steps(finding, prefix)}]}]
    if finding.status == "suppressed":
        result["suppressions"] = [{"kind": "inSource", "justification": finding.justification}]
    elif finding.status == "known":
        result["baselineState"] = "unchanged"
    return result


def _steps(finding: Finding, prefix: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for number, hop in enumerate(finding.path, start=1):
        verb = f" {hop.says}" if hop.says else ""
        text = f"{number} {label(hop.end)}: {hop.end.address}{verb}"
        if hop.end.file:
            steps.append(_step(text, _physical(prefix, hop.end.file, hop.end.line, 1)))
        steps.extend(
            _step(evidence.says, _at(prefix, evidence.span))
            for evidence in hop.evidence
            if evidence.span.path and (evidence.span.path, evidence.span.line) != (hop.end.file, hop.end.line)
        )
    return steps[:1000]


def _step(text: str, physical: dict[str, Any]) -> dict[str, Any]:
    return {"importance": "essential", "location": {"message": {"text": text}, "physicalLocation": physical}}


def _location(evidence: Evidence, prefix: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _at(prefix, evidence.span)}
    if evidence.address:
        location["logicalLocations"] = [{"fullyQualifiedName": evidence.address}]
    return location


def _at(prefix: str, span: Span) -> dict[str, Any]:
    return _physical(prefix, span.path, span.line, span.column)


def _physical(prefix: str, path: str, line: int, column: int) -> dict[str, Any]:
    """A place; its file is named from the working directory on, which is the repository's root in a pipeline."""
    return {
        "artifactLocation": {"uri": quote(posixpath.join(prefix, path)), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": max(line, 1), "startColumn": max(column, 1)},
    }


def _notifications(report: Report, prefix: str) -> list[dict[str, Any]]:
    return [
        {
            "level": "note",
            "message": {"text": f"{problem.stage}: {problem.reason}"},
            "locations": [{"physicalLocation": _at(prefix, problem.span)}] if problem.span.path else [],
        }
        for problem in report.problems[:1000]
    ]
