"""Audit trails of production: which ones are there for the record, and what takes the record away."""

from __future__ import annotations

import datetime

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

TRAIL = """
resource "aws_s3_bucket" "trail" {
  bucket = "acme-production-trail"
  %s
}

resource "aws_cloudtrail" "main" {
  name           = "main"
  s3_bucket_name = aws_s3_bucket.trail.id
  tags           = { Environment = "production" }
  %s
}
"""
SIGNED = "enable_log_file_validation = true\n  is_multi_region_trail = true\n"
ALTERABLE, ONE_REGION = "production-audit-trail-can-be-altered", "production-audit-trail-of-one-region"


def found(bucket: str = "", trail: str = SIGNED) -> set[str]:
    tree = DictTree({"env/production/main.tf": TRAIL % (bucket, trail), "env/staging/main.tf": ""})
    report = check(tree, Settings(today=datetime.date(2026, 11, 22)))
    return {finding.rule for finding in report.findings if finding.family == "monitoring"}


def selectors(category: str) -> str:
    fields = f'field_selector {{\n field = "eventCategory"\n equals = ["{category}"]\n }}\n'
    return f'advanced_event_selector {{\n name = "all"\n {fields} }}\n'


@pytest.mark.parametrize(
    ("trail", "rules"),
    [
        (SIGNED, set()),
        ("", {ALTERABLE, ONE_REGION}),
        (selectors("Management"), {ALTERABLE, ONE_REGION}),
        (selectors("Data"), set()),
        ("event_selector {\n include_management_events = false\n }", set()),
        (
            "include_global_service_events = false\n event_selector {\n include_management_events = true\n }",
            {ALTERABLE, ONE_REGION},
        ),
    ],
)
def test_only_a_trail_of_what_is_done_to_the_account_is_a_record(trail: str, rules: set[str]) -> None:
    assert found(trail=trail) == rules


def test_a_bucket_that_is_emptied_takes_the_record_away() -> None:
    assert found(bucket="force_destroy = true") == {"production-audit-log-deleted-with-bucket"}
