"""Credentials that jobs are given: whose they are, where they are handed on, what stands in front of them."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check, graph, survey
from envfence.settings import Settings
from envfence.sources.workflows.vocabulary import credential_of, is_kept_secret
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
FOLDER = ".github/workflows/"
ROOTS = {
    "live/production/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-production"\n}\n',
    "live/staging/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-staging"\n}\n',
}


def findings(**files: str) -> list[Finding]:
    tree = DictTree({**ROOTS, **files})
    return [each for each in check(tree, SETTINGS).findings if each.family in ("credentials", "approvals")]


def of(rule: str, **files: str) -> list[Finding]:
    return [each for each in findings(**files) if each.rule == rule]


def apply(place: str, env: str = "", more: str = "") -> str:
    return (
        f"on: {{push: {{branches: [main]}}}}\n{env}jobs:\n  apply:\n    runs-on: ubuntu-latest\n{more}"
        f"    steps:\n      - run: terraform -chdir=live/{place} apply -auto-approve\n"
    )


CALLED = """\
on: {workflow_call: {inputs: {environment: {type: string}}}}
jobs:
  deploy:
    environment: ${{ inputs.environment }}
    steps:
      - run: terraform -chdir=live/staging apply
        env: {CLIENT: '${{ secrets.client }}'}
"""
CALLER = """\
on: push
jobs:
  staging:
    uses: ./.github/workflows/called.yml
    with: {environment: staging}
    secrets:
      client: ${{ secrets.PROD_LOGIN_CLIENT_SECRET }}
