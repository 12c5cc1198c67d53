"""The JSON contract `envfence/report/1`: one object, always of the same shape."""

from __future__ import annotations

from typing import Any

import msgspec

from envfence.model import SEVERITIES, Deployment, End, Evidence, Finding, Hop, Report
from envfence.report import Options

SCHEMA = "envfence/report/1"


def render(report: Report, options: Options) -> str:
    """All findings, suppressed and possible ones too, indented and in a fixed order."""
    document = {
        "schema": SCHEMA,
        "findings": [_finding(finding) for finding in report.findings],
        "deployments": [_deployment(deployment, report) for deployment in report.deployments],
        "unknowns": [
            {
                "reason": problem.reason,
                "file": problem.span.path,
                "line": problem.span.line,
                "deployment": problem.deployment,
                "stage": problem.stage,
                "hides": problem.hides,
            }
            for problem in report.problems
        ],
        "summary": summary(report),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def summary(report: Report) -> dict[str, Any]:
    """The figures of the report: counts, and what share of the input was decided."""
    active = [finding for finding in report.findings if finding.status == "new"]
    shares = report.shares
    return {
        "version": report.version,
        "resources": report.resources,
        "deployments": len(report.deployments),
        "environments": {name: report.environments.tiers[name] for name in sorted(report.environments.tiers)},
        "unassigned_deployments": sum(
            1 for placement in report.environments.deployments.values() if placement.tier == "unknown"
        ),
        "proved": sum(1 for finding in active if finding.certainty == "proved"),
        "possible": sum(1 for finding in active if finding.certainty == "possible"),
        "suppressed": sum(1 for finding in report.findings if finding.status == "suppressed"),
        "known": sum(1 for finding in report.findings if finding.status == "known"),
        "by_severity": {
            severity: sum(1 for f in active if f.severity == severity and f.certainty == "proved")
            for severity in SEVERITIES
        },
        "resolved": {
            "resources": [shares.resources_known, shares.resources],
            "references": [shares.references_known, shares.references],
            "grants": [shares.grants_known, shares.grants],
        },
    }


def _deployment(deployment: Deployment, report: Report) -> dict[str, Any]:
    placement = report.environments.deployments.get(deployment.id)
    return {
        "id": deployment.id,
        "root_module": deployment.root or ".",
        "workspace": deployment.workspace,
        "var_files": list(deployment.var_files),
        "inferred": deployment.inferred,
        "environments": list(placement.environments) if placement else [],
        "candidates": list(placement.candidates) if placement else [],
        "tier": placement.tier if placement else "unknown",
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity,
        "certainty": finding.certainty,
        "status": finding.status,
        "justification": finding.justification,
        "message": finding.message,
        "fingerprint": finding.fingerprint,
        "loose_fingerprint": finding.loose,
        "from": end_json(finding.source) if finding.source else None,
        "to": end_json(finding.target),
        "path": [_hop(hop) for hop in finding.path],
        "cause": evidence_json(finding.cause),
        "also": [
            {"from": end_json(source) if source else None, "to": end_json(target)} for source, target in finding.also
        ],
        "also_total": finding.also_total,
        "unknowns": list(finding.unknowns),
        "cut": finding.cut,
        "fix": finding.fix,
    }


def end_json(end: End) -> dict[str, Any]:
    """An end as every JSON document of this program writes it."""
    return {
        "address": end.address,
        "deployment": end.deployment,
        "environments": list(end.environments),
        "candidates": list(end.candidates),
        "tier": end.tier,
        "file": end.file,
        "line": end.line,
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        **end_json(hop.end),
        "edge": hop.edge,
        "says": hop.says,
        "evidence": [evidence_json(evidence) for evidence in hop.evidence],
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """A place as every JSON document of this program writes it."""
    return {
        "file": evidence.span.path,
        "line": evidence.span.line,
        "address": evidence.address,
        "says": evidence.says,
    }
