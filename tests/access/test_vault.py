"""What policies of Vault allow: one case for each rule that its documentation states."""

from __future__ import annotations

import pytest

from envfence.access.match import Matcher
from envfence.access.scoped import Target, language
from envfence.model import Condition, Grant
from envfence.values import Span

SPAN = Span("policies.tf", 1)
SERVER = "vault:https://vault.acme.example"
SECRET = Target("vault_kv_secret_v2", ("vault_path:apps/data/prod/db",), SERVER)
MOUNT = Target("vault_mount", ("vault_path:apps",), SERVER)
CLOUD = Target("vault_aws_secret_backend_role", ("vault_path:aws/creds/prod", "vault_path:aws/sts/prod"), SERVER)


def rule(path: str, *capabilities: str, is_open: bool = False) -> Grant:
    conditions = (Condition(test="unknown", variable="", values=("its parameters",)),) if is_open else ()
    return Grant(
        language="vault",
        policy="identity",
        effect="Allow",
        span=SPAN,
        sid=path,
        actions=capabilities,
        resources=(SERVER,),
        conditions=conditions,
    )


def can(*rules: Grant, target: Target = SECRET) -> dict[str, str]:
    vault = language("vault")
    assert vault is not None
    return {each.name: each.verdict for each in vault.capabilities(rules, target, Matcher())}


def test_nothing_is_allowed_that_no_path_says() -> None:
    assert can() == {}
    assert can(rule("apps/data/staging/db", "read")) == {}


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ("read", {"read": "yes"}),
        ("create", {"write": "yes"}),
        ("update", {"write": "yes"}),
        ("patch", {"write": "yes"}),
        ("delete", {"destroy": "yes"}),
        ("list", {}),
        ("sudo", {}),
    ],
)
def test_a_capability_on_the_path(capability: str, expected: dict[str, str]) -> None:
    assert can(rule("apps/data/prod/db", capability)) == expected


@pytest.mark.parametrize("path", ["apps/data/prod/*", "apps/*", "apps/data/pro*", "*", "apps/data/+/db", "+/data/+/*"])
def test_a_star_at_the_end_and_a_plus_for_a_segment(path: str) -> None:
    assert can(rule(path, "read")) == {"read": "yes"}


@pytest.mark.parametrize("path", ["apps/+/db", "apps/data/prod/+/x", "+", "apps/data/*/db", "apps/data/prod"])
def test_a_plus_is_one_whole_segment_and_a_star_nothing_in_the_middle(path: str) -> None:
    assert can(rule(path, "read")) == {}


def test_the_most_specific_path_alone_counts() -> None:
    assert can(rule("apps/data/*", "read", "delete"), rule("apps/data/prod/*", "read")) == {"read": "yes"}
    assert can(rule("apps/data/+/db", "read"), rule("apps/data/prod/*", "update")) == {"write": "yes"}
    assert can(rule("apps/data/prod/db", "update"), rule("apps/data/prod/db*", "read")) == {"write": "yes"}


def test_rules_for_one_path_add_up() -> None:
    found = can(rule("apps/data/*", "read"), rule("apps/data/*", "update"))
    assert found == {"read": "yes", "write": "yes"}


def test_deny_goes_before_all_on_its_path_and_says_nothing_on_others() -> None:
    assert can(rule("apps/*", "read"), rule("apps/*", "deny")) == {}
    assert can(rule("apps/*", "read"), rule("apps/data/prod/*", "deny")) == {}
    assert can(rule("apps/*", "deny"), rule("apps/data/prod/*", "read")) == {"read": "yes"}


def test_the_metadata_of_a_secret_destroys_all_its_versions() -> None:
    assert can(rule("apps/metadata/prod/db", "delete")) == {"destroy": "yes"}
    assert can(rule("apps/destroy/prod/*", "update")) == {"destroy": "yes"}


def test_a_mount_is_taken_away_by_the_system() -> None:
    assert can(rule("sys/mounts/*", "delete"), target=MOUNT) == {"destroy": "yes"}
    assert can(rule("apps/*", "delete"), target=MOUNT) == {}


def test_who_writes_policies_administers() -> None:
    assert can(rule("sys/policies/acl/*", "update")) == {"administer": "yes"}
    assert can(rule("sys/policies/acl/*", "read")) == {}


def test_parameters_leave_it_open() -> None:
    assert can(rule("apps/*", "read", is_open=True)) == {"read": "maybe"}


def test_another_server_is_another_place() -> None:
    elsewhere = Target(SECRET.type, SECRET.names, "vault:https://other.acme.example")
    assert can(rule("*", "read"), target=elsewhere) == {}


@pytest.mark.parametrize(
    ("path", "capability", "verdict"),
    [("aws/creds/prod", "read", "yes"), ("aws/sts/prod", "update", "yes"), ("aws/creds/staging", "read", "no")],
)
def test_reading_credentials_of_a_cloud_is_becoming_its_role(path: str, capability: str, verdict: str) -> None:
    vault = language("vault")
    assert vault is not None
    assert vault.becomes((rule(path, capability),), CLOUD, Matcher()).verdict == verdict
