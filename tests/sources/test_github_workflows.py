"""GitHub workflows: which jobs there are, where they run, what starts them, what they are given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.model import Facts, Node
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.sources.workflows.expressions import LATER, OPEN, Named, Some, evaluate, marks, truth
from envfence.tree import DictTree

PATH = ".github/workflows/deploy.yml"
CONTEXTS: dict[str, Any] = {
    "github": Some({"event_name": "push", "ref": "refs/heads/main", "ref_name": "main"}),
    "inputs": {"environment": "prod"},
    "secrets": Named("secrets"),
}


def read(files: dict[str, str]) -> dict[str, Facts]:
    tree = DictTree(files)
    sources, _ = discover(tree)
    found, _ = source_facts(tree, sources, lambda text: "digest")
    return {facts.deployment.id: facts for facts in found}


def jobs(text: str, **others: str) -> dict[str, Node]:
    files = {PATH: text, **{f".github/workflows/{name}.yml": other for name, other in others.items()}}
    return {node.address: node for facts in read(files).values() for node in facts.nodes}


def value(node: Node, name: str) -> Any:
    fact = node.facts.get(name)
    return fact.value if fact is not None else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("github.ref == 'refs/heads/main' && 'production' || 'staging'", "production"),
        ("github.ref == 'refs/heads/dev' && 'production' || 'staging'", "staging"),
        ("!startsWith(github.ref, 'refs/heads/')", False),
        ('contains(fromJSON(\'["prod", "live"]\'), inputs.environment)', True),
        ('fromJSON(\'{"main": "production"}\')[github.ref_name]', "production"),
        ("format('{0}-{1}', inputs.environment, 'eu')", "prod-eu"),
        ("inputs.missing", None),
        ("github.actor == 'somebody'", OPEN),
        ("false && github.actor", False),
        ("needs.plan.result == 'success'", LATER),
        ("needs.plan.outputs.changed == 'true'", OPEN),
        ("github.actor == 'x' && needs.plan.result == 'success'", OPEN),
        ("secrets.KEY == ''", OPEN),
        ("'Main' == 'main'", True),
        ("((", OPEN),
    ],
)
def test_expressions(text: str, expected: Any) -> None:
    assert evaluate(text, CONTEXTS) == expected


def test_a_secret_is_known_by_name_only() -> None:
    assert marks(evaluate("secrets[format('KEY_{0}', inputs.environment)]", CONTEXTS)) == ("secrets.KEY_prod",)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_expressions(text: str) -> None:
    assert truth(evaluate(text, CONTEXTS)) in (True, False, None)


def test_a_job_is_where_its_environment_says() -> None:
    found = jobs("""
on: {push: {branches: [main]}}
jobs:
  apply:
    environment: {name: production, url: https://example.org}
    steps:
      - run: |
          cd live
          terraform apply -auto-approve
""")
    node = found["jobs.apply"]
    assert [signal.value for signal in node.signals] == ["production"]
    assert value(node, "gate") == "environment"
    assert value(node, "runs")[0]["directory"] == "live"
    assert node.facts["changes"].span is not None
    assert node.facts["changes"].span.line == 9


def test_options_of_a_dispatch_are_jobs_of_their_own() -> None:
    found = jobs("""
on:
  workflow_dispatch:
    inputs:
      target: {type: choice, options: [staging, production]}
jobs:
  apply:
    environment: ${{ inputs.target }}
    steps:
      - run: terraform apply -var-file ${{ github.event.inputs.target }}.tfvars
""")
    assert sorted(found) == ["jobs.apply[production]", "jobs.apply[staging]"]
    assert value(found["jobs.apply[staging]"], "runs")[0]["var_files"] == ["staging.tfvars"]


def test_a_matrix_is_a_job_for_each_environment() -> None:
    found = jobs("""
on: workflow_dispatch
jobs:
  apply:
    strategy:
      matrix:
        include:
          - {env: dev, role: "arn:aws:iam::320000000002:role/ci"}
          - {env: prod, role: "arn:aws:iam::310000000001:role/ci"}
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "${{ matrix.role }}"}
""")
    assert sorted(found) == ["jobs.apply[dev]", "jobs.apply[prod]"]


def test_conditions_decide_on_which_trigger_a_job_runs() -> None:
    found = jobs("""
