"""Identities that may attach a policy to themselves: what they reach then, and what stops them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

BOUNDARY = "arn:aws:iam::111111111111:policy/staging-boundary"
ITSELF = "arn:aws:iam::111111111111:role/*-staging"


def allow(*actions: str, resource: str = "*", **condition: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {**found, "Condition": condition} if condition else found


def deny(*actions: str) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*"}


def policy(*statements: dict[str, Any]) -> str:
    return f"jsonencode({json.dumps({'Version': '2012-10-17', 'Statement': list(statements)})})"


def found(*statements: dict[str, Any], boundary: str = "", account: str = "111111111111") -> list[Finding]:
    """What a role of staging can destroy in production's account, 111111111111; it acts in `account` itself."""
    limits = f'\nresource "aws_iam_policy" "limits" {{\n  name = "staging-boundary"\n  policy = {boundary}\n}}\n'
    files = {
        "production/main.tf": """
provider "aws" {
  allowed_account_ids = ["111111111111"]
}

resource "aws_s3_bucket" "orders" {
  bucket = "acme-orders"
  tags   = { Environment = "production" }
}
""",
        "staging/main.tf": f"""
provider "aws" {{
  allowed_account_ids = ["{account}"]
}}

resource "aws_iam_role" "deploy" {{
  name                 = "deploy-staging"
  tags                 = {{ Environment = "staging" }}
  permissions_boundary = {"aws_iam_policy.limits.arn" if boundary else "null"}
  assume_role_policy   = {policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x"}})}
}}

resource "aws_iam_role_policy" "deploy" {{
  role   = aws_iam_role.deploy.id
  policy = {policy(*statements)}
}}
{limits if boundary else ""}""",
    }
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule == "nonproduction-can-destroy-production"]


@pytest.mark.parametrize("action", ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:*RolePolicy", "iam:*"])
def test_whoever_may_attach_a_policy_to_itself_may_do_everything_in_its_account(action: str) -> None:
    [finding] = found(allow(action, resource=ITSELF))
    assert finding.certainty == "proved"
    assert "give itself any right" in finding.path[0].says
    assert finding.cause.says.endswith("on itself too")


@pytest.mark.parametrize(
    "statement",
    [
        allow("iam:AttachUserPolicy", resource=ITSELF),
        allow("iam:AttachRolePolicy", resource="arn:aws:iam::111111111111:role/lambda-*"),
        allow("iam:AttachRolePolicy", resource=ITSELF, ArnEquals={"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnly"}),
        allow("iam:CreateRole", "iam:GetRole", resource=ITSELF),
    ],
)
def test_what_does_not_help(statement: dict[str, Any]) -> None:
    assert found(statement) == []


def test_it_ends_with_the_account() -> None:
    assert found(allow("iam:AttachRolePolicy", resource="*"), account="222222222222") == []


def test_a_deny_on_the_call_stops_it() -> None:
    assert found(allow("iam:*", resource=ITSELF), deny("iam:AttachRolePolicy", "iam:PutRolePolicy")) == []


def test_a_boundary_that_denies_production_stops_it() -> None:
    statement = allow("iam:AttachRolePolicy", resource=ITSELF)
    assert found(statement, boundary=policy(allow("*"), deny("s3:*"))) == []
    assert found(statement, boundary=policy(allow("iam:*", "ec2:*"))) == []


def test_a_boundary_that_denies_something_else_does_not() -> None:
    assert found(allow("iam:AttachRolePolicy", resource=ITSELF), boundary=policy(allow("*"), deny("rds:*")))


def test_a_condition_on_the_boundary_leaves_it_open() -> None:
    statement = allow("iam:AttachRolePolicy", resource=ITSELF, StringEquals={"iam:PermissionsBoundary": BOUNDARY})
    assert {finding.certainty for finding in found(statement)} <= {"possible"}
