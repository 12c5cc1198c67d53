from __future__ import annotations

from helpers_bind import BUCKET, bound


def s3(key: str) -> str:
    return f'terraform {{\n  backend "s3" {{\n    bucket = "b"\n    key    = "{key}"\n  }}\n}}\n'


def reads(key: str) -> str:
    return f"""
data "terraform_remote_state" "other" {{
  backend = "s3"
  config = {{
    bucket = "b"
    key    = "{key}"
  }}
}}
"""


def test_the_owner_of_a_state_comes_before_its_readers():
    result = bound({"a/main.tf": s3("a") + reads("z"), "z/main.tf": s3("z") + BUCKET, "m/main.tf": s3("m")})
    assert [each.id for each in result.deployments] == ["m", "z", "a"]
    assert result.reads == {"a": ("z",)}


def test_a_key_with_the_environment_finds_the_deployment_of_that_environment():
    app = (
        'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      tags = ["app"]\n    }\n  }\n}\n'
        + 'variable "environment" {}\n'
        + 'data "tfe_outputs" "vpc" {\n  organization = "o"\n  workspace = "vpc-${var.environment}"\n}\n'
    )
    result = bound(
        {
            "app/main.tf": app,
            "vpc/main.tf": app.replace('data "tfe_outputs"', 'resource "null_resource"'),
            "tfc/main.tf": s3("tfc")
            + """
            module "w" {
              for_each          = { for p in setproduct(["app", "vpc"], ["staging", "production"]) : join("-", p) => p }
              source            = "x/y/z"
              workspace_name    = each.key
              working_directory = each.value[0]
              tfvars            = { environment = each.value[1] }
            }
            """,
        }
    )
    assert result.reads == {
        "app@app-production": ("vpc@vpc-production",),
        "app@app-staging": ("vpc@vpc-staging",),
    }


def test_a_ring_is_a_problem_and_all_are_still_there():
    result = bound({"a/main.tf": s3("a") + reads("b"), "b/main.tf": s3("b") + reads("a")})
    assert [each.id for each in result.deployments] == ["a", "b"]
    assert any("circle" in problem.reason for problem in result.problems)


def test_a_state_that_two_claim_is_read_from_neither():
    result = bound({"a/main.tf": s3("a") + reads("z"), "y/main.tf": s3("z"), "z/main.tf": s3("z")})
    assert result.reads == {}


def test_binding_twice_gives_the_same():
    files = {"a/main.tf": s3("a") + reads("z"), "z/main.tf": s3("z"), "m/staging.tfvars": "", "m/main.tf": BUCKET}
    assert bound(files) == bound(dict(reversed(files.items())))


def test_deployments_of_one_root_never_share_a_state():
    variables = 'variable "size" {}\n'
    files = {"app/main.tf": s3("app") + variables, "app/p/one.tfvars": "size = 1\n", "app/p/two.tfvars": "size = 2\n"}
    result = bound(files)
    assert [each.backend.key for each in result.deployments if each.backend] == ["", ""]


def test_states_name_their_owners_for_those_who_read_them_later():
    from envfence.bind import identity_of
    from envfence.values import Mapping

    result = bound({"a/main.tf": s3("a"), "b/main.tf": BUCKET})
    config = Mapping({"bucket": "b", "key": "a"})
    identity = identity_of("terraform_remote_state", Mapping({"backend": "s3", "config": config}), "b")
    assert result.states == {identity: "a"}