on: [push, pull_request]
jobs:
  plan:
    if: github.event_name == 'pull_request'
    steps: [{run: terraform plan}]
  apply:
    if: github.ref == 'refs/heads/main' && needs.plan.result == 'success'
    steps: [{run: terraform apply}]
""")
    assert value(found["jobs.plan"], "triggers") == ["pull_request"]
    assert value(found["jobs.plan"], "unreviewed") is True
    assert value(found["jobs.apply"], "on.push") == "always"
    assert value(found["jobs.apply"], "unreviewed") is None


def test_a_merged_pull_request_was_reviewed() -> None:
    found = jobs("""
on: {pull_request: {types: [closed]}}
jobs:
  apply:
    if: github.event.pull_request.merged
    steps: [{run: terraform apply}]
""")
    assert value(found["jobs.apply"], "triggers") == ["merge"]
    assert value(found["jobs.apply"], "unreviewed") is None


def test_a_job_behind_an_approval_is_gated() -> None:
    found = jobs("""
on: push
jobs:
  approve: {environment: production, steps: [{run: "true"}]}
  apply: {needs: approve, steps: [{run: terraform apply}]}
""")
    assert value(found["jobs.apply"], "gate") == "environment"


def test_a_called_workflow_is_read_with_the_arguments_of_its_callers() -> None:
    found = jobs(
        """
on: {push: {branches: [main]}}
jobs:
  staging:
    uses: ./.github/workflows/called.yml
    with: {environment: staging}
    secrets: {key: "${{ secrets.STAGING_AWS_SECRET_ACCESS_KEY }}"}
  production:
    uses: ./.github/workflows/called.yml
    with: {environment: production}
    secrets: inherit
""",
        called="""
on:
  workflow_call:
    inputs: {environment: {type: string}}
jobs:
  apply:
    env: {AWS_SECRET_ACCESS_KEY: "${{ secrets.key }}"}
    steps:
      - run: terraform -chdir=live/${{ inputs.environment }} apply
""",
    )
    assert sorted(found) == ["jobs.apply[production]", "jobs.apply[staging]"]
    staging = found["jobs.apply[staging]"]
    assert value(staging, "runs")[0]["directory"] == "live/staging"
    assert [use["name"] for use in value(staging, "secrets")] == ["STAGING_AWS_SECRET_ACCESS_KEY"]
    assert value(staging, "on.push") == "always"


def test_what_holds_for_a_calling_job_holds_for_what_it_calls() -> None:
    found = jobs(
        """
on: [push, pull_request]
jobs:
  approve: {environment: production, steps: [{run: "true"}]}
  deploy:
    if: github.event_name == 'push'
    needs: approve
    uses: ./.github/workflows/called.yml
""",
        called="on: workflow_call\njobs:\n  apply: {steps: [{run: terraform apply}]}\n",
    )
    assert value(found["jobs.apply"], "triggers") == ["push"]
    assert value(found["jobs.apply"], "gate") == "environment"


def test_local_actions_are_read() -> None:
    action = """
inputs: {environment: {required: true}}
runs:
  using: composite
  steps:
    - run: terraform -chdir=live/${{ inputs.environment }} destroy
      shell: bash
"""
    text = """
on: workflow_dispatch
jobs:
  remove:
    environment: staging
    steps:
      - uses: ./.github/actions/remove
        with: {environment: staging}
