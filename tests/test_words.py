"""The vocabulary: whole tokens, in the context they were met in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.words import (
    canonical_name,
    hub_word,
    rank_of,
    sibling_word,
    tier_of,
    tokens,
    word_of_value,
    words_in_name,
    words_in_path_segment,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prod", ["production"]),
        ("product", []),
        ("nonprod", ["nonproduction"]),
        ("non-prod", ["nonproduction"]),
        ("cloud-platform-non-live", ["nonproduction"]),
        ("preprod", ["preproduction"]),
        ("PreProd", ["preproduction"]),
        ("pre_production", ["preproduction"]),
        ("nipreprod", []),
        ("prod-eks", ["production"]),
        ("prodEksRole", ["production"]),
        ("dev-desktops-prod", ["production"]),
        ("govuk-staging-database", ["staging"]),
        ("staging-to-production", ["staging", "production"]),
        ("DevOpsRole", []),
        ("devops-prod", ["production"]),
        ("dev01", []),
        ("t01-app", []),
        ("internal", []),
        ("interval_period", []),
        ("latest", []),
        ("smoke_tests", []),
        ("smoke-test", []),
        ("evaluation_periods", []),
        ("delivery", []),
        ("thumbprint", []),
        ("stage_name", []),
        ("api-gateway-stage", []),
        ("delius-stage", ["staging"]),
        ("aws_api_gateway_integration", []),
        ("vnet_integration", []),
        ("govuk-integration-db", []),
        ("test:StringEquals", []),
        ("live.example", []),
        ("live-platform", []),
        ("platform-live", ["production"]),
        ("apps-notprod", ["nonproduction"]),
        ("git_ref", []),
        ("max_delivery_count", []),
    ],
)
def test_words_in_names(text: str, expected: list[str]) -> None:
    assert [word.canonical for word in words_in_name(text)] == expected


def test_an_ambiguous_word_counts_where_the_repository_is_known_to_use_it() -> None:
    known = frozenset(["integration"])
    assert [word.canonical for word in words_in_name("govuk-integration-db", known)] == ["integration"]
    assert words_in_name("aws_api_gateway_integration", known) == ()


@pytest.mark.parametrize(
    ("text", "siblings", "expected"),
    [
        ("prd", (), ("production", "prd")),
        ("mlra-development", (), ("development", "development")),
        ("UAT-CSTAR", (), ("uat", "uat")),
        ("dev01", (), ("development-1", "dev01")),
        ("int", (), ("integration", "int")),
        ("integration", (), ("integration", "integration")),
        ("notprod", (), ("nonproduction", "notprod")),
        ("ref", (), ("reference", "ref")),
        ("playground", (), ("sandbox", "playground")),
        ("alpaca", ("staging", "production"), ("alpaca", "alpaca")),
        ("identity", ("staging", "production"), None),
        ("alpaca", (), None),
        ("modules", ("staging", "production"), None),
        ("eu-west-1", ("staging", "production"), None),
        ("shared", ("staging", "production"), None),
        ("", (), None),
        ("product", (), None),
    ],
)
def test_values(text: str, siblings: tuple[str, ...], expected: tuple[str, str] | None) -> None:
    word = word_of_value(text, siblings)
    assert (word and (word.canonical, word.raw)) == expected


@pytest.mark.parametrize(
    ("segment", "siblings", "expected"),
    [
        ("staging", ("prod",), "staging"),
        ("staging", ("vpc",), None),
        ("bors-staging", ("bors-prod",), "staging"),
        ("bors-staging", ("crater-prod",), None),
        ("bors-staging", ("crater-prod", "docs-dev"), "staging"),
        ("probation-integration", ("crater-prod", "docs-dev"), None),
        ("alpaca", ("staging", "production", "tools"), "alpaca"),
        ("alpaca", ("staging", "a", "b", "c", "d"), None),
        ("test-production", ("x-dev", "y-staging"), "production"),
    ],
)
def test_siblings_confirm(segment: str, siblings: tuple[str, ...], expected: str | None) -> None:
    word = sibling_word(segment, siblings)
    assert (word and word.canonical) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shared", "shared"),
        ("core-network-production", "core"),
        ("shared-services-prod", "shared"),
        ("tooling", "tooling"),
        ("GitHub", None),
        ("content-hub", None),
        ("case-management-api", None),
        ("formbuilder-platform-dev", None),
        ("prod", None),
    ],
)
def test_hubs(text: str, expected: str | None) -> None:
    assert hub_word(text) == expected


def test_tiers_and_ranks() -> None:
    order = ["prod", "staging", "test", "dev", "sandbox", "nonprod"]
    assert sorted(order, key=rank_of, reverse=True) == order
    assert {tier_of(name) for name in order[1:]} == {"nonproduction"}
    assert (tier_of("prd"), tier_of("shared-services"), tier_of("alpaca")) == ("production", "shared", "nonproduction")
    assert canonical_name("Prd") == canonical_name("production") == "production"


@given(st.text(max_size=60))
def test_the_tokeniser_is_total_and_gives_lower_case_words(text: str) -> None:
    found = tokens(text)
    assert found == tokens(text)
    assert all(token and token == token.lower() for token in found)


@given(st.text(max_size=40))
def test_nothing_raises_and_words_are_whole_tokens(text: str) -> None:
    words_in_path_segment(text)
    word_of_value(text)
    hub_word(text)
    sibling_word(text, (text, "prod"))
    for word in words_in_name(text):
        assert word.raw in tokens(text) or word.raw.replace("-", "") in "".join(tokens(text)) or "-" in word.raw


@given(st.sampled_from(["prod", "staging", "dev", "uat"]), st.text(alphabet="bcfghjkmqwxyz", min_size=1, max_size=6))
def test_a_word_glued_to_letters_is_no_word(word: str, letters: str) -> None:
    assert words_in_name(word + letters) == ()
    assert words_in_name(letters + word) == ()
    assert [each.raw for each in words_in_name(f"{letters}-{word}-{letters}")] == [word]
