"""Version constraints: what they surely say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.providers.common.versions import bounds, surely_at_least, surely_below


@pytest.mark.parametrize(
    ("constraint", "least", "below"),
    [
        ("~> 7.33", True, False),
        (">= 7.33.0", True, False),
        (">= 7.40, < 9.0", True, False),
        ("8.1.0", True, False),
        ("= 7.33.0", True, False),
        ("~> 7.0", False, False),
        (">= 5.0", False, False),
        ("~> 4.84", False, True),
        ("~> 7.32.0", False, True),
        ("< 7.33", False, True),
        ("<= 7.32.9", False, True),
        ("<= 7.33.0", False, False),
        ("!= 7.40.0", False, False),
        (">= 3.5, ~> 4.0", False, True),
        ("v4.2.1", False, True),
        ("~> 7", False, False),
        ("", False, False),
        ("newest", False, False),
        ("1aeeb3c", False, False),
    ],
)
def test_a_constraint_is_surely_at_least_or_below_a_version_or_neither(
    constraint: str, least: bool, below: bool
) -> None:
    assert surely_at_least(constraint, "7.33.0") is least
    assert surely_below(constraint, "7.33.0") is below


@given(st.text(max_size=60))
def test_no_text_is_both(text: str) -> None:
    found = bounds(text)
    contradiction = found.low is not None and found.high is not None and found.low >= found.high
    assert contradiction or not (surely_at_least(text, "2.0.0") and surely_below(text, "2.0.0"))
