"""Secrets that are issued in one environment and kept or looked up in another, from source to finding."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

TODAY = datetime.date(2026, 11, 22)
ENVIRONMENTS = """
version: 1
environments:
  production: {paths: ["*-prod/**", "prod/**"]}
  staging: {paths: ["*-staging/**", "staging/**"]}
  dev: {paths: ["*-dev/**", "dev/**"]}
"""


def findings(files: dict[str, str], *rules: str, declared: bool = True) -> list[Finding]:
    config = {"envfence.yaml": ENVIRONMENTS} if declared else {}
    report = check(DictTree({**config, **files}), Settings(today=TODAY))
    return [finding for finding in report.findings if finding.rule in rules]


NAMESPACE = """
variable "namespace" {{
  default = "{0}-{1}"
}}
variable "environment" {{
  default = "{1}"
}}
resource "kubernetes_config_map" "settings" {{
  metadata {{
    name      = "settings"
    namespace = var.namespace
  }}
}}
"""
KEY = """
resource "aws_iam_access_key" "reports" {
  user = "reports"
}
resource "kubernetes_secret" "for_others" {
  metadata {
    name      = "reports-key"
    namespace = "%s"
  }
  data = { secret_access_key = %s }
}
"""


def handed(issuer: str, keeper: str, value: str = "aws_iam_access_key.reports.secret", more: str = "") -> list[Finding]:
    files = {
        f"maps-{issuer}/main.tf": NAMESPACE.format("maps", issuer) + KEY % (f"orders-{keeper}", value) + more,
        f"orders-{keeper}/main.tf": NAMESPACE.format("orders", keeper),
        "orders-prod/main.tf": NAMESPACE.format("orders", "prod"),
    }
    return findings(files, "secret-value-shared", declared=False)


def test_a_key_in_the_namespace_of_another_service_s_environment_is_shared() -> None:
    (found,) = handed("dev", "staging")
    assert found.severity == "low"
    assert found.source is not None
    assert (found.source.address, found.target.address) == (
        "aws_iam_access_key.reports",
        "kubernetes_secret.for_others",
    )
    assert "issued a secret that is kept by" in found.message


def test_a_key_of_production_in_a_lower_namespace_is_shared_with_production() -> None:
    (found,) = handed("prod", "staging")
    assert found.severity == "high"
    assert found.target.address == "aws_iam_access_key.reports"


def test_an_id_of_a_key_is_no_secret() -> None:
    assert handed("dev", "staging", "aws_iam_access_key.reports.id") == []


def test_what_is_generated_for_others_alone_opens_nothing_here() -> None:
    made = 'resource "random_password" "p" {\n  length = 32\n}\n'
    assert handed("prod", "staging", "random_password.p.result", made) == []


def test_an_output_of_a_module_that_was_not_read_is_issued_by_it() -> None:
    module = 'module "database" {\n  source = "acme/database/aws"\n}\n'
    (found,) = handed("staging", "prod", "module.database.password", module)
    assert found.source is not None
    assert found.source.address == "module.database"


BROKER = """
variable "spaces" {
  type = set(string)
}
data "cloudfoundry_space" "clients" {
  for_each = var.spaces
  name     = each.value
  org_name = "acme"
}
resource "random_password" "broker" {
  length = 32
}
resource "cloudfoundry_service_broker" "clients" {
  for_each = var.spaces
  name     = "mail-${each.value}"
  url      = "https://mail.example.org"
  username = "broker"
  password = random_password.broker.result
  space    = data.cloudfoundry_space.clients[each.value].id
}
"""


@pytest.mark.parametrize(
    ("spaces", "pairs"),
    [
        ('["tools", "staging", "prod"]', [("staging", "production")]),
        ('["staging"]', []),
        ('["tools", "prod"]', []),
    ],
)
def test_one_broker_in_spaces_of_several_environments_is_one_login(spaces: str, pairs: list[tuple[str, str]]) -> None:
    found = findings({"main.tf": BROKER, "terraform.tfvars": f"spaces = {spaces}\n"}, "secret-value-shared")
    assert [finding.between for finding in found] == pairs
    written = {evidence.span.path for finding in found for hop in finding.path for evidence in hop.evidence}
    assert "terraform.tfvars" in written or not pairs


VAULT = """
provider "azurerm" {
  features {}
}
data "azurerm_key_vault" "common" {
  name                = "acme-common"
  resource_group_name = "common"
}
data "azurerm_key_vault_secret" "it" {
  name         = "%s"
  key_vault_id = data.azurerm_key_vault.common.id
}
"""


@pytest.mark.parametrize(
    ("production", "staging", "shared"),
    [
        ("mail-auth-token", "mail-auth-token", True),
        ("mail-auth-token-prod", "mail-auth-token-staging", False),
        ("partner-endpoint-prod", "partner-endpoint-prod", False),
        ("signing-key-prod", "signing-key-prod", True),
        ("pagerduty-integration-key", "pagerduty-integration-key", False),
    ],
)
def test_a_vault_s_secret_is_known_by_vault_and_name(production: str, staging: str, shared: bool) -> None:
    files = {"prod/main.tf": VAULT % production, "staging/main.tf": VAULT % staging}
    assert bool(findings(files, "secret-shared-by-reference")) is shared


def test_production_that_reads_what_is_named_for_a_lower_environment_is_no_news() -> None:
    assert findings({"prod/main.tf": VAULT % "partner-key-staging"}, "secret-shared-by-reference") == []


PARAMETER = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["340000000004"]
}
data "aws_ssm_parameter" "it" {
  name = "%s"
}
"""


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("/shop/production/settings", ["nonproduction-looks-up-production-settings"]),
        ("/shop/production/db-password", ["secret-shared-by-reference"]),
        ("/shop/staging/settings", []),
        ("/shop/settings", []),
    ],
)
def test_a_parameter_of_another_environment_is_a_setting_or_a_secret(name: str, rules: list[str]) -> None:
    found = findings(
        {"staging/main.tf": PARAMETER % name, "prod/main.tf": ""},
        "nonproduction-looks-up-production-settings",
        "secret-shared-by-reference",
    )
    assert [finding.rule for finding in found] == rules


