"""Secrets in pipelines of any product, and the same secret in different formats."""

from __future__ import annotations

import base64

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

VALUE = "kR7-Lq4wZx91-Q2x"
MAIN = {"production/main.tf": "", "staging/main.tf": 'resource "null_resource" "x" {}\n'}


def findings(files: dict[str, str], rule: str) -> list[Finding]:
    report = check(DictTree({**MAIN, **files}), Settings())
    return [found for found in report.findings if found.rule == rule]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (
            "azure-pipelines.yml",
            f"jobs:\n- job: apply\n  steps:\n  - script: make\n    env:\n      API_TOKEN: {VALUE}\n",
            6,
        ),
        (
            "ci/pipeline.yml",
            f"jobs:\n- name: apply\n  plan:\n  - task: apply\n    params:\n      DB_PASSWORD: {VALUE}\n",
            6,
        ),
        (".drone.yml", f"kind: pipeline\nsteps:\n- name: x\n  environment:\n    API_TOKEN: {VALUE}\n", 5),
        (".travis.yml", f"env:\n  global:\n    API_TOKEN: {VALUE}\n", 3),
        ("buildspec.yml", f"version: 0.2\nenv:\n  variables:\n    API_TOKEN: {VALUE}\n", 4),
    ],
)
def test_a_secret_in_a_pipeline(path: str, text: str, line: int) -> None:
    (found,) = findings({path: text}, "literal-secret-in-source")
    assert (found.cause.span.path, found.cause.span.line) == (path, line)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("azure-pipelines.yml", "$(apiToken)"),
        ("ci/pipeline.yml", "((api_token))"),
        (".drone.yml", "postgres"),
        ("data/things.yml", VALUE),
    ],
)
def test_no_secret_and_no_pipeline(path: str, value: str) -> None:
    text = f"jobs:\n- name: apply\n  plan:\n  - task: apply\n    env: {{API_TOKEN: {value}}}\n"
    assert findings({path: text}, "literal-secret-in-source") == []


def database(name: str) -> str:
    return (
        f'variable "password" {{}}\nresource "aws_db_instance" "orders" {{\n  identifier = "orders-{name}"\n'
        "  password = var.password\n}\n"
    )


#: The same secret in production, in every format that keeps one.
KEPT = {
    "Helm values": ("chart/values-production.yaml", f"auth: {{password: {VALUE}}}\n"),
    "a variables file": ("app/.env.production", f"DATABASE_PASSWORD={VALUE}\n"),
    "a manifest, in base64": (
        "k8s/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop-production}\n"
        f"data: {{password: {base64.b64encode(VALUE.encode()).decode()}}}\n",
    ),
    "a manifest, plain": (
        "k8s/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop-production}\n"
        f"stringData: {{password: {VALUE}}}\n",
    ),
    "compose": (
        "docker-compose.production.yml",
        f"services:\n  api:\n    environment:\n      DB_PASSWORD: {VALUE}\n",
    ),
    "an overlay": (
        "overlays/production/kustomization.yaml",
        f"namespace: shop-production\nsecretGenerator:\n- name: db\n  literals: [DB_PASSWORD={VALUE}]\n",
    ),
    "a workflow": (
        ".github/workflows/deploy.yml",
        "on: push\njobs:\n  apply:\n    environment: production\n    runs-on: x\n"
        f"    env: {{DB_PASSWORD: {VALUE}}}\n    steps: []\n",
    ),
    "a connection text": (
        "app/.env.production",
        f"DATABASE_PASSWORD={VALUE}\nDATABASE_URL=postgres://app:{VALUE}@db.acme.io/shop\n",
    ),
}


@pytest.mark.parametrize("kept", KEPT)
def test_the_same_secret_in_two_formats(kept: str) -> None:
    path, text = KEPT[kept]
    files = {"staging/main.tf": database("staging"), "staging/terraform.tfvars": f'password = "{VALUE}"\n', path: text}
    found = findings(files, "secret-value-shared")
    assert [each.between for each in found] == [("staging", "production")]


def test_base64_against_plain() -> None:
    path, text = KEPT["a manifest, in base64"]
    found = findings({path: text, "app/.env.staging": f"DB_PASSWORD={VALUE}\n"}, "secret-value-shared")
    assert len(found) == 1


@pytest.mark.parametrize("kept", KEPT)
def test_another_secret_is_another_one(kept: str) -> None:
    path, text = KEPT[kept]
    files = {"staging/main.tf": database("staging"), "staging/terraform.tfvars": 'password = "zz4-Lq4wZx91-0Wm"\n'}
    assert findings({**files, path: text}, "secret-value-shared") == []
