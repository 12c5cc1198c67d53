"""Small questions to the AST.

Comes in: expressions and blocks. Goes out: what they consist of. Must not know: values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from envfence.hcl import ast

#: So many nodes of one expression are looked at; the largest real one has some thousands.
MAX_NODES = 200_000


_CHILDREN: dict[type[ast.Expr], Callable[[Any], tuple[ast.Expr, ...]]] = {
    ast.Template: lambda node: node.parts,
    ast.TemplateWrap: lambda node: (node.inner,),
    ast.TemplateIf: lambda node: (node.condition, *node.then, *node.otherwise),
    ast.TemplateFor: lambda node: (node.collection, *node.parts),
    ast.GetAttr: lambda node: (node.source,),
    ast.Index: lambda node: (node.source, node.key),
    ast.Splat: lambda node: (node.source, node.each),
    ast.Unary: lambda node: (node.operand,),
    ast.Binary: lambda node: (node.left, node.right),
    ast.Conditional: lambda node: (node.condition, node.then, node.otherwise),
    ast.Call: lambda node: node.args,
    ast.TupleExpr: lambda node: node.items,
    ast.ObjectExpr: lambda node: tuple(part for item in node.items for part in item),
    ast.ForTuple: lambda node: _given(node.collection, node.value, node.condition),
    ast.ForObject: lambda node: _given(node.collection, node.key, node.value, node.condition),
}


def _given(*nodes: ast.Expr | None) -> tuple[ast.Expr, ...]:
    return tuple(node for node in nodes if node is not None)


def children(node: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions directly inside an expression."""
    inside = _CHILDREN.get(type(node))
    return inside(node) if inside is not None else ()


def walk(root: ast.Expr) -> Iterator[ast.Expr]:
    """An expression and everything in it, outer before inner; stops after `MAX_NODES`."""
    pending, count = [root], 0
    while pending and count < MAX_NODES:
        node = pending.pop()
        count += 1
        yield node
        pending.extend(reversed(children(node)))


def attributes_of(block: ast.Block) -> Iterator[ast.Attribute]:
    """All attributes of a block and of the blocks in it."""
    pending = [block.body]
    while pending:
        body = pending.pop()
        yield from body.attributes.values()
        pending.extend(inner.body for inner in body.blocks)


def traversal(node: ast.Expr) -> tuple[str, ...]:
    """`a.b.c` as its names; an empty tuple for anything else."""
    names: list[str] = []
    while isinstance(node, ast.GetAttr):
        names.append(node.name)
        node = node.source
    if not isinstance(node, ast.Name):
        return ()
    return (node.name, *reversed(names))


def literal_text(node: ast.Expr) -> str | None:
    """The text of a plain string, else None."""
    return node.value if isinstance(node, ast.Literal) and isinstance(node.value, str) else None
