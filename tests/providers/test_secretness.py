"""What is a secret, and what is none."""

from __future__ import annotations

import pytest

from envfence.secretness import (
    is_description,
    is_placeholder,
    is_public,
    is_secret_key,
    is_weak,
    without_secrets,
)


@pytest.mark.parametrize(
    "key", ["DATABASE_PASSWORD", "apiKey", "auth_token", "SESSION_SIGNING_KEY", "redis_url", "client_secret", "db_pwd"]
)
def test_names_of_secrets(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    ["secret_name", "token_ttl", "access_key_id", "bucket", "kms_key_arn", "password_length", "zone_id", "secret_arn"],
)
def test_names_of_what_only_belongs_to_secrets(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "changeme",
            "CHANGE_ME_IN_THE_CONSOLE",
            "<token>",
            "xxxxxxxx",
            "",
            "notarealwebsite",
            "to-be-set",
            "${TOKEN}",
        ),
        'module required username="x" password="";',
    ],
)
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


def test_a_key_behind_a_placeholder_s_word_is_a_key() -> None:
    assert not is_placeholder("sk_test_4Qw8Er7Ty6Ui5Op4As3Df2Gh")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111111111111:role/ci",
        "someone@acme.org",
        "https://orders.acme.org/path",
        "db.internal.acme.org:5432",
        "10.0.0.0/8",
        "ssh-rsa AAAAB3NzaC1yc2E someone",
        "true",
    ],
)
def test_what_is_public_by_its_form(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize(
    "text",
    ["postgres://app:kR7Lq4wZx91Q2x@db/app", "https://hooks.slack.com/services/T01/B02/abcDEF123", "kR7Lq4wZx91Q2x"],
)
def test_what_opens_something_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(("text", "weak"), [("Greenland", True), ("hunter2", True), ("kR7Lq4wZx91Q2x", False)])
def test_words_are_weak(text: str, weak: bool) -> None:
    assert is_weak(text) is weak


def test_keys_in_brackets_stay_in_the_name_of_an_unknown() -> None:
    assert without_secrets('f(var.x["kR7Lq4wZx91Q2x"], "kR7Lq4wZx91Q2x")') == 'f(var.x["kR7Lq4wZx91Q2x"], "***")'


@pytest.mark.parametrize("name", ["simple-report-db-username", "db_username_no_phi", "api-endpoint", "cluster-region"])
def test_secrets_that_hold_settings(name: str) -> None:
    assert is_description(name)


@pytest.mark.parametrize("name", ["db-password", "database-url", "username-password", "payments", "api-key"])
def test_secrets_that_hold_secrets(name: str) -> None:
    assert not is_description(name)
