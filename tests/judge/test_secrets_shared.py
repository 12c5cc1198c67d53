"""Secrets, states and networks that two environments share, from source to finding."""

from __future__ import annotations

import datetime

from envfence.model import Finding
from envfence.pipeline import Settings, check
from envfence.tree import DictTree

TODAY = datetime.date(2026, 11, 22)
ENVIRONMENTS = """
version: 1
environments:
  production: {paths: ["production/**"], accounts: ["310000000001"]}
  staging: {paths: ["staging/**"], accounts: ["320000000002"]}
"""


def findings(files: dict[str, str], *rules: str) -> list[Finding]:
    report = check(DictTree(files), Settings(today=TODAY))
    return [finding for finding in report.findings if finding.rule in rules]


def both(text: str) -> dict[str, str]:
    """The same text for production and staging; `%s` is the environment."""
    found = {f"{name}/main.tf": text.replace("%s", name) for name in ("production", "staging")}
    return {"envfence.yaml": ENVIRONMENTS, **found}


SHOP = """
variable "namespace" {{
  default = "shop-{name}"
}}

resource "random_password" "database" {{
  length = 32
}}

resource "kubernetes_secret" "own" {{
  metadata {{
    name      = "database"
    namespace = var.namespace
  }}
  data = {{ password = random_password.database.result, bucket_name = "shop" }}
}}
"""
COPY = """
resource "kubernetes_secret" "copy" {
  metadata {
    name      = "database-preprod"
    namespace = "shop-prod"
  }
  data = { %s }
}
"""


def shop(copied: str) -> dict[str, str]:
    return {
        "shop-prod/main.tf": SHOP.format(name="prod"),
        "shop-preprod/main.tf": SHOP.format(name="preprod") + COPY % copied,
    }


def test_a_generated_password_that_is_written_into_another_namespace_is_shared() -> None:
    (found,) = findings(shop("password = random_password.database.result"), "secret-value-shared")
    assert found.source is not None
    assert (found.source.address, found.target.address) == ("kubernetes_secret.own", "kubernetes_secret.copy")
    assert found.unknowns == (
        "whether kubernetes_secret.own is really in preproduction (a name says so, nothing else)",
    )


def test_a_name_in_another_namespace_is_no_shared_secret() -> None:
    assert findings(shop('bucket_name = "shop"'), "secret-value-shared") == []


def test_two_generated_passwords_of_one_module_are_two_secrets() -> None:
    text = 'resource "random_password" "p" { length = 32 }\n'
    text += 'resource "aws_db_instance" "d" { password = random_password.p.result }\n'
    assert findings(both(text), "secret-value-shared") == []


LOOKUP = """
provider "aws" {
  region = "eu-west-1"
  ACCOUNT
}
data "aws_secretsmanager_secret_version" "database" {
  secret_id = "database"
}
"""


def test_one_name_in_one_account_is_one_secret() -> None:
    found = findings(
        both(LOOKUP.replace("ACCOUNT", 'allowed_account_ids = ["340000000004"]')), "secret-shared-by-reference"
    )
    assert [finding.certainty for finding in found] == ["proved"]


def test_one_name_in_accounts_that_are_not_known_says_nothing() -> None:
    assert findings(both(LOOKUP.replace("ACCOUNT", "")), "secret-shared-by-reference") == []


def test_one_name_in_two_accounts_is_two_secrets() -> None:
    files = both(LOOKUP)
    for name, account in (("production", "310000000001"), ("staging", "320000000002")):
        files[f"{name}/main.tf"] = LOOKUP.replace("ACCOUNT", f'allowed_account_ids = ["{account}"]')
    assert findings(files, "secret-shared-by-reference") == []


def test_a_secret_handed_to_an_unread_module_is_obtained() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:340000000004:secret:database-Ab1Cd2"
    text = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
    text += f'module "api" {{\n  source = "acme/service/aws"\n  secrets = {{ DATABASE = "{arn}" }}\n}}\n'
    (found,) = findings(both(text), "secret-shared-by-reference")
    assert "database-Ab1Cd2" in found.message


BACKEND = (
    'terraform {\n  backend "s3" {\n    bucket = "acme-state"\n    key    = "KEY"\n    region = "eu-west-1"\n  }\n}\n'
)


def test_one_key_in_two_directories_is_one_state() -> None:
    files = both(BACKEND.replace("KEY", "network.tfstate"))
    assert [finding.certainty for finding in findings(files, "state-key-used-twice")] == ["proved"]


def test_one_root_with_two_sets_of_inputs_may_use_workspaces() -> None:
    root = BACKEND.replace("KEY", "network.tfstate") + 'variable "environment" {}\n'
    files = {
        "main.tf": root,
        "production.tfvars": 'environment = "production"\n',
        "staging.tfvars": 'environment = "staging"\n',
    }
    assert {finding.certainty for finding in findings(files, "state-key-used-twice")} <= {"possible"}


def test_a_hub_s_state_is_no_production_state() -> None:
    config = '{{ bucket = "acme-state", key = "{}" }}'
    reader = f'data "terraform_remote_state" "hub" {{{{\n  backend = "s3"\n  config = {config}\n}}}}\n'
    other = {"envfence.yaml": ENVIRONMENTS, "production/main.tf": "locals {}\n"}
    hub = {**other, "staging/main.tf": reader.format("core-network-services-production/terraform.tfstate")}
    production = {**other, "staging/main.tf": reader.format("orders/production/terraform.tfstate")}
    assert findings(hub, "production-state-readable") == []
    assert [finding.certainty for finding in findings(production, "production-state-readable")] == ["possible"]


def test_instances_of_one_resource_are_one_finding() -> None:
    text = """
resource "aws_ssm_parameter" "secret" {
  for_each = { one = "kR7Lq4wZx91Q2x", two = "zB3Nm8cVp55W7y" }
  name     = "/%s/${each.key}"
  type     = "SecureString"
  value    = each.value
}
"""
    (found,) = findings(both(text), "secret-value-shared")
    assert found.also_total == 1


def test_a_key_s_copies_are_shown_with_it() -> None:
    text = """
resource "aws_iam_access_key" "ci" {
  user = "ci"
}
resource "aws_ssm_parameter" "copy" {
  name  = "/%s/ci"
  type  = "SecureString"
  value = aws_iam_access_key.ci.secret
}
"""
    (found,) = findings(both(text), "long-lived-access-key")
    places = {evidence.address for hop in found.path for evidence in hop.evidence}
    assert "aws_ssm_parameter.copy" in places


def test_one_unknown_variable_in_two_environments_is_one_value() -> None:
    text = """
variable "signing_key" {}
variable "other_key" {}
resource "railway_project" "shop" {
  name                = "shop"
  default_environment = { name = "production" }
}
resource "railway_environment" "staging" {
  name       = "staging"
  project_id = railway_project.shop.id
}
resource "railway_variable" "production" {
  name           = "SESSION_SIGNING_KEY"
  value          = var.signing_key
  environment_id = railway_project.shop.default_environment.id
  service_id     = "api"
}
resource "railway_variable" "staging" {
  name           = "SESSION_SIGNING_KEY"
  value          = var.STAGING
  environment_id = railway_environment.staging.id
  service_id     = "api"
}
"""
    (found,) = findings({"main.tf": text.replace("STAGING", "signing_key")}, "secret-value-shared")
    assert found.certainty == "proved"
    assert findings({"main.tf": text.replace("STAGING", "other_key")}, "secret-value-shared") == []
