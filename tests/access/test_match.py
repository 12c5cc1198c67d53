"""Patterns and texts with holes: properties."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.access.match import ACCOUNT_CLASS, MAYBE, NO, OPAQUE, YES, Matcher, hole_classes
from envfence.values import Symbol, hole_char

HOLES = [hole_char(0), hole_char(1)]
TEXTS = st.text(alphabet=[*"abc-", *HOLES], max_size=8)
PATTERNS = st.text(alphabet=[*"abc-*?", *HOLES], max_size=8)
FILLINGS = st.tuples(st.text(alphabet="abc-", max_size=3), st.text(alphabet="abc-", max_size=3))


def fill(text: str, fillings: tuple[str, str]) -> str:
    for hole, content in zip(HOLES, fillings, strict=True):
        text = text.replace(hole, content)
    return text


def plain_match(pattern: str, target: str) -> bool:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), target, re.DOTALL) is not None


@given(PATTERNS, TEXTS, FILLINGS)
@settings(max_examples=600, deadline=None)
def test_a_sure_answer_holds_for_every_filling(pattern: str, target: str, fillings: tuple[str, str]) -> None:
    verdict = Matcher().text(pattern, target)
    concrete = plain_match(fill(pattern, fillings), fill(target, fillings))
    assert not (verdict == YES and not concrete)
    assert not (verdict == NO and concrete)


@given(PATTERNS, TEXTS, FILLINGS)
@settings(max_examples=300, deadline=None)
def test_filling_keeps_a_sure_match(pattern: str, target: str, fillings: tuple[str, str]) -> None:
    matcher = Matcher()
    if matcher.text(pattern, target) == YES:
        assert matcher.text(fill(pattern, fillings), fill(target, fillings)) == YES


@given(TEXTS)
def test_a_text_matches_itself(text: str) -> None:
    assert Matcher().text(text, text) == YES


def test_an_account_is_twelve_digits() -> None:
    account = hole_char(0)
    matcher = Matcher({account: ACCOUNT_CLASS})
    assert matcher.text(account, "111111111111") == MAYBE
    assert matcher.text(account, "prod") == NO
    assert matcher.arn(f"arn:aws:iam::{account}:role/x", "arn:aws:iam::111111111111:role/x") == MAYBE


def test_the_identity_of_a_resource_is_no_other() -> None:
    symbols = (Symbol("aws_sqs_queue.jobs.arn", "a"), Symbol("var.arn", "a"), Symbol("data.aws_sqs_queue.x.arn", "a"))
    matcher = Matcher(hole_classes(symbols))
    target = "arn:aws:sqs:eu-west-1:111111111111:prod-jobs"
    assert [matcher.arn(hole_char(index), target) for index in range(3)] == [NO, MAYBE, MAYBE]


def test_a_free_part_is_matched_by_wildcards_only() -> None:
    matcher = Matcher()
    assert matcher.text("bucket/*", f"bucket/{OPAQUE}") == YES
    assert matcher.text("bucket/logs/*", f"bucket/{OPAQUE}") == NO
    assert matcher.text("bucket/?", f"bucket/{OPAQUE}") == NO
