"""No secret leaves the program: canaries in every input format, searched for in everything that is written.

`resources` and `console` print values: that is what they are for, and their user asks for one root module by name. They
are left out here on purpose.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envfence.graph.symbols import readable
from envfence.values import Symbol, Symbols

FORMATS = ("text", "concise", "json", "sarif")


def canary(number: int) -> str:
    """A value that looks like nothing else; no two share eight characters in a row."""
    return f"Zq{number:02d}w{number * 7919:06d}Kx{number * 104729:08d}vLmT"


LITERAL, DEFAULT, TFVARS, TFVARS_JSON, TF_JSON, HEREDOC, DOTENV, SHELL, AGENT, WORKFLOW = (
    canary(number) for number in range(1, 11)
)
BROKEN, ARGUMENT, WRONG_TYPE, URL, TERRAGRUNT, BACKEND, OUTPUT, VALIDATED, LOCAL, TAGGED = (
    canary(number) for number in range(11, 21)
)
STEP, ACTION, GITLAB, CONCOURSE, AZURE, SERVER = (canary(number) for number in range(21, 27))
COMPOSE, ENV_FILE, MANIFEST, ENCODED, GENERATED, PATCHED, VALUES, CONFIG, LISTED = (
    canary(number) for number in range(27, 36)
)
CIRCLE, TASK, FUNCTION, UNUSED, DSN, HEADER, ENTRY = (canary(number) for number in range(36, 43))
CANARIES = {name: value for name, value in vars().items() if isinstance(value, str) and value.startswith("Zq")}
UUID = "3f2b8c1d-7e4a-4b9c-8d1e-5a6f7b8c9d0e"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"

MAIN = """
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["%(account)s"]
}

terraform {
  backend "s3" {
    bucket     = "acme-state"
    key        = "%(name)s.tfstate"
    access_key = "%(BACKEND)s"
  }
}

variable "database_password" {
  default = "%(DEFAULT)s"
}

variable "api_token" {}
variable "signing_key" {}
variable "count_of_things" {
  type    = number
  default = "%(WRONG_TYPE)s"
}
variable "unknown" {}
variable "checked_secret" {
  default = "%(VALIDATED)s"
  validation {
    condition     = length(var.checked_secret) < 3
    error_message = "The secret ${var.checked_secret} is too long."
  }
}

locals {
  smtp_password = "%(LOCAL)s"
  broken        = tonumber("%(WRONG_TYPE)s")
  missing       = { "%(LOCAL)s" = 1 }["${local.smtp_password}x"]
}

resource "aws_db_instance" "literal" {
  identifier = "orders"
  password   = "%(LITERAL)s"
}

resource "aws_db_instance" "default" {
  identifier = "users"
  password   = var.database_password
}

resource "aws_db_instance" "vars" {
  identifier = "events"
  password   = var.api_token
}

resource "aws_db_instance" "signing" {
  identifier = "sessions"
  password   = var.signing_key
  tags       = { Token = "%(TAGGED)s" }
}

resource "aws_secretsmanager_secret" "document" {
  name = "document"
}

resource "aws_secretsmanager_secret_version" "document" {
  secret_id     = aws_secretsmanager_secret.document.id
  secret_string = <<-EOT
    {"password": "%(HEREDOC)s",
     "database_url": "postgres://app:%(URL)s@db.internal/app"}
  EOT
}

resource "aws_secretsmanager_secret_version" "local" {
  secret_id     = "smtp"
  secret_string = local.smtp_password
}

resource "aws_iam_role" "ci" {
  name = "ci"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${replace(var.unknown, "x", "%(ARGUMENT)s")}:role/ci" }
    }]
  })
}

resource "aws_iam_role_policy" "ci" {
  role = aws_iam_role.ci.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "*"
      Resource = ["*", "arn:aws:s3:::${upper("${var.unknown}%(ARGUMENT)s")}"]
    }]
  })
}

