"""`via` texts: what they accept, and what is said about wrong ones."""

from __future__ import annotations

import pytest

from envfence.graph.automaton import PatternError, compile_pattern
from envfence.model import Edge


def accepts(pattern: str, *steps: str) -> bool:
    automaton = compile_pattern(pattern)
    states = {0}
    for step in steps:
        kind, _, capability = step.partition(":")
        edge = Edge(kind=kind, source="a", target="b", capability=capability)
        states = {after for state in states for after in automaton.after(state, edge)}
    return bool(states & automaton.accepting)


@pytest.mark.parametrize(
    ("pattern", "steps", "expected"),
    [
        ("may[destroy|administer]", ["may:destroy"], True),
        ("may[destroy|administer]", ["may:read"], False),
        ("may", ["may:read"], True),
        ("(runs-as|assumes)* may[read]", ["may:read"], True),
        ("(runs-as|assumes)* may[read]", ["runs-as", "assumes", "assumes", "may:read"], True),
        ("(runs-as|assumes)* may[read]", ["runs-as"], False),
        ("runs-as+ holds?", ["runs-as"], True),
        ("runs-as+ holds?", ["runs-as", "runs-as", "holds"], True),
        ("runs-as+ holds?", ["holds"], False),
        ("reads-state | points-at", ["points-at"], True),
        ("any any", ["connects", "copies"], True),
        ("any any", ["connects"], False),
    ],
)
def test_accepts(pattern: str, steps: list[str], expected: bool) -> None:
    assert accepts(pattern, *steps) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "empty"),
        ("flies", "no edge kind"),
        ("(may", "not closed"),
        ("may)", "not expected"),
        ("may | ", "missing at the end"),
        ("* may", "missing before"),
        ("MAY", "cannot read"),
        ("(" * 60 + "may" + ")" * 60, "too many parentheses"),
    ],
)
def test_wrong_patterns_are_explained(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=message):
        compile_pattern(pattern)
