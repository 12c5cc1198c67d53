"""Rules about guards and backups, on small configurations that stand in production."""

from __future__ import annotations

import pytest
from production import BOTH, PRODUCTION, STAGING, check_with, facts_of, graph_of

from envfence.judge.context import Context
from envfence.judge.kinds.guard import judge
from envfence.judge.rules import shipped_rules
from envfence.model import Finding, Placement

RULES = {rule.name: rule for rule in shipped_rules() if rule.kind == "guard"}
UNGUARDED = "production-store-without-deletion-guard"
FLAG = "production-store-with-destroy-flag"
SNAPSHOT = "final-snapshot-skipped"


def check(rule: str, source: str, placement: Placement = PRODUCTION) -> list[Finding]:
    return check_with(RULES[rule], source, placement)


def database(body: str = "", lifecycle: str = "", name: str = "a") -> str:
    return f'resource "aws_db_instance" "{name}" {{\n  identifier = "{name}"\n  {body}\n  {lifecycle}\n}}\n'


def test_a_database_without_its_guard_is_found_at_its_block_and_told_the_line_to_add() -> None:
    (finding,) = check(UNGUARDED, database())
    assert finding.certainty == "proved"
    assert str(finding.cause.span) == "main.tf:1"
    assert "`deletion_protection = true` holds against any caller" in finding.message


def test_a_guard_that_is_switched_off_is_found_where_it_says_so() -> None:
    (finding,) = check(UNGUARDED, database("deletion_protection = false"))
    assert finding.cause.span.line == 3
    assert "deletion_protection = false" in finding.cause.says


@pytest.mark.parametrize(
    "source",
    [
        database("deletion_protection = true"),
        database('deletion_protection = "true"'),
        database(lifecycle="lifecycle {\n prevent_destroy = true\n }"),
        database('replicate_source_db = "main"'),
        database("deletion_protection = var.protect") + 'variable "protect" {}\n',
        database(lifecycle="lifecycle {\n ignore_changes = [deletion_protection]\n }"),
        'resource "aws_rds_cluster_instance" "a" {\n  cluster_identifier = "c"\n}\n',
        'resource "aws_elasticache_replication_group" "a" {\n  replication_group_id = "c"\n}\n',
        'resource "aws_s3_bucket" "a" {\n  bucket = "c"\n}\n',
        'resource "google_sql_database_instance" "a" {\n  name = "c"\n}\n',
        'resource "aws_dynamodb_table" "a" {\n  name = "terraform-state-lock"\n}\n',
        'data "aws_db_instance" "a" {\n  db_instance_identifier = "c"\n}\n',
    ],
)
def test_what_is_guarded_a_copy_a_cache_or_unknown_is_not_found(source: str) -> None:
    assert check(UNGUARDED, source) == []


def test_outside_production_nothing_is_demanded() -> None:
    assert check(UNGUARDED, database(), placement=STAGING) == []


def test_what_is_guarded_by_default_is_found_when_it_is_switched_off() -> None:
    source = 'resource "google_bigquery_table" "a" {\n  table_id = "t"\n  deletion_protection = false\n}\n'
    (finding,) = check(UNGUARDED, source)
    assert "holds against Terraform only" in finding.message


def test_a_type_without_a_guard_of_its_own_is_told_about_locks() -> None:
    server = 'resource "azurerm_mssql_database" "a" {\n  name = "d"\n  server_id = "/subscriptions/s/servers/x"\n}\n'
    (finding,) = check(UNGUARDED, server)
    assert "azurerm_management_lock holds against any caller" in finding.message
    scope = 'scope = "/subscriptions/s/servers/x"'
    lock = f'resource "azurerm_management_lock" "l" {{\n  {scope}\n  lock_level = "CanNotDelete"\n}}\n'
    assert check(UNGUARDED, server + lock) == []


def test_a_block_in_a_shared_module_is_one_cause() -> None:
    files = {
        "module/main.tf": database("deletion_protection = false"),
        "one/main.tf": 'module "db" {\n  source = "../module"\n}\n',
        "two/main.tf": 'module "db" {\n  source = "../module"\n}\n',
    }
    graph = graph_of(facts_of(files, "one"), facts_of(files, "two"))
    (finding,) = judge(graph, RULES[UNGUARDED], Context())
    assert finding.cause.span.path == "module/main.tf"
    assert [other.deployment for _, other in finding.also] == ["two"]


