"""Where the two parsers differ on what Terraform accepts: each known difference by a small example.

Over real files nothing else differs: `parse` gives what the first parser reads.
"""

from __future__ import annotations

import pytest

from envfence.hcl import ast, parse
from envfence.hcl.notes import Notes
from envfence.hcl.second import parse_again

#: What the second parser refuses or leaves open, and why.
SECOND_CANNOT = {
    "a line break before the arrow": "a = { for k, v in xs : k\n => v }\n",
    "an escaped sign before an interpolation": 'a = "$${${b.c}}"\n',
    "blanks behind a heredoc's end": "a = <<E\nx\nE \n",
    "a name beyond ASCII": "\u00e9t\u00e9 = 1\n",
    "strip marks on both sides": 'a = "${~ b ~}"\n',
    "two negations": "a = !!b\n",
}


def _has_gap(node: object) -> bool:
    if isinstance(node, ast.Broken):
        return True
    if isinstance(node, ast.Body):
        return any(_has_gap(each.expr) for each in node.attributes.values()) or any(map(_has_gap, node.blocks))
    if isinstance(node, ast.Block):
        return _has_gap(node.body)
    if isinstance(node, tuple):
        return any(map(_has_gap, node))
    if isinstance(node, ast.Node):
        slots = [slot for base in type(node).__mro__ for slot in getattr(base, "__slots__", ())]
        return any(_has_gap(getattr(node, slot)) for slot in slots if slot not in ("file", "start", "end"))
    return False


@pytest.mark.parametrize("name", SECOND_CANNOT)
def test_the_first_parser_reads_what_the_second_cannot(name: str) -> None:
    data = SECOND_CANNOT[name].encode()
    first = parse("a.tf", data)
    assert first.problems == ()
    assert not _has_gap(first.body)
    file = ast.SourceText("a.tf", data)
    again = parse_again(file, Notes(file))
    assert again is None or _has_gap(again[0])


@pytest.mark.parametrize("number", ["1e3", "1e+500", "1.5E-3", "0.1e2"])
def test_numbers_with_an_exponent_are_read_by_the_first_parser(number: str) -> None:
    body = parse("a.tf", f'a = [{number}, "x${{~ f({number}...) ~}}{number}"]\n'.encode()).body
    assert not _has_gap(body)
    first = body.attributes["a"].expr
    assert isinstance(first, ast.TupleExpr)
    assert isinstance(first.items[0], ast.Literal)
    text = first.items[1]
    assert isinstance(text, ast.Template)
    assert isinstance(text.parts[-1], ast.Literal)
    assert text.parts[-1].value == number
