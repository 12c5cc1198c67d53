"""What role bindings of Kubernetes allow: one case for each rule that its documentation states."""

from __future__ import annotations

import pytest

from envfence.access.match import Matcher
from envfence.access.scoped import Target, language
from envfence.model import Grant
from envfence.sources.rbac import Binding, Role, Rule, Subject, grants
from envfence.values import Span

SPAN = Span("rbac.tf", 1)
CLUSTER = "kubernetes:main"
SECRET = Target("kubernetes_secret", ("kubernetes_secret:prod/db",), f"{CLUSTER}/prod")
CLAIM = Target("kubernetes_persistent_volume_claim", ("kubernetes_persistent_volume_claim:prod/data",), SECRET.boundary)
VOLUME = Target("kubernetes_persistent_volume", ("kubernetes_persistent_volume:data",), CLUSTER)
WORKLOAD = Target("kubernetes_deployment", ("kubernetes_deployment:prod/web",), SECRET.boundary)
ACCOUNT = Target("kubernetes_service_account", ("kubernetes_service_account:prod/web",), SECRET.boundary)
STAGING = Subject("ServiceAccount", "ci", "staging")


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> Rule:
    listed = tuple(names.split(",")) if names else ()
    return Rule(tuple(verbs.split(",")), (group,), tuple(resources.split(",")), listed)


def bound(
    *rules: Rule, namespace: str = "prod", role: str = "own", subject: Subject = STAGING, more: tuple[Role, ...] = ()
) -> tuple[Grant, ...]:
    """The grants of one subject that is bound to a cluster role with `rules`; cluster-wide where there is no
    namespace."""
    binding = Binding("binding", SPAN, "ClusterRole", role, (subject,), namespace)
    roles = (Role("ClusterRole", "own", rules=rules), *more)
    return tuple(grants([binding], roles, CLUSTER, ["prod", "staging"]))


def can(statements: tuple[Grant, ...], target: Target) -> set[str]:
    kubernetes = language("kubernetes")
    assert kubernetes is not None
    return {each.name for each in kubernetes.capabilities(statements, target, Matcher()) if each.verdict == "yes"}


def becomes(statements: tuple[Grant, ...], target: Target = ACCOUNT) -> str:
    kubernetes = language("kubernetes")
    assert kubernetes is not None
    return kubernetes.becomes(statements, target, Matcher()).verdict


def test_nothing_is_allowed_that_no_rule_says() -> None:
    assert can(bound(rule("get", "configmaps")), SECRET) == set()


@pytest.mark.parametrize(
    ("verbs", "expected"),
    [
        ("get", {"read"}),
        ("list", {"read"}),
        ("patch", {"write"}),
        ("delete", {"destroy"}),
        ("deletecollection", {"destroy"}),
        ("*", {"read", "write", "destroy"}),
    ],
)
def test_a_verb_on_secrets(verbs: str, expected: set[str]) -> None:
    assert can(bound(rule(verbs, "secrets")), SECRET) == expected


def test_rules_add_up() -> None:
    assert can(bound(rule("get", "secrets"), rule("delete", "secrets")), SECRET) == {"read", "destroy"}


def test_a_role_binding_holds_in_its_namespace_only_whatever_it_binds() -> None:
    assert can(bound(role="cluster-admin", namespace="staging-2"), SECRET) == set()
    assert "destroy" in can(bound(role="cluster-admin", namespace="prod"), SECRET)


def test_a_cluster_role_binding_holds_in_every_namespace_of_the_cluster() -> None:
    assert can(bound(rule("get", "secrets"), namespace=""), SECRET) == {"read"}
    elsewhere = Target("kubernetes_secret", SECRET.names, "kubernetes:other/prod")
    assert can(bound(rule("get", "secrets"), namespace=""), elsewhere) == set()


def test_what_has_no_namespace_needs_a_binding_for_the_cluster() -> None:
    assert can(bound(rule("delete", "persistentvolumes"), namespace="prod"), VOLUME) == set()
    assert can(bound(rule("delete", "persistentvolumes"), namespace=""), VOLUME) == {"destroy"}


def test_the_group_of_an_api_counts() -> None:
    assert can(bound(rule("delete", "deployments", "apps")), WORKLOAD) == {"destroy"}
    assert can(bound(rule("delete", "deployments")), WORKLOAD) == set()
    assert can(bound(rule("delete", "deployments", "*")), WORKLOAD) == {"destroy"}


def test_resource_names_restrict_what_has_a_name() -> None:
    assert can(bound(rule("get,delete", "secrets", names="db")), SECRET) == {"read", "destroy"}
    assert can(bound(rule("get,delete", "secrets", names="other")), SECRET) == set()


