"""What scripts of pipelines do to infrastructure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.sources.workflows.commands import runs


@pytest.mark.parametrize(
    ("text", "verb", "directory"),
    [
        ("terraform apply -auto-approve", "apply", ""),
        ("cd live/prod && tofu apply plan.out", "apply", "live/prod"),
        ("terraform -chdir=live/$ENV apply", "apply", "live/prod"),
        ("TF_VAR_x=1 sudo ./bin/terraform destroy -auto-approve", "destroy", ""),
        ("terraform apply -destroy", "destroy", ""),
        ("terraform apply -refresh-only -auto-approve", "plan", ""),
        ("terragrunt run-all apply --terragrunt-working-dir live", "apply", "live"),
        ("if true; then terraform plan; fi", "plan", ""),
        ("kubectl delete namespace shop", "delete", ""),
        ("aws rds delete-db-instance --db-instance-identifier x", "delete", ""),
    ],
)
def test_what_a_command_comes_to(text: str, verb: str, directory: str) -> None:
    (run,) = runs(text, {"ENV": "prod"}, "")
    assert (run.verb, run.directory) == (verb, directory)


@pytest.mark.parametrize(
    "text",
    [
        "echo terraform apply",
        "# terraform apply",
        "terraform fmt",
        "terraform init",
        "kubectl apply --dry-run=client -f x",
    ],
)
def test_what_changes_nothing(text: str) -> None:
    assert runs(text, {}, "") == ()


def test_a_directory_that_is_not_known_is_none() -> None:
    (run,) = runs("cd $SOMEWHERE && terraform apply", {}, "")
    assert run.directory is None


def test_var_files_and_workspaces() -> None:
    (run,) = runs("terraform workspace select prod\nterraform apply -var-file=prod.tfvars", {}, "live")
    assert (run.var_files, run.workspace, run.line) == (("live/prod.tfvars",), "prod", 2)


@given(st.text(max_size=300))
def test_no_script_breaks_it(text: str) -> None:
    runs("terraform " + text, {}, "")
