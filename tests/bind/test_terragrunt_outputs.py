"""Inputs of Terragrunt units that are outputs of other units, and what is known of them in part."""

from __future__ import annotations

from textwrap import dedent

from envfence.bind import bind
from envfence.config import Config
from envfence.evaluate import Loader, Options, evaluate
from envfence.sources import discover
from envfence.states import States
from envfence.tree import DictTree
from envfence.values import Mapping, Unknown, Value, has_holes

NETWORK = """
    resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
    output "id" { value = aws_vpc.main.id }
    output "names" { value = ["a", "b"] }
    output "zone" { value = { name = "inside" } }
"""
APP = """
    variable "vpc" {}
    variable "name" { default = "default" }
    variable "labels" { default = {} }
    output "id" { value = "never read" }
"""
MODULES = {"modules/network/main.tf": NETWORK, "modules/app/main.tf": APP}
UNIT = 'terraform {\n  source = "${get_repo_root()}/modules/%s"\n}\n'
NETWORK_UNIT = UNIT % "network"
DEPENDENCY = """
dependency "network" {
  config_path  = "../network"
  mock_outputs = { id = "vpc-mock", other = "mock" }
}
"""


def inputs(files: dict[str, str], unit: str) -> dict[str, Value]:
    """The values of a unit's variables, after the units it reads."""
    tree = DictTree({path: dedent(text) for path, text in files.items()})
    sources, _ = discover(tree)
    loader, states = Loader(tree), States()
    for deployment in bind(tree, loader, sources, Config()).deployments:
        evaluated = evaluate(loader, deployment, Options(states=states))
        states.add(evaluated, "")
        if deployment.id == unit:
            settings = evaluated.scope.module.settings
            return {name: setting.value for name, setting in settings.items()}
    raise AssertionError(f"there is no unit {unit}")


def app(body: str) -> dict[str, Value]:
    files = {**MODULES, "live/network/terragrunt.hcl": NETWORK_UNIT}
    return inputs({**files, "live/app/terragrunt.hcl": UNIT % "app" + DEPENDENCY + body}, "live/app")


def test_outputs_come_from_the_unit_that_is_depended_on():
    found = app(
        """inputs = {
          vpc    = dependency.network.outputs.id
          name   = "app-${dependency.network.outputs.names[1]}"
          labels = { zone = dependency.network.outputs.zone.name, all = join(",", dependency.network.outputs.names) }
        }"""
    )
    assert isinstance(found["vpc"], Unknown)  # known after apply there, and the same unknown here
    assert "aws_vpc.main.id" in found["vpc"].reason
    assert found["name"] == "app-b"
    assert found["labels"] == Mapping({"all": "a,b", "zone": "inside"})


def test_mock_outputs_are_never_evidence():
    found = app('inputs = {\n  vpc = dependency.network.outputs.other\n  name = "x"\n}')
    assert isinstance(found["vpc"], Unknown)
    assert found["name"] == "x"


def test_outputs_that_may_only_be_mocked_are_not_read():
    files = {**MODULES, "live/network/terragrunt.hcl": NETWORK_UNIT}
    for setting in ("skip_outputs = true", "enabled = false", 'skip_outputs = tobool(get_env("SKIP"))'):
        body = (
            f'dependency "network" {{\n  config_path = "../network"\n  {setting}\n}}\n'
            "inputs = {\n  vpc = dependency.network.outputs.names[0]\n}\n"
        )
        found = inputs({**files, "live/app/terragrunt.hcl": UNIT % "app" + body}, "live/app")
        assert isinstance(found["vpc"], Unknown), setting


def test_a_dependency_may_stand_in_an_included_file():
    files = {
        **MODULES,
        "live/dev/network/terragrunt.hcl": NETWORK_UNIT,
        "live/_envcommon/app.hcl": UNIT % "app"
        + DEPENDENCY
        + "inputs = {\n  vpc = dependency.network.outputs.names[0]\n}\n",
        "live/dev/app/terragrunt.hcl": 'include "app" {\n  path = find_in_parent_folders("_envcommon/app.hcl")\n}\n'
        "inputs = {\n  name = dependency.network.outputs.names[1]\n}\n",
    }
    found = inputs(files, "live/dev/app")
    assert (found["vpc"], found["name"]) == ("a", "b")


def test_a_unit_whose_module_is_elsewhere_gives_one_unknown_to_all_who_read_it():
    files = {
        **MODULES,
        "live/network/terragrunt.hcl": 'terraform {\n  source = "tfr:///org/network/aws?version=1.0.0"\n}\n',
        "live/a/terragrunt.hcl": UNIT % "app" + DEPENDENCY + "inputs = {\n  vpc = dependency.network.outputs.id\n}\n",
    }
    found = inputs(files, "live/a")["vpc"]
    assert isinstance(found, Unknown)
    guarded = app('inputs = {\n  vpc = try(dependency.network.outputs.names[0], "none")\n}')
    assert guarded["vpc"] == "a"
    files["live/a/terragrunt.hcl"] = (
        UNIT % "app" + DEPENDENCY + 'inputs = {\n  vpc = try(dependency.network.outputs.id, "")\n}\n'
    )
    assert isinstance(inputs(files, "live/a")["vpc"], Unknown)


def test_what_only_a_run_can_tell_leaves_the_rest_of_a_value_known():
    found = app(
        """inputs = {
          vpc    = "vpc-${get_aws_account_id()}"
          labels = { source = "${get_repo_root()}/code", team = "x" }
        }"""
    )
    assert isinstance(found["vpc"], str)
    assert found["vpc"].startswith("vpc-")
    assert has_holes(found["vpc"])
    labels = found["labels"]
    assert isinstance(labels, Mapping)
    assert labels.items["team"] == "x"
    assert has_holes(str(labels.items["source"]))


def test_two_calls_of_a_command_are_not_one_value():
    found = app('inputs = {\n  vpc = run_cmd("echo", "a")\n  name = run_cmd("echo", "b")\n}')
    assert isinstance(found["vpc"], Unknown)
    assert isinstance(found["name"], Unknown)
    assert found["vpc"].symbol != found["name"].symbol


def test_the_right_of_an_unknown_part_of_a_merge_is_known():
    parts = ('{ name = "left", labels = {} }', 'yamldecode(sops_decrypt_file("s.yaml"))', '{ vpc = "right" }')
    found = app(f"inputs = merge({', '.join(parts)})\n")
    assert found["vpc"] == "right"
    assert isinstance(found["name"], Unknown)


def test_functions_of_terraform_find_files_beside_the_file_they_stand_in():
    files = {
        **MODULES,
        "live/root.hcl": 'generate "more" {\n  path = "more.tf"\n  if_exists = "overwrite"\n'
        '  contents = file("./common/more.tf")\n}\ninputs = {\n  region = "eu-west-1"\n}\n',
        "live/common/more.tf": 'variable "region" {}\n',
        "live/prod/app/terragrunt.hcl": 'include {\n  path = find_in_parent_folders("root.hcl")\n}\n' + UNIT % "app",
    }
    assert inputs(files, "live/prod/app")["region"] == "eu-west-1"
