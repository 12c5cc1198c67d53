"""States that environments share, and identities that reach a state by policy."""

from __future__ import annotations

import datetime
import json

import pytest

from envfence.model import Finding
from envfence.pipeline import Settings, check
from envfence.tree import DictTree

BUCKET = 'resource "aws_s3_bucket" "state" {\n  bucket = "acme-state"\n}\n'


def found(files: dict[str, str], *rules: str) -> list[Finding]:
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule in rules]


def root(environment: str, *lines: str, key: str = "") -> str:
    settings = "".join(f"    {line}\n" for line in lines)
    return f"""
terraform {{
  backend "s3" {{
    bucket = "acme-state"
    key    = "{key or environment}/orders.tfstate"
{settings}  }}
}}

provider "aws" {{
  allowed_account_ids = ["111111111111"]
  default_tags {{
    tags = {{ Environment = "{environment}" }}
  }}
}}

resource "aws_sns_topic" "orders" {{
  name = "orders"
}}
"""


def role(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (statement, trust)]
    return f"""
resource "aws_iam_role" "ci" {{
  name               = "ci"
  assume_role_policy = jsonencode({documents[1]})
}}

resource "aws_iam_role_policy" "ci" {{
  role   = aws_iam_role.ci.id
  policy = jsonencode({documents[0]})
}}
"""


@pytest.mark.parametrize(
    ("action", "resource", "rule"),
    [
        ("s3:GetObject", "arn:aws:s3:::acme-state/*", "production-state-readable"),
        ("s3:GetObject", "arn:aws:s3:::acme-state/production/*", "production-state-readable"),
        ("s3:PutObject", "arn:aws:s3:::acme-state/*", "nonproduction-can-take-over-production"),
    ],
)
def test_a_role_of_staging_reaches_the_state_of_production(action: str, resource: str, rule: str) -> None:
    files = {"production/main.tf": root("production"), "staging/main.tf": root("staging") + role(action, resource)}
    [finding] = found(files, rule)
    assert finding.certainty == "possible"
    assert finding.between == ("staging", "production")


def test_the_rights_are_proved_where_the_bucket_is_declared() -> None:
    staging = root("staging") + role("s3:PutObject", "arn:aws:s3:::acme-state/*")
    files = {"production/main.tf": root("production") + BUCKET, "staging/main.tf": staging}
    [finding] = found(files, "nonproduction-can-take-over-production")
    assert finding.certainty == "proved"


@pytest.mark.parametrize("resource", ["arn:aws:s3:::acme-state/staging/*", "arn:aws:s3:::acme-artefacts/*"])
def test_a_prefix_of_its_own_reaches_nothing(resource: str) -> None:
    files = {"production/main.tf": root("production"), "staging/main.tf": root("staging") + role("s3:*", resource)}
    assert found(files, "production-state-readable", "nonproduction-can-take-over-production") == []


def test_one_key_pair_for_two_states() -> None:
    pair = ('access_key = "AKIA3K7QJ2M9X4WZTN5B"', 'secret_key = "none"')
    files = {f"{name}/main.tf": root(name, *pair) for name in ("production", "staging")}
    [finding] = found(files, "shared-state-access")
    assert finding.message.endswith("with the key pair …TN5B")
    files["staging/main.tf"] = root("staging", 'access_key = "AKIA3K7QJ2M9X4WZZZZZ"')
    assert found(files, "shared-state-access") == []


CALLS = """
module "staging" {
  source      = "./orders"
  environment = "staging"
}

module "production" {
  source      = "./orders"
  environment = "production"
}
"""
ORDERS = 'variable "environment" {}\n\nresource "%s" "orders" {\n  name = "orders-${var.environment}"\n}\n'


def test_data_of_two_environments_in_one_root() -> None:
    [finding] = found({"main.tf": CALLS, "orders/main.tf": ORDERS % "aws_dynamodb_table"}, "environments-in-one-root")
    assert (finding.between, finding.certainty) == (("staging", "production"), "proved")


@pytest.mark.parametrize("type_", ["aws_ecr_repository", "aws_sns_topic", "aws_iam_user"])
def test_what_holds_no_data_may_stand_together(type_: str) -> None:
    assert found({"main.tf": CALLS, "orders/main.tf": ORDERS % type_}, "environments-in-one-root") == []
