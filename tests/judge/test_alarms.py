"""Alarms that another environment has and production has not: when that says something, and when it says nothing."""

from __future__ import annotations

import datetime

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

TABLE = """
resource "aws_dynamodb_table" "orders" {
  name     = "orders"
  hash_key = "id"
  tags     = { Environment = "%s" }
}
"""
ALARM = """
resource "aws_cloudwatch_event_rule" "deletions" {
  name          = "deletions"
  tags          = { Environment = "%s" }
  event_pattern = %s
}

resource "aws_cloudwatch_event_target" "deletions" {
  rule = "deletions"
  arn  = "arn:aws:sns:eu-west-1:111111111111:alerts"
}
"""
PATTERN = 'jsonencode({ detail = { eventName = ["DeleteTable"] } })'
SIBLINGS = {
    "env/production/main.tf": TABLE % "production",
    "env/staging/main.tf": TABLE % "staging" + ALARM % ("staging", PATTERN),
}


def unwatched(files: dict[str, str]) -> list[Finding]:
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule == "production-destruction-not-alerted"]


def test_a_sibling_with_an_alarm_makes_it_possible() -> None:
    [finding] = unwatched(SIBLINGS)
    assert finding.certainty == "possible"
    assert finding.cause.span.path == "env/staging/main.tf"
    assert "declared for staging only" in finding.message


def test_a_condition_in_the_same_root_makes_it_proved() -> None:
    files = {
        "infra/main.tf": 'variable "env" {}\n'
        + (TABLE % "${var.env}")
        + (ALARM % ("${var.env}", PATTERN)).replace(
            "name          =", 'count = var.env == "staging" ? 1 : 0\nname =', 1
        ),
        "infra/staging.tfvars": 'env = "staging"',
        "infra/production.tfvars": 'env = "production"',
    }
    assert [finding.certainty for finding in unwatched(files)] == ["proved"]


def test_nothing_is_said_where_nobody_has_an_alarm() -> None:
    assert unwatched({path: text.split('resource "aws_cloudwatch')[0] for path, text in SIBLINGS.items()}) == []


def test_an_alarm_for_production_in_another_root_counts() -> None:
    assert unwatched({**SIBLINGS, "alarms/production/main.tf": ALARM % ("production", PATTERN)}) == []


def test_an_alarm_that_belongs_to_no_environment_may_watch_production() -> None:
    security = (ALARM % ("", PATTERN)).replace('tags          = { Environment = "" }', "")
    assert unwatched({**SIBLINGS, "security/main.tf": security}) == []


def test_an_alarm_whose_pattern_is_unknown_may_watch_it() -> None:
    unknown = 'variable "pattern" {}\n' + ALARM % ("production", "var.pattern")
    assert unwatched({**SIBLINGS, "alarms/production/main.tf": unknown}) == []


def test_an_unrelated_root_with_an_alarm_says_nothing() -> None:
    files = {
        "shop/production/main.tf": TABLE % "production",
        "search/staging/main.tf": TABLE % "staging" + ALARM % ("staging", PATTERN),
    }
    assert unwatched(files) == []
