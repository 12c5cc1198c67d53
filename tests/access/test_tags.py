"""Conditions on tags, from Terraform source to the findings: of buckets, and of roles."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n  allowed_account_ids = ["111111111111"]\n}\n'
STORE = (
    'resource "aws_s3_bucket" "data" {\n  bucket = "acme-production-data"\n  tags = { Environment = "production" }\n}\n'
)
SWITCH = """
variable "status" {{}}
resource "aws_s3_bucket_abac" "data" {{
  bucket = aws_s3_bucket.data.id
  abac_status {{
    status = {status}
  }}
}}
"""
CALLER = """
resource "aws_iam_role" "ci" {{
  name               = "ci"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = {trust}, Principal = {{ AWS = "arn:aws:iam::111111111111:root" }} }}]
  }})
  tags = {{ Environment = "staging" }}
}}
resource "aws_iam_role_policy" "ci" {{
  role   = aws_iam_role.ci.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = "s3:DeleteBucket", Resource = "arn:aws:s3:::acme-production-data" {allowed} }},
      {{ Effect = "Deny", Action = "s3:*", Resource = "*", {denied} }},
    ]
  }})
}}
"""
NEVER = 'Condition = { StringEquals = { "aws:PrincipalTag/Environment" = "nowhere" } }'
PRODUCTION = 'Condition = { StringEquals = { "aws:ResourceTag/Environment" = "production" } }'


def certainties(
    store: str = STORE, denied: str = NEVER, allowed: str = "", trust: str = '"sts:AssumeRole"'
) -> list[str]:
    """How sure it is that the role of staging may delete the bucket of production."""
    caller = CALLER.format(trust=trust, denied=denied, allowed=allowed)
    files = {"production/main.tf": PROVIDER + store, "staging/main.tf": PROVIDER + caller}
    return [
        each.certainty
        for each in check(DictTree(files), Settings()).findings
        if each.source is not None and each.target.address == "aws_s3_bucket.data" and each.family == "access"
    ]


def test_the_tags_of_a_bucket_do_not_count_by_default() -> None:
    assert certainties(denied=PRODUCTION) == ["proved"]


@pytest.mark.parametrize(
    ("status", "expected"), [('"Enabled"', []), ('"Disabled"', ["proved"]), ("var.status", ["possible"])]
)
def test_they_count_where_that_is_switched_on(status: str, expected: list[str]) -> None:
    assert certainties(STORE + SWITCH.format(status=status), PRODUCTION) == expected


@pytest.mark.parametrize(("tag", "expected"), [("staging", ["proved"]), ("production", [])])
def test_the_tags_of_a_role_are_known(tag: str, expected: list[str]) -> None:
    condition = f', Condition = {{ StringEquals = {{ "aws:PrincipalTag/Environment" = "{tag}" }} }}'
    assert certainties(allowed=condition) == expected


def test_a_tag_that_the_source_does_not_show_is_open() -> None:
    condition = ', Condition = { StringEquals = { "aws:PrincipalTag/team" = "data" } }'
    assert certainties(allowed=condition) == ["possible"]


@pytest.mark.parametrize("trust", ['["sts:AssumeRole", "sts:TagSession"]', '"sts:*"'])
def test_whoever_may_bring_tags_of_his_own_may_have_any(trust: str) -> None:
    condition = ', Condition = { StringEquals = { "aws:PrincipalTag/Environment" = "production" } }'
    assert certainties(allowed=condition, trust=trust) == ["possible"]
