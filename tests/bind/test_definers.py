from __future__ import annotations

import json

from helpers_bind import BACKEND, ENVIRONMENT, bound, by_id, signals

ROOT = {
    "deployments/rds/main.tf": 'terraform {\n cloud {\n organization = "o"\n workspaces {\n tags = ["rds"]\n }\n }\n}\n'
    + ENVIRONMENT
    + 'variable "token" {}\n',
    "variables/staging/common.tfvars": 'environment = "staging"\n',
    "variables/staging/rds.tfvars": "size = 1\n",
    "variables/production/common.tfvars": 'environment = "production"\n',
    "variables/production/rds.tfvars": "size = 2\n",
    "variables/test/rds.tfvars": "size = 2\n",
}


def test_a_call_of_a_module_that_is_not_here_defines_a_deployment():
    found = by_id(
        {
            **ROOT,
            "tfc/main.tf": BACKEND
            + """
            locals { environments = toset(["staging", "production"]) }
            module "rds" {
              for_each          = local.environments
              source            = "github.com/example/workspacer"
              workspace_name    = "rds-${each.key}"
              workspace_tags    = [each.key, "rds"]
              working_directory = "/deployments/rds/"
              tfvars_files      = ["${each.key}/common.tfvars", "${each.key}/rds.tfvars"]
            }
            """,
        }
    )
    assert set(found) == {"tfc", "deployments/rds@rds-staging", "deployments/rds@rds-production"}
    staging = found["deployments/rds@rds-staging"]
    assert staging.workspace == "rds-staging"
    assert staging.var_files == ("variables/staging/common.tfvars", "variables/staging/rds.tfvars")
    assert signals(staging, "input") == {"staging"}
    assert staging.backend is not None
    assert staging.backend.key == "o/rds-staging"
    assert not staging.inferred


def test_workspace_resources_with_their_variables():
    found = by_id(
        {
            **ROOT,
            "tfc/main.tf": BACKEND
            + """
            resource "tfe_workspace" "rds" {
              name              = "rds-uat"
              working_directory = "deployments/rds"
            }
            resource "tfe_variable" "environment" {
              key          = "environment"
              value        = "uat"
              category     = "terraform"
              workspace_id = tfe_workspace.rds.id
            }
            resource "tfe_variable" "token" {
              key          = "token"
              value        = "s3cret"
              sensitive    = true
              category     = "terraform"
              workspace_id = tfe_workspace.rds.id
            }
            """,
        }
    )
    given = {each.name: each.json for each in found["deployments/rds@rds-uat"].inputs}
    assert given == {"environment": json.dumps("uat"), "token": None}
    assert signals(found["deployments/rds@rds-uat"], "input") == {"uat"}


def test_another_repository_and_an_unknown_name_define_nothing():
    result = bound(
        {
            **ROOT,
            "tfc/main.tf": BACKEND
            + """
            variable "id" {}
            module "here" {
              source            = "x/y/z"
              workspace_name    = "rds-staging"
              working_directory = "deployments/rds"
              vcs_repo          = { identifier = "me/here" }
            }
            module "unknown" {
              source            = "x/y/z"
              workspace_name    = "rds-${var.id}"
              working_directory = "deployments/rds"
              vcs_repo          = { identifier = "me/here" }
            }
            module "there" {
              source            = "x/y/z"
              workspace_name    = "rds-production"
              working_directory = "deployments/rds"
              vcs_repo          = { identifier = "me/elsewhere" }
            }
            module "also-here" {
              source            = "x/y/z"
              workspace_name    = "rds-test"
              working_directory = "deployments/rds"
              vcs_repo          = { identifier = "me/here" }
            }
            """,
        }
    )
    assert {each.id for each in result.deployments} == {
        "tfc",
        "deployments/rds@rds-staging",
        "deployments/rds@rds-test",
    }
    assert any("module.unknown" in problem.reason for problem in result.problems)
