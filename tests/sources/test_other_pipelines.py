"""GitLab, Concourse and Azure pipelines."""

from __future__ import annotations

from typing import Any

import pytest

from envfence.model import Node
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.tree import DictTree


def nodes(files: dict[str, str]) -> dict[str, Node]:
    tree = DictTree(files)
    sources, _ = discover(tree)
    found, _ = source_facts(tree, sources, lambda text: "digest")
    return {node.address: node for facts in found for node in facts.nodes}


def value(node: Node, name: str) -> Any:
    fact = node.facts.get(name)
    return fact.value if fact is not None else None


GITLAB = """
variables: {TF_ROOT: live}
.terraform:
  before_script: [cd $TF_ROOT]
plan:
  extends: .terraform
  script: [terraform plan]
  rules: [{if: '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
apply:
  extends: .terraform
  environment: {name: eu/blue, deployment_tier: production}
  script: [terraform apply -auto-approve]
  only: [main]
destroy:
  extends: .terraform
  script: [terraform destroy]
  when: manual
"""


def test_gitlab_jobs() -> None:
    found = nodes({".gitlab-ci.yml": GITLAB})
    assert sorted(found) == ["jobs.apply", "jobs.destroy", "jobs.plan"]
    assert value(found["jobs.plan"], "unreviewed") is True
    assert value(found["jobs.apply"], "unreviewed") is None
    assert [signal.value for signal in found["jobs.apply"].signals] == ["production"]
    assert value(found["jobs.apply"], "gate") == "environment"
    assert value(found["jobs.apply"], "runs")[0]["directory"] == "live"
    assert value(found["jobs.destroy"], "gate") == "manual"


CONCOURSE = """
resources: []
jobs:
- name: plan-staging
  plan:
  - get: code
    trigger: true
  - task: plan
    params: &staging
      TERRAFORM_ACTION: plan
      ROOT_DIR: code/live
      AWS_SECRET_ACCESS_KEY: ((aws_secret_access_key))
      TF_VAR_stack: staging
- name: apply-staging
  plan:
  - in_parallel:
    - {get: code, passed: [plan-staging]}
    - task: apply
      params: {<<: *staging, TERRAFORM_ACTION: apply}
"""


def test_concourse_jobs() -> None:
    found = nodes({"ci/pipeline.yml": CONCOURSE, "live/main.tf": ""})
    plan, apply = found["jobs.plan-staging"], found["jobs.apply-staging"]
    assert (value(plan, "gate"), value(apply, "gate")) == ("none", "manual")
    assert (value(plan, "only-plans"), value(apply, "changes")) == (True, True)
    assert value(apply, "runs")[0]["directory"] == "live"
    assert [signal.value for signal in apply.signals] == ["staging"]
    assert [use["name"] for use in value(apply, "secrets")] == ["aws_secret_access_key"]


AZURE = """
trigger: [main]
stages:
- stage: Production
  jobs:
  - deployment: apply
    environment: production
    strategy:
      runOnce:
        deploy:
          steps:
          - script: terraform apply
            workingDirectory: live
            env: {ARM_CLIENT_SECRET: $(ARM_CLIENT_SECRET)}
"""


def test_azure_jobs() -> None:
    (node,) = nodes({"azure-pipelines.yml": AZURE}).values()
    assert node.address == "jobs.Production.apply"
    assert value(node, "environment") == "production"
    assert value(node, "runs")[0]["directory"] == "live"
    assert value(node, "given.static-key") is True


@pytest.mark.parametrize("path", [".gitlab-ci.yml", "ci/pipeline.yml", "azure-pipelines.yml"])
@pytest.mark.parametrize(
    "text", ["", "[1, [2]]", "jobs: [1, {plan: 2}]\nplan: 1", "a: {script: {b: 1}}", "jobs:\n- job: {}\n"]
)
def test_strange_files_break_nothing(path: str, text: str) -> None:
    assert nodes({path: text}) == {}


CIRCLE = """
jobs:
  apply:
    working_directory: ~/project/live
    steps:
    - run: {command: "terraform apply -auto-approve", environment: {KEY: $AWS_SECRET_ACCESS_KEY}}
workflows:
  main:
    jobs:
    - apply: {name: staging, context: acme-staging}
    - hold: {type: approval}
    - apply: {name: production, context: acme-production, requires: [hold], filters: {branches: {only: main}}}
"""


def test_circleci_jobs() -> None:
    found = nodes({".circleci/config.yml": CIRCLE})
    staging, production = found["jobs.main.staging"], found["jobs.main.production"]
    assert (value(staging, "gate"), value(production, "gate")) == ("none", "manual")
    assert (value(staging, "unreviewed"), value(production, "unreviewed")) == (True, None)
    assert [signal.value for signal in production.signals] == ["acme-production"]
    assert value(production, "runs")[0]["directory"] == "live"
    assert [use["holder"] for use in value(staging, "secrets")] == ["contexts.acme-staging"]


JENKINS = """
pipeline {
  stages {
    stage('Plan') { steps { sh 'terraform plan' } }
    stage('Approve') { steps { input message: 'Apply?' } }
    stage('Apply production') {
      steps { sh '''
        cd live
        terraform apply -auto-approve
      ''' }
    }
  }
}
"""


def test_jenkins_stages() -> None:
    found = nodes({"Jenkinsfile": JENKINS})
    assert sorted(found) == ["stages.Apply production", "stages.Plan"]
    apply = found["stages.Apply production"]
    assert (value(apply, "gate"), value(found["stages.Plan"], "gate")) == ("manual", "none")
    assert value(apply, "runs")[0]["directory"] == "live"
    assert apply.facts["changes"].span is not None
    assert apply.facts["changes"].span.line == 9
