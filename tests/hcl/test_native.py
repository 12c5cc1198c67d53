"""Native syntax to AST, by table; the expected trees of templates were compared with Terraform's own values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from envfence.hcl import ast, parse, parse_expression, parse_template

EXPRESSIONS = [
    ("1", "1"),
    ("1.5", "1.5"),
    ("1e3", "1000"),
    ("-1.5E-3 + x", "(+ (- 0.0015) x)"),
    ("null", "null"),
    ("true", "true"),
    ('"x"', "'x'"),
    ('""', "''"),
    ('"é"', "'é'"),
    (r'"\u00e9\n\"\\"', "'é\\n\"\\\\'"),
    ("a.b.c", "a.b.c"),
    ("(a).b", "a.b"),
    ("a /* why */ . b", "a.b"),
    ("a.0.b", "a[0].b"),
    ('a["k"][0]', "a['k'][0]"),
    ("a[*].b[*].c", "(splat* a (splat* @.b @.c))"),
    ("(a[*].b)[0]", "(splat* a @.b)[0]"),
    ("a.*.b[0].c", "(splat. a @.b)[0].c"),
    ("a.*.b.0", "(splat. a @.b[0])"),
    ("1 - 2 - 3 * 4", "(- (- 1 2) (* 3 4))"),
    ("a == b && !c.d || e >= -f[0]", "(|| (&& (== a b) (! c.d)) (>= e (- f[0])))"),
    ("a ? b : c ? d : e ? f : g", "(? a b (? c d (? e f g)))"),
    ("(a ? b : c) ? d : e", "(? (? a b c) d e)"),
    ("a ? b ? c : d : e", "(? a (? b c d) e)"),
    ("f()", "f()"),
    ("f(a, b...)", "f(a, b...)"),
    ("core::upper(a)", "core::upper(a)"),
    ("provider::x::f(a)", "provider::x::f(a)"),
    ("[]", "[]"),
    ("[1, [a], # one\n]", "[1, [a]]"),
    ('{a = 1, (b) = 2, "c-${d}" : 3, null = 4\n5 = []}', "{'a': 1, b: 2, (tmpl 'c-' d): 3, 'null': 4, 5: []}"),
    ('{"a b": x, c: "y"}', "{'a b': x, 'c': 'y'}"),
    ("[for v in x : v.id if v.on]", "[for v x v.id if v.on]"),
    ("{for k, v in x : k => v... if z}", "{for k,v x k v... if z}"),
    ("{ for k, v in xs : k\n => v }", "{for k,v xs k v if -}"),
    ('"${x}"', "(wrap x)"),
    ('"${"x"}"', "(wrap 'x')"),
    ('"a-${x}-b"', "(tmpl 'a-' x '-b')"),
    ('"a$${b} $$${c} %%{d}"', "'a${b} $${c} %{d}'"),
    ('"a ${~ x ~} b"', "(tmpl 'a' x 'b')"),
    ('"%{ if a ~} x %{ else }y%{ endif }"', "(tmpl (%if a: 'x ': 'y'))"),
    ('"%{ for k, v in m }${k}%{ endfor }"', "(tmpl (%for k,v m: k))"),
]


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_expressions(dumped: Callable[[str], str], text: str, expected: str) -> None:
    assert dumped(text) == expected


HEREDOCS = [
    ("<<E\nE\n", "''"),
    ("<<E\n\nE\n", "'\\n'"),
    ("<<E\n# no comment // here\nE\n", "'# no comment // here\\n'"),
    ('<<E\n  a\\n "q"\nE\n', "'  a\\\\n \"q\"\\n'"),
    ("<<-E\n    a\n\n      b\n    E\n", "'a\\n\\n  b\\n'"),
    ("<<-E\n    ${a}\n  ${b}\n  E\n", "(tmpl '  ' a '\\n' b '\\n')"),
    ("<<E\n${x}\nE\n", "(tmpl x '\\n')"),
    ("<<E\n%{ for v in x ~}\n- ${v}\n%{ endfor ~}\nend\nE\n", "(tmpl (%for v x: '- ' v '\\n') 'end\\n')"),
    ("<<E\nx\n  ${~ a }\nE\n", "(tmpl 'x\\n' a '\\n')"),
    ("<<E\r\na\r\nE\r\n", "'a\\r\\n'"),
    ("<<E\n${<<F\nin ${a}\nF\n}\nE\n", "(tmpl (tmpl 'in ' a '\\n') '\\n')"),
]


@pytest.mark.parametrize(("text", "expected"), HEREDOCS)
def test_heredocs(dumped: Callable[[str], str], text: str, expected: str) -> None:
    assert dumped(text.removesuffix("\n")) == expected


def test_blocks_and_spans(dump_blocks: Callable[[ast.Body], str]) -> None:
    text = '# é top\nresource "aws_x" y { # head\n  name = "n"\n  inner {}\n}\none { a = 1 }\n'
    parsed = parse("dir/main.tf", text.encode())
    assert dump_blocks(parsed.body) == "resource 'aws_x' 'y'{name='n'; inner{}}; one{a=1}"
    block = parsed.body.blocks[0]
    assert str(block.header) == "dir/main.tf:2"
    assert (block.header.column, block.header.end_column) == (1, 19)
    span = block.body.attributes["name"].expr.span
    assert (span.line, span.column, span.end_line, span.end_column) == (3, 10, 3, 13)
    assert [(c.text, c.span.line) for c in parsed.comments] == [("é top", 1), ("head", 2)]


def test_first_definition_wins() -> None:
    body = parse("a.tf", b"a = 1\na = 2\n").body
    assert [a.start for a in (body.attributes["a"], *body.duplicates)] == [0, 6]


def test_byte_order_mark_and_crlf() -> None:
    parsed = parse("a.tf", b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert parsed.problems == ()
    assert list(parsed.body.attributes) == ["a", "b"]


def test_comments_of_all_forms() -> None:
    text = b"a = [ # in list\n 1, // x\n]\n/* multi\nline */ b = f(1, # arg\n2)\n# end"
    assert [c.text for c in parse("a.tf", text).comments] == ["in list", "x", "multi\nline", "arg", "end"]
    assert [c.text for c in parse("a.tf", b"a = 1e3 # x\n// y\n").comments] == ["x", "y"]


def test_damage_keeps_what_surely_stands_there() -> None:
    text = b'good "x" {\n  a = 1\n}\nbad = = 2\nmore = 1 1\nlast {\n  b = "y"\n}\n'
    parsed = parse("a.tf", text)
    assert {b.type for b in parsed.body.blocks} >= {"good", "last"}
    assert any(p.span.line == 4 for p in parsed.problems)
    for name in ("bad", "more"):
        attribute = parsed.body.attributes.get(name)
        assert attribute is None or isinstance(attribute.expr, ast.Broken)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0GITCRYPT\0abc", "git-crypt"),
        (b"a = 1\0", "NUL"),
        (b"# x\n" * 200_000, "over the limit"),
        (b'a = "\\q"\n', "Invalid escape sequence"),
        (b'a = "\\Uffffffff"\n', "Invalid escape sequence"),
        (b'a = "\xff"\n', "encoding"),
        ('a = "\U000f0000"\n'.encode(), "private-use"),
        (b'a = "\\U000F0000"\n', "private-use"),
        (b"a = " + b"9" * 5000, "digits"),
        (b"a = 1e99999\n", "digits"),
    ],
)
def test_what_cannot_be_read_is_named(data: bytes, reason: str) -> None:
    parsed = parse("a.tf", data)
    assert reason in parsed.problems[0].reason
    for attribute in parsed.body.attributes.values():
        assert isinstance(attribute.expr, ast.Broken)


def test_lone_expressions(dump_node: Callable[[ast.Node], str]) -> None:
    assert dump_node(parse_expression("f(\n1,\n2)")) == "f(1, 2)"
    assert parse_expression("  x.y").span.column == 3
    for text in ("a b", "1\nb = 2", '"a${', "", "1\n}\n{"):
        assert isinstance(parse_expression(text), ast.Broken), text


def test_template_files(dump_node: Callable[[ast.Node], str]) -> None:
    cases = {
        b"": "''",
        b"${a}": "(wrap a)",
        b"${a}\n": "(tmpl a '\\n')",
        b'a \\n "q" $${b}\n': "'a \\\\n \"q\" ${b}\\n'",
        b"E\nEE ${x}\n\n": "(tmpl 'E\\nEE ' x '\\n\\n')",
        b"\xef\xbb\xbfa": "'a'",
    }
    for data, expected in cases.items():
        assert dump_node(parse_template("t.tpl", data)) == expected
    template = parse_template("t.tpl", b"one\ntwo ${x}\n")
    assert isinstance(template, ast.Template)
    assert (template.parts[1].span.line, template.parts[1].span.column) == (2, 7)
    assert isinstance(parse_template("t.tpl", b"%{ if x }"), ast.Broken)
