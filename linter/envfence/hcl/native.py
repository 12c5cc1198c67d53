"""Blocks and attributes of the native syntax, from a tree-sitter tree.

Comes in: a tree and its source. Goes out: `ast.Body`. Must not know: files, other parsers, what blocks mean.

Most expressions of real code are a plain string, a number or a dotted name. These are recognised by their text, without
a visit to the nodes below them, which are most of the tree: it halves the time.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from envfence.hcl import ast, template
from envfence.hcl.expressions import LEAF, ExpressionBuilder, Kinds, leaf
from envfence.hcl.grammar import grammar
from envfence.hcl.limits import MAX_DEPTH
from envfence.hcl.strings import BadTextError, checked, unescape_quoted

if TYPE_CHECKING:
    from tree_sitter import Node

_PLAIN_ATTRIBUTE = re.compile(rb"([A-Za-z_][\w-]*)[ \t]*=[ \t]*" + LEAF)

_LINE_END = re.compile(rb"[ \t\r]*(?:\n|#|//|/\*|\}|\Z)")


@cache
def kinds() -> Kinds:
    """The kind numbers of the loaded grammar."""
    return Kinds(grammar())


class BodyBuilder(ExpressionBuilder):
    """Builds bodies; `note` collects what had to be left out."""

    def file_body(self, root: Node) -> ast.Body:
        """The body of a whole file."""
        inner = next((child for child in self._children(root) if child.kind_id == self.kinds.body), None)
        return self.body(inner, 0, len(self.data))

    def body(self, node: Node | None, start: int, end: int, depth: int = 0) -> ast.Body:
        """The attributes and blocks of a body node; one that is missing is empty."""
        attributes: dict[str, ast.Attribute] = {}
        duplicates: list[ast.Attribute] = []
        blocks: list[ast.Block] = []
        kinds = self.kinds
        for child in self._children(node) if node is not None else ():
            kind = child.kind_id
            if kind == kinds.attribute:
                attribute = self._attribute(child, depth)
                if attribute.name in attributes:
                    duplicates.append(attribute)
                else:
                    attributes[attribute.name] = attribute
            elif kind == kinds.block:
                block = self._block(child, depth + 1)
                if block is not None:
                    blocks.append(block)
        return ast.Body(self.file, start, end, attributes, tuple(blocks), tuple(duplicates))

    def _attribute(self, node: Node, depth: int) -> ast.Attribute:
        start, end = node.start_byte, node.end_byte
        plain = _PLAIN_ATTRIBUTE.match(self.data, start, end)
        if plain is not None and plain.end() == end and not self.damaged:
            return ast.Attribute(self.file, start, end, plain[1].decode(), leaf(self.file, plain, end))
        children = self._children(node)
        name = self.text(children[0])
        value = children[-1]
        if self.damaged and (node.has_error or not self._alone(start, end)):
            return ast.Attribute(self.file, start, end, name, self.broken(value, "the expression has a syntax error"))
        return ast.Attribute(self.file, start, end, name, self.expression(value, depth + 1))

    def _alone(self, start: int, end: int) -> bool:
        """Whether nothing stands before and behind an attribute on its lines: else, in a damaged file, what was
        recovered may be a part of what was meant (the 1 of `1e3`)."""
        before = self.data[max(start - 80, 0) : start].rpartition(b"\n")[2].strip()
        return before[-1:] in (b"", b"{", b"/") and _LINE_END.match(self.data, end) is not None

    def _block(self, node: Node, depth: int) -> ast.Block | None:
        start, end = node.start_byte, node.end_byte
        if depth > MAX_DEPTH:
            self.note(start, end, f"blocks nested more than {MAX_DEPTH} deep")
            return None
        kinds = self.kinds
        names: list[str] = []
        header_end, opened, inner = start, end, None
        for child in self._children(node):
            kind = child.kind_id
            if kind == kinds.identifier:
                names.append(self.text(child))
                header_end = child.end_byte
            elif kind == kinds.string:
                names.append(self._label(child))
                header_end = child.end_byte
            elif kind == kinds.block_start:
                opened = child.end_byte
            elif kind == kinds.body:
                inner = child
        if not names:
            return None
        closed = max(opened, end - 1)
        return ast.Block(
            self.file, start, end, names[0], tuple(names[1:]), self.body(inner, opened, closed, depth), header_end
        )

    def _label(self, node: Node) -> str:
        """A label is a literal: no interpolation, escapes as in any quoted string."""
        text = self.data[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "replace")
        try:
            return checked(unescape_quoted(text))
        except BadTextError as bad:
            self.note(node.start_byte, node.end_byte, str(bad))
            return text.encode("ascii", "replace").decode()

    def only_expression(self, root: Node) -> Node | None:
        """The expression of a text that is one attribute; None when it is anything else."""
        return self._descend(root, self.kinds.body, self.kinds.attribute, self.kinds.expression)

    def heredoc_marks(self, root: Node) -> list[template.Mark] | None:
        """The marks of a text that is one attribute with one heredoc; None when it is anything else."""
        expression = self.only_expression(root)
        node = None if expression is None else self._descend(expression, self.kinds.template, self.kinds.heredoc)
        if node is None:
            return None
        marks: list[template.Mark] = []
        self._collect_marks(node, marks, 1)
        return marks

    def _descend(self, node: Node, *kinds: int) -> Node | None:
        """Down by the only child of each kind."""
        for kind in kinds:
            found = [child for child in node.children if child.kind_id == kind]
            if len(found) != 1:
                return None
            node = found[0]
        return node
