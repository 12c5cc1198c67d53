"""Scripts that destroy production without asking; what asks, refuses or names another environment is none."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

SETTINGS = Settings(today=datetime.date(2026, 11, 22))
RULE = "production-destroyed-without-asking"
ROOTS = {
    "live/production/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-production"\n}\n',
    "live/staging/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-staging"\n}\n',
}


def findings(files: dict[str, str], rule: str = RULE) -> list[Finding]:
    report = check(DictTree({**ROOTS, **files}), SETTINGS)
    return [finding for finding in report.findings if finding.rule == rule]


@pytest.mark.parametrize(
    "line",
    [
        "terraform -chdir=../live/production destroy -auto-approve",
        "cd ../live/production && terraform apply -destroy -auto-approve",
        "aws rds delete-db-instance --db-instance-identifier orders-production --skip-final-snapshot",
        "aws --profile production s3 rb --force s3://orders-data",
        "AWS_PROFILE=production aws dynamodb delete-table --table-name orders",
        "aws-vault exec production -- kubectl delete namespace orders",
        "kubectl --context production delete pvc --all",
        "gcloud sql instances delete orders --project acme-production --quiet",
        "az group delete --name orders-production --yes",
        "helm uninstall orders --kube-context production",
        "railway volume delete --environment production --yes",
        "npx prisma migrate reset --force --schema production.prisma",
        "psql -h production-db -c 'DROP DATABASE orders'",
        'curl -X DELETE https://api.heroku.com/apps/orders-production -H "Authorization: Bearer $TOKEN"',
        'ENV=${1:-production}\naws cloudformation delete-stack --stack-name "orders-$ENV"',
        "bash -c 'dropdb orders_production'",
    ],
)
def test_a_script_that_destroys_production(line: str) -> None:
    (finding,) = findings({"ops/clean.sh": f"#!/bin/sh\n{line}\n"})
    assert finding.certainty == "proved"
    assert finding.target.environments == ("production",)
    assert finding.target.file == "ops/clean.sh"
    assert finding.target.line == line.count("\n") + 2


@pytest.mark.parametrize(
    "line",
    [
        "terraform -chdir=../live/production destroy",
        "terraform -chdir=../live/production destroy $AUTO_APPROVE",
        "terraform -chdir=../live/staging destroy -auto-approve",
        "read -p 'really? ' answer\nterraform -chdir=../live/production destroy -auto-approve",
        '[ "$CONFIRMED" = yes ] || exit 1\nterraform -chdir=../live/production destroy -auto-approve',
        'if [ "$1" = production ]; then\n  echo never\n  exit 1\nfi\ndropdb orders_production',
        'ENV=${1:?}\nterraform -chdir="../live/$ENV" destroy -auto-approve',
        "case $1 in live) ENV=production;; *) ENV=staging;; esac\ndropdb orders_$ENV",
        "gcloud sql instances delete orders --project acme-production",
        "aws --endpoint-url http://localhost:4566 s3 rb --force s3://orders-production",
        "aws s3 ls s3://orders-production",
        "kubectl --context production delete pod orders-1",
        "helm --dry-run uninstall orders --kube-context production",
        "echo aws s3 rb --force s3://orders-production",
        "cat <<END\naws s3 rb --force s3://orders-production\nEND",
        "psql -h staging-db -c 'DROP SCHEMA production'",
        "aws s3 rb --force s3://orders-production-copy-for-staging",
    ],
)
def test_what_destroys_nothing_of_production_unasked(line: str) -> None:
    assert findings({"ops/clean.sh": f"#!/bin/sh\n{line}\n"}) == []


@pytest.mark.parametrize("path", ["examples/clean.sh", "tests/clean.sh", "docs/clean.sh"])
def test_what_nobody_runs_against_anything(path: str) -> None:
    assert findings({path: "dropdb orders_production\n"}) == []


@pytest.mark.parametrize(
    ("path", "text", "address", "line"),
    [
        ("Makefile", "ENV ?= production\n\nwipe:\n\tdropdb orders_$(ENV)\n", "targets.wipe", 4),
        ("justfile", 'env := "production"\n\nwipe:\n    dropdb orders_{{env}}\n', "recipes.wipe", 4),
        ("justfile", "wipe env='production':\n    dropdb orders_{{ env }}\n", "recipes.wipe", 2),
        ("package.json", '{\n "scripts": {\n  "wipe": "dropdb orders_production"\n }\n}', "scripts.wipe", 3),
        ("Taskfile.yml", "tasks:\n  wipe:\n    cmds:\n      - dropdb orders_production\n", "tasks.wipe", 4),
    ],
)
def test_what_people_start_by_a_name(path: str, text: str, address: str, line: int) -> None:
    (finding,) = findings({path: text})
    assert (finding.target.address, finding.target.line) == (address, line)


def test_a_target_that_asks_does_not_speak_for_the_others() -> None:
    text = "ask:\n\t@read -p 'sure?' x; dropdb orders_production\n\nwipe:\n\tdropdb orders_production\n"
    assert [finding.target.address for finding in findings({"Makefile": text})] == ["targets.wipe"]


def test_a_task_with_a_prompt_asks() -> None:
    text = "tasks:\n  wipe:\n    prompt: Sure?\n    cmds:\n      - dropdb orders_production\n"
    assert findings({"Taskfile.yml": text}) == []


def test_the_name_alone_is_a_doubt() -> None:
    (finding,) = findings({"Makefile": "wipe-production:\n\tdropdb orders\n"})
    assert finding.certainty == "possible"


def test_a_script_of_staging_that_destroys_production() -> None:
    text = "export AWS_PROFILE=staging\nterraform -chdir=../live/production destroy -auto-approve\n"
    (finding,) = findings({"ops/clean.sh": text}, "lower-environment-job-applies-production")
    assert finding.certainty == "proved"


RESET = "npx prisma migrate reset --force"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("railway.toml", f'[deploy]\npreDeployCommand = ["{RESET}"]\n', ["possible"]),
        ("api/railway.json", f'{{"deploy": {{"preDeployCommand": "{RESET}"}}}}', ["possible"]),
        ("railway.toml", f'[environments.production.deploy]\npreDeployCommand = "{RESET}"\n', ["proved"]),
        ("railway.toml", f'[environments.staging.deploy]\npreDeployCommand = "{RESET}"\n', []),
        ("railway.toml", f'[environments.pr.deploy]\nstartCommand = "{RESET} && node ."\n', []),
        (
            "railway.toml",
            f'[deploy]\npreDeployCommand = "{RESET}"\n'
            '[environments.production.deploy]\npreDeployCommand = "npx prisma migrate deploy"\n',
            [],
        ),
        ("railway.toml", '[deploy]\npreDeployCommand = "npx prisma migrate deploy"\n', []),
        ("railway.toml", "not toml", []),
        ("railway.json", "[1", []),
        ("railway.json", '{"environments": {"production": [1]}, "deploy": "x"}', []),
    ],
)
def test_what_every_deployment_to_railway_runs(path: str, text: str, expected: list[str]) -> None:
    assert [finding.certainty for finding in findings({path: text})] == expected


def test_an_environment_of_railway_has_the_settings_that_it_does_not_change() -> None:
    text = f'[deploy]\npreDeployCommand = "{RESET}"\n\n[environments.production.deploy]\nnumReplicas = 2\n'
    (finding,) = findings({"railway.toml": text})
    assert (finding.certainty, finding.target.address) == ("proved", "environments.production")


def test_no_word_of_a_command_is_shown_that_may_be_a_secret() -> None:
    line = "mysql --password=production-hunter2secret -e 'DROP DATABASE orders'\n"
    report = check(DictTree({**ROOTS, "ops/clean.sh": line}), SETTINGS)
    assert RULE in {finding.rule for finding in report.findings}
    assert "hunter2" not in repr(report)
