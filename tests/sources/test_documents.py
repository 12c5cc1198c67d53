"""YAML with the lines of everything in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envfence.sources.documents import read_documents, strings


def test_lines_documents_anchors_and_merges() -> None:
    found = read_documents(
        "a: &one\n  b: 1\n  c: |\n    first\n    second\nd:\n  <<: *one\n  e: [x, off]\n---\nf: 012\n"
    )
    first, second = found.items
    assert found.problem is None
    assert first["d"] == {"b": 1, "c": "first\nsecond\n", "e": ["x", "off"]}
    assert (first.line_of("a"), first["a"].line_of("c"), first["d"].line_of("c")) == (1, 4, 4)
    assert second == {"f": "012"}


def test_an_anchor_may_be_defined_again() -> None:
    assert read_documents("a: &x 1\nb: &x 2\nc: *x\n").items == ({"a": 1, "b": 2, "c": 2},)


def test_a_template_is_read_up_to_where_it_is_no_yaml() -> None:
    found = read_documents("a: 1\n---\nb: {{ c }}: d\n")
    assert found.items == ({"a": 1},)
    assert found.problem is not None
    assert found.problem[0] == 3


def test_a_small_file_that_means_a_huge_one_stays_small() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 50)]
    found = read_documents("\n".join(lines)).items[0]
    assert len(list(strings(found, most=1000))) <= 1000


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    read_documents(text)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    read_documents(data)