variable "unused_token" {
  default = "%(UNUSED)s"
}

resource "aws_lambda_function" "api" {
  function_name = "api"
  environment {
    variables = {
      API_KEY      = "%(FUNCTION)s"
      DATABASE_URL = "postgres://app:%(DSN)s@shop-1.c9akciq32.eu-west-1.rds.amazonaws.com/shop"
    }
  }
}

resource "aws_ecs_task_definition" "api" {
  family                = "api"
  container_definitions = jsonencode([{ name = "api", environment = [{ name = "API_KEY", value = "%(TASK)s" }] }])
}

output "password" {
  value = "%(OUTPUT)s"
}
"""


def files() -> dict[str, str]:
    """The repository: production and staging hold the same secrets, so that rules speak of them."""
    found: dict[str, str] = {}
    for name, account in (("production", "310000000001"), ("staging", "320000000002")):
        found[f"{name}/main.tf"] = MAIN % {**CANARIES, "account": account, "name": name}
        found[f"{name}/terraform.tfvars"] = f'api_token = "{TFVARS}"\n'
        found[f"{name}/more.auto.tfvars.json"] = json.dumps({"signing_key": TFVARS_JSON})
        found[f"{name}/more.tf.json"] = json.dumps(
            {"resource": {"aws_db_instance": {"json": {"identifier": "json", "password": TF_JSON}}}}
        )
        found[f"{name}/.env"] = f"DATABASE_PASSWORD={DOTENV}\nRAILWAY_API_TOKEN={UUID}\n"
    found["broken/main.tf"] = f'resource "aws_db_instance" "x" {{\n  password = "{BROKEN}\n  name = = "{BROKEN}"\n'
    found["broken/main.tf.json"] = '{"resource": {"aws_db_instance": {"x": {"password": "' + BROKEN + '"'
    found["broken/terraform.tfvars"] = f'password = "{BROKEN}" "\n'
    found["unit/terragrunt.hcl"] = (
        f'inputs = {{ db_password = "{TERRAGRUNT}" }}\nterraform {{ source = "../production" }}\n'
    )
    found["deploy.sh"] = (
        f"export API_TOKEN='{SHELL}'\nRAILWAY_API_TOKEN={UUID}\n"
        'curl https://backboard.railway.app/graphql/v2 -H "Authorization: Bearer $RAILWAY_API_TOKEN"\n'
        f"export GITHUB_TOKEN={GITHUB}\n"
    )
    found[".mcp.json"] = json.dumps(
        {
            "mcpServers": {
                "railway": {
                    "env": {"RAILWAY_API_TOKEN": UUID, "API_KEY": AGENT},
                    "url": "https://backboard.railway.app",
                }
            }
        }
    )
    found[".github/workflows/deploy.yml"] = (
        f"on: push\njobs:\n  apply:\n    runs-on: ubuntu-latest\n    env:\n      DB_PASSWORD: {WORKFLOW}\n"
        f"      GITHUB_TOKEN: {GITHUB}\n    steps:\n      - run: terraform apply -var db_password={WORKFLOW}\n"
        f"      - uses: ./.github/actions/deploy\n        with: {{api_token: {STEP}}}\n"
        f"        env: {{AWS_SECRET_ACCESS_KEY: {STEP}, TF_WORKSPACE: production}}\n"
        f"      - uses: aws-actions/configure-aws-credentials@v4\n        with: {{role-to-assume: 'arn:{STEP}'}}\n"
    )
    found.update(pipelines())
    found.update(settings())
    return found


def pipelines() -> dict[str, str]:
    """Files of other pipelines and agents, each with a canary where a credential is expected."""
    return {
        ".github/actions/deploy/action.yml": (
            f"inputs: {{api_token: {{default: {ACTION}}}}}\nruns:\n  using: composite\n  steps:\n"
            f"    - run: DB_PASSWORD={ACTION} terraform -chdir=production apply -var api_key={ACTION}\n"
            "      shell: bash\n"
        ),
        ".gitlab-ci.yml": (
            f"variables: {{AWS_SECRET_ACCESS_KEY: {GITLAB}}}\napply:\n  environment: production\n"
            f"  script: [export API_TOKEN={GITLAB}, terraform apply -var password={GITLAB}]\n"
        ),
        "ci/pipeline.yml": (
            "jobs:\n- name: apply\n  plan:\n  - task: apply\n    params:\n      TERRAFORM_ACTION: apply\n"
            f"      AWS_SECRET_ACCESS_KEY: {CONCOURSE}\n      TF_VAR_environment: production\n"
        ),
        "azure-pipelines.yml": (
            f"variables: {{key: {AZURE}}}\njobs:\n- deployment: apply\n  environment: production\n  steps:\n"
            f"  - script: terraform apply -var api_key={AZURE}\n    env: {{ARM_CLIENT_SECRET: {AZURE}}}\n"
        ),
        ".cursor/mcp.json": json.dumps({"mcpServers": {"railway": {"env": {"RAILWAY_API_TOKEN": SERVER}}}}),
        ".claude/settings.json": json.dumps(
            {"permissions": {"allow": [f"Bash(terraform apply -var db_password={SERVER}:*)"]}}
        ),
        "broken/ci/pipeline.yml": f'jobs:\n- name: x\n  plan: "{CONCOURSE}\n: {{{{ {CONCOURSE} }}}}\n',
    }


def settings() -> dict[str, str]:
    """Files of settings of all formats, each with secrets that two environments share."""
    found: dict[str, str] = {
        "base/api.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n"
            f"      containers:\n      - name: api\n        env: [{{name: API_KEY, value: {MANIFEST}}}]\n---\n"
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
            f"data: {{password: {base64.b64encode(ENCODED.encode()).decode()}}}\n"
        ),
        "base/kustomization.yaml": "resources: [api.yaml]\n",
        "argo/apps.yaml": (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop-production}\n"
            "spec: {source: {path: overlays/production, "
            f"helm: {{parameters: [{{name: token, value: {ENTRY}}}]}}}}}}\n"
        ),
        ".circleci/config.yml": f"jobs:\n  apply:\n    environment: {{API_TOKEN: {CIRCLE}}}\n    steps: []\n",
        ".vscode/mcp.json": json.dumps({"servers": {"x": {"headers": {"Api-Token": HEADER}}}}),
        "broken/docker-compose.yml": f'services:\n  x: {{environment: {{PASSWORD: "{COMPOSE}\n: {COMPOSE}}}\n',
        "broken/secret.yaml": f"kind: Secret\napiVersion: v1\nstringData:\n  password: '{MANIFEST}\n {MANIFEST}: [\n",
        "broken/values-prod.yaml": f"password: {VALUES}\n\ttoken: {{{VALUES}\n",
        "broken/.env": f'PASSWORD="{DOTENV}\nTOKEN = = {DOTENV}\n',
        "railway.json": json.dumps({"deploy": {"startCommand": f"API_TOKEN={LISTED} npm start"}}),
    }
    for name in ("production", "staging"):
        found[f"overlays/{name}/kustomization.yaml"] = (
            f"resources: [../../base]\nnamespace: shop-{name}\nsecretGenerator:\n- name: mail\n"
            f"  literals: [SMTP_PASSWORD={GENERATED}]\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Secret\n"
            f"    metadata: {{name: db}}\n    stringData: {{token: {PATCHED}}}\n"
        )
        found[f"docker-compose.{name}.yml"] = (
            f"services:\n  api:\n    env_file: .env.{name}\n    environment: [API_KEY={COMPOSE}]\n"
        )
        found[f".env.{name}"] = f"API_TOKEN={ENV_FILE}\nDATABASE_URL=postgres://a:{DSN}@db.{name}.acme.io/shop\n"
        found[f"chart/values-{name}.yaml"] = (
            f"auth: {{password: {VALUES}}}\nenv: [{{name: API_KEY, value: {LISTED}}}]\n"
        )
        found[f"settings/{name}.yaml"] = (
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop-{name}}}\n"
            f"data: {{API_KEY: {CONFIG}}}\n"
        )
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("canaries")
    for path, text in files().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return root


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envfence", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", "COLUMNS": "400"},
        check=False,
    )


def leaks(text: str) -> list[str]:
    """The canaries of which eight characters in a row stand in a text."""
    encoded = base64.b64encode(ENCODED.encode()).decode()
    secrets = {**CANARIES, "UUID": UUID, "GITHUB": GITHUB[4:], "ENCODED in base64": encoded}
    return sorted(
        name
        for name, value in secrets.items()
        if any(value[start : start + 8] in text for start in range(len(value) - 7))
    )


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_holds_a_secret(repository: Path, form: str, tmp_path: Path) -> None:
    written = tmp_path / "report"
    result = run("check", str(repository), "-f", form, "--audit", "-o", f"{form}={written}")
    assert result.returncode == 1, result.stderr
    assert leaks(result.stdout) == []
    assert leaks(result.stderr) == []
    assert leaks(written.read_text(encoding="utf-8")) == []


def test_the_reports_speak_of_the_secrets(repository: Path) -> None:
    """Otherwise the test above proves nothing."""
    report = json.loads(run("check", str(repository), "-f", "json").stdout)
    rules = {finding["rule"] for finding in report["findings"]}
    assert {"literal-secret-in-source", "secret-value-shared"} <= rules
    causes = {finding["cause"]["file"] for finding in report["findings"] if finding["rule"] == "secret-value-shared"}
    also = {".env.staging", "docker-compose.staging.yml", "chart/values-staging.yaml", "settings/staging.yaml"}
    assert also | {"base/api.yaml", "overlays/staging/kustomization.yaml"} <= causes
    assert report["unknowns"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("envs",),
        ("envs", "-f", "json"),
        ("why", "aws_db_instance.literal"),
        ("why", "production:aws_db_instance.literal"),
        ("why", "staging:aws_iam_role.ci"),
        ("why", "nothing.of.this.name"),
        ("init",),
        ("explain", "secret-value-shared"),
        ("explain", "no-such-rule"),
    ],
    ids=" ".join,
)
def test_no_other_command_shows_a_secret(repository: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, cwd=repository)
    assert leaks(result.stdout) == []
    assert leaks(result.stderr) == []
    assert "Traceback" not in result.stderr


def test_errors_in_the_configuration_show_no_secret(repository: Path, tmp_path: Path) -> None:
    bad = repository / "bad.yaml"
    bad.write_text(f"version: 1\nenvironments: {LITERAL}\napi_token: {AGENT}\n", encoding="utf-8")
    try:
        for arguments in (("check", "--config", "bad.yaml"), ("envs", "--config", "bad.yaml")):
            result = run(*arguments, cwd=repository)
            assert leaks(result.stderr) == []
            assert leaks(result.stdout) == []
    finally:
        bad.unlink()


def test_a_change_of_a_secret_changes_no_fingerprint(repository: Path, tmp_path: Path) -> None:
    """A fingerprint made from a value would let anybody check a guess."""
    for path, text in files().items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(LITERAL, canary(77)), encoding="utf-8")
    prints = []
    for root in (repository, tmp_path):
        report = json.loads(run("check", str(root), "-f", "json").stdout)
        prints.append(sorted(finding["fingerprint"] for finding in report["findings"]))
    assert prints[0] == prints[1]


def test_the_name_of_an_unknown_holds_no_argument_that_could_be_a_secret() -> None:
    symbols = Symbols()
    hole = symbols.intern(Symbol(what=f'replace(var.accounts["staging"], "x", "{ARGUMENT}")', scope="production"))
    assert readable(f"role/{hole}", symbols) == 'role/${replace(var.accounts["staging"], "x", "***")}'
