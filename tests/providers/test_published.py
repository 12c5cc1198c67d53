"""Calls of well-known published modules that are not in the repository."""

from __future__ import annotations

import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent.parent / "judge"))

from production import PRODUCTION, check_with, facts_of

from envfence.judge.rules import shipped_rules
from envfence.model import Node
from envfence.providers.catalogue import catalogue
from envfence.providers.common.registry_modules import described, published_modules

RULES = {rule.name: rule for rule in shipped_rules()}
UNGUARDED = RULES["production-store-without-deletion-guard"]
AURORA = "terraform-aws-modules/rds-aurora/aws"


def call(source: str, body: str = "", version: str = "") -> str:
    wanted = f'version = "{version}"\n' if version else ""
    return f'variable "unknown" {{}}\nmodule "db" {{\n  source = "{source}"\n{wanted}{body}\n}}\n'


def node(text: str) -> Node:
    (found,) = facts_of({"main.tf": text}).nodes
    return found


def test_a_call_stands_for_the_resource_inside() -> None:
    found = node(call(AURORA, 'name = "orders"\ntags = { Environment = "production" }'))
    assert found.address == "module.db.aws_rds_cluster.this[0]"
    assert (found.type, found.kind, found.span.line, found.exists) == ("aws_rds_cluster", "store", 2, "yes")
    assert "aws_rds_cluster:orders" in found.names
    assert [signal.kind for signal in found.signals] == ["tag"]


def test_a_guard_that_is_switched_off_is_found_at_the_argument() -> None:
    (finding,) = check_with(UNGUARDED, call(AURORA, "deletion_protection = false"))
    assert finding.cause.span.line == 4
    assert finding.certainty == "proved"


def test_a_guard_that_is_left_out_is_judged_by_the_default_of_the_version() -> None:
    assert len(check_with(UNGUARDED, call(AURORA, version="~> 10.0"))) == 1
    assert len(check_with(UNGUARDED, call(AURORA))) == 1
    assert check_with(UNGUARDED, call(AURORA, version="~> 2.0")) == []


@pytest.mark.parametrize(
    "text",
    [
        call(AURORA, "deletion_protection = true"),
        call(AURORA, "deletion_protection = var.unknown"),
        call(AURORA, "create = false"),
        call(AURORA, 'replication_source_identifier = "arn:aws:rds:eu-west-2:1:cluster:a"'),
        call("git::https://github.com/terraform-aws-modules/terraform-aws-rds.git?ref=1aeeb3c"),
        call("acme/rds/aws", "deletion_protection = false"),
        call("../missing", "deletion_protection = false"),
    ],
)
def test_what_is_guarded_unknown_or_nobody_described_is_not_found(text: str) -> None:
    assert check_with(UNGUARDED, text) == []


def test_what_may_not_exist_is_possible() -> None:
    (finding,) = check_with(UNGUARDED, call(AURORA, "create = var.unknown\ndeletion_protection = false"), PRODUCTION)
    assert finding.certainty == "possible"


def test_the_default_of_a_module_is_named_where_it_differs_from_the_providers() -> None:
    (finding,) = check_with(RULES["final-snapshot-skipped"], call("cloudposse/rds/aws", version="1.2.0"))
    assert "skip_final_snapshot is not given, and the module's default is true" in finding.message


def test_the_line_to_add_is_the_argument_of_the_module() -> None:
    text = call("terraform-google-modules/sql-db/google//modules/postgresql", 'name = "a"\ndeletion_protection = false')
    (finding,) = check_with(UNGUARDED, text)
    assert "`deletion_protection_enabled = true` holds against any caller" in finding.message


@pytest.mark.parametrize(
    "source",
    [
        "terraform-aws-modules/rds/aws",
        "registry.terraform.io/terraform-aws-modules/rds/aws",
        "git::https://github.com/terraform-aws-modules/terraform-aws-rds.git?ref=v6.1.0",
        "git::https://github.com/terraform-aws-modules/terraform-aws-rds?depth=1&ref=v6.1.0",
        "github.com/terraform-aws-modules/terraform-aws-rds?ref=v6.1.0",
        "git@github.com:terraform-aws-modules/terraform-aws-rds.git?ref=v6.1.0",
        "git::ssh://git@github.com/terraform-aws-modules/terraform-aws-rds.git",
    ],
)
def test_a_module_is_known_however_it_is_fetched(source: str) -> None:
    found = described(source, "")
    assert found is not None
    assert found[0].type == "aws_db_instance"
    assert found[1] == ("6.1.0" if "ref=" in source else "")


def test_the_data_fits_its_schema_and_the_types_it_names() -> None:
    import json
    from importlib import resources

    folder = resources.files("envfence.rules")
    schema = json.loads(folder.joinpath("schema", "modules.schema.json").read_text("utf-8"))
    text = folder.joinpath("catalogue", "modules", "registry.yaml").read_text("utf-8")
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(text))
    for name, module in published_modules().items():
        entry = catalogue().entry(module.type)
        assert entry is not None, name
        judged = set(entry.judged_attributes())
        sets = {argument.sets for argument in module.arguments.values()}
        assert judged & sets or module.secret_outputs, name
