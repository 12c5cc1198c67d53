"""Bare templates: template files, and the strings of the JSON syntax.

Comes in: the text of a template without quotes. Goes out: an expression. Wrapped into a heredoc, where the parser sees
interpolations and directives; the text between them is ours. Must not know: where the template came from.
"""

from __future__ import annotations

import re

from envfence.hcl import ast, template
from envfence.hcl.notes import Notes
from envfence.hcl.wrapped import PinnedText, WrappedText
from envfence.values import Span

_MARKER = b"E"


def parse_bare(path: str, data: bytes, place: Span | None = None) -> ast.Expr:
    """The template in `data`; with `place`, everything in it is said to stand there. Never raises."""
    marker = _MARKER
    while marker in data:
        marker += _MARKER
    head = b"_=<<" + marker + b"\n"
    wrapped = head + data + b"\n" + marker + b"\n"
    file = PinnedText(path, wrapped, place) if place is not None else WrappedText(path, wrapped, lines=1)
    region = (len(head), len(head) + len(data))
    if b"${" not in data and b"%{" not in data:
        return template.build(file, region, region, template.BARE, [])
    from envfence.hcl.grammar import grammar
    from envfence.hcl.native import BodyBuilder, kinds

    notes = Notes(file)
    tree = grammar().parse(wrapped)
    if tree is None or tree.root_node.has_error:
        return ast.Broken(file, *region, "the template has a syntax error")
    builder = BodyBuilder(file, kinds(), False, notes.add)
    marks = builder.heredoc_marks(tree.root_node)
    if marks is None:
        return ast.Broken(file, *region, "the template has a syntax error")
    return template.build(file, region, region, template.BARE, marks)


def parse_heredoc(file: ast.SourceText, start: int, end: int) -> ast.Expr:
    """The heredoc that stands in `file` from `start` to `end`. Never raises.

    All before it is blanked out but the line breaks, so that offsets hold; a name and an equals sign go right in front.
    """
    from envfence.hcl.grammar import grammar
    from envfence.hcl.native import BodyBuilder, kinds

    before = re.sub(rb"[^\n]", b" ", file.data[: start - 2]) + b"_="
    data = before + file.data[start:end].rstrip() + b"\n"
    tree = grammar().parse(data)
    if start < 2 or tree is None or tree.root_node.has_error:
        return ast.Broken(file, start, end, "the template has a syntax error")
    builder = BodyBuilder(file, kinds(), False, Notes(file).add)
    node = builder.only_expression(tree.root_node)
    return ast.Broken(file, start, end, "no heredoc") if node is None else builder.expression(node, 1)
