"""The JSON syntax: values with places, blocks by what the reader expects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from envfence.hcl import ast, jsonsyntax, parse

TEXT = """{
  "//": "a comment",
  "resource": {
    "aws_x": {"é": {"name": "x-${var.a}", "n": 1.5}},
    "aws_y": {"b": [{"k": "$${z}"}, {"k": null}]}
  },
  "locals": [{"a": 1}, {"b": "${x}"}],
  "variable": {"v": {"type": "map(string)"}}
}"""


def test_blocks_of_the_expected_types(dump_blocks: Callable[[ast.Body], str]) -> None:
    parsed = parse("main.tf.json", TEXT.encode())
    assert parsed.problems == ()
    blocks = jsonsyntax.blocks(parsed.body, {"resource": 2, "locals": 0})
    assert [(b.type, b.labels, b.header.line, dump_blocks(b.body)) for b in blocks] == [
        ("resource", ("aws_x", "é"), 4, "name=(tmpl 'x-' var.a); n=1.5"),
        ("resource", ("aws_y", "b"), 5, "k='${z}'"),
        ("resource", ("aws_y", "b"), 5, "k=null"),
        ("locals", (), 7, "a=1"),
        ("locals", (), 7, "b=(wrap x)"),
    ]
    name = blocks[0].body.attributes["name"]
    assert (name.expr.span.line, name.expr.span.column) == (4, 29)


def test_strings_that_are_expressions(dump_node: Callable[[ast.Node], str]) -> None:
    (block,) = jsonsyntax.blocks(parse("main.tf.json", TEXT.encode()).body, {"variable": 1})
    expr = jsonsyntax.static(block.body.attributes["type"].expr)
    assert dump_node(expr) == "map(string)"
    assert expr.span.line == 8


def test_native_bodies_give_their_own_blocks() -> None:
    body = parse("a.tf", b"x {}\ny {}\n").body
    assert [b.type for b in jsonsyntax.blocks(body, {"y": 0})] == ["y"]


def test_variable_files_have_no_templates(dump_blocks: Callable[[ast.Body], str]) -> None:
    assert dump_blocks(parse("a.tfvars.json", b'{"a": "${x}"}').body) == "a='${x}'"
    assert dump_blocks(parse("a.tf.json", b'{"a": "${x}"}').body) == "a=(wrap x)"


@pytest.mark.parametrize(
    "text", ["", "{", '{"a":1,}', "[1,]", '{"a" 1}', '{"a":01}', '{"a":"\\q"}', "nul", '{"a":' * 500, "[" * 50_000]
)
def test_bad_json_is_one_problem(text: str) -> None:
    parsed = parse("a.tf.json", text.encode())
    assert len(parsed.problems) == 1
    assert parsed.body.attributes == {}


def test_private_use_characters_are_unknown() -> None:
    expr = parse("a.tf.json", b'{"a": "\\udbc0\\udc00"}').body.attributes["a"].expr
    assert isinstance(expr, ast.Broken)