"""


def test_production_s_secret_is_found_where_the_caller_hands_it_on() -> None:
    (finding,) = of(
        "lower-environment-job-holds-production-credential",
        **{FOLDER + "called.yml": CALLED, FOLDER + "staging.yml": CALLER},
    )
    assert (finding.cause.span.path, finding.cause.span.line) == (FOLDER + "staging.yml", 7)


@pytest.mark.parametrize("name", ["PROD_SLACK_WEBHOOK_URL", "PROD_ACCOUNT_ID", "PROD_CODECOV_TOKEN", "STAGING_API_KEY"])
def test_what_opens_no_production_is_not_production_s_credential(name: str) -> None:
    caller = CALLER.replace("PROD_LOGIN_CLIENT_SECRET", name)
    rule = "lower-environment-job-holds-production-credential"
    assert not of(rule, **{FOLDER + "called.yml": CALLED, FOLDER + "staging.yml": caller})


def test_one_secret_that_terraform_builds_both_environments_with() -> None:
    env = "env: {TF_VAR_peppers: '${{ secrets.HASHING_SECRET }}'}\n"
    files = {FOLDER + f"{place}.yml": apply(place, env) for place in ("staging", "production")}
    (finding,) = of("pipeline-secret-configures-several-environments", **files)
    assert finding.certainty == "proved"
    scoped = {
        FOLDER + f"{place}.yml": apply(place, env, f"    environment: {place}\n") for place in ("staging", "production")
    }
    assert not of("pipeline-secret-configures-several-environments", **scoped)


def test_every_job_that_is_given_a_shared_credential_is_evidence() -> None:
    env = "env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.KEY }}'}\n"
    names = ("development", "staging", "production")
    files = {f"live/{name}/main.tf": f'resource "aws_sns_topic" "a" {{\n  name = "a-{name}"\n}}\n' for name in names}
    files |= {f"{FOLDER}{name}.yml": apply(name, env) for name in names}
    for finding in of("pipeline-secret-serves-several-environments", **files):
        places = {evidence.span.path for hop in finding.path for evidence in hop.evidence}
        assert places == {f"{FOLDER}{name}.yml" for name in names}


def test_the_key_of_a_bucket_from_cloud_foundry_s_broker_has_no_role_instead() -> None:
    env = "env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.STATE_KEY }}'}\n"
    brokered = env.replace("}\n", ", TF_VAR_cf_password: '${{ secrets.CF_PASSWORD }}'}\n", 1)
    rule = "static-cloud-key-in-production-pipeline"
    assert of(rule, **{FOLDER + "a.yml": apply("production", env)})
    assert not of(rule, **{FOLDER + "a.yml": apply("production", brokered.replace("}}'}, TF", "}}', TF"))})


def test_a_key_for_a_provider_opens_an_account_beside_cloud_foundry() -> None:
    given = "TF_VAR_cf_password: '${{ secrets.CF_PASSWORD }}', TF_VAR_aws_secret_key: '${{ secrets.BROKER_KEY }}'"
    text = apply("production", f"env: {{{given}}}\n")
    assert of("static-cloud-key-in-production-pipeline", **{FOLDER + "a.yml": text})


def test_a_key_of_an_interface_is_no_identity_of_the_cloud() -> None:
    assert credential_of("PROD_GOOGLE_API_KEY", "TF_VAR_google_api_key") is None
    assert credential_of("GCP_SA_KEY") is not None
    assert is_kept_secret("PROD_GOOGLE_API_KEY")
    assert not is_kept_secret("GITHUB_APP_PRIVATE_KEY")


PLAN_AND_APPLY = (
    "on: {trigger}\njobs:\n  plan:\n    steps:\n{plan}      - run: terraform -chdir=live/production plan\n"
    "  apply:\n    needs: plan\n    environment: production\n    steps:\n{apply}"
    "      - run: terraform -chdir=live/production apply\n"
)


def step(role: str) -> str:
    arn = f"arn:aws:iam::310000000001:role/{role}"
    return f"      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{role-to-assume: '{arn}'}}\n"


@pytest.mark.parametrize(
    ("trigger", "role", "expected"),
    [("workflow_dispatch", "deploy", 1), ("workflow_dispatch", "plan", 0), ("{push: {branches: [main]}}", "deploy", 0)],
)
def test_the_approval_stands_in_front_of_the_job_but_not_of_the_role(trigger: str, role: str, expected: int) -> None:
    text = PLAN_AND_APPLY.format(trigger=trigger, plan=step(role), apply=step("deploy"))
    assert len(of("plan-takes-role-that-approval-guards", **{FOLDER + "a.yml": text})) == expected


def test_a_pull_request_is_given_what_is_named_for_production() -> None:
    text = (
        "on: pull_request\nenv: {TF_VAR_jwt: '${{ secrets.PROD_JWT_SECRET }}'}\njobs:\n  plan:\n"
        "    if: github.repository == 'acme/shop'\n    steps: [{run: terraform -chdir=live/production plan}]\n"
    )
    assert of("pull-request-gets-production-credentials", **{FOLDER + "a.yml": text})
    harmless = text.replace("PROD_JWT_SECRET", "PROD_SEARCH_ENGINE_ID")
    assert not of("pull-request-gets-production-credentials", **{FOLDER + "a.yml": harmless})


def test_what_is_deleted_after_the_login_of_a_lower_environment_is_its_own() -> None:
    def login(name: str) -> str:
        given = f"credentials_json: '${{{{ secrets.{name} }}}}'"
        return f"      - uses: google-github-actions/auth@v2\n        with: {{{given}}}\n"

    head = "on: {schedule: [{cron: '1 1 * * *'}]}\njobs:\n  copy:\n    env: {ENVIRONMENT: production}\n    steps:\n"
    delete = "      - run: gcloud sql databases delete orders --instance main --quiet\n"
    rule = "production-destroyed-without-asking"
    assert of(rule, **{FOLDER + "a.yml": head + login("QA_GCP_KEY") + login("PROD_GCP_KEY") + delete})
    assert not of(rule, **{FOLDER + "a.yml": head + login("PROD_GCP_KEY") + login("QA_GCP_KEY") + delete})


SCRIPT = "#!/bin/sh\nterraform -chdir=live/production apply -auto-approve\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".gitlab-ci.yml", "apply:\n  script: [./deploy.sh]\n"),
        (
            ".circleci/config.yml",
            "version: 2\njobs:\n  apply:\n    steps: [{run: ./deploy.sh}]\nworkflows:\n  w:\n    jobs: [apply]\n",
        ),
        ("Jenkinsfile", "pipeline { stages { stage('Apply') { steps { sh './deploy.sh' } } } }\n"),
        ("azure-pipelines.yml", "trigger: [main]\njobs:\n  - job: apply\n    steps:\n      - script: ./deploy.sh\n"),
        (
            "bitbucket-pipelines.yml",
            "pipelines:\n  default:\n    - step:\n        name: apply\n        script: [./deploy.sh]\n",
        ),
    ],
)
def test_scripts_are_followed_in_every_product(path: str, text: str) -> None:
    found = graph(survey(DictTree({**ROOTS, path: text, "deploy.sh": SCRIPT}), SETTINGS))
    applied = found.into["live/production:terraform"]
    assert [edge.source.partition(":")[0] for edge in applied if edge.kind == "deploys"] == [path]


def test_a_script_that_copies_between_environments_is_of_neither() -> None:
    text = "#!/bin/sh\ngcloud sql databases delete $TARGET --instance $INSTANCE --quiet\n"
    assert of("production-destroyed-without-asking", **{"scripts/drop-production.sh": text})
    assert not of("production-destroyed-without-asking", **{"scripts/copy-production-to-qa.sh": text})