ROOT = """
module "staging" {
  source      = "./service"
  environment = "staging"
  STAGING
}
module "production" {
  source      = "./service"
  environment = "production"
  PRODUCTION
}
"""
SERVICE = """
variable "environment" {
  type = string
}
data "aws_secretsmanager_secret" "partner" {
  name = "partner-password"
}
data "aws_secretsmanager_secret_version" "partner" {
  secret_id = data.aws_secretsmanager_secret.partner.id
}
"""


def test_two_instances_that_look_up_one_name_under_one_provider_share_it() -> None:
    files = {"main.tf": ROOT.replace("STAGING", "").replace("PRODUCTION", ""), "service/main.tf": SERVICE}
    (found,) = findings(files, "secret-shared-by-reference")
    assert found.between == ("staging", "production")


def test_two_instances_under_two_provider_configurations_may_be_in_two_accounts() -> None:
    text = ROOT.replace("STAGING", "providers = { aws = aws.staging }")
    text = text.replace("PRODUCTION", "providers = { aws = aws.production }")
    for name in ("staging", "production"):
        text += f'provider "aws" {{\n  alias   = "{name}"\n  profile = "{name}"\n}}\n'
    assert findings({"main.tf": text, "service/main.tf": SERVICE}, "secret-shared-by-reference") == []


STATE = 'terraform {\n  backend "s3" {\n    bucket = "acme-%s"\n    key = "app"\n    region = "eu-west-1"\n  }\n}\n'
READER = """
data "terraform_remote_state" "production" {
  backend = "s3"
  config  = { bucket = "acme-prod", key = "app", region = "eu-west-1" }
}
"""


@pytest.mark.parametrize(
    ("output", "count"),
    [
        ('"database_password" {\n  value = aws_db_instance.it.password\n}', 1),
        ('"api_token" {\n  value = "arn:aws:ssm:eu-west-1:340000000004:parameter/token"\n}', 0),
        ('"database_password_name" {\n  value = aws_db_instance.it.password\n}', 0),
        ('"endpoint" {\n  value = aws_db_instance.it.endpoint\n}', 0),
    ],
)
def test_an_output_that_is_a_secret_by_its_name_counts_though_nobody_marked_it(output: str, count: int) -> None:
    database = 'variable "password" {}\nresource "aws_db_instance" "it" {\n  password = var.password\n}\n'
    files = {
        "prod/main.tf": STATE % "prod" + database + f"output {output}\n",
        "staging/main.tf": STATE % "staging" + READER,
    }
    assert len(findings(files, "production-secrets-readable-in-state")) == count


READERS = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["310000000001"]
}
data "aws_ssm_parameter" "accounts" {
  name = "accounts"
}
locals {
  management  = jsondecode(data.aws_ssm_parameter.accounts.value)
  account_ids = merge(local.management.account_ids, { cortex = local.management.cortex })
  readers     = {
    production = [READER]
  }
}
data "aws_iam_policy_document" "readers" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = local.readers["production"]
    }
  }
}
resource "aws_secretsmanager_secret" "domain" {
  name   = "/directory/NAME"
  policy = data.aws_iam_policy_document.readers.json
}
"""


@pytest.mark.parametrize(
    ("reader", "name", "certainties"),
    [
        ("arn:aws:iam::${local.account_ids.shop-staging}:role/join", "passwords", ["proved"]),
        ('arn:aws:iam::${local.account_ids["shop-staging"]}:role/join', "passwords", ["proved"]),
        ("arn:aws:iam::${local.account_ids.shop-production}:role/join", "passwords", []),
        ("arn:aws:iam::${local.account_ids.shop-staging}:role/join", "server-endpoint", []),
    ],
)
def test_who_is_let_in_by_a_list_of_roles_is_placed_by_the_key_of_its_account(
    reader: str, name: str, certainties: list[str]
) -> None:
    text = READERS.replace("READER", f'"{reader}"').replace("NAME", name)
    found = findings(
        {"prod/main.tf": text, "staging/main.tf": "locals {}\n"}, "production-secret-readable-by-nonproduction"
    )
    assert [finding.certainty for finding in found] == certainties
