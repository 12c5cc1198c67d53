"""Scripts as simple commands: what they see, where they run, what branches and quotes mean."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envfence.sources.workflows.shell import Recipe, expand, is_literal, simple_commands

RUN = re.compile(r"\brun\b")


def words(text: str, known: dict[str, str] | None = None, defaults: bool = False) -> list[str]:
    return [" ".join(each.words) for each in simple_commands(text, known or {}, "", RUN, defaults=defaults)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run a && run b; run c | run d", ["run a", "run b", "run c", "run d"]),
        ("run 'a && b' \"c; d\"", ["run a && b c; d"]),
        ("X=1 sudo run $X # run z", ["run 1"]),
        ("run a \\\n  b", ["run a b"]),
        ("# run a\nrun b", ["run b"]),
        ("if true; then run a; else run b; fi", ["run a", "run b"]),
        ("case $1 in a) run b;; esac", ["run b"]),
        ("clean() { run a; }", ["run a"]),
        ("function clean { run a; }", ["run a"]),
        ("sh -c 'run a; run b'", ["run a", "run b"]),
        ("out=$(run a)", ["run a"]),
        ("cat <<END\nrun a\nEND\nrun b", ["run b"]),
        ("ssh host <<END\nrun a\nEND", ["run a"]),
        ("cat <<END\nrun a", ["run a"]),
        ("run ${{ a && b || 'c' }}", ["run ${{ a && b || c }}"]),
    ],
)
def test_the_commands_of_a_line(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_what_a_branch_sets_is_not_known_after_it() -> None:
    text = "X=a\nif test; then\n  X=b\n  run $X\nelse\n  run $X\nfi\nrun $X"
    assert words(text) == ["run b", "run a", "run $?"]


def test_a_subshell_keeps_what_it_sets_to_itself() -> None:
    found = list(simple_commands("X=a\n(cd sub; X=b; run $X)\nrun $X", {}, "top", RUN))
    assert [(each.words[1], each.directory) for each in found] == [("b", "top/sub"), ("a", "top")]


def test_directories_are_followed_as_far_as_they_are_known() -> None:
    text = "pushd a\nrun 1\npopd\nrun 2\ncd b\ncd -\nrun 3\ncd $X\nrun 4\ncd ..\nrun 5"
    assert [each.directory for each in simple_commands(text, {}, "top", RUN)] == ["top/a", "top", "top", None, None]


def test_a_script_knows_where_it_lies() -> None:
    text = 'HERE="$(cd "$(dirname "$0")" && pwd)"\ncd "$HERE/../infra"\nrun x'
    assert [each.directory for each in simple_commands(text, {}, "bin", RUN)] == ["infra"]


@pytest.mark.parametrize(
    ("text", "known", "defaults", "expected"),
    [
        ("run ${1:-live}", {}, False, "run ${1:-live}"),
        ("run ${1:-live}", {}, True, "run live"),
        ("run ${1:-live}", {"1": "dev"}, True, "run dev"),
        ("X=$(pick)\nrun ${X:-live}", {}, True, "run $?"),
        ("ENV ?= dev\nrun $(ENV)", {"ENV": "live"}, False, "run live"),
    ],
)
def test_defaults_hold_where_nothing_is_set(text: str, known: dict[str, str], defaults: bool, expected: str) -> None:
    assert words(text, known, defaults) == [expected]


def test_what_a_line_runs_in_turn_is_a_process_of_its_own() -> None:
    def unfold(found: list[str], known: object, directory: str) -> Recipe | None:
        return Recipe("X=b\nrun inner $X $1", {"1": "z"}, "lib", "lib") if found == ["./x.sh"] else None

    found = list(simple_commands("X=a\n./x.sh\nrun outer $X", {}, "", RUN, unfold))
    assert [(each.words, each.line) for each in found] == [(("run", "inner", "b", "z"), 2), (("run", "outer", "a"), 3)]
    assert found[0].process != found[1].process


def test_a_script_that_runs_itself_ends() -> None:
    def unfold(found: list[str], known: object, directory: str) -> Recipe:
        return Recipe("./x.sh\nrun again", {}, "", "")

    assert len(list(simple_commands("./x.sh", {}, "", RUN, unfold))) < 10


def test_literals() -> None:
    assert is_literal("live/a.tfvars")
    assert not any(map(is_literal, ("", "$X", "a*", "`b`", "((c))", "<d>")))
    assert expand("$A-${B}-$(C)", {"A": "1", "C": "3"}) == "1-${B}-3"


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    for each in simple_commands(f"run {text}\nrun", {"A": "b"}, "top", RUN, defaults=True):
        assert each.words
