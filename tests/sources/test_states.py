"""State files in the repository: which are reported, how loudly, and that nothing of them is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

HELD_TEXT = "kR7-Lq4wZx91-Q2x"
MAIN = {"production/main.tf": 'resource "aws_sns_topic" "a" {}\n'}


def state(type_: str = "aws_db_instance", marks: Any = (), **attributes: Any) -> str:
    instance = {"attributes": attributes, "sensitive_attributes": list(marks)}
    resource = {"mode": "managed", "type": type_, "name": "orders", "instances": [instance]}
    return json.dumps({"version": 4, "resources": [resource]})


def found(text: str, path: str = "production/terraform.tfstate") -> list[Finding]:
    report = check(DictTree({**MAIN, path: text}), Settings())
    return [finding for finding in report.findings if finding.rule.startswith("state-")]


def loud(text: str, path: str = "production/terraform.tfstate") -> list[str]:
    return [f"{finding.rule} {finding.severity}" for finding in found(text, path)]


HELD = state(password=HELD_TEXT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("production/terraform.tfstate", ["state-committed high"]),
        ("terraform.tfstate.backup", ["state-committed high"]),
        ("errored.tfstate", ["state-committed high"]),
        ("terraform.tfstate.d/production/terraform.tfstate", ["state-committed high"]),
        ("examples/simple/terraform.tfstate", []),
        ("tests/data/terraform.tfstate", []),
        ("production/terraform.tfstate.md", []),
    ],
)
def test_where_it_lies(path: str, expected: list[str]) -> None:
    assert loud(HELD, path) == expected


@pytest.mark.parametrize(
    "text",
    [
        state("tls_private_key", private_key_pem="-----BEGIN RSA PRIVATE KEY-----\nMII"),
        state("random_password", [[{"type": "get_attr", "value": "result"}]], result="Zq8!kd02mmPa"),
        state("aws_ecs_service", env=[{"settings": {"api_key": HELD_TEXT}}]),
        json.dumps({**json.loads(state(name="a")), "outputs": {"dsn": {"sensitive": True, "value": HELD_TEXT}}}),
    ],
)
def test_what_is_a_secret(text: str) -> None:
    assert loud(text) == ["state-committed high"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (state(name="orders"), ["state-without-secrets-committed low"]),
        (state(password="", api_key_id="AKOFADEPLOYER"), ["state-without-secrets-committed low"]),
        (json.dumps({"version": 4, "resources": []}), []),
        ('{"version": 4, "encryption_version": "v0", "encrypted_data": "b3JkZXJz"}', []),
        ("", []),
        ("not a state", []),
        ("[" * 100_000, []),
    ],
)
def test_what_is_none(text: str, expected: list[str]) -> None:
    assert loud(text) == expected


def test_names_are_shown_and_values_are_not() -> None:
    report = check(DictTree({**MAIN, "terraform.tfstate": HELD}), Settings())
    text = str(report)
    assert "aws_db_instance.orders.password" in text
    assert HELD_TEXT not in text
