"""Secrets that are written out in source, and what only looks like one, from source to finding."""

from __future__ import annotations

import datetime

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

TODAY = datetime.date(2026, 11, 22)
MADE_UP = "kR7-Lq4wZx91-Q2x"
UUID = "3f2b8c1d-7e4a-4b9c-8d1e-5a6f7b8c9d0e"


def literals(text: str) -> list[str]:
    """What a root module of production has written out, by the messages of the findings."""
    report = check(DictTree({"production/main.tf": text}), Settings(today=TODAY))
    return [found.message for found in report.findings if found.rule == "literal-secret-in-source"]


PARAMETER = 'resource "aws_ssm_parameter" "{}" {{\n  name  = "{}"\n  type  = "SecureString"\n  value = "{}"\n}}\n'


@pytest.mark.parametrize(
    ("called", "name", "value", "count"),
    [
        ("file", "/shop/password", MADE_UP, 1),
        ("file", "/shop/mail", MADE_UP, 1),
        ("it", "/shop/user-group", MADE_UP, 0),
        ("it", "/shop/username", MADE_UP, 0),
        ("bucket_name", "/shop/mail", MADE_UP, 0),
        ("bucket_name", "/shop/password", MADE_UP, 1),
        ("it", "/shop/tenant", UUID, 0),
        ("it", "/shop/api-token", UUID, 1),
        ("it", "/shop/api-token", "__api-token__", 0),
        ("it", "/shop/api-token", "prefix-#{Api.Token}#", 0),
        ("it", "/shop/api-token", "@@api_token@@", 0),
        ("it", "/shop/api-token", "%%ApiToken1%%", 0),
    ],
)
def test_a_parameter_keeps_a_secret_by_its_name_and_value(called: str, name: str, value: str, count: int) -> None:
    assert len(literals(PARAMETER.format(called, name, value))) == count


def test_each_key_of_a_repeated_secret_says_what_it_keeps() -> None:
    text = """
    locals {
      secrets = { RDS_ORDERS_USERNAME = "orders-8XqLw2", ODE_BUCKET_NAME = "ode-4f9Kq1-data", API_PASSWORD = "MADE_UP" }
    }
    resource "aws_secretsmanager_secret_version" "this" {
      for_each      = local.secrets
      secret_id     = each.key
      secret_string = each.value
    }
    """
    (found,) = literals(text.replace("MADE_UP", MADE_UP))
    assert 'this["API_PASSWORD"]' in found


CHART = 'resource "helm_release" "it" {{\n  name = "it"\n  MORE\n}}\n'


@pytest.mark.parametrize(
    "text",
    [
        'locals {{\n  settings = {{ mail = {{ smtp_password = "{}" }} }}\n}}\n',
        'locals {{\n  settings = [{{ smtp_password = "{}" }}]\n}}\n',
        'variable "settings" {{\n  default = {{ smtp_password = "{}" }}\n}}\n',
        CHART.replace("MORE", 'values = [yamlencode({{ mail = {{ password = "{}" }} }})]'),
        CHART.replace("MORE", 'set_sensitive {{\n    name  = "mail.password"\n    value = "{}"\n  }}'),
    ],
)
def test_a_secret_is_found_deep_in_what_is_written_out(text: str) -> None:
    assert len(literals(text.format(MADE_UP))) == 1
    assert literals(text.format("${var.password}") + 'variable "password" {}\n') == []
    assert literals(text.format(UUID)) == []


def test_values_that_are_no_yaml_are_no_settings() -> None:
    assert literals('resource "helm_release" "it" {\n  values = ["password: {a: [", "{{ .Values }}: x: y"]\n}\n') == []
