"""The doors of the parser: one source to one `Parsed`; pure, and never an exception.

Comes in: a path and bytes. Goes out: AST, comments, problems. Must not know: other files.
Which parser read a file stays behind these doors: tree-sitter first, python-hcl2 for what tree-sitter cannot read.
"""

from __future__ import annotations

import re

from envfence.hcl import ast
from envfence.hcl.limits import (
    MAX_BLANKS,
    MAX_BYTES,
    MAX_OPEN_SEQUENCES,
    MAX_SECOND_BYTES,
    MAX_SEQUENCES,
    MAX_SIGNS,
)
from envfence.hcl.notes import Notes
from envfence.hcl.wrapped import PinnedText, WrappedText
from envfence.model import Comment, Problem
from envfence.values import Span

_BLANKS = re.compile(rb"\s{%d}" % (MAX_BLANKS + 1))
_MANY_BLANKS = re.compile(rb"\s{%d}" % (10 * MAX_BLANKS))
_EXPONENT = re.compile(rb"(?<![\w.-])\d+(?:\.\d+)?[eE][+-]?\d+(?!\w|\.\d)")
_SIGNS = (b",", b"[", b"(", b"{", b"!", b"=")
_QUOTES = b'"' * 1000
_BOM = b"\xef\xbb\xbf"
_GIT_CRYPT = b"\0GITCRYPT"
_JSON_SUFFIXES = (".json",)


class Parsed:
    """One parsed source. `comments` are made on first use: most readers never ask."""

    __slots__ = ("_comments", "_ranges", "body", "path", "problems", "text")

    def __init__(
        self,
        path: str,
        text: ast.SourceText,
        body: ast.Body,
        ranges: list[tuple[int, int]],
        problems: tuple[Problem, ...],
    ) -> None:
        self.path = path
        self.text = text
        self.body = body
        self.problems = problems
        self._ranges = ranges
        self._comments: tuple[Comment, ...] | None = None

    @property
    def comments(self) -> tuple[Comment, ...]:
        """The comments in order, without the comment signs."""
        if self._comments is None:
            self._comments = tuple(
                Comment(text=_comment_text(self.text.data[start:end]), span=self.text.span(start, end))
                for start, end in sorted(self._ranges)
            )
        return self._comments


def parse(path: str, data: bytes, place: Span | None = None) -> Parsed:
    """Parses a source by its name: `*.json` in JSON syntax, everything else in native syntax.

    Never raises: what cannot be read is in `problems`, and `Broken` in the AST. With `place`, everything in it is said
    to stand there.
    """
    refused = _refusal(data)
    if refused:
        text = ast.SourceText(path, b"")
        return Parsed(path, text, _empty(text), [], (_whole_file(path, refused),))
    # The byte order mark keeps its place as blanks, so that offsets hold.
    if data.startswith(_BOM):
        data = b"   " + data[3:]
    text = ast.SourceText(path, data) if place is None else PinnedText(path, data, place)
    if path.endswith(_JSON_SUFFIXES):
        from envfence.hcl.jsonsyntax import parse_json

        body, problems = parse_json(text)
        return Parsed(path, text, body, [], problems)
    notes = Notes(text)
    body, ranges = _native(text, notes)
    return Parsed(path, text, body, ranges, notes.problems())


def parse_expression(text: str, path: str = "<expression>", place: Span | None = None) -> ast.Expr:
    """The expression in `text`; `Broken`, with the reason, when it is none or more than one.

    With `place`, everything in it is said to stand there.
    """
    prefix = b"_ = "
    data = text.encode("utf-8", "surrogatepass")
    wrapped = prefix + data + b"\n"
    file = PinnedText(path, wrapped, place) if place is not None else WrappedText(path, wrapped, columns=len(prefix))
    where = (file, len(prefix), len(prefix) + len(data))
    refused = _refusal(data)
    if not refused and data.lstrip(b" \t\r").startswith(b"\n"):
        refused = "Invalid expression: it must begin on the line of the equals sign"
    if refused:
        return ast.Broken(*where, refused)
    notes = Notes(file)
    body, _ = _native(file, notes)
    only = body.attributes.get("_")
    problems = notes.problems()
    if problems:
        return ast.Broken(*where, problems[0].reason)
    if only is None or len(body.attributes) != 1 or body.blocks or body.duplicates:
        return ast.Broken(*where, "Invalid expression: expected one expression and nothing else")
    return only.expr


