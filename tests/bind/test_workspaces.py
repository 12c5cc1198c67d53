from __future__ import annotations

import json

from helpers_bind import BACKEND, ENVIRONMENT, bound, by_id, signals


def test_keys_of_a_map_that_the_workspace_indexes():
    found = by_id(
        {
            "main.tf": BACKEND
            + """
            locals {
              sizes = { dev = 1, prod = 2, default = 1 }
              size  = lookup(local.sizes, terraform.workspace, 1)
            }
            """
        }
    )
    assert set(found) == {".@dev", ".@prod"}
    assert found[".@prod"].workspace == "prod"
    assert found[".@prod"].backend is not None
    assert found[".@prod"].backend.key == "states/env:/prod/app"
    assert not found[".@prod"].inferred


def test_a_file_of_accounts_says_which_of_the_compared_environments_there_are():
    locals_tf = """
    locals {
      application_name = "shop"
      environment      = trimprefix(terraform.workspace, "${local.application_name}-")
      is-production    = substr(terraform.workspace, length(local.application_name), 99) == "-production"
      is-test          = substr(terraform.workspace, length(local.application_name), 99) == "-test"
      data             = jsondecode(file("./application_variables.json"))
      mine             = local.data.accounts[local.environment]
    }
    """
    accounts = json.dumps({"accounts": {"development": {}, "production": {}}})
    found = by_id(
        {
            "environments/shop/main.tf": BACKEND + locals_tf,
            "environments/shop/application_variables.json": accounts,
        }
    )
    assert set(found) == {"environments/shop@shop-development", "environments/shop@shop-production"}
    assert "production" in signals(found["environments/shop@shop-production"], "input")


def test_comparisons_alone_make_inferred_deployments_limited_to_what_the_application_shows():
    component = """
    locals {
      is-production = substr(terraform.workspace, length("shop"), 99) == "-production"
      is-test       = substr(terraform.workspace, length("shop"), 99) == "-test"
    }
    """
    whole = """
    locals {
      data = jsondecode(file("./v.json"))
      mine = local.data[trimprefix(terraform.workspace, "shop-")]
    }
    """
    found = by_id({"shop/part/main.tf": BACKEND + component})
    assert set(found) == {"shop/part@shop-production", "shop/part@shop-test"}
    assert all(each.inferred for each in found.values())
    found = by_id(
        {
            "shop/main.tf": BACKEND + whole,
            "shop/v.json": '{"production": {}, "development": {}}',
            "shop/part/main.tf": BACKEND + component,
        }
    )
    assert {each for each in found if each.startswith("shop/part")} == {"shop/part@shop-production"}


def test_a_fallback_is_no_workspace():
    found = by_id(
        {
            "main.tf": BACKEND
            + """
            locals {
              env  = terraform.workspace == "default" ? "dev" : terraform.workspace
              size = { dev = 1, prod = 2 }[local.env]
            }
            """
        }
    )
    assert {each.workspace for each in found.values()} == {"default", "prod"}


def test_var_files_and_workspaces_of_one_word_are_one_deployment():
    files = {
        "main.tf": BACKEND
        + ENVIRONMENT
        + "locals { size = { staging = 1, production = 2, dev = 3 }[terraform.workspace] }\n",
        "staging.tfvars": 'environment = "staging"\n',
        "production.tfvars": 'environment = "production"\n',
    }
    found = by_id(files)
    assert found[".@staging"].workspace == "staging"
    assert found[".@staging"].var_files == ("staging.tfvars",)
    assert found[".@dev"].inferred
    assert len(found) == 3


def test_variables_that_name_the_environment_are_an_axis():
    found = by_id(
        {
            "main.tf": BACKEND
            + """
            variable "environment" {
              validation {
                condition     = contains(["dev", "staging", "prod"], var.environment)
                error_message = "no"
              }
            }
            """
        }
    )
    assert set(found) == {".@dev", ".@staging", ".@prod"}
    assert all(each.inferred and each.inputs[0].origin == "assumed" for each in found.values())


def test_the_path_of_a_root_silences_the_axis_of_its_variable():
    text = BACKEND + 'variable "environment" { default = "prod" }\nlocals { a = var.environment == "dev" ? 1 : 2 }\n'
    found = by_id({"environments/prod/main.tf": text, "environments/dev/main.tf": text})
    assert set(found) == {"environments/prod", "environments/dev"}
    assert signals(found["environments/dev"], "path") == {"dev"}
    assert signals(found["environments/dev"], "default") == {"prod"}


