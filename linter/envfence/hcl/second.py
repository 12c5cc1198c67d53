"""The second parser: python-hcl2, for small files that the first cannot read (a number with an exponent, for one).

Comes in: a source. Goes out: the same AST as `native` builds, or None when this parser refuses the file too.
Must not know: files, tree-sitter. Its tree is read raw: names and tokens with positions in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeAlias

from envfence.hcl import ast
from envfence.hcl.limits import MAX_BLANKS, MAX_DEPTH
from envfence.hcl.notes import Notes
from envfence.hcl.second_terms import TermConverter
from envfence.hcl.strings import BadTextError, checked, unescape_quoted

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = "Tree[Token] | Token"

_BLANKS = re.compile(rf"\s{{{MAX_BLANKS}}}")


def parse_again(text: ast.SourceText, notes: Notes) -> tuple[ast.Body, list[tuple[int, int]]] | None:
    """The body of a source, and where its comments are; None when it cannot be read by this parser either."""
    try:
        source = text.data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _BLANKS.search(source):
        return None
    import hcl2
    from lark.exceptions import LarkError

    if not source.endswith("\n"):
        source += "\n"
    try:
        tree = hcl2.parses_to_tree(source)
    except (LarkError, RecursionError):
        return None
    converter = BodyConverter(text, source, notes)
    body = converter.body(tree.children[0], 0, len(text.data), 0)
    return body, [converter.place(token) for token in _comments(tree)]


def _comments(tree: Tree[Token]) -> list[Item]:
    found: list[Item] = []
    stack: list[Item] = [tree]
    while stack:
        item = stack.pop()
        stack.extend(getattr(item, "children", ()))
        if getattr(item, "type", "") == "NL_OR_COMMENT" and str(item).strip():
            found.append(item)
    return found


def byte_offsets(source: str) -> tuple[list[int], list[int]]:
    """Where the non-ASCII characters are, and how many bytes more than characters stand before each and at the end."""
    wide = [at for at, char in enumerate(source) if char > "\x7f"]
    extra = [0]
    for at in wide:
        extra.append(extra[-1] + len(source[at].encode()) - 1)
    return wide, extra


class BodyConverter(TermConverter):
    """Converts bodies."""

    def __init__(self, file: ast.SourceText, source: str, notes: Notes) -> None:
        wide, extra = byte_offsets(source)
        super().__init__(file, notes, lambda at: at + extra[bisect_left(wide, at)] if wide else at)

    def body(self, node: Item, start: int, end: int, depth: int) -> ast.Body:
        """A body; blocks nested too deep are left out with a note."""
        attributes: dict[str, ast.Attribute] = {}
        duplicates: list[ast.Attribute] = []
        blocks: list[ast.Block] = []
        for child in self.children(node):
            kind = self.kind(child)
            if kind == "attribute":
                attribute = self._attribute(child, depth)
                if attribute.name in attributes:
                    duplicates.append(attribute)
                else:
                    attributes[attribute.name] = attribute
            elif kind == "block":
                if depth >= MAX_DEPTH:
                    self.notes.add(*self.place(child), f"blocks nested more than {MAX_DEPTH} deep")
                else:
                    blocks.append(self._block(child, depth + 1))
        return ast.Body(self.file, start, end, attributes, tuple(blocks), tuple(duplicates))

    def _attribute(self, node: Item, depth: int) -> ast.Attribute:
        children = self.children(node)
        expr = self.convert(children[-1], depth + 1)
        start = self.place(children[0])[0]
        return ast.Attribute(self.file, start, expr.end, self.word(children[0]), expr)

    def _block(self, node: Item, depth: int) -> ast.Block:
        names: list[str] = []
        start, end = self.place(node)
        header_end, opened = end, start
        body = None
        for child in self.children(node):
            kind = self.kind(child)
            if kind == "body":
                body = child
            elif kind == "LBRACE":
                opened = self.place(child)[1]
            elif kind == "string":
                names.append(self._label(child))
                header_end = self.place(child)[1]
            elif kind in ("identifier", "keyword", "literal_value"):
                names.append(self.word(child))
                header_end = self.place(child)[1]
        inner = ast.Body(self.file, opened, end, {}, ()) if body is None else self.body(body, opened, end - 1, depth)
        return ast.Block(self.file, start, end, names[0], tuple(names[1:]), inner, header_end)

    def _label(self, node: Item) -> str:
        start, end = self.place(node)
        text = self.file.data[start + 1 : end - 1].decode("utf-8", "replace")
        try:
            return checked(unescape_quoted(text))
        except BadTextError as bad:
            self.notes.add(start, end, str(bad))
            return text.encode("ascii", "replace").decode()
