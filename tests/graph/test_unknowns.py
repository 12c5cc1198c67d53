"""Unknowns that keep the names they came through: weak evidence for the far end."""

from __future__ import annotations

import pytest

from envfence.environments import place_external
from envfence.graph.unknowns import NOWHERE, place_unknown
from envfence.model import Environments, Finding, Placement
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

TIERS = {"prod": "production", "preprod": "nonproduction", "dev": "nonproduction"}
KNOWN = Environments(deployments={}, nodes={}, identities={}, tiers=TIERS)


def placed(what: str, *own: str) -> Placement:
    return place_unknown(what, own, KNOWN, lambda text: place_external(text, {}, TIERS))


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("data.aws_ssm_parameter.prod-court-cases-topic-arn.value", "prod"),
        ("var.prod_role_arn", "prod"),
        ('data.terraform_remote_state.roles.outputs.arns["production"]', "prod"),
        ('module.roles.arns["prod"].arn', "prod"),
        ('var.roles["prod"]', "prod"),
    ],
)
def test_one_environment_in_the_names_is_weak_evidence(what: str, expected: str) -> None:
    found = placed(what, "preprod")
    assert (found.environments, found.tier, found.firm) == ((expected,), "production", False)


@pytest.mark.parametrize(
    "what",
    [
        "data.aws_ssm_parameter.preprod-topic.value",  # its own
        "data.aws_ssm_parameter.topic.value",  # nobody's
        "var.prod_to_dev_role",  # two
        'var.roles["prod"]["dev"]',
        'var.roles["preprod"]',
        "aws_sns_topic.prod.arn",  # a resource of the deployment itself
        "module.product.arn",
    ],
)
def test_anything_else_says_nothing(what: str) -> None:
    assert placed(what, "preprod") == NOWHERE


def findings(environment: str, index: str) -> list[Finding]:
    root = f"""
terraform {{
  backend "s3" {{
    bucket = "states"
    key    = "{environment}"
  }}
}}
variable "roles" {{
  type = map(string)
}}
resource "aws_s3_bucket" "orders" {{
  bucket = "acme-{environment}-orders"
  tags   = {{ Environment = "{environment}" }}
}}
resource "aws_s3_bucket_policy" "orders" {{
  bucket = aws_s3_bucket.orders.id
  policy = jsonencode({{
    Statement = [{{
      Effect    = "Allow"
      Action    = "s3:DeleteObject"
      Resource  = "${{aws_s3_bucket.orders.arn}}/*"
      Principal = {{ AWS = var.roles["{index}"] }}
    }}]
  }})
}}
"""
    other = 'terraform {\n  backend "s3" {}\n}\nresource "aws_s3_bucket" "b" {\n  bucket = "x"\n}\n'
    files = {f"envs/{environment}/main.tf": root, "envs/staging/main.tf": other, "envs/dev/main.tf": other}
    return [each for each in check(DictTree(files), Settings()).findings if each.target.tier == "production"]


def test_an_entry_of_another_environment_in_a_map_is_possibly_an_edge_to_it() -> None:
    (found,) = [each for each in findings("production", "staging") if each.source is not None]
    assert found.certainty == "possible"
    assert found.source is not None
    assert found.source.environments == ("staging",)
    assert not [each for each in findings("production", "production") if each.source is not None]
