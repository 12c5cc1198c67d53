"""Units whose environment only their code tells: what it compares a variable with, or looks up by it."""

from __future__ import annotations

import json

from helpers_bind import BUCKET, bound, by_id, signals

from envfence.model import Deployment

TOP = """
    terraform {
      extra_arguments "files" {
        commands = ["plan", "apply"]
        optional_var_files = ["${get_parent_terragrunt_dir()}/config/${get_env("SHOP_ENVIRONMENT", "")}.tfvars"]
      }
    }
"""
UNIT = "include {\n  path = find_in_parent_folders()\n}\n"
ENVIRONMENT = 'variable "environment" {}\n'
SIZES = """
    locals {
      sizes = {
        shop-test = "small"
        shop-prod = "large"
      }
      size = lookup(local.sizes, var.environment, "small")
    }
"""
GUARDED = BUCKET + 'resource "aws_db_instance" "orders" {\n  apply_immediately = var.environment != "shop-prod"\n}\n'


def assumed(deployment: Deployment) -> dict[str, str]:
    return {each.name: json.loads(each.json or "null") for each in deployment.inputs if each.origin == "assumed"}


def test_a_unit_is_deployed_once_for_each_environment_that_its_code_provides_for():
    found = by_id({"terragrunt.hcl": TOP, "app/terragrunt.hcl": UNIT, "app/main.tf": BUCKET + ENVIRONMENT + SIZES})
    assert set(found) == {"app@shop-prod", "app@shop-test"}
    prod = found["app@shop-prod"]
    assert assumed(prod) == {"environment": "shop-prod"}
    assert signals(prod, "input") == {"shop-prod"}
    assert prod.inferred


def test_the_modules_that_get_the_variable_provide_for_environments_as_well():
    call = 'module "table" {\n  source = "../modules/table"\n  stage  = var.environment\n}\n'
    table = BUCKET + 'variable "stage" {}\nlocals {\n  size = var.stage == "prod" || var.stage == "dev" ? 1 : 2\n}\n'
    files = {"terragrunt.hcl": TOP, "app/terragrunt.hcl": UNIT, "modules/table/main.tf": table}
    assert set(by_id({**files, "app/main.tf": ENVIRONMENT + call})) == {"app@dev", "app@prod"}
    # What a text is made of the variable goes on, but not the variable itself.
    changed = call.replace("var.environment", '"x-${var.environment}"')
    assert set(by_id({**files, "app/main.tf": ENVIRONMENT + changed})) == {"app"}


def test_code_that_provides_for_one_value_runs_where_other_units_with_it_do():
    files = {
        "terragrunt.hcl": TOP,
        "app/terragrunt.hcl": UNIT,
        "app/main.tf": BUCKET + ENVIRONMENT + SIZES,
        "orders/terragrunt.hcl": UNIT,
        "orders/main.tf": ENVIRONMENT + GUARDED,
        "plain/terragrunt.hcl": UNIT,
        "plain/main.tf": BUCKET + ENVIRONMENT,
    }
    units = {"app@shop-prod", "app@shop-test", "orders@shop-prod", "orders@shop-test", "plain"}
    assert set(by_id(files)) == units
    alone = {path: text for path, text in files.items() if not path.startswith("app/")}
    assert set(by_id(alone)) == {"orders", "plain"}  # one value decides nothing


def test_what_says_the_environment_goes_before_what_the_code_provides_for():
    code = BUCKET + ENVIRONMENT + SIZES
    named = 'terraform {\n  source = "../../modules/app"\n}\n'
    by_path = {"modules/app/main.tf": code, "prod/app/terragrunt.hcl": named, "test/app/terragrunt.hcl": named}
    assert set(by_id(by_path)) == {"prod/app", "test/app"}
    given = named + 'inputs = {\n  environment = "shop-prod"\n}\n'
    assert set(by_id({"modules/app/main.tf": code, "live/app/terragrunt.hcl": given})) == {"live/app"}


def test_a_unit_of_one_environment_reads_the_other_units_of_the_same():
    reader = UNIT + 'dependencies {\n  paths = ["../app"]\n}\n'
    code = BUCKET + ENVIRONMENT + SIZES
    files = {"terragrunt.hcl": TOP, "app/terragrunt.hcl": UNIT, "app/main.tf": code}
    reads = bound({**files, "web/terragrunt.hcl": reader, "web/main.tf": code}).reads
    assert reads == {"web@shop-prod": ("app@shop-prod",), "web@shop-test": ("app@shop-test",)}


def test_a_clone_of_the_repository_at_a_commit_is_the_directory_in_it():
    unit = (
        'terraform {\n  source = "git::../../..//modules/app?ref=${trimspace(file("../ref"))}"\n}\n'
        'inputs = {\n  name = "orders"\n}\n'
    )
    found = bound({"modules/app/main.tf": BUCKET, "live/prod/ref": "v1\n", "live/prod/app/terragrunt.hcl": unit})
    (deployment,) = found.deployments
    assert deployment.root == "modules/app"
    (problem,) = found.problems
    assert "pinned" in problem.reason
    assert str(problem.span) == "live/prod/app/terragrunt.hcl:2"
