"""What a report may show of a source line."""

from __future__ import annotations

import pytest

from envfence.snippets import mask


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('password = "hunter2hunter2"', "password = ***"),
        ("export API_KEY=abcdefgh1234", "export API_KEY=***"),
        ('url = "postgres://app:s3cr3t@db:5432/app"', 'url = "postgres://app:***@db:5432/app"'),
        ('key = "AbCdEf0123456789AbCdEf0123456789AbCdEf01"', 'key = "***"'),
    ],
)
def test_secrets_are_masked(line: str, shown: str) -> None:
    assert mask(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        'resources = ["arn:aws:s3:::acme-production-orders/*"]',
        'resource "aws_iam_role" "a_rather_long_name_of_a_role_in_staging" {',
        "password = var.database_password",
        'secret_name = "production/payments"',
        'token = "${var.token}"',
    ],
)
def test_ordinary_lines_stay_readable(line: str) -> None:
    assert mask(line) == line


def test_a_line_with_a_known_secret_loses_every_literal() -> None:
    assert mask('value = "anything"', everything=True) == 'value = "***"'


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("value = <<EOT", "value = <<EOT"),
        ("  GREETING: anything at all", "  GREETING: ***"),
        ("GREETING=anything", "GREETING=***"),
        ("MIIEpAIBAAKCAQEAsecretsecret", "***"),
        ("c2VjcmV0==", "***"),
        ('  value = base64encode("anything")', '  value = base64encode("***")'),
        ("  value = local.settings[each.key]", "  value = local.settings[each.key]"),
        ("  }", "  }"),
        ('resource "aws_db_instance" "main" {', 'resource "***" "***" {'),
    ],
)
def test_of_a_line_with_a_known_secret_only_names_are_left(line: str, shown: str) -> None:
    assert mask(line, everything=True) == shown


def test_names_in_an_arn_stay() -> None:
    line = 'resources = ["arn:aws:secretsmanager:eu-west-1:111111111111:secret:production/payments"]'
    assert mask(line) == line
