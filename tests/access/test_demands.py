"""What open answers demand of their unknowns, and demands that cannot be met together."""

from __future__ import annotations

import re

import pytest
from aws_policies import ACCOUNT, SYMBOLS, TABLE, VAR, deny, grant
from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.access import Engine, PrincipalView, Request
from envfence.access.demands import Demand, contradictory
from envfence.values import hole_char

HOLE = hole_char(0)


def test_an_open_answer_says_what_it_demands() -> None:
    request = Request(PrincipalView(f"arn:aws:iam::{ACCOUNT}:role/app"), "dynamodb:DeleteTable", TABLE)
    found = Engine(SYMBOLS).decide(request, (grant("dynamodb:*", f"arn:aws:dynamodb:*:*:table/{VAR}-orders"),))
    assert found.verdict == "maybe"
    assert Demand(f"table/{VAR}-orders", "table/prod-orders", holds=True) in found.demands


@pytest.mark.parametrize(
    ("demands", "plain", "expected"),
    [
        ((("prod-*", f"{HOLE}-x", True), ("dev-*", f"{HOLE}-x", True)), False, True),
        ((("prod-*", f"{HOLE}-x", True), ("*-x", f"{HOLE}-x", True)), False, False),
        ((("prod-*", f"{HOLE}-x", True), ("p*", f"{HOLE}-x", False)), False, True),
        ((("prod", HOLE, True), ("dev-*", f"{HOLE}-x", True)), False, True),
        (((f"{HOLE}-*", "prod-a", True), (f"{HOLE}-*", "dev-a", True)), True, True),
        (((f"{HOLE}-*", "prod-a", True), (f"{HOLE}-*", "dev-a", True)), False, False),
        (((f"{HOLE}*", "prod-a", True), (f"{HOLE}*", "prod-b", True)), True, False),
    ],
)
def test_contradictions(demands: tuple[tuple[str, str, bool], ...], plain: bool, expected: bool) -> None:
    assert contradictory([Demand(*each) for each in demands], plain=plain) is expected


PATTERN = st.text(alphabet="ab*?", max_size=5)
TEXT = st.text(alphabet=["a", "b", HOLE], max_size=4)


@given(st.lists(st.tuples(PATTERN, TEXT, st.booleans()), min_size=1, max_size=3), st.text(alphabet="ab", max_size=4))
@settings(max_examples=400, deadline=None)
def test_what_can_be_met_is_no_contradiction(found: list[tuple[str, str, bool]], content: str) -> None:
    met = all(
        bool(re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text.replace(HOLE, content))) == holds
        for pattern, text, holds in found
    )
    if met:
        assert not contradictory([Demand(*each) for each in found])


def test_an_allow_and_a_deny_of_the_same_unknown_leave_nothing() -> None:
    pattern = f"arn:aws:dynamodb:*:*:table/{VAR}-*"
    request = Request(PrincipalView("arn:aws:iam::111111111111:role/app"), "dynamodb:DeleteTable", TABLE)
    assert Engine(SYMBOLS).decide(request, (grant("*", pattern), deny("*", pattern))).verdict == "no"
