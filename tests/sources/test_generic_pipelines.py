"""Pipelines of products without a reader of their own: steps, environments, roles, secrets, who starts them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.model import Node
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
ROLE = "arn:aws:iam::123456789012:role/deployer"


def nodes(path: str, text: str) -> dict[str, Node]:
    tree = DictTree({path: text})
    found, _ = source_facts(tree, discover(tree)[0], lambda value: "digest")
    return {node.address: node for facts in found for node in facts.nodes}


def value(node: Node, name: str) -> Any:
    fact = node.facts.get(name)
    return fact.value if fact is not None else None


BITBUCKET = """
definitions:
  steps:
    - step: &apply
        script: [cd live, terraform apply -auto-approve]
pipelines:
  default:
    - step: {name: check, script: [terraform plan]}
  branches:
    main:
      - step: {<<: *apply, name: Apply staging, deployment: staging}
      - step: {<<: *apply, name: Apply, deployment: production, trigger: manual}
  pull-requests:
    '**':
      - step: {name: preview, script: [terraform apply -auto-approve]}
  custom:
    wipe:
      - step: {name: wipe, script: [terraform destroy -auto-approve]}
"""


def test_bitbucket() -> None:
    found = nodes("bitbucket-pipelines.yml", BITBUCKET)
    assert sorted(found) == [
        "steps.branches.Apply",
        "steps.branches.Apply staging",
        "steps.check",
        "steps.preview",
        "steps.wipe",
    ]
    staging = found["steps.branches.Apply staging"]
    assert [signal.value for signal in staging.signals] == ["staging"]
    assert value(staging, "runs")[0]["directory"] == "live"
    assert value(staging, "unreviewed") is None
    assert value(found["steps.preview"], "unreviewed") is True
    assert value(found["steps.check"], "unreviewed") is True
    assert value(found["steps.branches.Apply"], "gate") == "manual"
    assert value(found["steps.wipe"], "gate") == "manual"


BUILDKITE = f"""
steps:
  - label: deploy to staging
    command: CLUSTER=orders-staging ./deploy.sh
    plugins: [{{assume-role: {{role: "{ROLE}"}}}}]
  - block: go on?
  - label: deploy to production
    command: CLUSTER=orders-production ./deploy.sh
    plugins: [{{assume-role: {{role: "{ROLE}"}}}}]
"""


def test_a_step_of_buildkite_is_where_its_name_and_its_script_agree() -> None:
    found = nodes(".buildkite/pipeline.yml", BUILDKITE)
    staging, production = found["steps.deploy to staging"], found["steps.deploy to production"]
    assert [signal.value for signal in (*staging.signals, *production.signals)] == ["staging", "production"]
    assert (value(staging, "gate"), value(production, "gate")) == ("none", "manual")


def test_one_role_for_the_steps_of_two_environments() -> None:
    report = check(DictTree({"main.tf": "", ".buildkite/pipeline.yml": BUILDKITE}), SETTINGS)
    assert "shared-identity" in {finding.rule for finding in report.findings}


DRONE = """
kind: pipeline
name: default
steps:
  - name: plan
    commands: [cd live, terraform plan]
    environment: {AWS_ENV: staging, AWS_SECRET_ACCESS_KEY: {from_secret: aws_key_staging_secret_access_key}}
  - name: apply
    commands: [cd live, terraform apply -auto-approve]
    environment: {AWS_ENV: production}
    when: {event: promote, branch: [main]}
"""


def test_drone() -> None:
    found = nodes(".drone.yml", DRONE)
    plan, apply = found["steps.default.plan"], found["steps.default.apply"]
    assert [signal.value for signal in (*plan.signals, *apply.signals)] == ["staging", "production"]
    assert [use["name"] for use in value(plan, "secrets")] == ["aws_key_staging_secret_access_key"]
    assert (value(plan, "gate"), value(apply, "gate")) == ("none", "manual")


BUILDSPEC = """
version: 0.2
env:
  variables: {STAGE: production}
  secrets-manager: {AWS_SECRET_ACCESS_KEY: ci/key}
phases:
  pre_build:
    commands: [cd live]
  build:
    commands:
      - terraform apply -auto-approve
"""


def test_all_of_a_buildspec_is_one_process_and_nobody_knows_what_starts_it() -> None:
    (build,) = nodes("ci/buildspec.deploy.yml", BUILDSPEC).values()
    assert [signal.value for signal in build.signals] == ["production"]
    assert [(run["directory"], run["line"]) for run in value(build, "runs")] == [("live", 11)]
    assert [use["name"] for use in value(build, "secrets")] == ["ci/key"]
    assert (value(build, "gate"), value(build, "triggers")) == ("elsewhere", None)


def test_cloud_build_takes_its_commands_as_arguments() -> None:
    text = "steps:\n  - name: builder\n    entrypoint: terraform\n    args: [apply, -auto-approve]\n"
    text += "  - name: builder\n    entrypoint: bash\n    args: [-c, cd live && terraform apply -auto-approve]\n"
    (build,) = nodes("cloudbuild.yaml", text).values()
    assert [run["directory"] for run in value(build, "runs")] == ["", "live"]


def test_travis() -> None:
    text = "branches: {only: [staging]}\nscript: [terraform -chdir=live apply]\n"
    (build,) = nodes(".travis.yml", text).values()
    assert value(build, "lower-branch") == "staging"


@pytest.mark.parametrize("path", [".travis.yml", ".drone.yml", "bitbucket-pipelines.yml", "buildspec.yml"])
@given(text=st.text(max_size=80))
def test_no_text_breaks_it(path: str, text: str) -> None:
    nodes(path, f"steps:\n  - script: {text}\n{text}")
