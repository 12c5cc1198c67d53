"""Who is let into a cluster by an access entry."""

from __future__ import annotations

import pytest

from envfence.graph import link
from envfence.pipeline import survey
from envfence.settings import Settings
from envfence.tree import DictTree

CONFIG = """\
version: 1
environments:
  production: {paths: ["production/**"], accounts: ["310000000001"]}
  staging: {paths: ["staging/**"], accounts: ["320000000002"]}
"""
ENTRY = """\
provider "aws" {{
  allowed_account_ids = ["310000000001"]
}}
resource "aws_eks_access_policy_association" "ci" {{
  cluster_name  = "main"
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/{policy}"
  principal_arn = "arn:aws:iam::320000000002:role/ci"
}}
"""


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("AmazonEKSClusterAdminPolicy", ["administer"]), ("AmazonEKSViewPolicy", ["read"]), ("SomethingElse", [])],
)
def test_an_access_entry_lets_its_principal_in(policy: str, expected: list[str]) -> None:
    tree = DictTree({"envfence.yaml": CONFIG, "production/main.tf": ENTRY.format(policy=policy)})
    found = survey(tree, Settings())
    edges = [edge for edge in link(found.facts, found.environments).edges() if edge.kind == "may"]
    assert [edge.capability for edge in edges] == expected
    assert all(edge.source == "external:arn:aws:iam::320000000002:role/ci" for edge in edges)
