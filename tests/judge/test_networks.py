"""Whose networks a rule lets in, with whose networks one peers, and behind which groups stores stand."""

from __future__ import annotations

import datetime

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

ADMITS = "production-network-admits-nonproduction"
PEERED = "networks-peered"
RANGES = {"production": "10.1.0.0/16", "staging": "10.2.0.0/16"}
ONE_GROUP = "stores-behind-one-security-group"


def found(files: dict[str, str], *rules: str) -> list[Finding]:
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule in rules]


def network(cidr: str) -> str:
    return f'resource "aws_vpc" "main" {{\n  cidr_block = "{cidr}"\n}}\n'


def group(name: str, *ranges: str, port: int = 5432) -> str:
    listed = ", ".join(each if each.startswith("data.") else f'"{each}"' for each in ranges)
    return f"""
resource "aws_security_group" "{name}" {{
  ingress {{
    from_port   = {port}
    to_port     = {port}
    protocol    = "tcp"
    cidr_blocks = [{listed}]
  }}
}}
"""


def test_the_range_of_the_same_network_in_another_environment_is_surely_meant() -> None:
    files = {
        "production/network/main.tf": network("10.1.0.0/16") + group("orders", "10.2.64.0/20"),
        "staging/network/main.tf": network("10.2.0.0/16"),
    }
    (finding,) = found(files, ADMITS)
    assert finding.certainty == "proved"
    assert "aws_vpc.main (staging) is let in at port 5432" not in finding.message
    assert finding.message == "aws_vpc.main (staging) is let in by aws_security_group.orders (production)"


def test_a_part_of_an_unrelated_network_may_be_anybodys() -> None:
    files = {
        "production/orders/main.tf": network("10.1.0.0/16") + group("orders", "10.2.64.0/20"),
        "development/desktops/main.tf": network("10.2.0.0/16"),
    }
    assert found(files, ADMITS) == []


def test_just_the_range_of_the_one_network_layer_is_possibly_meant() -> None:
    layer = {f"{name}/network/main.tf": network(cidr) for name, cidr in RANGES.items()}
    (finding,) = found({"production/orders/main.tf": group("orders", "10.2.0.0/16"), **layer}, ADMITS)
    assert finding.certainty == "possible"
    assert finding.unknowns == ("whether 10.2.0.0/16 means aws_vpc.main of staging/network",)


def test_where_everybody_has_networks_of_his_own_an_equal_range_is_chance() -> None:
    files = {
        "production/orders/main.tf": network("10.1.0.0/16") + group("orders", "10.2.0.0/16"),
        "development/desktops/main.tf": network("10.2.0.0/16"),
    }
    assert found(files, ADMITS) == []


def test_a_range_that_production_has_too_says_nothing() -> None:
    files = {
        "production/orders/main.tf": network("10.2.0.0/16") + group("orders", "10.2.0.0/16"),
        "staging/orders/main.tf": network("10.2.0.0/16"),
    }
    assert found(files, ADMITS) == []


def test_rules_of_one_root_module_about_one_network_are_one_finding() -> None:
    rules = (group("orders", "10.2.0.0/16"), group("stock", "10.2.0.0/16", port=6379), group("mail", "10.2.16.0/20"))
    files = {
        "production/main.tf": network("10.1.0.0/16") + "".join(rules),
        "staging/main.tf": network("10.2.0.0/16"),
    }
    (finding,) = found(files, ADMITS)
    assert len(finding.also) == 2
    lines = {item.span.line for hop in finding.path for item in hop.evidence}
    assert len(lines) >= 3


REMOTE = """
data "terraform_remote_state" "hub" {
  backend = "s3"
  config = {
    bucket = var.states
    key    = "${var.hub}/terraform.tfstate"
  }
}

variable "states" {}
variable "hub" {}
"""


def test_an_output_of_a_hub_that_is_named_for_another_environment_is_possibly_let_in() -> None:
    outputs = "data.terraform_remote_state.hub.outputs"
    files = {
        "production/main.tf": REMOTE + group("orders", f"{outputs}.staging_ci_cidr", f"{outputs}.production_ci_cidr"),
        "staging/main.tf": network("10.2.0.0/16"),
    }
    (finding,) = found(files, ADMITS)
    assert finding.certainty == "possible"
    assert finding.source is not None
    assert finding.source.environments == ("staging",)


