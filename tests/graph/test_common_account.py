"""One AWS account that serves several environments: what is named in it, and declared nowhere."""

from __future__ import annotations

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PROVIDER = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}
"""
READER = """
resource "aws_iam_role" "app" {
  name               = "app-ENV"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "app" {
  role = aws_iam_role.app.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ssm:GetParameter", Resource = "RESOURCE" }]
  })
}

resource "aws_lambda_function" "app" {
  function_name = "app-ENV"
  role          = aws_iam_role.app.arn
  environment {
    variables = { ACCOUNT_ID = "111122223333" }
  }
}
"""


def crossings(resource: str) -> list[Finding]:
    """What staging is found to reach of production, where both act in one account."""
    files = {
        f"environments/{name}/main.tf": PROVIDER + READER.replace("ENV", name).replace("RESOURCE", resource)
        for name in ("production", "staging")
    }
    families = ("access", "secrets", "isolation")
    findings = check(DictTree(files), Settings()).findings
    return [each for each in findings if each.family in families and each.rule != "shared-boundary"]


@pytest.mark.parametrize("name", ["partner/license-key", "app/staging/token"])
def test_a_thing_without_environment_or_with_its_own_is_not_productions(name: str) -> None:
    assert crossings(f"arn:aws:ssm:eu-west-1:111122223333:parameter/{name}") == []


def test_a_name_says_whose_a_thing_is_but_not_surely() -> None:
    (found,) = crossings("arn:aws:ssm:eu-west-1:111122223333:parameter/app/production/token")
    assert found.certainty == "possible"
    assert found.between == ("staging", "production")


def test_all_things_of_a_kind_are_those_of_production_too() -> None:
    assert {each.certainty for each in crossings("arn:aws:ssm:eu-west-1:111122223333:parameter/*")} == {"proved"}
