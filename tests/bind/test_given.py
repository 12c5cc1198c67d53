"""What something gives to a variable with a value that only a run can tell: its default is then no fact."""

from __future__ import annotations

import pytest
from helpers_bind import BACKEND, BUCKET, ENVIRONMENT, by_id, signals

from envfence.bind.shell import commands
from envfence.model import Deployment

FLAG = 'variable "shared" {\n  type = bool\n  default = false\n}\n'
APP = {
    "app/main.tf": BACKEND + ENVIRONMENT + FLAG,
    "app/etc/prod.tfvars": 'environment = "prod"\n',
    "app/etc/dev.tfvars": 'environment = "dev"\n',
}
MAKE = "plan:\n\tterraform plan -var-file=etc/$(ENV).tfvars -var 'shared=$(SHARED)'\n"


def given(deployment: Deployment) -> dict[str, str | None]:
    return {each.name: each.json for each in deployment.inputs}


@pytest.mark.parametrize("makefile", [MAKE, "ENV ?= dev\n" + MAKE, "export TF_VAR_shared=$(SHARED)\n" + MAKE])
def test_an_unresolved_variable_of_a_makefile_is_unknown_in_every_deployment(makefile: str) -> None:
    found = by_id({**APP, "app/Makefile": makefile})
    assert set(found) == {"app@prod", "app@dev"}
    assert [given(each) for each in found.values()] == [{"shared": None}, {"shared": None}]


def test_a_process_variable_of_a_workflow_comes_before_var_files() -> None:
    workflow = """
        jobs:
          plan:
            env:
              TF_VAR_shared: ${{ vars.SHARED }}
              TF_VAR_environment: ${{ inputs.environment }}
            steps:
              - run: make plan
    """
    found = by_id({**APP, ".github/workflows/plan.yml": workflow + "# terraform\n"})
    inputs = {(each.name, each.json, each.origin) for each in found["app@prod"].inputs}
    assert ("shared", None, "environment") in inputs
    assert signals(found["app@prod"], "input") == {"prod"}


def test_a_variable_set_for_later_steps_is_given() -> None:
    step = 'jobs:\n  a:\n    steps:\n      - run: echo "TF_VAR_shared=$(./flag)" >> "$GITHUB_ENV"\n'
    found = by_id({**APP, ".github/workflows/plan.yml": step})
    assert given(found["app@prod"]) == {"shared": None}


def test_the_workspaces_of_a_root_and_its_only_deployment_are_treated_alike() -> None:
    files = {
        "main.tf": BACKEND + FLAG + "locals {\n  size = { dev = 1, prod = 2 }[terraform.workspace]\n}\n",
        "run.sh": 'terraform apply -var "shared=$1"\n',
    }
    assert {name: given(each) for name, each in by_id(files).items()} == {
        ".@dev": {"shared": None},
        ".@prod": {"shared": None},
    }
    files["main.tf"] = BACKEND + FLAG
    assert given(by_id(files)["."]) == {"shared": None}


def test_what_a_deployment_is_given_itself_stays() -> None:
    own = "terraform apply -var-file=etc/prod.tfvars -var shared=true\n"
    found = by_id({**APP, "app/prod.sh": own, "app/other.sh": "terraform apply -var shared=$1\n"})
    assert given(found["app@prod"]) == {"shared": '"true"'}
    assert given(found["app@dev"]) == {"shared": None}


def test_a_var_file_after_the_option_goes_before_it() -> None:
    files = {**APP, "app/etc/prod.tfvars": 'environment = "prod"\nshared = true\n'}
    late = by_id({**files, "app/Makefile": MAKE})
    assert given(late["app@prod"]) == {"shared": None}
    early = by_id({**files, "app/run.sh": "terraform plan -var shared=$1 -var-file=etc/$2.tfvars\n"})
    assert given(early["app@prod"]) == {}
    assert given(early["app@dev"]) == {"shared": None}


