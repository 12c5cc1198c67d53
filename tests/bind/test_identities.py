"""Whose an account is, as the places say where its number is written."""

from __future__ import annotations

from textwrap import dedent

from helpers_bind import BACKEND, bound

STAGING, PRODUCTION = "111122223333", "444455556666"


def said(files: dict[str, str]) -> set[tuple[str, str, str, int]]:
    """(id, kind, word, line) of everything that is said about ids."""
    return {
        (each.value.removeprefix("aws:"), each.kind, each.words[0], each.span.line)
        for each in bound({"main.tf": BACKEND, **files}).identities
    }


def test_a_comment_beside_the_number_names_its_environment() -> None:
    source = f"""\
        locals {{
          trusted = [
            "{STAGING}", # Staging
            "arn:aws:iam::{PRODUCTION}:root", // the production account
            "777788889999", # reads from staging and production
            "777788880000", # Staging backups restore role
          ]
        }}
        """
    assert said({"ids.tf": dedent(source)}) == {
        (STAGING, "name", "staging", 3),
        (PRODUCTION, "name", "production", 4),
    }


def test_a_key_or_name_with_one_environment_and_one_id_names_it() -> None:
    source = f"""\
        variable "slack" {{
          default = {{
            prod = "arn:aws:lambda:eu-west-2:{PRODUCTION}:function:slack"
            dev  = "arn:aws:lambda:eu-west-2:{STAGING}:function:slack"
            uat  = ["{STAGING}", "{PRODUCTION}"]
          }}
        }}
        """
    assert said({"ids.tf": dedent(source)}) == {
        (PRODUCTION, "instance", "prod", 3),
        (STAGING, "instance", "dev", 4),
    }


def test_a_var_file_names_its_only_id_and_its_own_account() -> None:
    files = {
        "variables.tf": 'variable "cert" {}\nvariable "other" {}\nvariable "account_id" {}\n',
        "staging.tfvars": f'cert = "arn:aws:acm:eu-west-2:{STAGING}:certificate/1"\n',
        "production.tfvars": f'account_id = "{PRODUCTION}"\nother = ["777788889999"]\n',
    }
    assert said(files) == {(STAGING, "file", "staging", 1), (PRODUCTION, "input", "production", 1)}


def test_a_variable_with_another_id_in_each_tier_names_somebody_elses_environments() -> None:
    partner, vendor = "200000000021", "300000000031"
    files = {
        "variables.tf": 'variable "partner_id" {}\nvariable "vendor_id" {}\nvariable "cert" {}\n',
        "staging.tfvars": f'partner_id = "{STAGING}"\nvendor_id = "{vendor}"\n',
        "uat.tfvars": f'partner_id = "{STAGING}"\nvendor_id = "{vendor}"\n',
        "production.tfvars": f'partner_id = "{partner}"\nvendor_id = "{vendor}"\n',
    }
    assert said(files) == {(partner, "file", "production", 1)}


def test_vendors_examples_and_mocks_say_nothing() -> None:
    files = {
        "prod.tfvars": 'owner = "099720109477"\n',
        "variables.tf": 'variable "owner" {}\n',
        "live/prod/terragrunt.hcl": f'dependency "a" {{\n  mock_outputs = {{ prod = "{PRODUCTION}" }}\n}}\n',
        "examples/x/main.tf": f'locals {{\n  prod = "{PRODUCTION}"\n}}\n',
    }
    assert said(files) == set()


def test_what_else_is_in_an_account_speaks_against_one_environment():
    signals = bound(
        {
            "main.tf": BACKEND,
            "variables.tf": 'variable "prod_role_arn" {\n  default = "arn:aws:iam::210987654321:role/a"\n}\n'
            'variable "queues" {\n  default = ["arn:aws:sqs:eu-west-1:210987654321:shop-dev-orders"]\n}\n'
            'variable "prod_url" {\n  default = "https://sqs.eu-west-2.amazonaws.com/310987654321/shop-dev"\n}\n',
        }
    ).identities
    found = {(each.kind, each.value, each.words) for each in signals}
    assert ("instance", "aws:210987654321", ("prod",)) in found
    assert ("state", "aws:210987654321", ("dev",)) in found
    assert not any(kind == "instance" and value == "aws:310987654321" for kind, value, _ in found)