@pytest.mark.parametrize("verb", ["create", "deletecollection"])
def test_a_rule_with_resource_names_allows_no_request_without_a_name(verb: str) -> None:
    assert can(bound(rule(verb, "secrets", names="db")), SECRET) == set()
    assert becomes(bound(rule(verb, "pods", names="web"))) == "no"


def test_aggregation_takes_the_rules_of_what_has_the_labels() -> None:
    parts = Role("ClusterRole", "part", rules=(rule("get", "secrets"),), labels={"to": "whole", "x": "y"})
    whole = Role("ClusterRole", "whole", selectors=({"to": "whole"},))
    assert can(bound(role="whole", more=(parts, whole)), SECRET) == {"read"}
    other = Role("ClusterRole", "whole", selectors=({"to": "else"},))
    assert can(bound(role="whole", more=(parts, other)), SECRET) == set()


def test_built_in_roles_take_in_what_is_labelled_for_them() -> None:
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    part = Role("ClusterRole", "part", rules=(rule("get", "secrets"),), labels=label)
    assert can(bound(role="view", more=(part,)), SECRET) == {"read"}


def test_the_viewer_reads_no_secrets() -> None:
    assert can(bound(role="view"), SECRET) == set()


def test_the_editor_reads_secrets_and_runs_as_any_service_account() -> None:
    assert can(bound(role="edit"), SECRET) == {"read", "write", "destroy"}
    assert becomes(bound(role="edit")) == "yes"
    assert becomes(bound(role="view")) == "no"


def test_the_administrator_of_everything_grants() -> None:
    assert can(bound(role="cluster-admin"), SECRET) == {"administer", "read", "write", "destroy"}
    assert "administer" not in can(bound(role="admin"), SECRET)


@pytest.mark.parametrize("verb", ["bind", "escalate"])
def test_binding_and_escalating_give_every_right(verb: str) -> None:
    assert can(bound(rule(verb, "clusterroles", "rbac.authorization.k8s.io"), namespace=""), SECRET) == {"administer"}


@pytest.mark.parametrize(
    ("verb", "resource", "group", "verdict"),
    [
        ("create", "pods", "", "yes"),
        ("patch", "deployments", "apps", "yes"),
        ("create", "cronjobs", "batch", "yes"),
        ("create", "serviceaccounts/token", "", "yes"),
        ("create", "pods/exec", "", "yes"),
        ("impersonate", "serviceaccounts", "", "yes"),
        ("get", "pods", "", "no"),
        ("create", "serviceaccounts", "", "no"),
        ("get", "serviceaccounts", "", "no"),
        ("create", "configmaps", "", "no"),
    ],
)
def test_what_leads_to_a_service_account(verb: str, resource: str, group: str, verdict: str) -> None:
    assert becomes(bound(rule(verb, resource, group))) == verdict


def test_whoever_starts_pods_mounts_the_claims() -> None:
    assert can(bound(rule("create", "pods")), CLAIM) == {"read", "write"}


def test_a_role_that_is_declared_elsewhere_allows_nothing_known() -> None:
    (grant,) = bound(role="somewhere-else")
    assert grant.unknown
    assert can((grant,), SECRET) == set()


@pytest.mark.parametrize(
    ("subject", "holders"),
    [
        (STAGING, ["kubernetes_service_account:staging/ci"]),
        (Subject("ServiceAccount", "ci", "prod"), []),
        (Subject("Group", "system:serviceaccounts:staging"), ["kubernetes_service_account:staging/*"]),
        (Subject("Group", "system:serviceaccounts:prod"), []),
        (Subject("Group", "system:serviceaccounts"), ["kubernetes_service_account:staging/*"]),
        (Subject("Group", "system:authenticated"), ["kubernetes_service_account:staging/*"]),
        (Subject("Group", "system:masters"), []),
        (Subject("Group", "staging-operators"), ["kubernetes_subject:staging-operators"]),
        (Subject("Group", "dev-team"), []),
        (
            Subject("Group", "7f1a0c2e-0000-4000-8000-000000000001"),
            ["azuread_object:7f1a0c2e-0000-4000-8000-000000000001"],
        ),
        (Subject("ServiceAccount", "prod-agent", "staging"), ["kubernetes_service_account:staging/*"]),
    ],
)
def test_whom_a_subject_means(subject: Subject, holders: list[str]) -> None:
    assert [grant.attached_to for grant in bound(role="edit", subject=subject)] == holders
