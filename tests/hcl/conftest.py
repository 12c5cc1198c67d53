"""A compact text form of the AST, for tests to compare with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from envfence.hcl import ast, parse


def dump(node: ast.Node | None) -> str:
    """S-expression of a node: strings in JSON-like quotes, names bare."""
    if node is None:
        return "-"
    return _DUMPERS[type(node)](node)


def dump_body(body: ast.Body) -> str:
    attributes = [f"{a.name}={dump(a.expr)}" for a in body.attributes.values()]
    blocks = [f"{' '.join((b.type, *map(repr, b.labels)))}{{{dump_body(b.body)}}}" for b in body.blocks]
    return "; ".join(attributes + blocks)


def _literal(node: ast.Literal) -> str:
    value = node.value
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value) if isinstance(value, str) else str(value)


def _many(nodes: tuple[ast.Expr, ...]) -> str:
    return " ".join(map(dump, nodes))


def _for_object(node: ast.ForObject) -> str:
    names = ",".join(filter(None, (node.key_name, node.value_name)))
    head = f"for {names} {dump(node.collection)} {dump(node.key)} {dump(node.value)}"
    return f"{{{head}{'...' if node.group else ''} if {dump(node.condition)}}}"


def _for_tuple(node: ast.ForTuple) -> str:
    names = ",".join(filter(None, (node.key_name, node.value_name)))
    return f"[for {names} {dump(node.collection)} {dump(node.value)} if {dump(node.condition)}]"


def _template_for(node: ast.TemplateFor) -> str:
    names = ",".join(filter(None, (node.key_name, node.value_name)))
    return f"(%for {names} {dump(node.collection)}: {_many(node.parts)})"


_DUMPERS = {
    ast.Literal: _literal,
    ast.Template: lambda n: f"(tmpl {_many(n.parts)})",
    ast.TemplateWrap: lambda n: f"(wrap {dump(n.inner)})",
    ast.TemplateIf: lambda n: f"(%if {dump(n.condition)}: {_many(n.then)}: {_many(n.otherwise)})",
    ast.TemplateFor: _template_for,
    ast.Name: lambda n: n.name,
    ast.GetAttr: lambda n: f"{dump(n.source)}.{n.name}",
    ast.Index: lambda n: f"{dump(n.source)}[{dump(n.key)}]",
    ast.Splat: lambda n: f"(splat{'*' if n.full else '.'} {dump(n.source)} {dump(n.each)})",
    ast.SplatItem: lambda n: "@",
    ast.Unary: lambda n: f"({n.operator} {dump(n.operand)})",
    ast.Binary: lambda n: f"({n.operator} {dump(n.left)} {dump(n.right)})",
    ast.Conditional: lambda n: f"(? {dump(n.condition)} {dump(n.then)} {dump(n.otherwise)})",
    ast.Call: lambda n: f"{n.name}({', '.join(map(dump, n.args))}{'...' if n.expand else ''})",
    ast.TupleExpr: lambda n: f"[{', '.join(map(dump, n.items))}]",
    ast.ObjectExpr: lambda n: "{" + ", ".join(f"{dump(k)}: {dump(v)}" for k, v in n.items) + "}",
    ast.ForTuple: _for_tuple,
    ast.ForObject: _for_object,
    ast.Broken: lambda n: f"<broken {n.reason}>",
}


def read_expression(text: str) -> str:
    """The dump of an expression that stands as the value of an attribute."""
    parsed = parse("main.tf", f"a = {text}\n".encode())
    assert parsed.problems == ()
    return dump(parsed.body.attributes["a"].expr)


@pytest.fixture
def dumped() -> Callable[[str], str]:
    return read_expression


@pytest.fixture
def dump_node() -> Callable[[ast.Node | None], str]:
    return dump


@pytest.fixture
def dump_blocks() -> Callable[[ast.Body], str]:
    return dump_body
