"""What stands between a push and production: one finding for each pipeline file, about what each start really does."""

from __future__ import annotations

import datetime

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

ROOTS = {
    f"terraform/{name}/main.tf": f'resource "aws_s3_bucket" "orders" {{\n  bucket = "acme-orders-{name}"\n}}\n'
    for name in ("production", "staging")
}
#: A workflow that others call: it applies if they say so.
CALLED = """
on:
  workflow_call:
    inputs:
      environment: {type: string, required: true}
      apply: {type: string, default: 'false'}
jobs:
  terraform:
    runs-on: ubuntu-latest
    steps:
      - run: terraform plan
        working-directory: terraform/${{ inputs.environment }}
      - if: inputs.apply == 'true'
        run: terraform apply -auto-approve
        working-directory: terraform/${{ inputs.environment }}
"""
AFTER_THE_MERGE = """
on: {push: {branches: [main]}}
jobs:
  production:
    uses: ./.github/workflows/terraform.yml
    with: {environment: production, apply: 'true'}
"""
PULL_REQUEST = """
on: pull_request
jobs:
  production:
    uses: ./.github/workflows/terraform.yml
    with: {environment: production%s}
"""


def approvals(files: dict[str, str]) -> dict[str, Finding]:
    """The findings about approvals, by rule; each at most once."""
    report = check(DictTree({**ROOTS, **files}), Settings(today=datetime.date(2026, 11, 22)))
    found = [finding for finding in report.findings if finding.family == "approvals"]
    assert len({finding.rule for finding in found}) == len(found)
    return {finding.rule: finding for finding in found}


def workflows(**texts: str) -> dict[str, str]:
    return {f".github/workflows/{name}.yml": text for name, text in texts.items()}


def test_a_plan_for_a_pull_request_is_not_the_apply_after_the_merge() -> None:
    found = approvals(workflows(terraform=CALLED, main=AFTER_THE_MERGE, pr=PULL_REQUEST % ""))
    assert set(found) == {"production-applied-without-approval"}


def test_an_apply_for_a_pull_request_is() -> None:
    found = approvals(workflows(terraform=CALLED, main=AFTER_THE_MERGE, pr=PULL_REQUEST % ", apply: 'true'"))
    assert found["production-applied-from-pull-request"].certainty == "proved"


def test_an_apply_that_depends_on_an_earlier_step_is_not_said_to_happen() -> None:
    depends = PULL_REQUEST % ", apply: '${{ needs.setup.outputs.apply }}'"
    assert approvals(workflows(terraform=CALLED, pr=depends)) == {}


def test_the_jobs_of_one_file_are_one_finding() -> None:
    jobs = "".join(
        f"  {name}:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: terraform -chdir=terraform/production apply -auto-approve\n"
        for name in ("network", "data", "app")
    )
    found = approvals(workflows(deploy="on: {push: {branches: [main]}}\njobs:\n" + jobs))
    finding = found["production-applied-without-approval"]
    assert finding.also_total == 2
    assert "(.github/workflows/deploy.yml); so do 2 more jobs there" in finding.message
