"""States that environments share, and identities that reach a state by policy."""

from __future__ import annotations

import datetime
import json

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
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


def test_every_backend_of_a_shared_bucket_is_named_where_the_bucket_is() -> None:
    names = ("production", "staging", *(f"staging/service-{number:02}" for number in range(60)))
    files = {f"{name}/main.tf": root(name.partition("/")[0], key=name) for name in names}
    [finding] = found(files, "shared-state-backend")
    places = {(evidence.span.path, evidence.span.line) for hop in finding.path for evidence in hop.evidence}
    assert places == {(path, 4) for path in files}
    assert (finding.cause.span.line, finding.also_total) == (4, 60)


def test_a_key_used_twice_and_a_shared_lock_are_shown_where_they_stand() -> None:
    lock = 'dynamodb_table = "acme-lock"'
    files = {f"{name}/main.tf": root(name, lock, key="orders") for name in ("production", "staging")}
    lines = {
        finding.rule: finding.cause.span.line for finding in found(files, "state-key-used-twice", "shared-state-access")
    }
    assert lines == {"state-key-used-twice": 5, "shared-state-access": 6}


def test_the_state_of_units_is_shared_where_all_of_them_take_it_from() -> None:
    top = """remote_state {
  backend = "s3"
  config = {
    region = "eu-west-1"
    bucket = "acme-state"
    key    = "${path_relative_to_include()}/orders.tfstate"
  }
}
"""
    unit = "include {\n  path = find_in_parent_folders()\n}\n"
    files = {"terragrunt.hcl": top}
    for name in ("production", "staging"):
        files |= {f"{name}/terragrunt.hcl": unit, f"{name}/main.tf": 'resource "aws_sns_topic" "orders" {}\n'}
    [finding] = found(files, "shared-state-backend")
    places = {str(evidence.span) for hop in finding.path for evidence in hop.evidence}
    assert str(finding.cause.span) == "terragrunt.hcl:5"
    assert places == {"terragrunt.hcl:5", "production/terragrunt.hcl:1", "staging/terragrunt.hcl:1"}


def test_one_bucket_that_both_look_up_is_shown_where_it_is_named() -> None:
    code = 'variable "logs" {}\n\ndata "aws_s3_bucket" "logs" {\n  bucket = var.logs\n}\n'
    files = {"main.tf": code} | {f"{name}.tfvars": 'logs = "acme-logs"\n' for name in ("production", "staging")}
    [finding] = found(files, "store-shared-with-production")
    places = {str(evidence.span) for hop in finding.path for evidence in hop.evidence}
    assert places == {"main.tf:3", "production.tfvars:1", "staging.tfvars:1"}


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


def test_an_account_whose_container_is_chosen_at_init_may_hold_both_states() -> None:
    backend = 'terraform {\n  backend "azurerm" {\n    storage_account_name = "acmestate"\n  MORE}\n}\n'
    code = 'variable "size" {}\noutput "size" {\n  value = var.size\n}\n'
    files = {"main.tf": backend.replace("MORE", "") + code, "staging.tfvars": "size = 1\n", "prod.tfvars": "size = 2\n"}
    [finding] = found(files, "shared-state-backend")
    assert (finding.certainty, finding.message.rpartition(" ")[2]) == ("possible", "azurerm:acmestate")
    files["main.tf"] = backend.replace("storage_account_name", "resource_group_name").replace("MORE", "") + code
    assert found(files, "shared-state-backend") == []
    files["main.tf"] = backend.replace("MORE", '  container_name = "states"\n  ') + code
    assert [each.certainty for each in found(files, "shared-state-backend")] == ["proved"]
