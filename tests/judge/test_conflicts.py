"""Inputs that disagree: one finding per cause, quiet where production is not among the environments."""

from __future__ import annotations

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

RULE = "environment-inputs-disagree"
ROOT = """
terraform {
  backend "azurerm" {}
}
variable "environment" {}
variable "env" {}
resource "azurerm_resource_group" "a" {
  name = "a"
}
"""


def findings(one: str, other: str) -> list[Finding]:
    files = {
        "components/net/main.tf": ROOT,
        "components/app/main.tf": ROOT,
        "environments/first/first.tfvars": f'environment = "{one}"\nenv = "{other}"\n',
    }
    return [each for each in check(DictTree(files), Settings()).findings if each.rule == RULE]


@pytest.mark.parametrize(("other", "severity"), [("preview", "low"), ("prod", "medium")])
def test_one_file_that_names_two_environments_is_one_cause(other: str, severity: str) -> None:
    (found,) = findings("dev", other)
    assert (found.severity, found.cause.span.path) == (severity, "environments/first/first.tfvars")
    assert len(found.also) == 1


def test_two_spellings_of_one_environment_agree() -> None:
    assert findings("dev", "development") == []
