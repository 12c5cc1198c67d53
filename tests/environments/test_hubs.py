"""What serves all environments, and places that hold more than their names say."""

from __future__ import annotations

import pytest

from envfence.config import Config
from envfence.environments import assign
from envfence.model import BoundaryUse, Deployment, Environments, Facts, Placement, Signal
from envfence.values import Span
from envfence.words import tier_of, word_of_value


def deployment(root: str, *signals: Signal, name: str = "", workspace: str = "default", acts_in: str = "") -> Facts:
    span = Span(f"{root}/main.tf", 1)
    uses = (BoundaryUse(provider="azurerm", boundary=acts_in, span=span),) if acts_in else ()
    made = Deployment(
        id=f"{root}@{name}" if name else root,
        root=root,
        config_dir=root,
        name=name,
        workspace=workspace,
        signals=signals,
        span=span,
    )
    return Facts(deployment=made, boundaries=uses)


def signal(kind: str, value: str, path: str = "a.tf") -> Signal:
    return Signal(kind=kind, value=value, span=Span(path, 1), says=f"{kind} {value}")


def in_workspaces(*workspaces: str) -> Environments:
    every = [
        deployment("core", signal("input", text.rpartition("-")[2], text), name=text, workspace=text)
        for text in workspaces
    ]
    return assign(every, Config())


def test_a_hub_of_one_tier_is_shared_though_its_workspace_says_production() -> None:
    placement = in_workspaces("core-network-services-production").deployments["core@core-network-services-production"]
    assert (placement.environments, placement.tier, placement.firm) == ((), "shared", True)


def test_a_hub_with_a_sibling_of_another_tier_belongs_to_its_own() -> None:
    found = in_workspaces("core-vpc-production", "core-vpc-development").deployments
    assert {name: each.tier for name, each in found.items()} == {
        "core@core-vpc-production": "production",
        "core@core-vpc-development": "nonproduction",
    }


def test_a_product_with_one_workspace_is_no_hub() -> None:
    assert in_workspaces("platform-production").deployments["core@platform-production"].tier == "production"


def state(root: str, *signals: Signal) -> Facts:
    return deployment(root, *signals, signal("state", "acme-prod-tfstate", root))


def test_a_state_bucket_that_also_keeps_others_states_says_nothing() -> None:
    found = assign([state("a", signal("input", "test")), state("b")], Config()).deployments
    assert found["b"] == Placement(tier="unknown", evidence=found["b"].evidence)
    assert assign([state("a", signal("input", "prod")), state("b")], Config()).deployments["b"].tier == "production"


def test_a_generic_bucket_serves_the_environments_that_it_stands_for() -> None:
    bucket = signal("state", "acme-nonprod-tfstate")
    found = assign([deployment("a", signal("input", "dev"), bucket), deployment("b", bucket)], Config()).deployments
    assert found["b"].tier == "nonproduction"


def test_a_placeholder_is_nobodys_subscription() -> None:
    todo = "azurerm:TODO"
    found = assign([deployment("a", signal("input", "dev"), acts_in=todo), deployment("b", acts_in=todo)], Config())
    assert found.deployments["b"].tier == "unknown"
    assert todo not in found.identities


@pytest.mark.parametrize("text", ["devstg", "apps-devstg", "testuat", "perftest", "impl", "sandpit"])
def test_words_for_two_purposes_and_of_public_bodies_are_nonproduction(text: str) -> None:
    assert tier_of(text) == "nonproduction"
    assert word_of_value(text) is not None


@pytest.mark.parametrize("text", ["infrastructure-live", "aws-infra-live", "devdev", "prodtest", "impl-notes"])
def test_words_that_only_look_like_them_are_none(text: str) -> None:
    assert word_of_value(text) is None
