"""The JSON syntax of HCL: `*.tf.json`, `*.tofu.json`, `*.tfvars.json`.

Comes in: a source text; later, for a body, the block types that its reader expects. Goes out: bodies with `json` set,
blocks. Must not know: what block types there are in Terraform.

In JSON a block is told from an attribute only by what the reader expects: `{"resource": {"t": {"n": {…}}}}` holds a
block with two labels for a reader that asks for `resource` blocks with two labels. Any level may be a list instead, to
repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envfence.hcl import ast
from envfence.hcl.jsonscan import BadJsonError, Scanner
from envfence.hcl.notes import Notes
from envfence.model import Problem

_COMMENT = "//"


def parse_json(text: ast.SourceText) -> tuple[ast.Body, tuple[Problem, ...]]:
    """The body of a JSON source; never raises. Strings are templates, but not in `*.tfvars.json`."""
    notes = Notes(text)
    templates = not text.path.endswith(".tfvars.json")
    try:
        value = Scanner(text, templates).scan()
    except BadJsonError as bad:
        notes.add(bad.at, min(bad.at + 1, len(text.data)), bad.reason, "everything in this file")
        return ast.Body(text, 0, len(text.data), {}, (), json=True), notes.problems()
    if not isinstance(value, ast.ObjectExpr | ast.TupleExpr):
        reason = "Root value must be object: the root value of a JSON source must be an object or a list of objects"
        notes.add(value.start, value.end, reason, "everything in this file")
    return body_of(value), notes.problems()


def body_of(value: ast.Expr) -> ast.Body:
    """The body that a JSON value is: an object, or a list of objects taken together; empty for anything else."""
    attributes: dict[str, ast.Attribute] = {}
    duplicates: list[ast.Attribute] = []
    for key, item in _properties(value):
        name = key_text(key)
        if name is None or name == _COMMENT:
            continue
        attribute = ast.Attribute(value.file, key.start, item.end, name, item)
        if name in attributes:
            duplicates.append(attribute)
        else:
            attributes[name] = attribute
    return ast.Body(value.file, value.start, value.end, attributes, (), tuple(duplicates), json=True)


def blocks(body: ast.Body, labels: Mapping[str, int]) -> tuple[ast.Block, ...]:
    """The blocks of a JSON body, for a reader that expects blocks of the types in `labels`, each with so many labels.

    In the order of the source; the properties are still among `body.attributes`. A body of the native syntax gives its
    own blocks. A value that has not the form of a block (text where an object must be) gives none.
    """
    if not body.json:
        return tuple(block for block in body.blocks if block.type in labels)
    found: list[ast.Block] = []
    for attribute in (*body.attributes.values(), *body.duplicates):
        count = labels.get(attribute.name)
        if count is not None:
            found.extend(_blocks(attribute.name, (), attribute, attribute.expr, count))
    return tuple(sorted(found, key=lambda block: block.start))


def static(expr: ast.Expr) -> ast.Expr:
    """What a JSON string means where an expression is read unevaluated (`type`, `depends_on`, `providers`,
    `ignore_changes`): the expression in the text. Anything but a plain string is returned as it is."""
    if not isinstance(expr, ast.Literal) or not isinstance(expr.value, str):
        return expr
    from envfence.hcl.parse import parse_expression

    parsed = parse_expression(expr.value, expr.file.path, expr.span)
    return expr if isinstance(parsed, ast.Broken) else parsed


def key_text(key: ast.Expr) -> str | None:
    """The name of a property, None for one that holds an interpolation (which a body does not allow)."""
    return key.value if isinstance(key, ast.Literal) and isinstance(key.value, str) else None


def _properties(value: ast.Expr) -> Iterator[tuple[ast.Expr, ast.Expr]]:
    for item in value.items if isinstance(value, ast.TupleExpr) else (value,):
        if isinstance(item, ast.ObjectExpr):
            yield from item.items


def _blocks(type_: str, labels: tuple[str, ...], place: ast.Node, value: ast.Expr, count: int) -> Iterator[ast.Block]:
    """One block for every way down through `count` labels; `place` is the property that the header stands at."""
    if count:
        for key, item in _properties(value):
            label = key_text(key)
            if label is not None and not (label == _COMMENT and isinstance(item, ast.Literal)):
                property_ = ast.Attribute(key.file, key.start, item.end, label, item)
                yield from _blocks(type_, (*labels, label), property_, item, count - 1)
        return
    for item in value.items if isinstance(value, ast.TupleExpr) else (value,):
        if isinstance(item, ast.ObjectExpr):
            start = item.start if isinstance(value, ast.TupleExpr) else place.start
            yield ast.Block(value.file, start, item.end, type_, labels, body_of(item), item.start)
