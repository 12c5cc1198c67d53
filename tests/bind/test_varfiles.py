from __future__ import annotations

import string

from helpers_bind import BACKEND, BUCKET, ENVIRONMENT, bound, by_id, signals
from hypothesis import given
from hypothesis import strategies as st


def values(environment: str) -> str:
    return f'environment = "{environment}"\nsize = 1\n'


def test_a_var_file_per_environment_beside_the_root():
    found = by_id(
        {
            "app/main.tf": BUCKET + ENVIRONMENT,
            "app/staging.tfvars": values("staging"),
            "app/prod.tfvars": values("prod"),
        }
    )
    assert set(found) == {"app@staging", "app@prod"}
    assert found["app@prod"].var_files == ("app/prod.tfvars",)
    assert signals(found["app@prod"], "input") == {"prod"}
    line = next(signal for signal in found["app@staging"].signals if signal.says.startswith("environment"))
    assert str(line.span) == "app/staging.tfvars:1"


def test_an_empty_file_is_a_deployment_of_the_only_root_beside_it():
    files = {
        "stacks/registry/terraform/main.tf": BUCKET + 'variable "environment" {}\n',
        "stacks/registry/vars/dev.tfvars": "",
        "stacks/registry/vars/prod.tfvars": "",
    }
    found = by_id(files)
    assert set(found) == {"stacks/registry/terraform@dev", "stacks/registry/terraform@prod"}
    two = {**files, "stacks/registry/other/main.tf": BUCKET, "stacks/queue/terraform/main.tf": BUCKET}
    assert "stacks/registry/terraform" in by_id(two)


def test_terraform_prefix_json_and_folders():
    for paths in (
        ("terraform.staging.tfvars", "terraform.production.tfvars"),
        ("env/staging/terraform.tfvars", "env/production/terraform.tfvars"),
        ("vars/staging.tfvars", "vars/production.tfvars"),
    ):
        found = by_id({"main.tf": BUCKET + ENVIRONMENT, **{path: values("x") for path in paths}})
        assert {each.name: each.var_files for each in found.values()} == {
            "staging": (paths[0],),
            "production": (paths[1],),
        }
    found = by_id(
        {
            "main.tf": BUCKET + ENVIRONMENT,
            "config/staging.tfvars.json": '{"environment": "staging"}',
            "config/production.tfvars.json": '{"environment": "production"}',
        }
    )
    assert set(found) == {".@staging", ".@production"}
    assert signals(found[".@staging"], "input") == {"staging"}


def test_common_file_comes_first_and_the_file_of_the_deployment_last():
    files = {
        "deployments/rds/main.tf": BACKEND + ENVIRONMENT,
        "deployments/vpc/main.tf": BACKEND + ENVIRONMENT,
        "variables/staging/common.tfvars": 'environment = "staging"\nunrelated = 1\nother = 2\n',
        "variables/staging/rds.tfvars": "size = 1\n",
        "variables/staging/vpc.tfvars": "size = 1\n",
        "variables/production/common.tfvars": 'environment = "production"\nunrelated = 1\nother = 2\n',
        "variables/production/rds.tfvars": "size = 2\n",
    }
    found = by_id(files)
    assert set(found) == {"deployments/rds@staging", "deployments/rds@production", "deployments/vpc@staging"}
    staging = found["deployments/rds@staging"]
    assert staging.var_files == ("variables/staging/common.tfvars", "variables/staging/rds.tfvars")


def test_a_name_among_environments_is_one_of_this_repository():
    found = by_id(
        {
            "main.tf": BUCKET + ENVIRONMENT,
            **{f"env/{name}.tfvars": values(name) for name in ("alpaca", "staging", "production")},
        }
    )
    assert set(found) == {".@alpaca", ".@staging", ".@production"}
    assert any(signal.words == ("alpaca",) for signal in found[".@alpaca"].signals)


def test_files_without_any_environment_word_are_alternatives_when_they_set_the_same():
    found = by_id(
        {"main.tf": BUCKET + ENVIRONMENT, "projects/leap.tfvars": "size = 1\n", "projects/hhmi.tfvars": "size = 2\n"}
    )
    assert {each.var_files for each in found.values()} == {("projects/leap.tfvars",), ("projects/hhmi.tfvars",)}


