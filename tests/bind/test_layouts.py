"""Layouts of real repositories: what is a root module, and whose the files beside and above it are."""

from __future__ import annotations

from pathlib import Path

from helpers_bind import BACKEND, BUCKET, ENVIRONMENT, by_id, signals

from envfence.bind import bind
from envfence.config import Config
from envfence.evaluate import Loader
from envfence.sources import discover
from envfence.tree import DirectoryTree


def test_a_directory_of_files_that_others_link_to_is_no_root(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "services" / name).mkdir(parents=True)
        (tmp_path / "services" / name / "main.tf").write_text(BUCKET)
        (tmp_path / "services" / name / "tofu.tf").symlink_to("../root.tofu.tf")
    (tmp_path / "services" / "root.tofu.tf").write_text(BACKEND + 'provider "aws" {\n  region = "eu-west-1"\n}\n')
    tree = DirectoryTree(str(tmp_path))
    found = bind(tree, Loader(tree), discover(tree)[0], Config()).deployments
    assert {each.id for each in found} == {"services/a", "services/b"}


def test_a_root_whose_files_others_link_to_stays_one(tmp_path: Path) -> None:
    (tmp_path / "prod" / "copy").mkdir(parents=True)
    (tmp_path / "prod" / "main.tf").write_text(BACKEND + BUCKET)
    (tmp_path / "prod" / "copy" / "main.tf").symlink_to("../main.tf")
    tree = DirectoryTree(str(tmp_path))
    found = bind(tree, Loader(tree), discover(tree)[0], Config()).deployments
    assert "prod" in {each.id for each in found}


def test_files_of_an_account_belong_to_all_roots_below_it() -> None:
    variables = 'variable "environment" {}\nvariable "role" {}\n'
    files = {
        f"{account}/eu/net/main.tf": BACKEND + BUCKET + variables for account in ("apps-prd", "apps-devstg", "shared")
    }
    files |= {
        f"{account}/config/account.tfvars": f'environment = "{account}"\nrole = "x"\n'
        for account in ("apps-prd", "apps-devstg", "shared")
    }
    found = by_id(files)
    assert signals(found["apps-devstg/eu/net"], "input") == {"apps-devstg"}
    assert signals(found["shared/eu/net"], "input") == {"shared"}


def test_the_first_word_of_files_with_the_same_rest_is_their_environment() -> None:
    names = ("integration", "staging", "production", "build")
    files = {f"app/{name}-sizing.tfvars": 'size = "1"\n' for name in names}
    found = by_id({"app/main.tf": BUCKET + ENVIRONMENT, **files})
    assert {"app@integration", "app@build"} <= set(found)
    assert signals(found["app@integration"], "input") == {"integration"}
    (told,) = [each for each in found["app@build"].signals if each.kind == "input"]
    assert told.words == ("build",)


def test_a_directory_for_all_beside_those_of_environments_is_a_hub() -> None:
    roots = ("prod", "test", "shared/dns")
    found = by_id({f"terraform/{name}/main.tf": BACKEND + BUCKET for name in roots})
    assert "shared" in signals(found["terraform/shared/dns"], "path")
    alone = by_id({f"terraform/{name}/main.tf": BACKEND + BUCKET for name in ("orders", "shared/dns")})
    assert "shared" not in signals(alone["terraform/shared/dns"], "path")


def test_an_approval_of_another_environment_is_only_a_hint() -> None:
    workflow = """
        on: push
        jobs:
          plan:
            environment: production
            steps:
              - run: |
                  cd app
                  terraform workspace select sprinkler-development
                  terraform plan
    """
    files = {"app/main.tf": BACKEND + BUCKET, ".github/workflows/a.yml": workflow}
    (found,) = by_id(files).values()
    assert signals(found, "input") == {"sprinkler-development"}
    assert "production" in signals(found, "file")


def test_another_systems_environment_is_no_axis_beside_the_roots_own() -> None:
    compared = 'locals { a = var.partner_environment == "live" ? 1 : var.partner_environment == "int" ? 2 : 3 }\n'
    partner = 'variable "partner_environment" { type = string }\n'
    own = 'variable "environment" { type = string }\n'
    assert set(by_id({"app/main.tf": BACKEND + BUCKET + compared + partner})) == {"app@int", "app@live"}
    assert set(by_id({"app/main.tf": BACKEND + BUCKET + compared + partner + own})) == {"app"}


def test_the_default_of_a_librarys_variable_says_nothing() -> None:
    module = BUCKET + 'variable "environment" { default = "development" }\n'
    found = by_id({"modules/hub/main.tf": module})
    assert signals(found["modules/hub"], "default") == set()


def test_units_in_examples_are_not_deployed_where_others_are() -> None:
    unit = 'terraform {\n  source = "../../modules/vpc"\n}\n'
    files = {"modules/vpc/main.tf": BUCKET, "live/prod/terragrunt.hcl": unit}
    assert set(by_id({**files, "modules/vpc/examples/terragrunt.hcl": unit})) == {"live/prod"}
