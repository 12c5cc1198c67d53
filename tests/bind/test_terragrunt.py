from __future__ import annotations

import json

from helpers_bind import BUCKET, bound, by_id, signals

LIVE = {
    "root.hcl": """
        locals {
          account = read_terragrunt_config(find_in_parent_folders("account.hcl"))
          env     = read_terragrunt_config(find_in_parent_folders("env.hcl"))
        }
        remote_state {
          backend = "s3"
          config = {
            bucket = "state-${local.account.locals.account_name}"
            key    = "${path_relative_to_include()}/terraform.tfstate"
          }
        }
        inputs = merge(local.account.locals, local.env.locals, { region = get_env("REGION", "eu-west-1") })
    """,
    "live/account.hcl": 'locals {\n  account_name = "main"\n}\n',
    "live/stage/env.hcl": 'locals {\n  environment = "stage"\n}\n',
    "live/prod/env.hcl": 'locals {\n  environment = "prod"\n}\n',
    "modules/app/main.tf": BUCKET + 'variable "environment" {}\nvariable "vpc" {}\n',
}
UNIT = """
include "root" {
  path = find_in_parent_folders("root.hcl")
}
terraform {
  source = "../../../modules//app"
}
dependency "vpc" {
  config_path  = "../vpc"
  mock_outputs = { id = "vpc-mock-production" }
}
inputs = {
  vpc = dependency.vpc.outputs.id
}
"""
VPC = """
include "root" {
  path = find_in_parent_folders("root.hcl")
}
terraform {
  source = "git::https://example.com/org/elsewhere.git//vpc?ref=v1"
}
"""


def test_units_with_includes_inputs_and_state():
    result = bound(
        {
            **LIVE,
            "live/stage/app/terragrunt.hcl": UNIT,
            "live/stage/vpc/terragrunt.hcl": VPC,
            "live/prod/app/terragrunt.hcl": UNIT,
            "live/prod/vpc/terragrunt.hcl": VPC,
        }
    )
    found = {each.id: each for each in result.deployments}
    assert set(found) == {"live/stage/app", "live/stage/vpc", "live/prod/app", "live/prod/vpc"}
    app = found["live/stage/app"]
    assert (app.root, app.config_dir) == ("modules/app", "live/stage/app")
    given = {each.name: each.json for each in app.inputs}
    assert given == {
        "account_name": '"main"',
        "environment": '"stage"',
        "region": '"eu-west-1"',
        "vpc": None,
    }
    assert app.backend is not None
    assert app.backend.key == "state-main/live/stage/app/terraform.tfstate"
    assert signals(app, "input") == {"stage"}
    place = next(signal.span for signal in app.signals if signal.kind == "input")
    assert str(place) == "live/stage/env.hcl:2"
    assert found["live/stage/vpc"].root == "live/stage/vpc"  # its module is not in the tree
    assert result.reads == {"live/stage/app": ("live/stage/vpc",), "live/prod/app": ("live/prod/vpc",)}
    ids = [each.id for each in result.deployments]
    assert ids.index("live/prod/vpc") < ids.index("live/prod/app")


def test_a_file_that_is_only_included_is_no_unit():
    found = by_id(
        {
            "terragrunt.hcl": 'remote_state {\n  backend = "local"\n  config = {}\n}\n',
            "app/terragrunt.hcl": "include {\n  path = find_in_parent_folders()\n}\n",
            "app/main.tf": BUCKET,
        }
    )
    assert set(found) == {"app"}


def test_a_process_variable_with_a_file_per_environment_is_an_axis():
    found = by_id(
        {
            "app/terragrunt.hcl": """
                locals {
                  env  = get_env("ENV", "dev")
                  vars = read_terragrunt_config("../config/${local.env}.hcl")
                }
                inputs = { environment = local.env, size = local.vars.locals.size }
            """,
            "app/main.tf": BUCKET + 'variable "environment" {}\nvariable "size" {}\n',
            "config/dev.hcl": "locals {\n  size = 1\n}\n",
            "config/prod.hcl": "locals {\n  size = 9\n}\n",
        }
    )
    assert set(found) == {"app@dev", "app@prod"}
    assert {each.name: json.loads(each.json or "null") for each in found["app@prod"].inputs} == {
        "environment": "prod",
        "size": 9,
    }


def test_the_unknown_root_of_the_repository_is_never_part_of_a_value():
    found = by_id(
        {
            "app/terragrunt.hcl": """
                inputs = {
                  here = get_terragrunt_dir()
                  name = basename(get_terragrunt_dir())
                  who  = run_cmd("whoami")
                  miss = try(read_terragrunt_config(find_in_parent_folders("none.hcl")), "absent")
                }
            """,
            "app/main.tf": BUCKET,
        }
    )
    assert {each.name: each.json for each in found["app"].inputs} == {
        "here": None,
        "name": '"app"',
        "who": None,
        "miss": '"absent"',
    }


def test_files_that_read_each_other_end():
    found = by_id(
        {
            "app/terragrunt.hcl": 'locals {\n  a = read_terragrunt_config("../b.hcl")\n}\n',
            "b.hcl": 'locals {\n  a = read_terragrunt_config("app/terragrunt.hcl")\n  c = local.c\n}\n',
            "app/main.tf": BUCKET,
        }
    )
    assert set(found) == {"app"}


def test_what_a_pipeline_sets_goes_before_the_inputs_of_a_unit() -> None:
    """Terragrunt hands inputs over as process variables, and leaves alone what is set."""
    workflow = """
on: push
jobs:
  apply:
    env:
      APP_ENV: production
      TF_VAR_password: ${{ secrets.PASSWORD }}
    steps:
      - run: terragrunt apply
        working-directory: env/db
"""
    files = {
        ".github/workflows/apply.yml": workflow,
        "env/db/terragrunt.hcl": (
            'terraform {\n  source = "../../db"\n}\n'
            'inputs = {\n  env = get_env("APP_ENV", "development")\n  password = "local"\n  size = "small"\n}\n'
        ),
        "db/main.tf": 'variable "env" {}\nvariable "password" {}\nvariable "size" {}\n',
    }
    given = {each.id: {item.name: item.json for item in each.inputs} for each in bound(files).deployments}
    assert given["env/db@production"] == {"env": '"production"', "password": None, "size": '"small"'}
    assert ("password", '"local"') in given["env/db@development"].items()


def test_a_default_that_only_stands_in_for_a_value_is_none():
    unit = """
        remote_state {
          backend = "s3"
          config  = { bucket = get_env("STATE_BUCKET", "DEFAULT"), key = "${path_relative_to_include()}" }
        }
    """
    files = {"app/main.tf": BUCKET, "app/terragrunt.hcl": unit.replace("DEFAULT", "STATE_BUCKET")}
    backend = by_id(files)["app"].backend
    assert backend is None or "STATE_BUCKET" not in backend.settings.get("bucket", "")
    backend = by_id({**files, "app/terragrunt.hcl": unit.replace("DEFAULT", "acme-state")})["app"].backend
    assert backend is not None
    assert backend.settings["bucket"] == "acme-state"
