"""Pipelines: which deployments they show, through callers, actions, scripts and Makefiles."""

from __future__ import annotations

import json

import pytest
from helpers_bind import BACKEND, BUCKET, by_id

from envfence.model import Deployment

ROOT = {"infra/main.tf": BACKEND + BUCKET + 'variable "environment" {}\n'}
APPLY = "terraform apply -var environment="


def environments(found: dict[str, Deployment]) -> dict[str, str]:
    return {
        name: json.loads(text)
        for name, each in found.items()
        for text in [next((i.json for i in each.inputs if i.name == "environment"), None)]
        if text
    }


def infra(files: dict[str, str]) -> set[str]:
    found = by_id({**ROOT, **files})
    assert {each.root for each in found.values()} == {"infra"}
    return set(environments(found).values())


def test_a_reusable_workflow_is_read_as_its_callers_call_it():
    files = {
        ".github/workflows/deploy.yml": """
            on:
              workflow_call:
                inputs:
                  environment:
                    type: string
            jobs:
              apply:
                environment: ${{ inputs.environment }}
                defaults:
                  run:
                    working-directory: infra
                steps:
                  - run: terraform apply -var environment=${{ inputs.environment }}
        """,
        ".github/workflows/main.yml": """
            on: push
            jobs:
              staging:
                uses: ./.github/workflows/deploy.yml
                with:
                  environment: staging
              others:
                strategy:
                  matrix:
                    include:
                      - name: prod
                      - name: dev
                uses: ./.github/workflows/deploy.yml
                with:
                  environment: ${{ matrix.name }}
        """,
    }
    assert infra(files) == {"staging", "prod", "dev"}


def test_a_composite_action_gets_its_inputs():
    files = {
        ".github/actions/apply/action.yml": """
            inputs:
              env:
                default: dev
              folder: {}
            runs:
              using: composite
              steps:
                - run: terraform -chdir=${{ inputs.folder }} apply -var environment=${{ inputs.env }}
                  shell: bash
        """,
        ".github/workflows/main.yml": """
            on: push
            jobs:
              one:
                steps:
                  - uses: ./.github/actions/apply
                    with: {folder: infra}
                  - uses: ./.github/actions/apply
                    with: {folder: infra, env: prod}
        """,
    }
    assert infra(files) == {"dev", "prod"}


def test_what_somebody_may_choose_is_an_environment_each():
    files = {
        ".github/workflows/main.yml": """
            on:
              workflow_dispatch:
                inputs:
                  environment:
                    type: choice
                    options: [staging, production]
                  reason: {type: string}
            jobs:
              one:
                env:
                  TF_VAR_environment: ${{ github.event.inputs.environment }}
                steps:
                  - run: cd infra && terraform plan
        """,
    }
    assert infra(files) == {"staging", "production"}


def test_a_matrix_may_be_written_as_json():
    files = {
        ".github/workflows/main.yml": f"""
            on: push
            jobs:
              one:
                strategy:
                  matrix:
                    env: ${{{{ fromJSON('["dev", "prod"]') }}}}
                    exclude:
                      - env: dev
                steps:
                  - run: {APPLY}${{{{ matrix.env }}}}
                    working-directory: infra
        """,
    }
    assert infra(files) == {"prod"}


def test_scripts_and_makefiles_are_followed_with_their_arguments():
    files = {
        ".github/workflows/main.yml": """
            on: push
            jobs:
              one:
                steps:
                  - run: ./bin/deploy.sh prod
                  - run: make -C . deploy ENV=staging
                  - run: make uat deploy
        """,
        "bin/deploy.sh": f'#!/bin/bash\nENV="$1"\ncd "$(dirname "$0")/../infra"\naws-vault exec x -- {APPLY}"$ENV"\n',
        "Makefile": f"ENV ?= dev\nuat:\n\t$(eval ENV=uat)\ninit:\n\tcd infra && terraform init\n"
        f"deploy: init\n\tcd infra && {APPLY}$(ENV)\n",
    }
    assert infra(files) >= {"prod", "staging", "uat"}


def test_arguments_may_come_from_the_process():
    files = {
        "apply.sh": "export TF_CLI_ARGS_apply='-var environment=prod'\n(cd infra && terraform apply)\n"
        "pushd infra\nTF_CLI_ARGS='-var environment=dev' terraform plan\npopd\n",
    }
    assert infra(files) == {"prod", "dev"}


def test_text_about_terraform_is_no_command():
    found = by_id({**ROOT, "help.sh": f"cd infra\necho {APPLY}prod\n# {APPLY}dev\n"})
    assert environments(found) == {}