"""
    found = read({PATH: text, ".github/actions/remove/action.yml": action})
    (node,) = found[PATH].nodes
    assert value(node, "runs.destroy") is True
    assert value(node, "runs")[0]["path"] == ".github/actions/remove/action.yml"


def test_a_role_with_a_secret_in_it_has_a_hole() -> None:
    found = read(
        {
            PATH: """
on: workflow_dispatch
jobs:
  apply:
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::${{ secrets.ACCOUNT }}:role/ci"}
"""
        }
    )[PATH]
    (reference,) = found.references
    assert reference.kind == "runs-as"
    assert reference.sought.startswith("arn:aws:iam::")
    assert [symbol.what for symbol in found.symbols] == ["secrets.ACCOUNT"]


def test_a_workflow_that_is_no_yaml_is_a_problem() -> None:
    tree = DictTree({PATH: "jobs:\n  {{ template }}\n: x\n"})
    sources, _ = discover(tree)
    found, problems = source_facts(tree, sources, lambda text: "digest")
    assert found == ()
    assert [problem.span.path for problem in problems] == [PATH]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "jobs: 3", "on: push\njobs: {a: {steps: {b: 1}}}", "on: {push: 3}\njobs: {a: {steps: [1, null]}}"],
)
def test_strange_workflows_break_nothing(text: str) -> None:
    assert jobs(text) == {}


NEEDS = """
on: [pull_request, push]
jobs:
  plan:
    steps: [{run: terraform plan}]
  staging:
    needs: plan
    if: github.ref == 'refs/heads/main'
    steps: [{run: terraform apply}]
  production:
    needs: [staging]
    steps: [{run: terraform apply}]
  clean:
    needs: [staging]
    if: always()
    steps: [{run: terraform apply}]
"""


def test_a_job_is_left_out_with_the_job_that_it_needs() -> None:
    found = jobs(NEEDS)
    assert value(found["jobs.production"], "triggers") == ["push"]
    assert value(found["jobs.production"], "unreviewed") is None
    assert value(found["jobs.clean"], "triggers") == ["pull_request", "push"]
    assert value(found["jobs.clean"], "unreviewed") is True


def test_a_called_workflow_is_left_out_with_the_job_that_its_caller_needs() -> None:
    called = ".github/workflows/apply.yml"
    needs = "    needs: [staging]\n"
    caller = NEEDS.replace(f"{needs}    steps: [{{run: terraform apply}}]\n", f"{needs}    uses: ./{called}\n")
    found = jobs(caller, apply="on: workflow_call\njobs:\n  apply:\n    steps: [{run: terraform apply}]\n")
    assert value(found["jobs.apply"], "triggers") == ["push"]


def test_jobs_that_need_each_other_are_read() -> None:
    steps = "steps: [{run: terraform apply}]"
    assert sorted(jobs(f"on: push\njobs:\n  a: {{needs: b, {steps}}}\n  b: {{needs: a, {steps}}}\n")) == [
        "jobs.a",
        "jobs.b",
    ]


@pytest.mark.parametrize(
    ("line", "directory"),
    [
        ("make apply", "live"),
        ("make -C . apply DIR=other", "other"),
        ("./bin/apply.sh other", "other"),
        ("bash -c './bin/apply.sh other'", "other"),
    ],
)
def test_scripts_and_makefiles_that_a_step_runs(line: str, directory: str) -> None:
    found = read(
        {
            PATH: f'on: push\njobs:\n  apply:\n    steps: [{{run: "{line}"}}]\n',
            "Makefile": "DIR ?= live\napply:\n\tterraform -chdir=$(DIR) apply\n",
            "bin/apply.sh": '#!/bin/sh\nterraform -chdir="$1" apply\nif test "$2"; then terraform destroy; fi\n',
        }
    )
    (job,) = found[PATH].nodes
    runs = [(run["verb"], run["directory"], run["path"], run["line"]) for run in value(job, "runs")]
    assert runs == [("apply", directory, PATH, 4)]
