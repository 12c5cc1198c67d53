"""The catalogue's files: their shape, what they may say, and facts about the types that people use most."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from envfence.model import NODE_KINDS
from envfence.providers.catalogue import Catalogue, Entry, catalogue, providers
from envfence.providers.common.templates import placeholders

FOLDER = resources.files("envfence.rules")
SCHEMA = json.loads(FOLDER.joinpath("schema", "catalogue.schema.json").read_text(encoding="utf-8"))
CONTEXT = {"partition", "region", "account", "project", "location", "zone", "subscription", "owner"}


def file_of(provider: str) -> dict[str, Any]:
    text = FOLDER.joinpath("catalogue", f"{provider}.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return data


def entries() -> Iterator[tuple[str, Entry]]:
    loaded = catalogue()
    for provider in providers():
        for type_ in loaded.types(provider):
            entry = loaded.entry(type_)
            assert entry is not None
            yield type_, entry


@pytest.mark.parametrize("provider", providers())
def test_a_file_fits_the_schema(provider: str) -> None:
    data = file_of(provider)
    errors = [
        f"{list(error.absolute_path)}: {error.message}"
        for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)
    ]
    assert errors == []


@pytest.mark.parametrize("provider", providers())
def test_types_are_sorted_and_belong_to_the_file(provider: str) -> None:
    types = [key for key in file_of(provider) if key != "provider"]
    assert types == sorted(types)
    assert all(type_.partition("_")[0] == provider for type_ in types)


@pytest.mark.parametrize("provider", providers())
def test_reading_one_entry_gives_what_the_whole_file_says(provider: str) -> None:
    assert set(Catalogue().types(provider)) == set(file_of(provider)) - {"provider"}


def test_there_are_enough_types_and_none_without_a_word_on_how_it_was_checked() -> None:
    found = dict(entries())
    assert len(found) >= 1_100
    assert {entry.verified for entry in found.values()} <= {
        "schema",
        "bridge",
        "page",
        "page-nesting",
        "page-leaf",
        "hand",
    }
    assert {entry.kind for entry in found.values()} <= set(NODE_KINDS)


def test_what_protects_is_neither_dangerous_nor_unsafe() -> None:
    for type_, entry in entries():
        for path, guard in entry.guards.items():
            bad = entry.dangers[path].when if path in entry.dangers else ()
            assert not set(map(str, guard.protects)) & set(map(str, bad)), f"{type_}.{path}"


def test_a_default_has_the_type_of_the_values_beside_it() -> None:
    for type_, entry in entries():
        for path, guard in entry.guards.items():
            if isinstance(guard.default, bool):
                assert isinstance(guard.protects[0], bool), f"{type_}.{path}"
        for path, danger in entry.dangers.items():
            if isinstance(danger.default, bool):
                assert isinstance(danger.when[0], bool), f"{type_}.{path}"


def test_helpers_and_edges_name_types_of_the_catalogue() -> None:
    known = {type_ for type_, _ in entries()}
    for type_, entry in entries():
        forms = {rule.form for rule in entry.edges.values()} - {"*"}
        assert forms <= known, f"{type_}: {forms - known}"


def test_arn_templates_use_attributes_or_the_context_of_the_provider() -> None:
    for type_, entry in entries():
        assert set(placeholders(entry.arn)) & CONTEXT <= {"partition", "region", "account"}, type_
        if entry.arn:
            assert entry.arn.startswith("arn:${partition}:"), type_
            assert len(entry.arn.split(":")) >= 6, type_


#: Read by hand from the providers' documentation: type, attribute, protected when it is left out, whose side.
KNOWN_GUARDS = [
    ("aws_db_instance", "deletion_protection", False, "api"),
    ("aws_rds_cluster", "deletion_protection", False, "api"),
    ("aws_rds_global_cluster", "deletion_protection", False, "api"),
    ("aws_docdb_cluster", "deletion_protection", False, "api"),
    ("aws_neptune_cluster", "deletion_protection", False, "api"),
    ("aws_dynamodb_table", "deletion_protection_enabled", False, "api"),
    ("aws_cognito_user_pool", "deletion_protection", False, "api"),
    ("aws_eks_cluster", "deletion_protection", False, "api"),
    ("aws_cloudtrail_event_data_store", "termination_protection_enabled", True, "api"),
    ("aws_instance", "disable_api_termination", False, "api"),
    ("google_sql_database_instance", "deletion_protection", True, "terraform"),
    ("google_sql_database_instance", "settings.deletion_protection_enabled", False, "api"),
    ("google_spanner_database", "deletion_protection", True, "terraform"),
    ("google_spanner_database", "enable_drop_protection", False, "api"),
    ("google_bigquery_table", "deletion_protection", True, "terraform"),
    ("google_bigtable_instance", "deletion_protection", True, "terraform"),
    ("google_bigtable_table", "deletion_protection", False, "api"),
    ("google_container_cluster", "deletion_protection", True, "terraform"),
    ("google_alloydb_cluster", "deletion_protection", True, "terraform"),
    ("google_compute_instance", "deletion_protection", False, "api"),
    ("google_firestore_database", "delete_protection_state", False, "api"),
    ("google_secret_manager_secret", "deletion_protection", False, "terraform"),
    ("azurerm_key_vault", "purge_protection_enabled", False, "api"),
    ("hcloud_volume", "delete_protection", False, "api"),
]


@pytest.mark.parametrize(("type_", "path", "protected", "side"), KNOWN_GUARDS)
def test_the_guards_of_common_types(type_: str, path: str, protected: bool, side: str) -> None:
    entry = catalogue().entry(type_)
    assert entry is not None
    guard = entry.guards[path]
    assert guard.protected_by_default is protected
    assert guard.side == side
    assert not guard.keeps


KNOWN_DANGERS = [
    ("aws_s3_bucket", "force_destroy", (True,), "destroys-contents"),
    ("aws_db_instance", "skip_final_snapshot", (True,), "no-final-snapshot"),
    ("aws_rds_cluster", "skip_final_snapshot", (True,), "no-final-snapshot"),
    ("aws_docdb_cluster", "skip_final_snapshot", (True,), "no-final-snapshot"),
    ("aws_redshift_cluster", "skip_final_snapshot", (True,), "no-final-snapshot"),
    ("aws_secretsmanager_secret", "recovery_window_in_days", (0,), "no-recovery"),
    ("aws_backup_vault", "force_destroy", (True,), "destroys-contents"),
    ("aws_ecr_repository", "force_delete", (True,), "destroys-contents"),
    ("google_storage_bucket", "force_destroy", (True,), "destroys-contents"),
    ("google_bigquery_dataset", "delete_contents_on_destroy", (True,), "destroys-contents"),
    ("digitalocean_spaces_bucket", "force_destroy", (True,), "destroys-contents"),
]


@pytest.mark.parametrize(("type_", "path", "when", "harm"), KNOWN_DANGERS)
def test_the_dangerous_flags_of_common_types(type_: str, path: str, when: tuple[Any, ...], harm: str) -> None:
    entry = catalogue().entry(type_)
    assert entry is not None
    danger = entry.dangers[path]
    assert danger.when == when
    assert danger.harm == harm
    assert danger.default not in when


def test_the_default_that_deletes_automated_backups_is_known() -> None:
    entry = catalogue().entry("aws_db_instance")
    assert entry is not None
    assert entry.dangers["delete_automated_backups"].default is True


def test_an_unknown_type_is_none_and_the_header_is_no_type() -> None:
    assert catalogue().entry("nosuch_thing") is None
    assert catalogue().entry("../aws_x") is None
    assert catalogue().entry("provider") is None
    assert catalogue().header("aws")["name"] == "aws"
