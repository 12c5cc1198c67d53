"""What names, values and directories say about an environment, and what they do not."""

from __future__ import annotations

import pytest
from helpers_bind import BACKEND, BUCKET, ENVIRONMENT, by_id, signals

from envfence.bind.signals import is_environment_variable

TERRAGRUNT = 'terraform {{\n  source = "../../modules/app"\n}}\ninputs = {{\n  {}\n}}\n'


@pytest.mark.parametrize(
    "name",
    ["environment", "env_name", "acme_environment", "stack_description", "environment-name", "app_env", "stage"],
)
def test_names_that_speak_of_the_environment(name: str) -> None:
    assert is_environment_variable(name)


@pytest.mark.parametrize(
    "name",
    [
        "node_environment",
        "RAILS_ENV",
        "varz_bucket_stage",
        "staging_stack_name",
        "sku_tier",
        "tooling_stack_name",
        "size",
    ],
)
def test_names_that_speak_of_a_programs_mode_or_of_something_else(name: str) -> None:
    assert not is_environment_variable(name)


def test_the_roots_own_statement_goes_before_that_of_a_part() -> None:
    found = by_id(
        {
            "app/main.tf": BACKEND + ENVIRONMENT + 'variable "github_environment" {}\n',
            "app/qa.tfvars": 'environment = "qa"\ngithub_environment = "production"\n',
        }
    )["app@qa"]
    assert signals(found, "input") == {"qa"}
    assert "production" in signals(found, "file")


def test_a_product_that_ends_in_a_noun_is_no_environment() -> None:
    found = by_id({"rustc-perf/main.tf": BACKEND + BUCKET, "other/main.tf": BACKEND + BUCKET})
    assert signals(found["rustc-perf"]) == set()


def test_directories_below_one_that_ends_in_accounts_are_environments() -> None:
    found = by_id(
        {"aws-accounts/shop-sandbox/main.tf": BACKEND + BUCKET, "aws-accounts/shop/main.tf": BACKEND + BUCKET}
    )
    assert signals(found["aws-accounts/shop-sandbox"], "path") == {"shop-sandbox"}


def test_a_constant_is_an_environment_where_others_of_its_name_are() -> None:
    def root(name: str) -> str:
        return BACKEND + BUCKET + f'locals {{\n  env = "{name}"\n}}\n'

    found = by_id(
        {"wifi/main.tf": root("production"), "staging/main.tf": root("staging"), "alpaca/main.tf": root("alpaca")}
    )
    (signal,) = [each for each in found["alpaca"].signals if each.kind == "input"]
    assert (signal.value, signal.words) == ("alpaca", ("alpaca",))


def test_a_default_that_says_production_is_a_statement_and_one_that_does_not_is_a_hint() -> None:
    flag = 'variable "is_production" {{\n  default = {}\n}}\n'
    found = by_id({"a/main.tf": BACKEND + flag.format('"true"'), "b/main.tf": BACKEND + flag.format("false")})
    assert [(each.kind, each.words) for each in found["a"].signals] == [("default", ("production",))]
    assert [(each.kind, each.words) for each in found["b"].signals] == [("file", ("nonproduction",))]