def test_a_group_of_another_environment_is_let_in_by_name_of_the_output() -> None:
    rule = """
resource "aws_vpc_security_group_ingress_rule" "ci" {
  security_group_id            = "sg-1"
  referenced_security_group_id = data.terraform_remote_state.hub.outputs.staging_ci_group
  ip_protocol                  = "-1"
}
"""
    files = {"production/main.tf": REMOTE + rule, "staging/main.tf": network("10.2.0.0/16")}
    assert [finding.certainty for finding in found(files, ADMITS)] == ["possible"]


def account(number: str) -> str:
    return f'provider "aws" {{\n  region = "eu-west-1"\n  allowed_account_ids = ["{number}"]\n}}\n'


def peering(owner: str) -> str:
    return f"""
resource "aws_vpc_peering_connection" "other" {{
  vpc_id        = aws_vpc.main.id
  peer_vpc_id   = "vpc-0a1b2c3d"
  peer_owner_id = "{owner}"
}}
"""


def test_the_account_of_the_other_side_tells_whose_network_it_is() -> None:
    files = {
        "production/main.tf": account("310000000001") + network("10.1.0.0/16") + peering("320000000002"),
        "staging/main.tf": account("320000000002") + network("10.2.0.0/16"),
    }
    (finding,) = found(files, PEERED)
    assert finding.certainty == "proved"
    assert finding.message.endswith("is connected to aws_vpc_peering_connection.other (production)")


def test_a_peering_with_an_account_that_nothing_is_known_of_is_not_reported() -> None:
    files = {
        "production/main.tf": account("310000000001") + network("10.1.0.0/16") + peering("370000000007"),
        "staging/main.tf": account("320000000002") + network("10.2.0.0/16"),
    }
    assert found(files, PEERED) == []


AZURE = """
variable "environment" {}

provider "azurerm" {
  features {}
}

data "azurerm_resource_group" "orders" {
  name = "orders-${var.environment}"
}

data "azurerm_virtual_network" "test" {
  count               = var.environment == "staging" ? 1 : 0
  name                = "net-orders-test"
  resource_group_name = "orders-test"
}

resource "azurerm_virtual_network_peering" "there" {
  count                     = var.environment == "staging" ? 1 : 0
  name                      = "to-test"
  resource_group_name       = "net-staging"
  virtual_network_name      = "net-staging"
  remote_virtual_network_id = data.azurerm_virtual_network.test[0].id
}
"""


def azure(main: str) -> dict[str, str]:
    values = {f"{name}.tfvars": f'environment = "{name}"\n' for name in ("staging", "test", "production")}
    return {"main.tf": main, **values}


def test_a_name_that_the_other_environment_uses_itself_is_proved() -> None:
    (finding,) = found(azure(AZURE), "nonproduction-networks-peered")
    assert finding.certainty == "proved"
    assert set(finding.between) == {"staging", "test"}


def test_a_name_alone_is_possible() -> None:
    alone = AZURE.replace('"orders-${var.environment}"', '"elsewhere"')
    (finding,) = found(azure(alone), "nonproduction-networks-peered")
    assert finding.certainty == "possible"


STORES = """
resource "aws_security_group" "databases" {
  name = "databases"
}

module "ci_production" {
  source = "./ci"
  groups = [aws_security_group.databases.id]
}

module "ci_staging" {
  source = "./ci"
  groups = [GROUP]
}
"""
CI = """
variable "groups" {}

resource "aws_db_instance" "this" {
  instance_class         = "db.t4g.small"
  vpc_security_group_ids = var.groups
}

resource "aws_instance" "this" {
  instance_type          = "t4g.small"
  vpc_security_group_ids = var.groups
}
"""


def test_stores_of_two_environments_behind_one_group() -> None:
    files = {"tooling/main.tf": STORES.replace("GROUP", "aws_security_group.databases.id"), "tooling/ci/main.tf": CI}
    (finding,) = found(files, ONE_GROUP)
    assert finding.certainty == "proved"
    assert finding.between == ("staging", "production")
    assert finding.message == (
        "module.ci_staging.aws_db_instance.this (staging) stands behind the same security group as "
        "module.ci_production.aws_db_instance.this (production): aws_security_group.databases"
    )


def test_machines_behind_one_group_are_no_stores() -> None:
    machines = CI.replace("aws_db_instance", "aws_launch_template")
    files = {
        "tooling/main.tf": STORES.replace("GROUP", "aws_security_group.databases.id"),
        "tooling/ci/main.tf": machines,
    }
    assert found(files, ONE_GROUP) == []