def test_gitlab_jobs_extend_and_include():
    files = {
        ".gitlab-ci.yml": """
            include:
              - local: /ci/base.yml
            staging:
              extends: .apply
              variables: {ENV: staging}
              environment: {name: $ENV}
            all:
              extends: .apply
              parallel:
                matrix:
                  - ENV: [dev, prod]
              before_script:
                - !reference [.apply, before_script]
        """,
        "ci/base.yml": f"""
            .apply:
              script:
                - cd infra
                - {APPLY}$ENV
        """,
    }
    assert infra(files) == {"staging", "dev", "prod"}


def test_azure_pipelines_with_templates_and_parameters():
    files = {
        "azure-pipelines.yml": """
            trigger: [main]
            parameters:
              - name: environments
                type: object
                default:
                  - name: dev
                  - name: prod
            stages:
              - ${{ each env in parameters.environments }}:
                  - template: ci/stage.yml
                    parameters:
                      environment: ${{ env.name }}
        """,
        "ci/stage.yml": """
            parameters:
              - name: environment
            stages:
              - stage: apply
                jobs:
                  - deployment: apply
                    environment: ${{ parameters.environment }}
                    strategy:
                      runOnce:
                        deploy:
                          steps:
                            - task: TerraformTaskV4@4
                              inputs:
                                command: apply
                                workingDirectory: $(System.DefaultWorkingDirectory)/infra
                                commandOptions: -var environment=${{ parameters.environment }}
        """,
    }
    assert infra(files) == {"dev", "prod"}


def test_what_only_a_run_can_tell_is_no_environment():
    files = {
        ".github/workflows/main.yml": f"""
            on:
              push:
              workflow_dispatch:
                inputs:
                  environment: {{type: string}}
            jobs:
              one:
                env:
                  ENV: ${{{{ github.event.inputs.environment || 'staging' }}}}
                steps:
                  - run: cd infra && {APPLY}${{{{ github.ref == 'refs/heads/main' && 'prod' || 'dev' }}}}
                  - run: cd infra && {APPLY}${{{{ env.ENV }}}}
        """,
    }
    assert infra(files) == {"staging"}


def test_a_boolean_input_decides_as_a_boolean():
    files = {
        ".github/workflows/apply.yml": f"""
            on:
              workflow_call:
                inputs:
                  live: {{type: boolean, default: false}}
            jobs:
              one:
                steps:
                  - run: cd infra && {APPLY}${{{{ inputs.live && 'prod' || 'dev' }}}}
        """,
        ".github/workflows/main.yml": """
            on: push
            jobs:
              one:
                uses: ./.github/workflows/apply.yml
              two:
                uses: ./.github/workflows/apply.yml
                with: {live: true}
        """,
    }
    assert infra(files) == {"dev", "prod"}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("if [ $1 = x ]; then ENV=prod; else ENV=dev; fi\ncd infra && {}$ENV", set()),
        ("ENV=dev\nif [ $1 = x ]; then\n  cd infra && {}$ENV\nfi", {"dev"}),
        ("case $1 in\n  a) ENV=prod; cd infra && {}$ENV;;\n  b) cd infra && {}$ENV;;\nesac", {"prod"}),
        ("cat <<EOF > other.sh\ncd infra && {}prod\nEOF", set()),
        ("cd infra\necho yes | {}prod", {"prod"}),
        ("bash -c 'cd infra; {}prod'", {"prod"}),
        ("cd infra\nout=$({}prod) || exit 1", {"prod"}),
        ("cd infra\naws-vault exec live -- {}'a;b' -var environment=dev", {"dev"}),
        ("cd $SOMEWHERE\ncd ..\ncd infra && {}prod", set()),
        ('cd "$(dirname "$0")"/infra\n{}prod', {"prod"}),
    ],
)
def test_what_a_script_of_the_shell_says(script: str, expected: set[str]):
    found = by_id({**ROOT, "run.sh": script.replace("{}", APPLY)})
    assert set(environments(found).values()) == expected


def test_an_azure_template_of_another_repository_is_given_a_root_module_and_options():
    files = {
        "azure-pipelines.yml": """
            trigger: [main]
            parameters:
              - name: components
                type: object
                default:
                  - { deployment: app, environment: sbox }
                  - { deployment: app, environment: prod }
                  - { deployment: nothing, environment: dev }
            stages:
              - ${{ each parameter in parameters.components }}:
                  - stage: ${{ parameter.environment }}
                    jobs:
                      - job: apply
                        steps:
                          - template: steps/terraform.yaml@libraries
                            parameters:
                              component: ${{ parameter.deployment }}
                              environment: ${{ parameter.environment }}
                              tfVarsFile: $(Home)/$(suffix)/live/${{ parameter.environment }}.tfvars
                              planCommandOptions: >
                                -var environment=${{ parameter.environment }}
        """,
        "live/prod.tfvars": "size = 1\n",
        "components/app/main.tf": 'terraform {\n  backend "azurerm" {}\n}\nvariable "environment" {}\n',
    }
    found = {each.name: each.var_files for each in by_id(files).values()}
    assert found == {"sbox": (), "prod": ("live/prod.tfvars",)}