def test_samples_and_automatic_files_make_no_deployment():
    found = by_id(
        {
            "main.tf": BUCKET + ENVIRONMENT,
            "example.tfvars": values("dev"),
            "terraform.tfvars": values("staging"),
        }
    )
    assert set(found) == {"."}
    assert found["."].var_files == ()
    assert signals(found["."], "input") == {"staging"}


def test_two_files_of_one_environment_that_set_the_same_are_two_deployments():
    found = by_id(
        {
            "main.tf": BUCKET + ENVIRONMENT,
            "vars/staging-eu.tfvars": values("staging"),
            "vars/staging-us.tfvars": values("staging"),
            "vars/prod-eu.tfvars": values("prod"),
        }
    )
    assert set(found) == {".@staging-eu", ".@staging-us", ".@prod-eu"}


def test_backend_file_of_the_environment_gives_the_state():
    found = by_id(
        {
            "main.tf": 'terraform {\n backend "s3" {}\n}\n' + ENVIRONMENT,
            "env/staging/terraform.tfvars": values("staging"),
            "env/staging/backend.tfvars": 'bucket = "st"\nkey = "a"\n',
            "env/production/terraform.tfvars": values("production"),
            "env/production/backend.tfvars": 'bucket = "pr"\nkey = "a"\n',
        }
    )
    assert {each.name: each.backend.key for each in found.values() if each.backend} == {
        "staging": "st/a",
        "production": "pr/a",
    }


@given(st.lists(st.text(string.ascii_lowercase + "-_.", min_size=1, max_size=12), min_size=1, max_size=5, unique=True))
def test_any_names_of_var_files_give_each_file_to_some_deployment_and_unique_ids(names):
    files = {f"v/{name}.tfvars": values("x") for name in names}
    result = bound({"main.tf": BUCKET + ENVIRONMENT, **files})
    ids = [deployment.id for deployment in result.deployments]
    assert ids
    assert len(ids) == len(set(ids))
    assert {path for deployment in result.deployments for path in deployment.var_files} <= set(files)


def test_a_file_beside_environments_that_sets_the_same_is_a_deployment_of_its_own_and_another_is_common():
    found = by_id(
        {
            "main.tf": BUCKET + ENVIRONMENT + 'variable "region" {}\n',
            "terraform.staging.tfvars": values("staging"),
            "terraform.production.tfvars": values("production"),
            "terraform.management.tfvars": values("management"),
            "regions.tfvars": 'region = "eu"\n',
        }
    )
    assert set(found) == {".@staging", ".@production", ".@management"}
    assert found[".@staging"].var_files == ("regions.tfvars", "terraform.staging.tfvars")


def test_declared_var_files_belong_to_the_environment_that_declares_them():
    from envfence.bind import bind
    from envfence.config import Config, DeclaredEnvironment
    from envfence.evaluate import Loader
    from envfence.sources import discover
    from envfence.tree import DictTree
    from envfence.values import Span

    tree = DictTree({"main.tf": BUCKET + ENVIRONMENT, "v/x1.tfvars": values("a"), "v/x2.tfvars": values("b")})
    declared = DeclaredEnvironment(name="staging", span=Span("envfence.yaml", 1), var_files=("v/x1.*",))
    result = bind(tree, Loader(tree), discover(tree)[0], Config(environments=(declared,)))
    assert ".@staging" in {each.id for each in result.deployments}


def test_backend_files_in_a_folder_of_them_are_no_var_files():
    found = by_id(
        {
            "app/main.tf": BACKEND + ENVIRONMENT + 'variable "bucket" {}\n',
            "app/tfvars/qa.tfvars": 'environment = "qa"\nbucket = "states"\n',
            "app/tfvars/backends/qa.tfvars": 'bucket = "states"\n',
        }
    )
    assert {name: each.var_files for name, each in found.items()} == {"app@qa": ("app/tfvars/qa.tfvars",)}


def test_backend_files_without_an_environment_word_are_deployments_beside_those_with_one():
    files = {
        "app/main.tf": 'terraform {\n  backend "s3" {}\n}\nvariable "environment" {}\n' + BUCKET,
        **{f"app/{name}.s3.tfbackend": f'key = "{name}"\n' for name in ("dev", "infra-dev", "prod", "partner")},
        **{f"net/{name}.blue.backend": f'key = "{name}"\n' for name in ("integration", "production")},
        "net/tools.acme.backend": 'key = "tools"\n',
        "net/main.tf": 'terraform {\n  backend "s3" {}\n}\n' + BUCKET,
        "deploy.sh": "cd app\nterraform init -backend-config=prod.s3.tfbackend\n"
        "terraform apply -var environment=prod\n",
    }
    found = by_id(files)
    assert {"app@dev", "app@infra-dev", "app@prod", "app@partner"} <= set(found)
    assert signals(found["app@partner"], "input") == {"partner"}
    met = {value for each in found.values() for value in signals(each, "input")}
    assert {"integration", "production"} <= met
    assert signals(found["net@tools"], "input") == {"tools"}


