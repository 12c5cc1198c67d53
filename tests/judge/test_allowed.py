"""`allow` and `expect` entries of envfence.yaml, as a user writes them."""

from __future__ import annotations

import datetime

import pytest

from envfence.errors import ConfigError
from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

FILES = {
    "production/main.tf": """
resource "aws_s3_bucket" "orders" {
  bucket = "acme-orders-production"
  tags   = { Environment = "production" }
}

resource "aws_s3_bucket_policy" "orders" {
  bucket = aws_s3_bucket.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::222222222222:root" }
      Action    = ["s3:DeleteObject"]
      Resource  = "arn:aws:s3:::acme-orders-production/*"
    }]
  })
}
""",
    "staging/main.tf": 'provider "aws" {\n  allowed_account_ids = ["222222222222"]\n}\n',
}
ENVIRONMENTS = """version: 1
environments:
  production: {paths: ["production/**"], accounts: ["111111111111"]}
  staging: {paths: ["staging/**"], accounts: ["222222222222"]}
"""


def findings(config: str) -> list[Finding]:
    tree = DictTree({**FILES, "envfence.yaml": ENVIRONMENTS + config})
    return list(check(tree, Settings(today=datetime.date(2026, 11, 22))).findings)


def named(config: str, rule: str) -> list[Finding]:
    return [finding for finding in findings(config) if finding.rule == rule]


def statuses(config: str) -> set[str]:
    return {finding.status for finding in findings(config) if finding.between == ("staging", "production")}


def test_an_entry_accepts_a_crossing_until_its_last_day() -> None:
    entry = "allow:\n  - {from: staging, to: production, reason: migration, until: %s}\n"
    assert statuses(entry % "2026-11-22") == {"suppressed"}
    assert named(entry % "2026-11-22", "suppression-unused") == []
    assert statuses(entry % "2026-11-21") == {"new"}


def test_an_entry_past_its_last_day_is_a_finding() -> None:
    entry = "allow:\n  - {from: staging, to: production, reason: migration, until: 2026-11-21}\n"
    [finding] = named(entry, "suppression-expired")
    assert (finding.cause.span.path, finding.cause.span.line) == ("envfence.yaml", 6)
    assert "ended on 2026-11-21: migration" in finding.message


def test_an_entry_that_accepts_nothing_is_a_finding() -> None:
    entry = 'allow:\n  - {from: staging, to: production, to_address: "*queue*", reason: old, until: 2027-03-31}\n'
    [finding] = named(entry, "suppression-unused")
    assert "staging to production (*queue*) accepts nothing" in finding.message


def test_an_entry_about_changes_is_not_judged_without_a_version_to_compare_with() -> None:
    entry = "allow:\n  - {rule: production-store-destroyed, reason: moves, until: 2027-03-31}\n"
    assert named(entry, "suppression-unused") == []


@pytest.mark.parametrize(
    "entry",
    [
        "allow:\n  - {from: staging, to: production}\n",
        "allow:\n  - {from: staging, to: production, reason: r, until: soon}\n",
        "allow:\n  - {from: stagng, to: production, reason: r, until: 2027-03-31}\n",
        "expect:\n  - none: {from: staging, to: production, can: delete}\n",
    ],
)
def test_a_malformed_entry_stops_the_run(entry: str) -> None:
    with pytest.raises(ConfigError):
        findings(entry)


def test_an_expectation_is_a_rule_of_its_own() -> None:
    entry = "expect:\n  - none: {from: staging, to: production, can: %s}\n    name: hands-off\n"
    [finding] = named(entry % "destroy", "hands-off")
    assert finding.severity == "high"
    assert named(entry % "decrypt", "hands-off") == []


@pytest.mark.parametrize(
    ("source", "target"),
    [("stg", "prd"), ("[staging, outside]", "[production, shared]"), ("nonproduction", "production"), ('"*"', "prod")],
)
def test_an_expectation_means_environments_and_tiers_in_any_spelling(source: str, target: str) -> None:
    entry = f"expect:\n  - none: {{from: {source}, to: {target}, can: destroy}}\n    name: hands-off\n"
    assert len(named(entry, "hands-off")) == 1


def test_an_expectation_speaks_in_the_users_words() -> None:
    entry = "expect:\n  - none: {from: staging, to: production}\n    name: a-b\n    message: Agents work in staging.\n"
    assert named(entry, "a-b")[0].fix.startswith("Agents work in staging. Take the permission away")


def test_an_expectation_about_nothing_is_said_to_hold_for_nothing() -> None:
    config = ENVIRONMENTS + "expect:\n  - none: {from: uat, to: production}\n    name: hands-off\n"
    report = check(DictTree({**FILES, "envfence.yaml": config}), Settings(today=datetime.date(2026, 11, 22)))
    assert any("belongs to uat" in problem.reason for problem in report.problems)


def test_whoever_applies_a_thing_can_destroy_it() -> None:
    workflow = """
on: push
jobs:
  apply:
    environment: staging
    runs-on: ubuntu-latest
    steps:
      - run: terraform -chdir=production apply -auto-approve
"""
    config = ENVIRONMENTS + "expect:\n  - none: {from: staging, to: production, can: destroy}\n    name: hands-off\n"
    tree = DictTree({**FILES, ".github/workflows/apply.yml": workflow, "envfence.yaml": config})
    report = check(tree, Settings(today=datetime.date(2026, 11, 22)))
    sources = {finding.source.address for finding in report.findings if finding.rule == "hands-off" and finding.source}
    assert any(address.startswith("jobs.apply") for address in sources)
