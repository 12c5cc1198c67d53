"""No secret leaves the program: canaries in every input format, searched for in everything that is written.

`resources` and `console` print values: that is what they are for, and their user asks for one root module by name. They
are left out here on purpose.
"""

from __future__ import annotations

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
    secrets = {**CANARIES, "UUID": UUID, "GITHUB": GITHUB[4:]}
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