def test_what_a_file_states_itself_goes_before_its_name_within_a_tier():
    found = by_id(
        {
            "app/main.tf": BUCKET + ENVIRONMENT + 'variable "oms_env" {}\n',
            "app/dev.tfvars": 'environment = "preview"\noms_env = "nonprod"\n',
            "app/prod.tfvars": 'environment = "prod"\noms_env = "prod"\n',
            "app/hub1.tfvars": 'environment = "ptl"\noms_env = "prod"\n',
        }
    )
    assert signals(found["app@dev"], "input") == {"preview"}
    assert "prod" not in signals(found["app@hub1"], "input")


def test_a_file_of_another_tool_beside_the_backend_file_says_nothing_about_the_state():
    """`backend.ini` is read by a script; the settings stand in `backend.tfvars`."""
    files = {"main.tf": 'terraform {\n  backend "azurerm" {}\n}\n' + BUCKET + ENVIRONMENT}
    for name in ("dev", "prod"):
        files[f"env/{name}/terraform.tfvars"] = f'environment = "{name}"\n'
        files[f"env/{name}/backend.ini"] = f"subscription={name}-shop\n"
        files[f"env/{name}/backend.tfvars"] = (
            f'storage_account_name = "{name}states"\ncontainer_name = "tf"\nkey = "app"\n'
        )
    backend = by_id(files)[".@prod"].backend
    assert backend is not None
    assert backend.key == "prodstates/tf/app"
    assert str(backend.place("storage_account_name")) == "env/prod/backend.tfvars:1"
    assert str(backend.span) == "env/prod/backend.tfvars:1"


def given(files: dict[str, str]) -> dict[str, dict[str, str]]:
    """What is assumed of the variables of each deployment."""
    return {name: {each.name: each.json or "" for each in found.inputs} for name, found in by_id(files).items()}


def test_the_variable_that_no_file_gives_is_as_the_file_is_called():
    files = {
        "main.tf": BUCKET + 'variable "env" {}\nvariable "size" {}\n',
        "stg.tfvars": "size = 1\n",
        "prod.tfvars": "size = 2\n",
    }
    assert given(files) == {".@stg": {"env": '"stg"'}, ".@prod": {"env": '"prod"'}}
    # A default is what Terraform takes, and a file that gives the variable knows better.
    default = {**files, "main.tf": BUCKET + 'variable "env" {\n  default = "x"\n}\nvariable "size" {}\n'}
    assert given(default) == {".@stg": {}, ".@prod": {}}
    own = {**files, "prod.tfvars": 'size = 2\nenv  = "live"\n'}
    assert {} in given(own).values()


def test_not_where_the_code_has_another_word_for_the_environment():
    compared = 'resource "aws_sns_topic" "alarms" {\n  count = var.env == "WORD" ? 1 : 0\n}\n'
    files = {
        "main.tf": BUCKET + 'variable "env" {}\nvariable "size" {}\n' + compared.replace("WORD", "production"),
        "stg.tfvars": "size = 1\n",
        "prod.tfvars": "size = 2\n",
    }
    assert given(files) == {".@stg": {"env": '"stg"'}, ".@prod": {}}
    files["main.tf"] = files["main.tf"].replace('"production"', '"prod"')
    assert given(files)[".@prod"] == {"env": '"prod"'}


def test_a_file_is_named_for_an_environment_and_then_for_its_root():
    files = {"stacks/queue/main.tf": BUCKET + 'variable "environment" {}\n', "stacks/queue/locals.tf": ""}
    for name in ("dev", "prod"):
        files[f"stacks/queue/backends/{name}.queue.tfbackend"] = f'key = "{name}/queue"\n'
    found = by_id(files)
    assert set(found) == {"stacks/queue@dev", "stacks/queue@prod"}
    (given,) = found["stacks/queue@prod"].inputs
    assert given.json == '"prod"'
