"""Azure pipelines whose jobs stand in templates: what the graph learns of them."""

from __future__ import annotations

import datetime

from envfence.graph import Graph
from envfence.pipeline import check, graph, survey
from envfence.settings import Settings
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
ROOTS = {
    "live/production/main.tf": 'resource "azurerm_resource_group" "shop" {\n  name = "shop-production"\n}\n',
    "live/staging/main.tf": 'resource "azurerm_resource_group" "shop" {\n  name = "shop-staging"\n}\n',
}
TEMPLATE = """\
parameters:
  - name: environment
    type: string
  - name: connection
    type: string
    default: shop-deploy
stages:
  - stage: apply_${{ parameters.environment }}
    jobs:
      - job: apply
        steps:
          - task: TerraformCLI@2
            inputs:
              command: apply
              workingDirectory: $(System.DefaultWorkingDirectory)/live/${{ parameters.environment }}
              environmentServiceName: ${{ parameters.connection }}
"""


def files(pipeline: str, template: str = TEMPLATE) -> DictTree:
    return DictTree({**ROOTS, "pipelines/release.yml": pipeline, "pipelines/templates/apply.yml": template})


def linked(pipeline: str, template: str = TEMPLATE) -> Graph:
    return graph(survey(files(pipeline, template), SETTINGS))


def call(environment: str, more: str = "") -> str:
    return f"  - template: templates/apply.yml\n    parameters:\n      environment: {environment}\n{more}"


def test_a_template_is_read_once_for_each_call() -> None:
    found = linked("trigger: [main]\nstages:\n" + call("staging") + call("production"))
    job = found.nodes["pipelines/release.yml:jobs.apply_production.apply"]
    assert job.placement.environments == ("production",)
    assert [edge.target for edge in found.out[job.id] if edge.kind == "deploys"] == ["live/production:terraform"]
    assert not [name for name in found.nodes if name.startswith("pipelines/templates/")]


def test_the_place_is_that_in_the_template() -> None:
    found = linked("trigger: [main]\nstages:\n" + call("staging"))
    job = found.nodes["pipelines/release.yml:jobs.apply_staging.apply"]
    assert (job.span.path, job.span.line) == ("pipelines/templates/apply.yml", 10)


def test_one_service_connection_for_two_calls_is_shared() -> None:
    report = check(files("trigger: [main]\nstages:\n" + call("staging") + call("production")), SETTINGS)
    assert "pipeline-secret-serves-several-environments" in {finding.rule for finding in report.findings}


def test_a_connection_of_each_call_is_not_shared() -> None:
    stages = call("staging", "      connection: shop-s\n") + call("production", "      connection: shop-p\n")
    report = check(files("trigger: [main]\nstages:\n" + stages), SETTINGS)
    assert "pipeline-secret-serves-several-environments" not in {finding.rule for finding in report.findings}


def test_a_condition_that_is_told_decides() -> None:
    stages = "  - ${{ if eq(parameters.only, 'staging') }}:\n" + call("production").replace("  -", "    -", 1)
    template = "parameters:\n  only: production\nstages:\n" + stages.replace("\n      ", "\n        ")
    pipeline = "trigger: [main]\nstages:\n  - template: templates/apply.yml\n"
    assert not [name for name in linked(pipeline, template).nodes if "jobs." in name]


def test_a_loop_over_a_list_of_the_pipeline() -> None:
    pipeline = (
        "trigger: [main]\nparameters:\n  - name: places\n    type: object\n    default: [staging, production]\n"
        "stages:\n  - ${{ each place in parameters.places }}:\n"
        + "".join(f"    {line}\n" for line in call("${{ place }}").strip().splitlines())
    )
    jobs = [name for name in linked(pipeline.replace("    - template", "      - template", 1)).nodes if "jobs." in name]
    assert sorted(name.rpartition("jobs.")[2] for name in jobs) == ["apply_production.apply", "apply_staging.apply"]


def test_a_template_that_includes_itself_ends() -> None:
    template = "stages:\n  - template: apply.yml\n  - stage: a\n    jobs: []\n"
    assert linked("trigger: [main]\nstages:\n  - template: templates/apply.yml\n", template).nodes


def test_a_parameter_that_people_choose_makes_a_job_for_each_choice() -> None:
    pipeline = (
        "trigger: none\nparameters:\n  - name: environment\n    type: string\n    values: [staging, production]\n"
        "jobs:\n  - job: apply\n    steps:\n"
        "      - script: terraform -chdir=live/${{ parameters.environment }} apply -auto-approve\n"
    )
    found = linked(pipeline)
    placed = {job: found.nodes[f"pipelines/release.yml:jobs.apply[{job}]"] for job in ("staging", "production")}
    assert {name: node.placement.environments for name, node in placed.items()} == {
        "staging": ("staging",),
        "production": ("production",),
    }
