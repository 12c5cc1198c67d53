"""Policies of an organization, from their Terraform source to the findings: what they make impossible is not found."""

from __future__ import annotations

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

ACCOUNT, OTHER, MANAGEMENT = "111111111111", "222222222222", "999999999999"
PROVIDER = 'provider "aws" {{\n  region = "eu-west-1"\n  allowed_account_ids = ["{}"]\n}}\n'
STORE = (
    'resource "aws_s3_bucket" "data" {\n  bucket = "acme-production-data"\n  tags = { Environment = "production" }\n}\n'
)
CALLER = """
resource "aws_iam_role" "ci" {
  name               = "ci"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  tags = { Environment = "staging" }
}
resource "aws_iam_role_policy" "ci" {
  role   = aws_iam_role.ci.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:DeleteBucket", Resource = "arn:aws:s3:::acme-production-data" }]
  })
}
"""
POLICY = """
resource "aws_organizations_policy" "guard" {{
  name    = "guard"
  type    = "{kind}"
  content = jsonencode({{ Version = "2012-10-17", Statement = {statements} }})
}}
"""
ATTACHED = """
resource "aws_organizations_policy_attachment" "guard" {{
  policy_id = aws_organizations_policy.guard.id
  target_id = {target}
}}
"""
DENY = '[{ Effect = "Deny", Action = "s3:DeleteBucket", Resource = "*", %s }]'
#: All but the role `admin`, and all but `ci`.
ADMIN = 'Condition = { ArnNotLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/admin" } }'
CI = 'Condition = { ArnNotLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/ci" } }'


def findings(organization: str, account: str = ACCOUNT) -> list[Finding]:
    """What is found about the bucket of production when staging may delete it by its own policy. Without an account
    both are in the root of the organization."""
    files = {"organization/main.tf": PROVIDER.format(MANAGEMENT) + organization}
    if account:
        files["production/main.tf"] = PROVIDER.format(account) + STORE
        files["staging/main.tf"] = PROVIDER.format(account) + CALLER
    report = check(DictTree(files), Settings())
    return [
        each
        for each in report.findings
        if each.source is not None and each.target.address == "aws_s3_bucket.data" and each.family == "access"
    ]


def guard(statements: str, target: str = f'"{ACCOUNT}"', kind: str = "SERVICE_CONTROL_POLICY", more: str = "") -> str:
    """A policy of the organization with its attachment."""
    return POLICY.format(kind=kind, statements=statements) + ATTACHED.format(target=target) + more


def certainties(organization: str, account: str = ACCOUNT) -> list[str]:
    return [each.certainty for each in findings(organization, account)]


def test_without_an_organization_it_is_found() -> None:
    assert certainties("") == ["proved"]


def test_a_refusal_for_the_account_removes_what_it_makes_impossible() -> None:
    assert certainties(guard(DENY % ADMIN)) == []


def test_who_is_left_out_of_the_refusal_is_still_found() -> None:
    assert certainties(guard(DENY % CI)) == ["proved"]


def test_a_refusal_for_another_account_changes_nothing() -> None:
    assert certainties(guard(DENY % ADMIN, f'"{OTHER}"')) == ["proved"]


def test_what_may_not_be_attached_changes_nothing() -> None:
    attached = ATTACHED.replace("{{\n", "{{\n  count = var.guarded ? 1 : 0\n", 1).format(target=f'"{ACCOUNT}"')
    policy = POLICY.format(kind="SERVICE_CONTROL_POLICY", statements=DENY % ADMIN)
    assert certainties(f'variable "guarded" {{}}\n{policy}{attached}') == ["proved"]


def test_a_resource_control_policy_guards_the_resources_of_the_account() -> None:
    statements = DENY % f'Principal = "*", {ADMIN}'
    assert certainties(guard(statements, kind="RESOURCE_CONTROL_POLICY")) == []


def test_the_account_that_manages_the_organization_is_not_reached() -> None:
    assert certainties(guard(DENY % ADMIN, f'"{MANAGEMENT}"')) == ["proved"]
    assert len(findings(guard(DENY % ADMIN, f'"{MANAGEMENT}"'), MANAGEMENT)) == 1


def test_a_list_of_what_is_allowed_leaves_open_whether_all_is() -> None:
    statements = '[{ Effect = "Allow", Action = "ec2:*", Resource = "*" }]'
    (found,) = findings(guard(statements))
    assert found.certainty == "possible"
    assert any("FullAWSAccess" in each for each in found.unknowns)
    assert certainties(guard('[{ Effect = "Allow", Action = "s3:*", Resource = "*" }]')) == ["proved"]


def test_a_policy_that_cannot_be_read_may_refuse_anything() -> None:
    unread = POLICY.replace('jsonencode({{ Version = "2012-10-17", Statement = {statements} }})', "{statements}")
    text = 'variable "content" {}\n' + unread.format(kind="SERVICE_CONTROL_POLICY", statements="var.content")
    assert certainties(text + ATTACHED.format(target=f'"{ACCOUNT}"')) == ["possible"]


TREE = """
resource "aws_organizations_organization" "this" {{}}
resource "aws_organizations_organizational_unit" "workloads" {{
  name      = "workloads"
  parent_id = aws_organizations_organization.this.roots[0].id
}}
resource "aws_organizations_organizational_unit" "apps" {{
  name      = "apps"
  parent_id = aws_organizations_organizational_unit.workloads.id
}}
resource "aws_organizations_organizational_unit" "other" {{
  name      = "other"
  parent_id = aws_organizations_organization.this.roots[0].id
}}
resource "aws_organizations_account" "apps" {{
  name      = "apps"
  email     = "apps@example.com"
  parent_id = aws_organizations_organizational_unit.apps.id
}}
provider "aws" {{
  alias  = "apps"
  region = "eu-west-1"
  assume_role {{
    role_arn = "arn:aws:iam::${{aws_organizations_account.apps.id}}:role/admin"
  }}
}}
{inside}
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("aws_organizations_account.apps.id", []),
        ("aws_organizations_organizational_unit.apps.id", []),
        ("aws_organizations_organizational_unit.workloads.id", []),
        ("aws_organizations_organization.this.roots[0].id", []),
        ("aws_organizations_organizational_unit.other.id", ["proved"]),
    ],
)
def test_a_policy_reaches_the_accounts_below_its_unit(target: str, expected: list[str]) -> None:
    inside = (STORE + CALLER).replace('" {\n', '" {\n  provider = aws.apps\n')
    assert certainties(guard(DENY % ADMIN, target, more=TREE.format(inside=inside)), "") == expected
