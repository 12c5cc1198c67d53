"""Credentials that pipelines share between environments: what is one secret, and what only has one name."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
ROOTS = {
    "live/production/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-production"\n}\n',
    "live/staging/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-staging"\n}\n',
}
SHARED = "pipeline-secret-serves-several-environments"
LOWER = "lower-environment-job-holds-production-credential"


def findings(files: dict[str, str]) -> list[Finding]:
    return [each for each in check(DictTree({**ROOTS, **files}), SETTINGS).findings if each.family == "credentials"]


def rules(files: dict[str, str]) -> set[str]:
    return {each.rule for each in findings(files)}


def stage(environment: str, inputs: str = "", variables: str = "") -> str:
    """A stage that applies one environment, with a key from a variable or by a service connection."""
    script = f"cd live/{environment} && terraform apply"
    plain = f"{{script: {script}, env: {{AWS_SECRET_ACCESS_KEY: $(AWS_SECRET_ACCESS_KEY)}}}}"
    step = f"{{task: AzureCLI@2, inputs: {{azureSubscription: {inputs}, inlineScript: {script}}}}}" if inputs else plain
    deployment = (
        f"{{deployment: apply, environment: {environment}, strategy: {{runOnce: {{deploy: {{steps: [{step}]}}}}}}}}"
    )
    return f"- stage: {environment}\n  variables: [{variables}]\n  jobs: [{deployment}]\n"


def azure(*stages: str, head: str = "") -> str:
    return f"trigger: [main]\n{head}stages:\n" + "".join(stages)


STAGES = (stage("staging"), stage("production"))


def test_azure_a_variable_of_the_pipeline_serves_both_stages_though_each_has_an_environment() -> None:
    (finding,) = [each for each in findings({"azure-pipelines.yml": azure(*STAGES)}) if each.rule == SHARED]
    assert finding.certainty == "proved"
    assert "azure-pipelines.yml:secrets.AWS_SECRET_ACCESS_KEY" in finding.message


def test_azure_variables_of_two_files_are_two() -> None:
    files = {"azure/one.yml": azure(STAGES[0]), "azure/two.yml": azure(STAGES[1])}
    assert SHARED not in rules(files)


def test_azure_a_group_that_two_files_name_is_one() -> None:
    head = "variables:\n- group: deployers\n"
    files = {"azure/one.yml": azure(STAGES[0], head=head), "azure/two.yml": azure(STAGES[1], head=head)}
    assert SHARED in rules(files)


def test_azure_a_group_for_each_stage_keeps_them_apart() -> None:
    stages = [stage(name, variables=f"{{group: {name}-keys}}") for name in ("staging", "production")]
    assert SHARED not in rules({"azure-pipelines.yml": azure(*stages)})


@pytest.mark.parametrize(("lower", "upper", "expected"), [("sub", "sub", True), ("sub-a", "sub-b", False)])
def test_azure_one_service_connection(lower: str, upper: str, expected: bool) -> None:
    text = azure(stage("staging", lower), stage("production", upper))
    assert (SHARED in rules({"azure-pipelines.yml": text})) is expected


def test_azure_the_name_of_a_connection_in_a_variable_of_the_file() -> None:
    named = "{{name: connection, value: sub-{0}}}"
    one, two = (stage(name, "$(connection)", named.format(name)) for name in ("staging", "production"))
    assert SHARED not in rules({"azure-pipelines.yml": azure(one, two)})
    one, two = (stage(name, "$(connection)", named.format("x")) for name in ("staging", "production"))
    assert SHARED in rules({"azure-pipelines.yml": azure(one, two)})


def test_azure_a_connection_named_for_production_in_a_job_of_staging() -> None:
    assert LOWER in rules({"azure-pipelines.yml": azure(stage("staging", "acme-production"))})


def test_azure_stages_below_a_condition_are_stages() -> None:
    inner = "".join("  " + line for text in STAGES for line in text.splitlines(keepends=True))
    assert SHARED in rules({"azure-pipelines.yml": azure("- ${{ if eq(parameters.all, true) }}:\n" + inner)})


CIRCLE = """
version: 2.1
jobs:
  apply:
    parameters: {folder: {type: string}}
    steps:
      - run: cd live/<< parameters.folder >> && terraform apply -var key=$AWS_SECRET_ACCESS_KEY
workflows:
  deploy:
    jobs:
      - apply: {name: a, folder: staging, context: FIRST, filters: {branches: {only: main}}}
      - apply: {name: b, folder: production, context: SECOND, filters: {branches: {only: main}}}
"""


@pytest.mark.parametrize(("first", "second", "expected"), [("aws", "aws", True), ("one", "two", False)])
def test_circleci_jobs_of_one_context_share_what_it_keeps(first: str, second: str, expected: bool) -> None:
    text = CIRCLE.replace("FIRST", first).replace("SECOND", second)
    assert (SHARED in rules({".circleci/config.yml": text})) is expected


def concourse(*environments: str) -> str:
    return "jobs:\n" + "".join(
        f"- name: apply-{name}\n  plan:\n  - task: apply\n    params:\n      TERRAFORM_ACTION: apply\n"
        f"      ENVIRONMENT: {name}\n      AWS_SECRET_ACCESS_KEY: ((aws_secret))\n"
        for name in environments
    )


def test_concourse_one_value_in_one_pipeline() -> None:
    assert SHARED in rules({"ci/pipeline.yml": concourse("staging", "production")})


def test_concourse_each_pipeline_is_set_with_values_of_its_own() -> None:
    files = {"ci/one-pipeline.yml": concourse("staging"), "ci/two-pipeline.yml": concourse("production")}
    assert SHARED not in rules(files)


@pytest.mark.parametrize("name", ["REPO_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "CLIENT_ID"])
def test_an_identifier_is_no_credential_though_it_is_part_of_one(name: str) -> None:
    jobs = "".join(
        f"  {each}:\n    env: {{AZURE_CREDENTIALS: '${{{{ secrets.{name} }}}}'}}\n"
        f"    steps: [{{run: terraform -chdir=live/{each} apply}}]\n"
        for each in ("staging", "production")
    )
    assert SHARED not in rules({".github/workflows/a.yml": f"on: push\njobs:\n{jobs}"})


JENKINS = """
pipeline {
  environment {
    // AWS_SECRET_ACCESS_KEY = credentials('old-key')
    AWS_SECRET_ACCESS_KEY = credentials('KEPT')
  }
  parameters {
    choice(name: 'TARGET_ENV', choices: ['staging', 'production'], description: 'where')
  }
  stages {
    stage('Apply') {
      steps { sh "cd live/${params.TARGET_ENV} && terraform apply" }
    }
  }
}
"""


@pytest.mark.parametrize("path", ["Jenkinsfile", "ci/Jenkinsfile.deploy", "ci/nightly.Jenkinsfile"])
@pytest.mark.parametrize(("kept", "expected"), [("deploy-key", True), ("key-${params.TARGET_ENV}", False)])
def test_jenkins_one_credential_whatever_is_chosen(path: str, kept: str, expected: bool) -> None:
    found = [each for each in findings({path: JENKINS.replace("KEPT", kept)}) if each.rule == SHARED]
    assert bool(found) is expected
    if found:
        assert found[0].certainty == "proved"
        assert "stages.Apply[staging]" in found[0].message
        assert "deploy-key" in found[0].message


def test_jenkins_a_choice_of_something_else_is_no_environment() -> None:
    text = JENKINS.replace("TARGET_ENV", "REGION").replace("'staging', 'production'", "'eu-west-1', 'eu-west-2'")
    assert SHARED not in rules({"Jenkinsfile": text})
