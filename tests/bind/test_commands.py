from __future__ import annotations

from helpers_bind import BACKEND, BUCKET, ENVIRONMENT, by_id, signals
from hypothesis import given
from hypothesis import strategies as st

from envfence.bind.shell import commands


def test_a_workflow_with_a_matrix():
    found = by_id(
        {
            "infra/main.tf": BACKEND + ENVIRONMENT,
            "infra/vars/a.tfvars": "size = 1\n",
            ".github/workflows/deploy.yml": """
            on: push
            jobs:
              apply:
                strategy:
                  matrix:
                    env: [staging, production]
                environment: ${{ matrix.env }}
                env:
                  TF_VAR_environment: ${{ matrix.env }}
                defaults:
                  run:
                    working-directory: infra
                steps:
                  - run: terraform init
                  - run: |
                      terraform workspace select ${{ matrix.env }}
                      terraform apply -auto-approve -var-file=vars/a.tfvars
            """,
        }
    )
    assert set(found) == {"infra@staging", "infra@production"}
    staging = found["infra@staging"]
    assert staging.workspace == "staging"
    assert staging.var_files == ("infra/vars/a.tfvars",)
    assert [(each.name, each.json) for each in staging.inputs] == [("environment", '"staging"')]
    assert signals(staging, "input") == {"staging"}
    assert not staging.inferred


def test_a_makefile_names_the_var_file():
    found = by_id(
        {
            "main.tf": BACKEND + ENVIRONMENT,
            "conf/one.tfvars": 'environment = "uat"\n',
            "Makefile": "uat:\n\tterraform plan -var-file conf/one.tfvars -var 'environment=uat'\n",
        }
    )
    assert set(found) == {".@uat"}


def test_what_is_not_literal_says_nothing():
    found = by_id(
        {
            "main.tf": BACKEND + ENVIRONMENT,
            "run.sh": "terraform workspace select $1\nterraform apply -var-file=$ENV.tfvars\n",
        }
    )
    assert set(found) == {"."}


def test_shell_reading():
    script = "cd infra\nexport TF_WORKSPACE=dev\nterraform -chdir=app plan \\\n  -var 'a=b' -var-file=x.tfvars\n"
    found = list(commands(script, {}, "top"))
    assert [(each.directory, each.workspace, each.var_files, each.variables, each.line) for each in found] == [
        ("top/infra/app", "dev", ("top/infra/app/x.tfvars",), (("a", "b"),), 3)
    ]


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_exception(text):
    list(commands("terraform plan " + text + "\nterraform apply\n", {"A": "b"}, ""))


def test_a_pipeline_of_another_kind_that_gives_variables_to_a_directory():
    found = by_id(
        {
            "stacks/main/main.tf": BACKEND + ENVIRONMENT,
            "ci/pipeline.yml": """
            jobs:
              - name: plan-staging
                plan:
                  - task: terraform
                    params:
                      TEMPLATE_SUBDIR: terraform-templates/stacks/main
                      TF_VAR_environment: staging
                      TF_VAR_size: ((size))
              - name: plan-production
                plan:
                  - task: terraform
                    params: {TEMPLATE_SUBDIR: stacks/main, TF_VAR_environment: production}
            """,
        }
    )
    assert set(found) == {"stacks/main@staging", "stacks/main@production"}
    assert str(found["stacks/main@staging"].span) == "ci/pipeline.yml:8"


def test_a_pipeline_may_define_an_anchor_again():
    found = by_id(
        {
            "stacks/main/main.tf": BACKEND + ENVIRONMENT,
            "ci/pipeline.yml": """
            jobs:
              - params: &common
                  DIRECTORY: stacks/main
                  TF_VAR_environment: staging
              - params: *common
              - params: &common
                  DIRECTORY: stacks/main
                  TF_VAR_environment: production
              - params: *common
            """,
        }
    )
    assert set(found) == {"stacks/main@staging", "stacks/main@production"}


def test_the_name_of_a_state_of_an_environment_is_shortened_to_its_word():
    found = by_id(
        {
            "stacks/ci/main.tf": BACKEND + 'variable "ci_stack_name" {}\n',
            "ci/pipeline.yml": """
            jobs:
              - params: {DIRECTORY: stacks/ci, TF_VAR_ci_stack_name: "env:/staging/ci"}
              - params: {DIRECTORY: stacks/ci, TF_VAR_ci_stack_name: "env:/production/ci-production"}
            """,
        }
    )
    assert set(found) == {"stacks/ci@staging", "stacks/ci@production"}


def test_a_concourse_pipeline_gives_the_variables_of_its_tasks():
    pipeline = """
resources:
- name: source
  type: git
jobs:
- name: apply-staging
  plan:
  - task: apply
    params:
      TEMPLATE_SUBDIRECTORY: stacks/main
      TF_VAR_environment: staging
- name: apply-production
  plan:
  - task: apply
    params:
      TEMPLATE_SUBDIRECTORY: stacks/main
      TF_VAR_environment: production
"""
    files = {"ci/pipeline.yml": pipeline, "stacks/main/main.tf": 'variable "environment" {}\n' + BUCKET}
    assert set(by_id(files)) == {"stacks/main@production", "stacks/main@staging"}


INIT = """
on: push
jobs:
  apply:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        env: [staging, prod]
    steps:
      - run: |
          terraform init -backend-config="bucket=example-${{ matrix.env }}" \\
            -backend-config="key=${{ %s }}/app" -backend-config="workspace_key_prefix=x"
        working-directory: app
      - run: terraform apply -var environment=${{ matrix.env }}
        working-directory: app
"""
PARTIAL = {
    "app/main.tf": 'terraform {\n  backend "s3" {}\n}\nvariable "environment" {}\n'
    "locals {\n  workspace = terraform.workspace\n}\n"
}


def test_settings_of_the_backend_may_be_given_when_it_is_prepared():
    found = by_id({**PARTIAL, ".github/workflows/apply.yml": INIT % "matrix.env"})
    keys = {name: each.backend.key for name, each in found.items() if each.backend is not None}
    assert keys == {"app@staging": "example-staging/staging/app", "app@prod": "example-prod/prod/app"}
    assert not any(each.workspace_open for each in found.values())
    (place,) = {str(each.backend.place("bucket")) for each in found.values() if each.backend is not None}
    assert place.startswith(".github/workflows/apply.yml:")


def test_a_setting_that_only_a_run_knows_is_not_told():
    found = by_id({**PARTIAL, ".github/workflows/apply.yml": INIT % "secrets.KEY"})
    assert {each.backend.key for each in found.values() if each.backend is not None} == {""}
    buckets = {each.backend.settings["bucket"] for each in found.values() if each.backend is not None}
    assert buckets == {"example-staging", "example-prod"}


def test_two_lines_that_do_not_agree_tell_nothing():
    other = "cd app && terraform init -backend-config=bucket=one\n"
    files = {**PARTIAL, "a.sh": other, "b.sh": other.replace("one", "two"), "app/prod.tfvars": 'environment = "prod"\n'}
    assert all("bucket" not in each.backend.settings for each in by_id(files).values() if each.backend is not None)
