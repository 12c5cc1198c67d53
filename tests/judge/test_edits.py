"""Edits that findings carry: written into their source, they mend what was found."""

from __future__ import annotations

import pytest
from production import facts_of, graph_of

from envfence.fixes.plan import plan
from envfence.judge.context import Context
from envfence.judge.kinds.guard import judge
from envfence.judge.rules import Rule, shipped_rules
from envfence.model import Finding
from envfence.providers.catalogue import Entry, catalogue, providers
from envfence.tree import DictTree

RULES = {rule.name: rule for rule in shipped_rules() if rule.kind == "guard"}


def found(rule: Rule, source: str) -> list[Finding]:
    return list(judge(graph_of(facts_of({"main.tf": source})), rule, Context()))


def mended(rule: Rule, source: str) -> str | None:
    """The source with the edits of the rule's findings; None where there is none."""
    files = plan(found(rule, source), DictTree({"main.tf": source})).files
    return files[0].after.decode() if files else None


def unguarded(entry: Entry) -> Rule:
    parameters = {"of": {"tier": "production"}, "nouns": [entry.noun], "lacks": "guard"}
    return Rule(name="made", family="guards", severity="low", kind="guard", title="made", parameters=parameters)


@pytest.mark.parametrize("provider", providers())
def test_the_edit_for_every_unguarded_type_of_the_catalogue_mends_it(provider: str) -> None:
    wrong = []
    for type_ in catalogue().types(provider):
        entry = catalogue().entry(type_)
        if entry is None or entry.kind != "store":
            continue
        source = f'resource "{type_}" "a" {{\n  name = "a"\n}}\n'
        after = mended(unguarded(entry), source)
        if after is not None and found(unguarded(entry), after):
            wrong.append(type_)
    assert wrong == []


@pytest.mark.parametrize(
    ("rule", "source", "line"),
    [
        (
            "production-store-with-destroy-flag",
            'resource "aws_s3_bucket" "a" {\n  bucket        = "c"\n  force_destroy = true\n}\n',
            "  force_destroy = false\n",
        ),
        (
            "secret-deleted-without-recovery-window",
            'resource "aws_secretsmanager_secret" "a" {\n  recovery_window_in_days = 0\n}\n',
            "  recovery_window_in_days = 30\n",
        ),
        (
            "backups-missing-or-short",
            'resource "aws_docdb_cluster" "a" {\n  backup_retention_period = 1\n}\n',
            "  backup_retention_period = 7\n",
        ),
        (
            "point-in-time-recovery-off",
            'resource "aws_dynamodb_table" "orders" {\n  hash_key = "id"\n}\n',
            "  point_in_time_recovery {\n    enabled = true\n  }\n",
        ),
    ],
)
def test_flags_and_backups_are_set_to_what_is_safe(rule: str, source: str, line: str) -> None:
    after = mended(RULES[rule], source)
    assert after is not None
    assert line in after
    assert found(RULES[rule], after) == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        # A change of this attribute makes a new server without data.
        ("backups-in-one-region", 'resource "azurerm_postgresql_flexible_server" "a" {\n  name = "a"\n}\n'),
        # Which of two attributes applies depends on the engine.
        ("point-in-time-recovery-off", 'resource "google_sql_database_instance" "a" {\n  name = "a"\n}\n'),
        # A lock of a vault cannot be taken back.
        ("backup-vault-without-lock", 'resource "aws_backup_vault" "a" {\n  name = "a"\n}\n'),
    ],
)
def test_what_no_single_edit_mends_safely_has_none(rule: str, source: str) -> None:
    assert found(RULES[rule], source)
    assert all(finding.edit is None for finding in found(RULES[rule], source))