def test_the_variable_that_names_the_environment_is_that_of_the_var_file() -> None:
    line = "terraform plan -var-file=etc/$ENV.tfvars -var environment=$ENV\n"
    found = by_id({**APP, "app/run.sh": line})
    assert given(found["app@prod"]) == {}
    assert signals(found["app@prod"], "input") == {"prod"}


def test_a_plain_value_of_all_command_lines_is_known_and_of_some_is_not() -> None:
    files = {"main.tf": BACKEND + FLAG, "a.sh": "terraform apply -var shared=true\n"}
    assert given(by_id(files)["."]) == {"shared": '"true"'}
    files["b.sh"] = "terraform apply\n"
    assert given(by_id(files)["."]) == {"shared": None}


def test_an_unknown_var_file_may_give_any_variable() -> None:
    files = {"main.tf": BACKEND + FLAG + ENVIRONMENT, "a.sh": "terraform apply -var-file=$1\n"}
    assert given(by_id(files)["."]) == {"shared": None, "environment": None, "size": None}
    with_files = by_id({**APP, "app/a.sh": "terraform apply -var-file=etc/$1.tfvars\n"})
    assert given(with_files["app@prod"]) == {}


def test_a_pipeline_fills_in_double_parentheses() -> None:
    job = "jobs:\n  - params: {DIR: app, TF_VAR_shared: ((shared)), TF_VAR_environment: prod}\n"
    assert given(by_id({**APP, "ci/pipeline.yml": job})["app@prod"])["shared"] is None


LINES = """
    jobs:
      deploy:
        steps:
          - run: |
              terraform workspace select ${{ inputs.id }}
              terraform plan -var-file=etc/dev.tfvars -var shared=${{ inputs.shared }} -out plan
              terraform apply plan
      destroy:
        environment: preview
        steps:
          - run: terraform destroy -var-file=etc/dev.tfvars
"""


def test_command_lines_of_one_var_file_are_one_deployment() -> None:
    workflow = LINES.replace("- run:", "- working-directory: app\n            run:")
    found = by_id({**APP, ".github/workflows/dev.yml": workflow, "app/Makefile": "ENV ?= dev\n" + MAKE})
    assert set(found) == {"app@dev", "app@prod"}
    assert given(found["app@dev"])["shared"] is None
    assert signals(found["app@dev"], "input") == {"dev"}


def test_command_lines_that_cannot_be_one_stay_two() -> None:
    line = "terraform apply -var-file=etc/dev.tfvars -var size="
    found = by_id({**APP, "app/run.sh": f"{line}1\n{line}2\n"})
    assert {name: given(each).get("size") for name, each in found.items()} == {
        "app@dev": '"1"',
        "app@dev-2": '"2"',
        "app@prod": None,
    }


def test_showing_a_workspace_selects_none_and_a_saved_plan_is_no_deployment() -> None:
    script = "terraform workspace select dev\nterraform workspace show\nterraform plan -out p\nterraform apply p\n"
    assert [(each.workspace, each.line) for each in commands(script, {}, "")] == [("dev", 3)]


