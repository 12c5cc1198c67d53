"""Roles that trust tokens of workflows, workspaces and service accounts."""

from __future__ import annotations

import msgspec
import pytest
from by_hand import PRODUCTION, allow, environments, facts, role

from envfence.graph import Graph, link
from envfence.graph.subjects import subject_of
from envfence.model import Condition, Principal

PROD, STAG = "app@production", "app@staging"
GITHUB = f"arn:aws:iam::{PRODUCTION}:oidc-provider/token.actions.githubusercontent.com"


def trusting(*subjects: str, test: str = "StringLike", more: tuple[Condition, ...] = (), does: str = "s3:*") -> Graph:
    """A production role that GitHub's tokens with these subjects may become, and that may do something."""
    key = "token.actions.githubusercontent.com:sub"
    conditions = (Condition(test=test, variable=key, values=subjects), *more) if subjects else more
    trust = allow("trust", "aws_iam_role.deploy", ["sts:AssumeRoleWithWebIdentity"], (), conditions=conditions)
    trust = msgspec.structs.replace(trust, principals=(Principal(type="Federated", value=GITHUB),))
    grants = [trust, allow("identity", "aws_iam_role.deploy", [does])]
    return link([facts(PROD, [role("deploy", PRODUCTION)], grants), facts(STAG)], environments(PROD, STAG))


def admitted(graph: Graph) -> list[tuple[str, str, str]]:
    """(who, tier, certainty) of everybody that may become the role."""
    return [
        (graph.nodes[edge.source].node.address, graph.nodes[edge.source].placement.tier, edge.certainty)
        for edge in graph.edges()
        if edge.kind == "assumes"
    ]


@pytest.mark.parametrize("owner", ["acme/shop", "acme@12/shop@345"])
def test_an_environment_in_the_subject_is_that_environment_in_both_forms(owner: str) -> None:
    found = admitted(trusting(f"repo:{owner}:environment:staging"))
    assert found == [("the environment staging of acme/shop", "nonproduction", "proved")]
    assert admitted(trusting(f"repo:{owner}:environment:production")) == []


def test_any_branch_and_any_pull_request_are_outside() -> None:
    assert admitted(trusting("repo:acme/shop:*")) == [("any branch of acme/shop", "outside", "proved")]
    assert admitted(trusting("repo:acme/shop:pull_request"))[0][0] == "any pull request of acme/shop"
    found = admitted(trusting("repo:acme/shop:environment:*", "repo:acme/shop:ref:refs/heads/main"))
    assert found == [("a job of any environment of acme/shop", "outside", "proved")]


def test_the_protected_branch_is_nobody_else() -> None:
    assert admitted(trusting("repo:acme/shop:ref:refs/heads/main")) == []


def test_a_role_that_only_reads_is_open_to_branches() -> None:
    assert admitted(trusting("repo:acme/shop:*", does="s3:GetObject")) == []


def test_no_subject_at_all_is_everybody() -> None:
    assert admitted(trusting()) == [("any workflow of any repository on GitHub", "outside", "proved")]


def test_a_wildcard_that_is_compared_exactly_admits_nobody() -> None:
    assert admitted(trusting("repo:acme/shop:*", test="StringEquals")) == []


def test_a_further_condition_leaves_it_open() -> None:
    more = (Condition(test="StringEquals", variable="token.actions.githubusercontent.com:actor", values=("bot",)),)
    assert [certainty for _, _, certainty in admitted(trusting("repo:acme/shop:*", more=more))] == ["possible"]


@pytest.mark.parametrize(
    ("platform", "pattern", "meaning", "name"),
    [
        ("gitlab", "project_path:acme/shop:ref_type:branch:ref:staging", "named", "staging"),
        ("gitlab", "project_path:acme/shop:ref_type:branch:ref:*", "any run", ""),
        ("terraform-cloud", "organization:acme:project:web:workspace:web-staging:run_phase:*", "named", "web-staging"),
        ("terraform-cloud", "organization:acme:project:*:workspace:*:run_phase:apply", "any run", ""),
        ("cluster", "system:serviceaccount:shop-staging:worker", "named", "shop-staging"),
        ("cluster", "system:serviceaccount:*:worker", "", ""),
        ("github", "repo:acme*", "anybody", ""),
        ("github", "repo:acme/*:environment:production", "environment", "production"),
        ("github", "something", "", ""),
    ],
)
def test_subjects_of_all_platforms(platform: str, pattern: str, meaning: str, name: str) -> None:
    found = subject_of(platform, pattern)
    assert (found.meaning, found.name) == (meaning, name)
