"""From a workflow to the graph: what jobs apply, where that puts them, and what they are given."""

from __future__ import annotations

import datetime

from envfence.graph import Graph
from envfence.pipeline import check, graph, survey
from envfence.settings import Settings
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
PATH = ".github/workflows/deploy.yml"
ROOTS = {
    "live/production/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-production"\n}\n',
    "live/staging/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-staging"\n}\n',
}


def linked(text: str, **files: str) -> Graph:
    return graph(survey(DictTree({**ROOTS, PATH: text, **files}), SETTINGS))


def rules(text: str) -> set[str]:
    report = check(DictTree({**ROOTS, PATH: text}), SETTINGS)
    return {finding.rule for finding in report.findings if finding.family in ("approvals", "credentials")}


def test_a_job_is_where_its_deployment_is() -> None:
    found = linked("on: push\njobs:\n  apply:\n    steps: [{run: terraform -chdir=live/production apply}]\n")
    job = found.nodes[f"{PATH}:jobs.apply"]
    assert job.placement.environments == ("production",)
    assert [(edge.kind, edge.target) for edge in found.out[job.id]] == [("deploys", "live/production:terraform")]


def test_run_all_applies_every_unit_below() -> None:
    found = linked(
        "on: push\njobs:\n  apply:\n    steps: [{run: terragrunt run-all apply, working-directory: live}]\n",
        **{
            "live/production/terragrunt.hcl": 'terraform {\n  source = "."\n}\n',
            "live/staging/terragrunt.hcl": 'terraform {\n  source = "."\n}\n',
        },
    )
    job = found.nodes[f"{PATH}:jobs.apply"]
    assert job.placement.environments == ("production", "staging")


def test_an_unplaced_job_that_only_lints_has_no_edges() -> None:
    found = linked("on: push\njobs:\n  lint:\n    steps: [{run: terraform fmt}]\n")
    assert f"{PATH}:jobs.lint" not in found.nodes


def test_one_secret_name_under_two_github_environments_is_not_one_secret() -> None:
    job = "    env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.AWS_SECRET_ACCESS_KEY }}'}\n    steps: []\n"
    text = f"on: push\njobs:\n  a:\n    environment: staging\n{job}  b:\n    environment: production\n{job}"
    assert "pipeline-secret-serves-several-environments" not in rules(text)


def test_a_job_named_test_is_not_an_environment() -> None:
    found = linked(
        "on: push\njobs:\n  test:\n    env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.KEY }}'}\n    steps: [{run: ./test}]\n"
    )
    assert found.nodes[f"{PATH}:jobs.test"].placement.environments == ()


def test_a_webhook_shared_by_jobs_is_nothing() -> None:
    job = "    env: {HOOK: '${{ secrets.SLACK_WEBHOOK }}'}\n"
    text = (
        "on: workflow_dispatch\njobs:\n"
        f"  a:\n{job}    steps: [{{run: terraform -chdir=live/staging apply}}]\n"
        f"  b:\n{job}    steps: [{{run: terraform -chdir=live/production apply}}]\n"
    )
    assert rules(text) == set()


def test_production_may_act_as_a_lower_environments_role_but_not_the_other_way() -> None:
    job = "  {0}:\n    environment: {0}\n    steps:\n    - uses: aws-actions/configure-aws-credentials@v4\n"
    role = "      with: {{role-to-assume: 'arn:aws:iam::{1}:role/deploy'}}\n"
    config = (
        "version: 1\nenvironments:\n  production: {paths: [live/production/**], accounts: ['310000000001']}\n"
        "  staging: {paths: [live/staging/**], accounts: ['320000000002']}\n"
    )

    def crossings(environment: str, account: str) -> list[str]:
        text = "on: workflow_dispatch\njobs:\n" + (job + role).format(environment, account)
        report = check(DictTree({**ROOTS, PATH: text, "envfence.yaml": config}), SETTINGS)
        return [finding.message for finding in report.findings if finding.rule == "shared-identity"]

    (message,) = crossings("staging", "310000000001")
    assert message == "jobs.staging (staging) runs as arn:aws:iam::310000000001:role/deploy (production)"
    assert crossings("production", "320000000002") == []


TRUST = """
resource "aws_iam_role" "deploy" {
  name = "deploy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::310000000001:oidc-provider/token.actions.githubusercontent.com" }
      Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/shop:SUBJECT" } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.deploy.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"""


def test_a_role_that_any_branch_may_take_says_which_jobs_take_it() -> None:
    role = "arn:aws:iam::310000000001:role/deploy"
    text = (
        "on: pull_request\njobs:\n  plan:\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n"
        f"        with: {{role-to-assume: '{role}'}}\n      - run: terraform -chdir=live/production plan\n"
    )
    provider = 'provider "aws" {\n  allowed_account_ids = ["310000000001"]\n}\n'

    def takers(subject: str) -> list[str]:
        main = ROOTS["live/production/main.tf"] + provider + TRUST.replace("SUBJECT", subject)
        found = linked(text, **{"live/production/main.tf": main})
        trusted = [edge for edge in found.edges() if edge.kind == "assumes"]
        return [each.says for edge in trusted for each in edge.evidence if each.span.path == PATH]

    assert takers("*") == ["jobs.plan takes it, started by pull_request"]
    assert takers("environment:production") == []
