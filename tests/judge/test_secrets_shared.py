"""Secrets, states and networks that two environments share, from source to finding."""

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


VAULT = """
provider "azurerm" {
  features {}
}
data "azurerm_key_vault" "common" {
  name                = "acme-common"
  resource_group_name = "common"
}
"""
LOOKED_UP = """
data "azurerm_key_vault_secret" "{0}" {{
  name         = "{0}"
  key_vault_id = data.azurerm_key_vault.common.id
}}
"""


def test_what_one_root_reads_from_one_vault_is_one_finding_that_names_production_s_own_first() -> None:
    names = ("chat-token", "mail-token", "reports-token-production")
    files = both(VAULT + "".join(LOOKED_UP.format(name) for name in names))
    (found,) = findings(files, "secret-shared-by-reference")
    assert "obtains a secret of production" in found.message
    assert found.message.endswith("reports-token-production, and 2 more: chat-token, mail-token")
    places = {(end.file, end.address) for pair in found.also for end in pair if end is not None}
    for name in ("chat-token", "mail-token"):
        assert ("staging/main.tf", f"data.azurerm_key_vault_secret.{name}") in places
        assert ("production/main.tf", f"data.azurerm_key_vault_secret.{name}") in places


def test_a_further_secret_of_the_same_vault_changes_no_fingerprint() -> None:
    names = ("chat-token", "mail-token", "a-token")
    found = [
        findings(both(VAULT + "".join(map(LOOKED_UP.format, names[:count]))), "secret-shared-by-reference")
        for count in (2, 3)
    ]
    assert found[0][0].fingerprint == found[1][0].fingerprint


def test_secrets_of_two_vaults_are_two_findings() -> None:
    other = VAULT.replace('"common" {', '"other" {').replace("acme-common", "acme-other").partition("}\n}\n")[2]
    second = LOOKED_UP.format("mail-token").replace("vault.common", "vault.other")
    files = both(VAULT + other + LOOKED_UP.format("chat-token") + second)
    assert len(findings(files, "secret-shared-by-reference")) == 2


MANY = """
module "mail" {
  source = "../service"
}
module "search" {
  source = "../service"
}
"""


def test_one_value_in_two_instances_of_a_module_is_one_finding() -> None:
    database = 'resource "aws_db_instance" "it" {\n  password = "kR7-Lq4wZx91-Q2x"\n}\n'
    (found,) = findings({**both(MANY), "service/main.tf": database}, "secret-value-shared")
    assert {end.address for pair in found.also for end in pair if end is not None} >= {
        "module.search.aws_db_instance.it"
    }


HANDED = """
terraform {
  backend "s3" {
    bucket = "acme-%s"
    key    = "app"
    region = "eu-west-1"
  }
}
"""
ISSUED = """
resource "random_password" "p" {
  length = 20
}
resource "aws_db_instance" "it" {
  password = random_password.p.result
}
output "database_password" {
  value     = random_password.p.result
  sensitive = true
}
"""
TAKEN = """
data "terraform_remote_state" "other" {
  backend = "s3"
  config  = { bucket = "acme-%s", key = "app", region = "eu-west-1" }
}
resource "aws_ssm_parameter" "copy" {
  name  = "/database/password"
  type  = "SecureString"
  value = data.terraform_remote_state.other.outputs.database_password
}
"""


@pytest.mark.parametrize(
    ("issuer", "taker", "severity", "verb"),
    [
        ("production", "staging", "high", "aws_ssm_parameter.copy (staging) keeps a secret of production"),
        ("staging", "production", "medium", "aws_ssm_parameter.copy (production) keeps a secret of staging"),
    ],
)
def test_a_secret_that_another_state_hands_on_is_told_by_whose_it_is(
    issuer: str, taker: str, severity: str, verb: str
) -> None:
    files = {f"{issuer}/main.tf": HANDED % issuer + ISSUED, f"{taker}/main.tf": HANDED % taker + TAKEN % issuer}
    (found,) = findings({"envfence.yaml": ENVIRONMENTS, **files}, "secret-value-shared")
    assert (found.severity, found.between) == (severity, ("staging", "production"))
    assert found.message.startswith(verb)


def test_a_lower_environment_s_password_in_production_s_namespace_is_told_as_that() -> None:
    (found,) = findings(shop("password = random_password.database.result"), "secret-value-shared")
    assert found.severity == "medium"
    assert found.message.startswith("kubernetes_secret.copy (production) keeps a secret of preproduction")


SERVICES = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["340000000004"]
}
locals {
  partner = { partner_key = "PATH" }
}
module "production" {
  source      = "./stack"
  environment = "production"
  partner     = local.partner
}
module "staging" {
  source      = "./stack"
  environment = "staging"
  partner     = local.partner
}
"""
STACK = """
variable "environment" {
  type = string
}
variable "partner" {
  type = map(string)
}
resource "aws_ecs_cluster" "it" {
  name = var.environment
}
module "container" {
  source   = "acme/container/aws"
  ARGUMENT = var.partner
}
"""


@pytest.mark.parametrize(
    ("path", "argument", "lines"),
    [
        ("partners/production/key", "secrets", [7]),
        ("partners/production/key", "secret_env_vars", [7]),
        ("partners/production/key", "labels", []),
        ("https://partner.example.org/key", "secrets", []),
        ("partner", "secrets", []),
    ],
)
def test_secrets_named_in_a_map_for_an_unread_module_are_obtained_by_its_instances(
    path: str, argument: str, lines: list[int]
) -> None:
    files = {"main.tf": SERVICES.replace("PATH", path), "stack/main.tf": STACK.replace("ARGUMENT", argument)}
    found = findings(files, "secret-shared-by-reference")
    assert [finding.cause.span.line for finding in found] == lines
    assert all(finding.source and finding.source.address == "module.staging.module.container" for finding in found)


@pytest.mark.parametrize(("default", "count"), [("prodonly", 0), ("kR7-Lq4wZx91-Q2x", 1)])
def test_a_word_that_is_the_default_of_a_variable_is_no_shared_secret(default: str, count: int) -> None:
    text = f'variable "token" {{\n  default = "{default}"\n}}\n'
    text += 'resource "aws_db_instance" "it" {\n  password = var.token\n}\n'
    assert len(findings(both(text), "secret-value-shared")) == count
