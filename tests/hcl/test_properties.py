"""Properties: expressions written out and read again, two parsers on one text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envfence.hcl import ast, parse
from envfence.hcl.notes import Notes
from envfence.hcl.second import parse_again

NAMES = st.sampled_from(["a", "b_1", "x-y", "var", "each"])
Pair = tuple[str, str]
LEAVES = st.one_of(
    st.integers(0, 10**20).map(lambda n: (str(n), str(n))),
    NAMES.map(lambda n: (n, n)),
    st.sampled_from([("true", "true"), ("null", "null")]),
    st.text("abc é.#/*:=", max_size=8).map(lambda t: (f'"{t}"', repr(t))),
)


def compound(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    many = st.lists(inner, max_size=3)
    return st.one_of(
        st.tuples(inner, inner, st.sampled_from(["+", "*", "==", "&&", "||", "<", "-"])).map(
            lambda t: (f"({t[0][0]}) {t[2]} ({t[1][0]})", f"({t[2]} {t[0][1]} {t[1][1]})")
        ),
        many.map(lambda i: (f"[{', '.join(t for t, _ in i)}]", f"[{', '.join(d for _, d in i)}]")),
        many.map(
            lambda i: (
                "{" + "\n".join(f"k{n} = {t}" for n, (t, _) in enumerate(i)) + "}",
                "{" + ", ".join(f"'k{n}': {d}" for n, (_, d) in enumerate(i)) + "}",
            )
        ),
        st.tuples(NAMES, many).map(
            lambda t: (f"f({', '.join(x for x, _ in t[1])})", f"f({', '.join(x for _, x in t[1])})")
        ),
        inner.map(lambda t: (f'"p${{{t[0]}}}q"', f"(tmpl 'p' {t[1]} 'q')")),
        st.tuples(inner, inner, inner).map(
            lambda t: (f"({t[0][0]}) ? {t[1][0]} : {t[2][0]}", f"(? {t[0][1]} {t[1][1]} {t[2][1]})")
        ),
        st.tuples(inner, NAMES).map(lambda t: (f"({t[0][0]}).{t[1]}", f"{t[0][1]}.{t[1]}")),
        st.tuples(inner, inner).map(lambda t: (f"({t[0][0]})[{t[1][0]}]", f"{t[0][1]}[{t[1][1]}]")),
        inner.map(lambda t: (f"[for v in {t[0]} : v if {t[0]}]", f"[for v {t[1]} v if {t[1]}]")),
    )


EXPRESSIONS = st.recursive(LEAVES, compound, max_leaves=12)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EXPRESSIONS)
def test_written_and_read_again(dump_node: Callable[[ast.Node], str], pair: Pair) -> None:
    parsed = parse("a.tf", f"a = ({pair[0]})\n".encode())
    assert parsed.problems == ()
    assert dump_node(parsed.body.attributes["a"].expr) == pair[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EXPRESSIONS)
def test_both_parsers_agree(dump_node: Callable[[ast.Node], str], pair: Pair) -> None:
    file = ast.SourceText("a.tf", f"a = ({pair[0]})\n".encode())
    again = parse_again(file, Notes(file))
    assert again is not None
    assert dump_node(again[0].attributes["a"].expr) == pair[1]


@settings(max_examples=300, deadline=None)
@given(st.text('ab ={}[]()"$%~<-E\n#/*.1?:,\\', max_size=60), st.sampled_from(["a.tf", "a.tf.json"]))
def test_never_raises(text: str, path: str) -> None:
    _ = parse(path, text.encode()).comments


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_never_raises_on_bytes(data: bytes) -> None:
    parse("a.tf", data)


FIXTURE = """
# comment
locals { one = 1 }
resource "aws_x" "y" {
  name = "a-${var.env}-$${b}"
  tags = merge(local.tags, { "k" = [for v in var.l : upper(v) if v != ""], n = -1 })
  text = <<-EOT
    line ${var.a}
      more
  EOT
  count = var.on ? length(var.l[*].id) : 0
  dynamic "inner" {
    for_each = { for k, v in var.m : k => v... }
    content { v = a.0.b.*.c[0] }
  }
}
"""


@pytest.mark.parametrize("text", [FIXTURE, FIXTURE.replace("comment", "é"), FIXTURE.replace("\n", "\r\n")])
def test_second_parser_on_a_fixture(dump_blocks: Callable[[ast.Body], str], text: str) -> None:
    file = ast.SourceText("a.tf", text.encode())
    again = parse_again(file, Notes(file))
    assert again is not None
    first = parse("a.tf", text.encode())
    assert dump_blocks(again[0]) == dump_blocks(first.body)
    spans = [
        [(a.span, a.expr.span) for b in body.blocks for a in b.body.attributes.values()]
        for body in (first.body, again[0])
    ]
    assert [s[0].line for s in spans[0]] == [s[0].line for s in spans[1]]