def test_backend_files_alone_make_deployments_with_the_variable_assumed():
    found = by_id(
        {
            "app/main.tf": 'terraform {\n backend "s3" {}\n}\nvariable "aws_environment" {}\n',
            "app/staging.x.backend": 'bucket = "b-staging"\nkey = "app"\n',
            "app/production.x.backend": 'bucket = "b-production"\nkey = "app"\n',
        }
    )
    assert {each.backend.key for each in found.values() if each.backend} == {"b-staging/app", "b-production/app"}
    assert {each.inputs[0].json for each in found.values()} == {'"staging.x"', '"production.x"'} or {
        each.inputs[0].json for each in found.values()
    } == {'"staging"', '"production"'}


def test_axes_say_what_chooses():
    axes = bound({"main.tf": BACKEND + "locals { a = { dev = 1, prod = 2 }[terraform.workspace] }\n"}).axes
    assert [(axis.root, axis.kind, [value.value for value in axis.values]) for axis in axes] == [
        ("", "workspace", ["dev", "prod"])
    ]


def test_a_separator_changed_in_the_workspace_does_not_hide_it():
    found = by_id(
        {
            "main.tf": BACKEND
            + """
            locals {
              name = lower(replace(terraform.workspace, "_", "-"))
              here = contains(keys(var.environments), local.name) ? var.environments[local.name] : null
            }
            variable "environments" {
              default = { preproduction = 1, production = 2 }
            }
            """
        }
    )
    assert set(found) == {".@preproduction", ".@production"}


def test_a_list_that_the_workspace_is_looked_up_in_by_a_loop():
    found = by_id(
        {
            "main.tf": BACKEND
            + """
            locals {
              known  = ["test", "sandbox", "prod"]
              parent = one([for x in local.known : x if endswith(terraform.workspace, x)])
            }
            """
        }
    )
    assert set(found) == {".@test", ".@sandbox", ".@prod"}


PLATFORM = """
locals {
  name          = "shop"
  is-production = substr(terraform.workspace, length(local.name), length(terraform.workspace)) == "-production"
  is-test       = substr(terraform.workspace, length(local.name), length(terraform.workspace)) == "-test"
  data          = jsondecode(file("./application_variables.json"))
}
"""


def test_what_a_file_lists_as_accounts_goes_before_copied_comparisons():
    files = {
        "environments/shop/main.tf": BACKEND + PLATFORM,
        "environments/shop/application_variables.json": '{"accounts": {"sandbox": {"size": 1}}}',
        "environments/shop/part/main.tf": BACKEND + PLATFORM.replace("  data ", "  # ").replace("  # ", "  #"),
    }
    found = by_id(files)
    assert set(found) == {"environments/shop@shop-sandbox", "environments/shop/part@shop-sandbox"}


def test_a_map_copied_into_an_account_of_another_tier_gives_no_workspaces():
    size = """
    locals {
      size = lookup({ live = 3, live-2 = 3, manager = 1, default = 1 }, terraform.workspace, 1)
    }
    """
    found = by_id({"aws-accounts/shop/main.tf": BACKEND + size, "aws-accounts/shop-test/main.tf": BACKEND + size})
    assert "aws-accounts/shop@live" in found
    assert "aws-accounts/shop-test" in found


def test_an_environment_word_in_an_applications_name_does_not_limit_its_workspaces():
    found = by_id({"environments/core-training/main.tf": BACKEND + PLATFORM.replace('"shop"', '"core-training"')})
    assert "environments/core-training@core-training-production" in found


def test_where_nothing_says_which_workspace_it_is_not_known():
    code = 'resource "aws_s3_bucket" "this" {\n  bucket = "logs-${terraform.workspace}"\n}\n'
    tagged = 'terraform {\n  cloud {\n    organization = "o"\n    workspaces {\n      tags = ["app"]\n    }\n  }\n}\n'
    prefixed = (
        'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    workspace_key_prefix = "ws"\n  }\n}\n'
    )
    plain = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n'
    found = by_id({"a/main.tf": tagged + code, "b/main.tf": prefixed + code, "c/main.tf": plain + code})
    assert [found[name].workspace_open for name in "abc"] == [True, True, False]
    assert found["b"].backend is not None
    assert found["b"].backend.key == ""
