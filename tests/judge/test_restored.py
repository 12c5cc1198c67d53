"""Databases that are restored from another environment's data."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

UP, DOWN = "production-restored-from-nonproduction", "nonproduction-restored-from-production"


def found(files: dict[str, str]) -> list[Finding]:
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule in (UP, DOWN)]


def database(*lines: str) -> str:
    return (
        'resource "aws_db_instance" "orders" {\n  identifier = "orders"\n'
        + "".join(f"  {each}\n" for each in lines)
        + "}\n"
    )


def account(number: str) -> str:
    return f'provider "aws" {{\n  allowed_account_ids = ["{number}"]\n}}\n'


def roots(production: str, staging: str) -> dict[str, str]:
    return {"shop/production/main.tf": production, "shop/staging/main.tf": staging}


@pytest.mark.parametrize("name", ["orders-staging-2026", "shopstaging-final", "rds:orders-staging-2026-01-01-00-05"])
def test_production_restored_from_what_is_named_for_another_environment(name: str) -> None:
    (finding,) = found(roots(database(f'snapshot_identifier = "{name}"'), database()))
    assert (finding.rule, finding.certainty) == (UP, "possible")
    assert finding.message == f"aws_db_snapshot:{name} (staging) is restored into aws_db_instance.orders (production)"


def test_the_account_of_a_snapshot_proves_it() -> None:
    snapshot = "arn:aws:rds:eu-west-1:320000000002:snapshot:orders"
    restored = database(f'snapshot_identifier = "{snapshot}"')
    files = roots(account("310000000001") + restored, account("320000000002") + database())
    (finding,) = found(files)
    assert (finding.rule, finding.certainty) == (UP, "proved")


@pytest.mark.parametrize("name", ["orders-production-2026", "orders-2026", "orders-devices", "bishopstaging-1"])
def test_what_bears_no_other_environments_name_is_its_own(name: str) -> None:
    assert found(roots(database(f'snapshot_identifier = "{name}"'), database())) == []


def test_a_snapshot_of_production_restored_below_it_is_reported_quietly() -> None:
    (finding,) = found(roots(database(), database('snapshot_identifier = "orders-production-2026"')))
    assert (finding.rule, finding.severity) == (DOWN, "low")


def test_a_snapshot_that_is_looked_up_by_its_database() -> None:
    look_up = """
data "aws_db_snapshot" "last" {
  db_instance_identifier = "orders-production"
  most_recent            = true
}
"""
    restored = look_up + database("snapshot_identifier = data.aws_db_snapshot.last.id")
    assert [finding.rule for finding in found(roots(database(), restored))] == [DOWN]


SETTINGS = """{
  "accounts": {
    "staging": {
      "snapshot": "orders-staging-2026"
    },
    "production": {
      "snapshot": "orders-staging-2026"
    }
  }
}
"""
READING = """
variable "environment" {}

locals {
  settings = fileexists("settings.json") ? jsondecode(file("settings.json")) : null
  mine     = lookup(local.settings.accounts, var.environment)
}
"""


def test_the_line_of_a_data_file_is_shown_that_names_the_snapshot() -> None:
    values = {f"{name}.tfvars": f'environment = "{name}"\n' for name in ("staging", "production")}
    main = READING + database("snapshot_identifier = local.mine.snapshot")
    (finding,) = found({"main.tf": main, "settings.json": SETTINGS, **values})
    assert finding.rule == UP
    places = {(item.span.path, item.span.line) for hop in finding.path for item in hop.evidence}
    assert ("settings.json", 7) in places
    assert ("settings.json", 4) not in places
