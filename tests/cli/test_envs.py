"""`envs`, `why` and `init` as a user meets them, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from envfence.cli.envs import command as envs
from envfence.cli.init import command as init
from envfence.cli.why import command as why
from envfence.config import parse_config

BACKEND = 'terraform {\n  backend "s3" {}\n}\n'
BUCKET = 'variable "environment" {}\nvariable "db_password" {}\nresource "aws_s3_bucket" "this" {}\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "dns").mkdir()
    (tmp_path / "app" / "main.tf").write_text(BACKEND + BUCKET)
    (tmp_path / "app" / "production.tfvars").write_text('environment = "production"\n')
    (tmp_path / "app" / "staging.tfvars").write_text('environment = "staging"\n')
    (tmp_path / "app" / "plan.sh").write_text(
        "TF_VAR_db_password=hunter2-not-shown terraform plan -var-file=staging.tfvars\n"
    )
    (tmp_path / "dns" / "main.tf").write_text(BACKEND + 'resource "aws_route53_zone" "this" {}\n')
    return tmp_path


def run(command: click.Command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def test_the_table_counts_first_and_shows_what_is_unassigned_before_production(tree: Path) -> None:
    lines = run(envs, tree).output.splitlines()
    assert lines[0] == "3 deployments, 3 resources: unassigned 1, production 1, staging 1"
    heads = [line.partition(" ")[0] for line in lines if line.endswith("resource")]
    assert heads == ["unassigned", "production", "staging"]
    assert any(line.split()[:1] == ["dns"] and "nothing says" in line for line in lines)


def test_why_explains_a_deployment_without_the_values_of_its_inputs(tree: Path) -> None:
    text = run(why, "app@staging", tree).output
    assert "staging (nonproduction" in text
    assert "app/staging.tfvars" in text
    assert "variables db_password" in text
    assert "hunter2" not in text
    assert "1 in staging (nonproduction)" in text


def test_why_writes_a_deployment_as_json(tree: Path) -> None:
    document = json.loads(run(why, "app@production", tree, "-f", "json").output)
    assert (document["id"], document["environments"], document["firm"]) == ("app@production", ["production"], True)


def test_what_init_writes_loads_and_changes_nothing(tree: Path) -> None:
    before = json.loads(run(envs, tree, "-f", "json").output)["deployments"]
    text = run(init, tree).output
    assert {each.name for each in parse_config(text).environments} == {"production", "staging"}
    (tree / "envfence.yaml").write_text(text)
    after = json.loads(run(envs, tree, "-f", "json").output)["deployments"]
    expected = [(each["id"], each["environments"]) for each in before]
    assert [(each["id"], each["environments"]) for each in after] == expected


def test_many_deployments_that_one_thing_decides_are_one_line(tmp_path: Path) -> None:
    for environment in ("prod", "dev"):
        for number in range(16):
            directory = tmp_path / "env" / environment / f"app{number:02}"
            directory.mkdir(parents=True)
            (directory / "main.tf").write_text(BACKEND + BUCKET)
    lines = run(envs, tmp_path).output.splitlines()
    assert [line.split()[:2] for line in lines if "…" in line] == [["env/prod/…", "16"], ["env/dev/…", "16"]]
    assert sum("app0" in line for line in run(envs, tmp_path, "--all").output.splitlines()) == 20
