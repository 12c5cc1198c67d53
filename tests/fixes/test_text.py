"""Edits of one attribute: they look like the file around them and change nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envfence.fixes.text import Refused, apply, set_attribute
from envfence.hcl import ast
from envfence.hcl.parse import parse

GUARD = ("deletion_protection",)


def edited(source: str, path: tuple[str, ...] = GUARD, value: str = "true") -> str:
    parsed = parse("main.tf", source.encode())
    change = set_attribute(parsed, parsed.body.blocks[0], path, value)
    return source if change is None else apply(source.encode(), [change]).decode()


def test_a_new_line_follows_the_last_attribute_and_its_column() -> None:
    source = """resource "aws_db_instance" "main" {
  allocated_storage_gib = 20 # plenty
  engine                = "postgres"

  timeouts {
    delete = "1h"
  }
}
"""
    assert (
        edited(source)
        == """resource "aws_db_instance" "main" {
  allocated_storage_gib = 20 # plenty
  engine                = "postgres"
  deletion_protection   = true

  timeouts {
    delete = "1h"
  }
}
"""
    )


def test_a_name_longer_than_its_neighbours_stands_apart_so_that_they_keep_their_column() -> None:
    source = 'resource "aws_db_instance" "main" {\n  engine = "postgres"\n}\n'
    assert (
        edited(source)
        == 'resource "aws_db_instance" "main" {\n  engine = "postgres"\n\n  deletion_protection = true\n}\n'
    )


def test_an_empty_block_is_opened() -> None:
    assert edited('resource "a_b" "c" {}\n') == 'resource "a_b" "c" {\n  deletion_protection = true\n}\n'


def test_a_block_on_one_line_is_unfolded() -> None:
    assert (
        edited('resource "a_b" "c" { name = "x" }\n')
        == 'resource "a_b" "c" {\n  name = "x"\n  deletion_protection = true\n}\n'
    )


def test_a_literal_is_replaced_where_it_stands() -> None:
    source = 'resource "a_b" "c" {\n  deletion_protection = false # for now\n}\n'
    assert edited(source) == 'resource "a_b" "c" {\n  deletion_protection = true # for now\n}\n'


def test_a_missing_block_is_written_behind_everything() -> None:
    source = 'resource "a_b" "c" {\n  name = "x"\n}\n'
    assert (
        edited(source, ("lifecycle", "prevent_destroy"))
        == 'resource "a_b" "c" {\n  name = "x"\n\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n'
    )


def test_a_block_that_is_there_is_used() -> None:
    source = 'resource "a_b" "c" {\n  lifecycle {\n    ignore_changes = [name]\n  }\n}\n'
    assert (
        edited(source, ("lifecycle", "prevent_destroy"))
        == 'resource "a_b" "c" {\n  lifecycle {\n    ignore_changes = [name]\n\n    prevent_destroy = true\n  }\n}\n'
    )


def test_carriage_returns_stay() -> None:
    source = 'resource "a_b" "c" {\r\n  long_enough_for_it_all = 1\r\n}\r\n'
    assert edited(source).count("\r\n") == edited(source).count("\n") == 4


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        ('resource "a_b" "c" {\n  deletion_protection = var.guarded\n}\n', GUARD, "not written out"),
        ('resource "a_b" "c" {\n  dynamic "settings" {\n    for_each = []\n  }\n}\n', ("settings", "x"), "plain block"),
        ('resource "a_b" "c" {\n  settings {}\n  settings {}\n}\n', ("settings", "x"), "2 blocks"),
    ],
)
def test_what_one_edit_cannot_do_is_refused(source: str, path: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        edited(source, path)


NAMES = st.sampled_from(["name", "engine", "size", "deletion_protection", "a", "skip_final_snapshot"])
VALUES = st.sampled_from(["1", '"x"', "true", "var.a", "[1, 2]", '{\n    k = "v"\n  }', "<<EOT\nhello\nEOT", '"é€"'])
COMMENTS = st.sampled_from(["", " # why", " // note"])
NEWLINES = st.sampled_from(["\n", "\n\n", "\n  # a remark\n"])


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A resource with some attributes and blocks, formatted as people do."""
    text = 'resource "a_b" "c" {'
    for name in draw(st.lists(NAMES, unique=True, max_size=4)):
        value = draw(VALUES)
        comment = "" if value.startswith("<<") else draw(COMMENTS)
        text += f"{draw(NEWLINES)}  {name}{' ' * draw(st.integers(1, 4))}= {value}{comment}"
    for name in draw(st.lists(st.sampled_from(["lifecycle", "settings", "timeouts"]), unique=True, max_size=2)):
        inner = draw(st.sampled_from(["", '\n    x = "y"\n  ', "\n    # nothing\n  "]))
        text += f"{draw(NEWLINES)}  {name} {{{inner}}}"
    return text + "\n}\n" + draw(st.sampled_from(["", 'resource "a_b" "d" {\n  name = "other"\n}\n']))


def texts(body: ast.Body, at: str = "") -> dict[str, str]:
    """Every attribute of a body by its path, with its expression as it is written."""
    found = {
        f"{at}{name}": each.file.data[each.expr.start : each.expr.end].decode()
        for name, each in body.attributes.items()
    }
    for index, block in enumerate(body.blocks):
        found |= texts(block.body, f"{at}{'.'.join((block.type, *block.labels))}#{index}.")
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks(), st.sampled_from([GUARD, ("lifecycle", "prevent_destroy"), ("settings", "deep", "on")]))
def test_the_edited_file_differs_by_that_one_attribute(source: str, path: tuple[str, ...]) -> None:
    try:
        after = edited(source, path)
    except Refused:
        return
    before, now = parse("main.tf", source.encode()), parse("main.tf", after.encode())
    assert not now.problems
    assert len(now.comments) == len(before.comments)
    old, new = texts(before.body), texts(now.body)
    changed = [key for key in new if new[key] != old.get(key)]
    assert set(old) <= set(new)
    assert len(changed) <= 1
    assert all(key.endswith(path[-1]) and new[key] == "true" for key in changed)
    assert edited(after, path) == after