def test_a_value_given_by_each_deployment_is_a_cause_in_each() -> None:
    module = database("deletion_protection = var.protect") + 'variable "protect" {\n  type = bool\n}\n'
    call = 'module "db" {\n  source  = "../module"\n  protect = false\n}\n'
    files = {"module/main.tf": module, "one/main.tf": call, "two/main.tf": call}
    found = list(judge(graph_of(facts_of(files, "one"), facts_of(files, "two")), RULES[UNGUARDED], Context()))
    assert sorted(finding.cause.span.path for finding in found) == ["one/main.tf", "two/main.tf"]


def test_terraform_only_is_said_where_the_api_offers_more() -> None:
    (finding,) = check("guard-only-in-terraform", database(lifecycle="lifecycle {\n prevent_destroy = true\n }"))
    assert finding.severity == "low"
    assert "prevent_destroy" in finding.message
    assert check("guard-only-in-terraform", database("deletion_protection = true")) == []
    assert check("guard-only-in-terraform", database()) == []


def test_a_bucket_that_is_destroyed_with_its_contents() -> None:
    (finding,) = check(FLAG, 'resource "aws_s3_bucket" "a" {\n  bucket = "acme-uploads"\n  force_destroy = true\n}\n')
    assert finding.cause.span.line == 3


@pytest.mark.parametrize("name", ["acme-access-logs", "acme-tmp", "build-artifacts-eu"])
def test_buckets_with_what_is_made_again_may_be_destroyed(name: str) -> None:
    assert check(FLAG, f'resource "aws_s3_bucket" "a" {{\n  bucket = "{name}"\n  force_destroy = true\n}}\n') == []


def test_a_backup_of_logs_is_kept_on_purpose() -> None:
    source = 'resource "aws_s3_bucket" "a" {\n  bucket = "log-backups"\n  force_destroy = true\n}\n'
    assert len(check(FLAG, source)) == 1


def test_a_skipped_final_snapshot_counts_only_where_nothing_stops_the_deletion() -> None:
    assert len(check(SNAPSHOT, database("skip_final_snapshot = true"))) == 1
    assert check(SNAPSHOT, database("skip_final_snapshot = true\n  deletion_protection = true")) == []
    assert check(SNAPSHOT, database("skip_final_snapshot = true\n  replicate_source_db = aws_db_instance.b.id")) == []
    assert check(SNAPSHOT, database()) == []


def test_a_secret_that_is_gone_at_once() -> None:
    rule = "secret-deleted-without-recovery-window"
    source = 'resource "aws_secretsmanager_secret" "a" {\n  name = "x"\n  recovery_window_in_days = %s\n}\n'
    assert len(check(rule, source % "0")) == 1
    assert len(check(rule, source % '"0"')) == 1
    assert check(rule, source % "7") == []


def test_backups_of_a_day_are_short_and_unset_ones_are_the_providers_default() -> None:
    rule = "backups-missing-or-short"
    assert len(check(rule, database("backup_retention_period = 1"))) == 1
    assert len(check(rule, database("backup_retention_period = 0"))) == 1
    assert check(rule, database("backup_retention_period = 7")) == []
    assert "the provider's default is 0 days" in check(rule, database())[0].message
    assert check(rule, database('snapshot_identifier = "rds:orders-2026-01-01"')) == []
    assert check(rule, database('backup_retention_period = 0\n  replicate_source_db = "main"')) == []


RAILWAY = """
resource "railway_project" "shop" {
  name = "shop"
}
resource "railway_environment" "staging" {
  name       = "staging"
  project_id = railway_project.shop.id
}
resource "railway_service" "db" {
  name       = "db"
  project_id = railway_project.shop.id
  volume     = { name = "data", mount_path = "/data" }
}
"""


def test_each_missing_safeguard_of_a_railway_volume_is_found() -> None:
    for rule in ("one-delete-many-environments", "backups-die-with-store", "attribute-removal-deletes-volume"):
        (finding,) = check(rule, RAILWAY, placement=BOTH)
        assert finding.target.address == "railway_service.db.volume"
        assert finding.target.environments == ("production", "staging")


def test_a_volume_of_one_environment_is_not_everybodys() -> None:
    assert check("one-delete-many-environments", RAILWAY, placement=PRODUCTION) == []


def test_fingerprints_do_not_depend_on_lines() -> None:
    (one,) = check(UNGUARDED, database())
    (two,) = check(UNGUARDED, "# moved down\n\n" + database())
    assert one.fingerprint == two.fingerprint
