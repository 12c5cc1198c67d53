"""`envfence plan` beside the source: `prevent_destroy`, the lines of blocks, which directory is the plan's root."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from envfence.model import Finding
from envfence.planning import check_plans
from envfence.settings import Settings
from envfence.sources.plans import read_plans
from envfence.tree import DictTree

VOLUME = 'resource "aws_redshift_cluster" "orders" {\n  cluster_identifier = "acme-orders"\n%s}\n'
KEPT = VOLUME % "  lifecycle {\n    prevent_destroy = true\n  }\n"
BARE = VOLUME % ""
CALL = 'module "store" {\n  source = "../modules/store"\n}\n'


def plan(address: str) -> str:
    values = {"id": "acme-orders", "cluster_identifier": "acme-orders"}
    change = {"actions": ["create"], "before": None, "after": values}
    inner: dict[str, Any] = {"resources": [{"address": "aws_redshift_cluster.orders", "provider_config_key": "aws"}]}
    root = inner if not address.startswith("module.") else {"module_calls": {"store": {"module": inner}}}
    document = {
        "format_version": "1.2",
        "variables": {"environment": {"value": "production"}},
        "resource_changes": [{"address": address, "type": "aws_redshift_cluster", "name": "orders", "change": change}],
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": root},
    }
    return json.dumps(document)


def unguarded(
    files: dict[str, str], path: str = "plan.json", address: str = "aws_redshift_cluster.orders"
) -> list[Finding]:
    document = plan(address)
    found = check_plans(
        read_plans(path, document.encode()),
        DictTree({**files, path: document}),
        Settings(today=datetime.date(2026, 11, 22)),
    )
    return [each for each in found.report.findings if each.rule == "production-store-without-deletion-guard"]


@pytest.mark.parametrize(
    ("files", "certainty"),
    [
        ({}, "possible"),
        ({"live/main.tf": BARE}, "proved"),
        ({"live/main.tf": KEPT}, ""),
        ({"live/main.tf": KEPT, "other/main.tf": BARE}, "possible"),
        ({"live/main.tf": KEPT + 'resource "aws_sns_topic" "a" {}\n'}, "possible"),
    ],
)
def test_the_lifecycle_block_is_read_from_the_source(files: dict[str, str], certainty: str) -> None:
    assert [finding.certainty for finding in unguarded(files)] == ([certainty] if certainty else [])


def test_the_directory_of_the_plan_comes_first() -> None:
    files = {"live/main.tf": KEPT, "other/main.tf": BARE}
    assert unguarded(files, "live/plan.json") == []
    (found,) = unguarded(files, "other/plan.json")
    assert (found.certainty, found.cause.span.path, found.cause.span.line) == ("proved", "other/main.tf", 1)


def test_modules_are_followed() -> None:
    address = "module.store.aws_redshift_cluster.orders"
    assert unguarded({"live/main.tf": CALL, "modules/store/main.tf": KEPT}, address=address) == []
    (found,) = unguarded({"live/main.tf": CALL, "modules/store/main.tf": BARE}, address=address)
    assert found.certainty == "proved"
