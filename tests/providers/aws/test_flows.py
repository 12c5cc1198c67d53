"""Standing orders that carry data across a fence, from source to finding."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PROVIDER = 'provider "aws" {\n  allowed_account_ids = ["%s"]\n  region = "eu-west-2"\n}\n'
PROD = PROVIDER % "310000000001" + (
    'resource "aws_sns_topic" "orders" {\n  name = "orders"\n}\n'
    'resource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'
    'resource "aws_s3_bucket" "data" {\n  bucket = "acme-prod-data"\n}\n'
)
SUBSCRIPTION = (
    'resource "aws_sns_topic_subscription" "orders" {\n'
    '  topic_arn = "arn:aws:sns:eu-west-2:%s:orders"\n'
    '  protocol = "sqs"\n  endpoint = "arn:aws:sqs:eu-west-2:320000000002:orders"\n}\n'
)
CONSUMER = (
    'resource "aws_lambda_event_source_mapping" "jobs" {\n  enabled = %s\n'
    '  event_source_arn = "arn:aws:sqs:eu-west-2:310000000001:jobs"\n  function_name = "jobs"\n}\n'
)
REPLICATION = (
    'resource "aws_s3_bucket_replication_configuration" "all" {\n  bucket = "acme-staging-data"\n  role = "r"\n'
    '  rule {\n    status = "%s"\n    destination {\n      bucket = "arn:aws:s3:::acme-prod-data"\n    }\n  }\n}\n'
)


def found(staging: str) -> list[tuple[str, str, int]]:
    """(rule, certainty, line of the cause) of what crosses into production."""
    files = {"prod/main.tf": PROD, "staging/main.tf": PROVIDER % "320000000002" + staging}
    report = check(DictTree(files), Settings())
    return [(each.rule, each.certainty, each.cause.span.line) for each in report.findings if each.family == "access"]


@pytest.mark.parametrize(
    ("staging", "expected"),
    [
        (SUBSCRIPTION % "310000000001", [("nonproduction-can-read-production-data", "proved", 6)]),
        (SUBSCRIPTION % "320000000002", []),
        (CONSUMER % "true", [("nonproduction-can-read-production-data", "proved", 7)]),
        (CONSUMER % "false", []),
        (REPLICATION % "Enabled", [("nonproduction-can-write-production", "proved", 11)]),
        (REPLICATION % "Disabled", []),
    ],
)
def test_an_order_that_names_production_crosses_and_one_that_is_off_does_not(
    staging: str, expected: list[tuple[str, str, int]]
) -> None:
    assert found(staging) == expected
