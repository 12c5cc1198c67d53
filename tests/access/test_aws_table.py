"""The table of cases for each numbered rule of how AWS decides."""

from __future__ import annotations

from collections import Counter

import pytest
from aws_cases import Case, cases

from envfence.access import decide

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.says}")
def test_case(case: Case) -> None:
    assert decide(case.request(), case.grants()).verdict == case.expected


def test_every_rule_has_three_cases() -> None:
    counts = Counter(case.rule for case in CASES)
    assert sorted(counts) == list(range(1, 16))
    assert min(counts.values()) >= 3
