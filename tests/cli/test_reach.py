"""`reach`, `path` and `prove` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from envfence.cli.path import command as path
from envfence.cli.prove import command as prove
from envfence.cli.reach import command as reach
from envfence.errors import UsageError

FIXTURES = Path(__file__).parents[2] / "fixtures"
BROKEN, FIXED = FIXTURES / "acme", FIXTURES / "acme-fixed"
CONFIG = """\
version: 1
environments:
  production: {paths: ["production/**"], accounts: ["310000000001"]}
  staging: {paths: ["staging/**"], accounts: ["320000000002"]}
"""
PROVIDER = 'provider "aws" {{\n  allowed_account_ids = ["{}"]\n}}\n'


def run(command: click.Command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False, standalone_mode=False)


def repository(root: Path, production: str = "", staging: str = "") -> Path:
    """Two environments in two accounts, and what they hold."""
    for name, account, text in (("production", "310000000001", production), ("staging", "320000000002", staging)):
        (root / name).mkdir()
        (root / name / "main.tf").write_text(PROVIDER.format(account) + text)
    (root / "envfence.yaml").write_text(CONFIG)
    return root


def verdict(root: Path, *options: str) -> tuple[int, str]:
    result = run(prove, root, "--from", "staging", "--to", "production", *options)
    return result.return_value, result.output.partition(":")[0]


def test_reach_shows_what_an_identity_can_destroy_by_which_step() -> None:
    text = run(reach, "aws_iam_role.worker", BROKEN, "--can", "destroy").output
    assert text.startswith("production\n")
    assert "aws_iam_role.worker (staging) may s3:DeleteObject  environments/staging/worker.tf:23" in text
    assert "aws_iam_role.deploy (production) may rds:DeleteDBInstance" in text, "rights of a role it may become"
    assert "GetSecretValue" not in text


def test_reach_of_an_environment_leaves_out_what_is_its_own() -> None:
    document = json.loads(run(reach, "env:staging", BROKEN, "-f", "json").output)
    assert {group["environment"] for group in document["reaches"]} == {"production"}
    read = next(group for group in document["reaches"] if group["capability"] == "read")
    assert {thing["to"]["address"] for thing in read["things"]} >= {"aws_secretsmanager_secret.payments"}
    assert all(thing["path"][-1]["edge"] is None for thing in read["things"])


def test_path_is_the_shortest_way_of_proved_steps() -> None:
    document = json.loads(run(path, "aws_iam_role.worker", "aws_db_instance.orders", BROKEN, "-f", "json").output)
    assert document["way"]["certainty"] == "proved"
    assert [hop["edge"] for hop in document["way"]["path"]] == ["assumes[trust]", "may[destroy]", None]


def test_path_says_when_there_is_none() -> None:
    text = run(path, "env:staging", "aws_db_instance.orders", FIXED).output
    assert text == "no way from env:staging to aws_db_instance.orders\n"


@pytest.mark.parametrize(("command", "name"), [(reach, "aws_s3_bucket.orders"), (path, "nothing.at.all")])
def test_names_are_whole_or_unique_endings(command: click.Command, name: str) -> None:
    with pytest.raises(UsageError, match=r"write more of the name|nothing is called"):
        run(command, name, *(["env:staging"] if command is path else []), FIXTURES / "acme")


def test_prove_refutes_with_the_way() -> None:
    assert verdict(BROKEN) == (1, "refuted")
    assert verdict(BROKEN, "--can", "destroy") == (1, "refuted")


def test_prove_holds_where_all_is_read_and_nothing_leads_over() -> None:
    assert verdict(FIXED) == (0, "proved isolated")


def test_an_unknown_environment_is_a_mistake_of_the_user() -> None:
    with pytest.raises(UsageError, match="there are: nonproduction, production, staging"):
        run(prove, FIXED, "--from", "testing", "--to", "production")


ROLE = """
resource "aws_iam_role" "ci" {
  name               = "ci"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }
  ] })
}
"""
BUCKET = 'resource "aws_s3_bucket" "data" {\n  bucket = "acme-data"\n}\n'


def test_a_module_that_is_not_here_leaves_the_claim_open(tmp_path: Path) -> None:
    module = 'module "extra" {\n  source = "git::https://example.com/extra.git"\n}\n'
    root = repository(tmp_path, production=BUCKET + module, staging=ROLE)
    result = run(prove, root, "--from", "staging", "--to", "production", "-f", "json")
    document = json.loads(result.output)
    assert (result.return_value, document["verdict"]) == (4, "open")
    assert any("module.extra" in gap["says"] for gap in document["unknowns"])


def test_a_policy_that_is_not_known_leaves_the_claim_open(tmp_path: Path) -> None:
    policy = 'variable "policy" {}\nresource "aws_iam_role_policy" "ci" {\n  role   = aws_iam_role.ci.name\n'
    root = repository(tmp_path, production=BUCKET, staging=ROLE + policy + "  policy = var.policy\n}\n")
    assert verdict(root, "--can", "destroy") == (4, "open")


def test_an_account_that_is_not_known_leaves_the_claim_open(tmp_path: Path) -> None:
    root = repository(tmp_path, production=BUCKET, staging=ROLE)
    assert verdict(root)[0] == 0
    (root / "staging" / "main.tf").write_text('provider "aws" {}\n' + ROLE)
    (root / "envfence.yaml").write_text(CONFIG.replace(', accounts: ["320000000002"]', ""))
    assert verdict(root)[0] == 4


def test_one_account_for_both_leaves_the_claim_open_for_the_credentials_are_not_here(tmp_path: Path) -> None:
    root = repository(tmp_path, production=BUCKET, staging=ROLE)
    (root / "staging" / "main.tf").write_text(PROVIDER.format("310000000001") + ROLE)
    (root / "envfence.yaml").write_text(CONFIG.replace("320000000002", "310000000001"))
    result = run(prove, root, "--from", "staging", "--to", "production", "--can", "destroy")
    assert (result.return_value, "where both sides act" in result.output) == (4, True)
    assert verdict(root) == (1, "refuted"), "an account for both is a finding of its own"
