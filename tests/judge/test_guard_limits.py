"""Where rules about guards and backups stay quiet or unsure: versions, values written again, what expires, copies."""

from __future__ import annotations

import pytest
from production import check_with, facts_of, graph_of

from envfence.judge.context import Context
from envfence.judge.kinds.guard import judge
from envfence.judge.rules import shipped_rules
from envfence.model import Finding

RULES = {rule.name: rule for rule in shipped_rules() if rule.kind == "guard"}
UNGUARDED = "production-store-without-deletion-guard"


def check(rule: str, source: str) -> list[Finding]:
    return check_with(RULES[rule], source)


def google(constraint: str, body: str = "") -> str:
    versions = f'terraform {{\n required_providers {{\n google = {{ version = "{constraint}" }}\n }}\n}}\n'
    return f'{versions}resource "google_spanner_instance" "a" {{\n  name = "a"\n  {body}\n}}\n'


def test_a_guard_is_proposed_only_where_every_allowed_version_of_the_provider_has_it() -> None:
    (new,) = check(UNGUARDED, google("~> 8.0"))
    assert '`deletion_policy = "PREVENT"` holds against Terraform only' in new.message
    for constraint in ("~> 4.84", ">= 5.0", "~> 7.0"):
        (old,) = check(UNGUARDED, google(constraint))
        assert "deletion_policy" not in old.message
        assert "prevent_destroy" in old.message


def test_what_is_set_counts_whatever_the_version() -> None:
    assert check(UNGUARDED, google(">= 5.0", 'deletion_policy = "PREVENT"')) == []


def test_a_guard_of_the_platform_is_named_beside_the_one_of_terraform() -> None:
    source = 'resource "google_sql_database_instance" "a" {\n  name = "a"\n  deletion_protection = false\n}\n'
    (finding,) = check(UNGUARDED, source)
    assert "`deletion_protection = true` holds against Terraform only" in finding.message
    assert "`settings { deletion_protection_enabled = true }` holds against any caller" in finding.message


def secret(version: str = "") -> str:
    own = 'resource "aws_secretsmanager_secret" "a" {\n  name = "x"\n  recovery_window_in_days = 0\n}\n'
    return own + version


def test_a_secret_whose_value_is_written_again_is_possible() -> None:
    body = 'secret_id = aws_secretsmanager_secret.a.id\n  secret_string = "{}"'
    written = f'resource "aws_secretsmanager_secret_version" "a" {{\n  {body}\n}}\n'
    by_hand = written.replace("}\n", "  lifecycle {\n    ignore_changes = [secret_string]\n  }\n}\n")
    rule = "secret-deleted-without-recovery-window"
    certainties = [finding.certainty for text in ("", written, by_hand) for finding in check(rule, secret(text))]
    assert certainties == ["proved", "possible", "proved"]


def table(name: str, body: str = "") -> str:
    return f'resource "aws_dynamodb_table" "t" {{\n  name = "{name}"\n  hash_key = "id"\n  {body}\n}}\n'


@pytest.mark.parametrize("name", ["terraform-locks", "idempotency", "app-tfstate", "rate-limits", "orders-replica"])
def test_tables_that_are_made_again_need_no_guard(name: str) -> None:
    assert check(UNGUARDED, table(name)) == []
    assert check("point-in-time-recovery-off", table(name)) == []


def test_a_table_whose_items_expire_is_possible() -> None:
    ttl = 'ttl {\n    attribute_name = "until"\n    enabled = true\n  }'
    assert [finding.certainty for finding in check(UNGUARDED, table("orders"))] == ["proved"]
    assert [finding.certainty for finding in check(UNGUARDED, table("orders", ttl))] == ["possible"]


def test_a_database_is_not_judged_by_its_name() -> None:
    source = 'resource "aws_db_instance" "cache" {\n  identifier = "cache"\n  skip_final_snapshot = true\n}\n'
    assert len(check(UNGUARDED, source)) == 1
    assert len(check("final-snapshot-skipped", source)) == 1


@pytest.mark.parametrize("name", ["acme-error-pages", "acme-athena-results", "acme-static-site", "acme-replica"])
def test_error_pages_results_static_files_and_copies_may_go(name: str) -> None:
    source = f'resource "aws_s3_bucket" "a" {{\n  bucket = "{name}"\n  force_destroy = true\n}}\n'
    assert check("production-store-with-destroy-flag", source) == []


def cluster(body: str) -> str:
    return f'resource "aws_docdb_cluster" "a" {{\n  cluster_identifier = "a"\n  {body}\n}}\n'


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("backup_retention_period = 1", ["backups-missing-or-short"]),
        ("backup_retention_period = 5", ["backups-kept-under-a-week"]),
        ("", ["backups-kept-under-a-week"]),
        ("backup_retention_period = 7", []),
        ("backup_retention_period = var.days", []),
        ("lifecycle {\n ignore_changes = [backup_retention_period]\n }", []),
    ],
)
def test_days_of_backups(body: str, rules: list[str]) -> None:
    source = f'variable "days" {{}}\n{cluster(body)}'
    assert [name for name in ("backups-missing-or-short", "backups-kept-under-a-week") if check(name, source)] == rules


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("enabled = true", True),
        ("enabled = true\n point_in_time_recovery_enabled = true", False),
        ("enabled = true\n binary_log_enabled = true", False),
        ("enabled = true\n binary_log_enabled = var.log", False),
        ("enabled = true\n binary_log_enabled = false", True),
    ],
)
def test_the_log_of_mysql_is_its_way_back_to_a_point_in_time(settings: str, found: bool) -> None:
    source = f"""variable "log" {{}}
resource "google_sql_database_instance" "a" {{
  name = "a"
  settings {{
    backup_configuration {{
      {settings}
    }}
  }}
}}
"""
    assert bool(check("point-in-time-recovery-off", source)) is found


def test_a_module_named_after_another_environment_makes_a_doubt() -> None:
    source = 'module "environment_training" {\n  source = "./db"\n}\n'
    database = 'resource "aws_db_instance" "a" {\n  identifier = "a"\n}\n'
    facts = facts_of({"main.tf": source, "db/main.tf": database})
    (finding,) = judge(graph_of(facts), RULES[UNGUARDED], Context())
    assert finding.certainty == "possible"
