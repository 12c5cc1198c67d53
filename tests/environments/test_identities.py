"""The identity map: what several places agree on is firm, one place alone is not, two environments share."""

from __future__ import annotations

from envfence.config import Config
from envfence.environments import assign
from envfence.model import BoundaryUse, Deployment, Facts, Placement, Signal
from envfence.values import Span

ACCOUNT = "111122223333"


def noted(kind: str, word: str, path: str, line: int = 1) -> Signal:
    return Signal(kind=kind, value=f"aws:{ACCOUNT}", words=(word,), span=Span(path, line), says=f"beside it: {word}")


def deployment(root: str, *signals: Signal, acts_in: str = "") -> Facts:
    span = Span(f"{root}/main.tf", 1)
    uses = (BoundaryUse(provider="aws", boundary=acts_in, span=span),) if acts_in else ()
    return Facts(
        deployment=Deployment(id=root, root=root, config_dir=root, signals=signals, span=span), boundaries=uses
    )


def account(*signals: Signal) -> Placement:
    found = assign([deployment("app")], Config(), noted=signals).identities
    return found[f"aws:{ACCOUNT}"]


def test_several_places_that_agree_are_firm_and_kept_as_evidence() -> None:
    found = account(noted("name", "staging", "a.tf", 3), noted("name", "stg", "b.tf", 7), noted("file", "staging", "c"))
    assert (found.environments, found.tier, found.firm) == (("staging",), "nonproduction", True)
    assert {str(each.span) for each in found.evidence} == {"a.tf:3", "b.tf:7", "c:1"}


def test_one_place_is_weak() -> None:
    found = account(noted("name", "production", "a.tf"))
    assert (found.environments, found.firm) == (("production",), False)


def test_var_files_alone_are_weak_however_many() -> None:
    found = account(*(noted("file", "staging", f"{name}.tfvars", line) for name in "abc" for line in (1, 2)))
    assert (found.environments, found.firm) == (("staging",), False)


def test_two_environments_share_an_account() -> None:
    found = account(noted("name", "staging", "a.tf"), noted("name", "production", "b.tf"))
    assert (set(found.environments), found.firm) == ({"staging", "production"}, False)


def test_a_comment_decides_against_the_var_file_around_it() -> None:
    found = account(noted("file", "staging", "staging.tfvars"), noted("name", "production", "b.tf"))
    assert found.environments == ("production",)


def test_a_single_slip_among_many_does_not_count_but_nothing_is_firm() -> None:
    found = account(
        noted("name", "staging", "slip.tf"), *(noted("name", "production", "b.tf", line) for line in range(9))
    )
    assert (found.environments, found.firm) == (("production",), False)


def test_a_hub_is_shared() -> None:
    assert account(noted("name", "shared services", "a.tf"), noted("name", "shared services", "b.tf")).tier == "shared"


def test_a_firm_account_places_the_deployment_that_acts_in_it() -> None:
    signals = [noted("name", "staging", "a.tf"), noted("instance", "staging", "b.tf")]
    found = assign([deployment("app", acts_in=f"aws:{ACCOUNT}")], Config(), noted=signals)
    assert found.deployments["app"].environments == ("staging",)
    weak = assign([deployment("app", acts_in=f"aws:{ACCOUNT}")], Config(), noted=signals[:1])
    assert weak.deployments["app"].environments == ()


def test_a_region_is_nobodys_project() -> None:
    signal = Signal(kind="input", value="staging", span=Span("a.tf", 1))
    assert not assign([deployment("app", signal, acts_in="google:europe-west2")], Config()).identities


def test_an_account_that_holds_another_tiers_things_is_nobodys_for_sure() -> None:
    places = (noted("instance", "prod", "a.tf", 1), noted("instance", "prod", "a.tf", 2))
    assert account(*places).firm
    found = account(*places, noted("state", "dev", "b.tf", 1))
    assert (set(found.environments), found.firm) == ({"production", "development"}, False)
    alone = assign([deployment("app")], Config(), noted=[noted("state", "dev", "b.tf", 1)]).identities
    assert alone == {}  # the name of a thing inside says nothing about whose the account is
