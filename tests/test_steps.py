"""Names of unknowns, cut down for people."""

from __future__ import annotations

import pytest

from envfence.steps import last_steps

LONG = "jsondecode(data.aws_secretsmanager_secret_version.our_accounts.secret_string)"


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ('var.account_ids["staging"]', 'var.account_ids["staging"]'),
        ("account(aws)", "account(aws)"),
        (LONG + '.account_ids["orders-staging"]', '…account_ids["orders-staging"]'),
        (LONG + '["account-id"]', '…our_accounts…["account-id"]'),
        (f'merge({LONG}.ids, {{"x" = jsondecode(data.a…#{"0" * 32}).orders-staging', "…orders-staging"),
        (
            'data.terraform_remote_state.network_production.outputs.vpc_ids["main"]',
            '…network_production…vpc_ids["main"]',
        ),
        ("data.aws_ssm_parameter.the-topic-of-production.value", "…the-topic-of-production.value"),
        (
            'element(split(":", data.aws_ssm_parameter.topic_of_production.value), 4)',
            "element(…topic_of_production.value…)",
        ),
        (
            "module.orders.tls_private_key.of_the_whole_cluster[0].public_key_pem",
            "…of_the_whole_cluster[0].public_key_pem",
        ),
        ("data.aws_secretsmanager_secret_version.accounts.secret_string", "…accounts.secret_string"),
    ],
)
def test_the_last_telling_steps_stay(what: str, shown: str) -> None:
    assert last_steps(what) == shown


def test_a_digest_says_nothing_to_people() -> None:
    assert last_steps("a" * 60 + "…#" + "0" * 32) == "a" * 60 + "…"