TFC = """
    variable "settings" {}
    resource "tfe_workspace" "app" {
      name              = "app-prod"
      working_directory = "app"
    }
"""


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ('key = "shared"\n value = var.settings\n workspace_id = tfe_workspace.app.id', {"shared": None}),
        ('key = "shared"\n value = true\n variable_set_id = "varset-1"', {"shared": None}),
        ('key = "shared"\n value = "true"\n hcl = true\n workspace_id = tfe_workspace.app.id', {"shared": '"true"'}),
        ('key = "shared"\n value = true\n category = "env"\n workspace_id = tfe_workspace.app.id', {}),
        (
            "key = var.settings\n value = 1\n workspace_id = tfe_workspace.app.id",
            {"environment": None, "shared": None, "size": None},
        ),
    ],
)
def test_variables_of_a_workspace(variable: str, expected: dict[str, str | None]) -> None:
    files = {
        "app/main.tf": BACKEND + ENVIRONMENT + FLAG,
        "tfc/main.tf": BACKEND.replace('"app"', '"tfc"') + TFC + f'resource "tfe_variable" "v" {{\n{variable}\n}}\n',
    }
    found = given(by_id(files)["app@app-prod"])
    assert found == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("inputs = merge({ size = 1 }, dependency.x.outputs)", {"environment": None, "size": None, "shared": None}),
        ("inputs = { shared = get_aws_account_id() }", {"shared": None}),
        ('terraform {\n extra_arguments "v" {\n arguments = ["-var", "shared=true"]\n }\n }', "open"),
        ('terraform {\n extra_arguments "v" {\n required_var_files = ["./${get_env("X")}.tfvars"]\n }\n }', "open"),
        ('terraform {\n extra_arguments "v" {\n arguments = ["-lock-timeout=20m"]\n }\n }', {}),
    ],
)
def test_inputs_of_a_terragrunt_unit(unit: str, expected: dict[str, str | None] | str) -> None:
    block = 'dependency "x" {\n  config_path = "../x"\n}\n'
    found = by_id({"u/terragrunt.hcl": block + unit + "\n", "u/main.tf": BUCKET + ENVIRONMENT + FLAG})
    opened: dict[str, str | None] = {"environment": None, "size": None, "shared": None}
    assert given(found["u"]) == (opened if expected == "open" else expected)


def test_var_files_that_terragrunt_passes() -> None:
    unit = """
        terraform {
          source = "../module"
          extra_arguments "common" {
            commands           = ["plan"]
            required_var_files = ["${get_terragrunt_dir()}/../common.tfvars"]
            optional_var_files = ["absent.tfvars"]
          }
        }
    """
    files = {
        "u/terragrunt.hcl": unit,
        "u/terraform.tfvars": "size = 2\n",
        "common.tfvars": 'environment = "dev"\n',
        "module/main.tf": BUCKET + ENVIRONMENT + FLAG,
    }
    found = by_id(files)["u"]
    assert found.var_files == ("u/terraform.tfvars", "common.tfvars")
    assert given(found) == {}


def test_constants_for_the_environments_that_a_root_handles_name_none() -> None:
    names = ("dev", "intg", "staging", "prod")
    constants = "".join(f'  {name}_environment = "{name}"\n' for name in names)
    found = by_id({"main.tf": BACKEND + f"locals {{\n{constants}}}\n"})
    assert signals(found["."], "input", "default") == set()


def test_parts_in_different_environments_are_candidates_at_most() -> None:
    found = by_id({"main.tf": BACKEND + 'locals {\n  hub_env = "prod"\n  data_env = "prod"\n  web_env = "dev"\n}\n'})
    assert signals(found["."], "input") == set()
    assert signals(found["."], "default") == {"prod", "dev"}
    found = by_id({"main.tf": BACKEND + ENVIRONMENT, "terraform.tfvars": 'db_env = "prod"\nweb_env = "dev"\n'})
    assert signals(found["."], "input") == set()


def test_a_test_of_something_is_no_environment() -> None:
    files = {"ops/url_ping_test/main.tf": BACKEND, "ops/alerts/main.tf": BACKEND}
    assert signals(by_id(files)["ops/url_ping_test"], "path") == set()


def test_the_state_of_an_unknown_workspace_is_not_known() -> None:
    script = 'terraform workspace select "$1"\nterraform apply\n'
    found = by_id({"main.tf": BACKEND, "run.sh": script})["."]
    assert found.backend is not None
    assert found.backend.key == ""
    prefixed = BACKEND.replace('key = "app"', 'key = "app"\n    workspace_key_prefix = "x"')
    plain = by_id({"main.tf": prefixed})["."]
    asked = by_id({"main.tf": prefixed + "locals {\n  name = terraform.workspace\n}\n"})["."]
    assert [each.backend.key for each in (plain, asked) if each.backend is not None] == ["states/app", ""]