def parse_template(path: str, data: bytes) -> ast.Expr:
    """The template in a file, as `templatefile` reads it: a `Literal`, `Template`, `TemplateWrap` or `Broken`."""
    refused = _refusal(data)
    if refused:
        file = ast.SourceText(path, b"")
        return ast.Broken(file, 0, 0, refused)
    if data.startswith(_BOM):
        data = data[3:]
    from envfence.hcl.bare import parse_bare

    return parse_bare(path, data)


def _native(text: ast.SourceText, notes: Notes) -> tuple[ast.Body, list[tuple[int, int]]]:
    from envfence.hcl.grammar import grammar
    from envfence.hcl.native import BodyBuilder, kinds

    loaded = grammar()
    tree = loaded.parse(_without_exponents(text.data))
    if tree is None:
        notes.add(0, 0, "the file takes too long to parse: it is no HCL", "everything in this file")
        return _empty(text), []
    root = tree.root_node
    damaged = root.has_error
    builder = BodyBuilder(text, kinds(), damaged, notes.add)
    if not damaged:
        return builder.file_body(root), builder.comments
    if len(text.data) <= MAX_SECOND_BYTES:
        from envfence.hcl.second import parse_again

        again = parse_again(text, notes)
        if again is not None:
            return again
    from envfence.hcl.damage import blank_broken, describe

    for start, end, reason in describe(text.data, loaded.errors(tree)):
        notes.add(start, end, reason, "what stands there is not read")
    again_tree = (
        loaded.parse(blank_broken(_without_exponents(text.data), loaded.accepts))
        if len(text.data) <= MAX_SECOND_BYTES
        else None
    )
    if again_tree is not None:
        root = again_tree.root_node
    return builder.file_body(root), builder.comments


def _without_exponents(data: bytes) -> bytes:
    """The data with digits in place of every number that has an exponent, which the grammar does not know: the tree
    only tells places, what stands there is read from the data itself."""
    return _EXPONENT.sub(lambda found: b"1" * len(found[0]), data)


def _refusal(data: bytes) -> str:
    """Why the data is not parsed at all, or ""."""
    if data.startswith(_GIT_CRYPT):
        return "the file is encrypted by git-crypt"
    if len(data) > MAX_BYTES:
        return f"the file has {len(data)} bytes, over the limit of {MAX_BYTES}"
    if b"\0" in data:
        return "the file holds NUL bytes: not a text file"
    return _overloaded(data)


def _overloaded(data: bytes) -> str:
    """Why the data is too much for the parsers though it is not large, or ""."""
    if max(map(data.count, _SIGNS)) > MAX_SIGNS:
        return f"the file has more than {MAX_SIGNS} items of one kind"
    sequences = data.count(b"${") + data.count(b"%{")
    if sequences > MAX_SEQUENCES:
        return f"the file has more than {MAX_SEQUENCES} interpolations"
    open_sequences = sequences - data.count(b"}")
    if open_sequences > MAX_OPEN_SEQUENCES or _QUOTES in data:
        return "the file is no HCL: thousands of unclosed templates"
    if (b"<<" in data and _BLANKS.search(data)) or _MANY_BLANKS.search(data):
        return "the file has hundreds of blanks in a row"
    return ""


def _empty(text: ast.SourceText) -> ast.Body:
    return ast.Body(text, 0, 0, {}, ())


def _whole_file(path: str, reason: str) -> Problem:
    span = ast.SourceText(path, b"").span(0, 0)
    return Problem(stage="parse", reason=reason, span=span, hides="everything in this file")


def _comment_text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    if text.startswith("/*"):
        return text[2:].removesuffix("*/").strip()
    return text.removeprefix("//").lstrip("#").strip() if text[:1] in "/#" else text.strip()
