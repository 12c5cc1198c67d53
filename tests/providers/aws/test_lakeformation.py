"""Who is let into a catalogue of data by Lake Formation."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

CONFIG = """\
version: 1
environments:
  production: {paths: ["production/**"], accounts: ["310000000001"]}
  staging: {paths: ["staging/**"], accounts: ["320000000002"]}
"""
PERMISSION = """\
provider "aws" {{
  allowed_account_ids = ["310000000001"]
}}
resource "aws_lakeformation_permissions" "orders" {{
  principal   = "arn:aws:iam::{account}:role/analyst"
  permissions = ["{right}"]
  database {{
    name = "orders"
  }}
}}
"""
FOUND = "production-resource-policy-admits-nonproduction"


@pytest.mark.parametrize(
    ("account", "right", "expected"),
    [
        ("320000000002", "SELECT", {"nonproduction-can-read-production-data": "proved"}),
        ("320000000002", "DROP", {FOUND: "proved"}),
        ("320000000002", "DESCRIBE", {}),
        ("310000000001", "ALL", {}),
    ],
)
def test_a_permission_lets_its_principal_in(account: str, right: str, expected: dict[str, str]) -> None:
    tree = DictTree({"envfence.yaml": CONFIG, "production/main.tf": PERMISSION.format(account=account, right=right)})
    found = [each for each in check(tree, Settings()).findings if each.family == "access"]
    assert {each.rule: each.certainty for each in found} == expected
