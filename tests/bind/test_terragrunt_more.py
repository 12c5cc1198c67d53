"""Terragrunt: generated files, stacks, process variables, merge strategies."""

from __future__ import annotations

import json

from helpers_bind import BUCKET, bound, by_id, signals

from envfence.evaluate import Loader, evaluate
from envfence.tree import DictTree

MODULE = {"modules/app/main.tf": BUCKET + 'variable "tags" {}\nvariable "name" {}\n'}


def given(deployment, name):
    text = {each.name: each.json for each in deployment.inputs}[name]
    return None if text is None else json.loads(text)


def test_what_generate_writes_belongs_to_the_root_module():
    files = {
        **MODULE,
        "root.hcl": 'locals {\n  account = "111122223333"\n}\ngenerate "provider" {\n  path = "provider.tf"\n'
        '  if_exists = "overwrite"\n  contents = <<EOF\nprovider "aws" {\n  region = "eu-west-1"\n'
        '  allowed_account_ids = ["${local.account}"]\n'
        '  assume_role {\n    role_arn = "arn:aws:iam::${get_env("OTHER")}:role/x"\n  }\n}\nEOF\n}\n'
        'generate "backend" {\n  path = "backend.tf"\n  if_exists = "overwrite"\n  contents = <<EOF\n'
        'terraform {\n  backend "s3" {\n    bucket = "states"\n'
        '    key = "${path_relative_to_include()}/x"\n  }\n}\nEOF\n}\n',
        "live/prod/app/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        'terraform {\n  source = "../../../modules/app"\n}\n',
    }
    unit = by_id(files)["live/prod/app"]
    assert unit.backend is not None
    assert unit.backend.key == "states/live/prod/app/x"
    evaluated = evaluate(Loader(DictTree(files)), unit)
    (provider,) = evaluated.providers
    assert provider.values.items["region"] == "eu-west-1"
    assert str(provider.span) == "root.hcl:4"  # where the repository says so


def test_an_included_file_merges_as_it_is_asked_to():
    files = {
        **MODULE,
        "root.hcl": 'inputs = {\n  name = "above"\n  tags = { team = "x", env = "above" }\n}\n',
    }

    def tags(strategy: str):
        unit = (
            f'include "root" {{\n  path = find_in_parent_folders("root.hcl")\n  {strategy}\n}}\n'
            'terraform {\n  source = "../modules/app"\n}\ninputs = {\n  tags = { env = "own" }\n}\n'
        )
        found = by_id({**files, "app/terragrunt.hcl": unit})["app"]
        return {each.name: json.loads(each.json) for each in found.inputs if each.json}

    assert tags("") == {"name": "above", "tags": {"env": "own"}}
    assert tags('merge_strategy = "deep"') == {"name": "above", "tags": {"team": "x", "env": "own"}}
    assert tags('merge_strategy = "no_merge"') == {"tags": {"env": "own"}}


def test_a_stack_makes_units_with_values():
    files = {
        **MODULE,
        "units/app/terragrunt.hcl": 'terraform {\n  source = "${get_repo_root()}/modules/app"\n}\n'
        "inputs = {\n  name = values.name\n}\n",
        "live/prod/terragrunt.stack.hcl": 'locals {\n  prefix = "shop"\n}\nunit "app" {\n'
        '  source = "../../units/app"\n  path = "app"\n'
        '  values = {\n    name = "${local.prefix}-app"\n    environment = "prod"\n  }\n}\n'
        'unit "far" {\n  source = "git::https://example.com/org/catalog.git//units/far?ref=v1"\n  path = "far"\n}\n',
        "live/dev/terragrunt.stack.hcl": 'stack "all" {\n  source = "../../stacks/all"\n  path = "all"\n'
        '  values = {\n    name = "inner"\n  }\n}\n',
        "stacks/all/terragrunt.stack.hcl": 'unit "app" {\n  source = "${get_repo_root()}/units/app"\n  path = "app"\n'
        "  values = {\n    name = values.name\n  }\n}\n",
    }
    found = by_id(files)
    assert set(found) == {
        "live/prod/.terragrunt-stack/app",
        "live/prod/.terragrunt-stack/far",
        "live/dev/.terragrunt-stack/all/.terragrunt-stack/app",
    }
    app = found["live/prod/.terragrunt-stack/app"]
    assert (app.root, given(app, "name")) == ("modules/app", "shop-app")
    assert "prod" in signals(app, "input")
    assert given(found["live/dev/.terragrunt-stack/all/.terragrunt-stack/app"], "name") == "inner"


UNIT = """
    locals {
      env = get_env("APP_ENV", "development")
    }
    terraform {
      source = "../modules/app"
    }
    inputs = {
      name = "shop-${local.env}"
      tags = { region = get_env("REGION", "eu-west-1") }
    }
"""
WORKFLOW = """
    on: push
    env:
      APP_ENV: {0}
      REGION: {1}
    jobs:
      apply:
        steps:
          - run: terragrunt apply
"""


def test_pipelines_say_which_environments_a_process_variable_may_name():
    found = by_id(
        {
            **MODULE,
            "app/terragrunt.hcl": UNIT,
            ".github/workflows/a.yml": WORKFLOW.format("production", "eu-west-2"),
            ".github/workflows/b.yml": WORKFLOW.format("staging", "${{ vars.REGION }}"),
        }
    )
    assert set(found) == {"app@development", "app@production", "app@staging"}
    assert given(found["app@production"], "name") == "shop-production"
    assert given(found["app@production"], "tags") == {"region": "eu-west-2"}
    assert given(found["app@staging"], "tags") is None  # a pipeline sets it, to nobody knows what
    assert signals(found["app@staging"], "input") >= {"staging"}


def test_a_unit_called_like_a_value_of_the_variable_is_run_with_that():
    found = by_id(
        {
            **MODULE,
            "live/tools/terragrunt.hcl": UNIT.replace("../modules", "../../modules"),
            ".github/workflows/a.yml": WORKFLOW.format("production", "eu-west-2"),
            ".github/workflows/b.yml": WORKFLOW.format("tools", "eu-west-2"),
        }
    )
    assert set(found) == {"live/tools"}
    assert given(found["live/tools"], "name") == "shop-tools"


def test_a_unit_below_an_environment_asks_for_that_environment():
    unit = (
        'terraform {\n  source = get_env("ENVIRONMENT") == "production" ? '
        '"git::https://example.com/org/repo.git//modules/app?ref=v${get_env("VERSION")}" : "../../../modules//app"\n}\n'
    )
    tree = {**MODULE, "env/production/app/terragrunt.hcl": unit, "env/staging/app/terragrunt.hcl": unit}
    roots = {each.id: each.root for each in bound(tree, "/src/org-repo").deployments}
    assert roots == {"env/production/app": "modules/app", "env/staging/app": "modules/app"}


def test_the_default_of_a_feature_is_its_value():
    unit = (
        'feature "size" {\n  default = "small"\n}\nterraform {\n  source = "../modules/app"\n}\n'
        "inputs = {\n  name = feature.size.value\n}\n"
    )
    assert given(by_id({**MODULE, "app/terragrunt.hcl": unit})["app"], "name") == "small"
