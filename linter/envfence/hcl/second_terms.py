"""Expressions of the second parser's tree, to our AST.

Comes in: raw trees of python-hcl2. Goes out: `ast.Expr`; never raises. Must not know: bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from envfence.hcl import ast, template
from envfence.hcl.limits import MAX_DEPTH
from envfence.hcl.notes import Notes
from envfence.hcl.strings import BadTextError, number

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = "Tree[Token] | Token"
    Step: TypeAlias = "tuple[str, Item]"

MAX_HEREDOCS = 200
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_DIRECTIVES = {
    "interpolation": "interp",
    "template_if_start": "if",
    "template_else": "else",
    "template_endif": "endif",
    "template_for_start": "for",
    "template_endfor": "endfor",
}
_CHAINS = ("index_expr_term", "get_attr_expr_term", "attr_splat_expr_term", "full_splat_expr_term")
_ESCAPED = ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE")
_SEQUENCE = re.compile(r"[$%]\{")
_TRIVIA = ("new_line_or_comment", "NL_OR_COMMENT")


class TermConverter:
    """Converts expressions of one file; `offset` turns a character position into a byte offset."""

    def __init__(self, file: ast.SourceText, notes: Notes, offset: Callable[[int], int]) -> None:
        self.file = file
        self.notes = notes
        self.offset = offset
        self._heredocs = 0
        self._edges: dict[tuple[int, int], Item] = {}
        self._converters: dict[str, Callable[[Item, int], ast.Expr]] = {
            "conditional": self._conditional,
            "binary_op": self._binary,
            "unary_op": self._unary,
            "int_lit": self._number,
            "float_lit": self._number,
            "string": self._string,
            "tuple": self._tuple,
            "object": self._object,
            "identifier": self._name,
            "keyword": self._name,
            "literal_value": self._word_value,
            "function_call": self._call,
            "heredoc_template": self._heredoc,
            "heredoc_template_trim": self._heredoc,
            "for_tuple_expr": self._for,
            "for_object_expr": self._for,
            **dict.fromkeys(_CHAINS, self._chain),
        }

    def kind(self, item: Item) -> str:
        """The rule or terminal."""
        return str(getattr(item, "data", None) or getattr(item, "type", ""))

    def children(self, item: Item) -> list[Item]:
        """The children without line breaks and comments; of a token none."""
        return [child for child in getattr(item, "children", ()) if self.kind(child) not in _TRIVIA]

    def place(self, item: Item) -> tuple[int, int]:
        """Byte offsets of an item."""
        first, last = self._edge(item, 0), self._edge(item, -1)
        start, end = getattr(first, "start_pos", None) or 0, getattr(last, "end_pos", None) or 0
        # Some terminals take blanks and line breaks in front along.
        text = str(first)
        return self.offset(start + len(text) - len(text.lstrip())), self.offset(end)

    def _edge(self, item: Item, side: int) -> Item:
        """The first (0) or last (-1) token of an item; remembered on the way down, since chains are nested deep."""
        passed: list[Item] = []
        known = self._edges.get((id(item), side))
        while known is None:
            passed.append(item)
            inner = self.children(item)
            if not inner:
                known = item
            else:
                item = inner[side]
                known = self._edges.get((id(item), side))
        for above in passed:
            self._edges[id(above), side] = known
        return known

    def word(self, item: Item) -> str:
        """The text of an identifier or keyword."""
        start, end = self.place(item)
        return self.file.data[start:end].decode("utf-8", "replace")

    def convert(self, item: Item, depth: int) -> ast.Expr:
        """Any expression."""
        kind = self.kind(item)
        while kind == "expr_term":
            inner = self.children(item)
            item = inner[1] if len(inner) == 3 else inner[0]
            kind = self.kind(item)
        if depth > MAX_DEPTH:
            self.notes.add(*self.place(item), f"expressions nested more than {MAX_DEPTH} deep")
            return self._broken(item, f"nested more than {MAX_DEPTH} deep")
        converter = self._converters.get(kind)
        return self._broken(item, "Invalid expression") if converter is None else converter(item, depth + 1)

    def _broken(self, item: Item, reason: str) -> ast.Broken:
        return ast.Broken(self.file, *self.place(item), reason)

    def _sides(self, item: Item, depth: int) -> list[ast.Expr]:
        """The children that are expressions."""
        rules = [child for child in self.children(item) if hasattr(child, "children")]
        return [self.convert(child, depth) for child in rules if self.kind(child) not in ("for_intro", "for_cond")]

    def _conditional(self, item: Item, depth: int) -> ast.Expr:
        sides = self._sides(item, depth)
        return ast.Conditional(self.file, *self.place(item), sides[0], sides[1], sides[2])

    def _binary(self, item: Item, depth: int) -> ast.Expr:
        left, term = self.children(item)
        operator, right = self.children(term)
        sign = str(self.children(operator)[0]).strip()
        return ast.Binary(self.file, *self.place(item), sign, self.convert(left, depth), self.convert(right, depth))

    def _unary(self, item: Item, depth: int) -> ast.Expr:
        sign, operand = self.children(item)
        return ast.Unary(self.file, *self.place(item), str(sign).strip(), self.convert(operand, depth))

    def _number(self, item: Item, depth: int) -> ast.Expr:
        start, end = self.place(item)
        text = self.word(item)
        if text.startswith("-"):
            # A sign is an operator, as in HCL.
            operand = self._digits(start + 1, end, text[1:].lstrip())
            return ast.Unary(self.file, start, end, "-", operand)
        return self._digits(start, end, text)

    def _digits(self, start: int, end: int, text: str) -> ast.Expr:
        try:
            return ast.Literal(self.file, start, end, number(text))
        except BadTextError as bad:
            self.notes.add(start, end, str(bad))
            return ast.Broken(self.file, start, end, str(bad))

    def _name(self, item: Item, depth: int) -> ast.Expr:
        return ast.Name(self.file, *self.place(item), self.word(item))

    def _word_value(self, item: Item, depth: int) -> ast.Expr:
        return ast.Literal(self.file, *self.place(item), _WORDS[self.word(item)])

    def _tuple(self, item: Item, depth: int) -> ast.Expr:
        return ast.TupleExpr(self.file, *self.place(item), tuple(self._sides(item, depth)))

    def _object(self, item: Item, depth: int) -> ast.Expr:
        pairs = [
            (self._key(sides[0], depth), self.convert(sides[-1], depth))
            for sides in (self.children(child) for child in self.children(item) if self.kind(child) == "object_elem")
        ]
        return ast.ObjectExpr(self.file, *self.place(item), tuple(pairs))

    def _key(self, item: Item, depth: int) -> ast.Expr:
        inner = self.children(item)[0]
        start, end = self.place(inner)
        text = self.file.data[start:end].decode("utf-8", "replace")
        if text.replace("-", "_").isidentifier():
            return ast.Literal(self.file, start, end, text)
        return self.convert(inner, depth)

    def _call(self, item: Item, depth: int) -> ast.Expr:
        names: list[str] = []
        args: list[ast.Expr] = []
        expand = False
        for child in self.children(item):
            kind = self.kind(child)
            if kind == "identifier":
                names.append(self.word(child))
            elif kind == "arguments":
                args = self._sides(child, depth)
                expand = any(self.kind(last) == "ELLIPSIS" for last in self.children(child))
        return ast.Call(self.file, *self.place(item), "::".join(names), tuple(args), expand)

    def _for(self, item: Item, depth: int) -> ast.Expr:
        intro = condition = None
        for child in self.children(item):
            if self.kind(child) == "for_intro":
                intro = child
            elif self.kind(child) == "for_cond":
                condition = self.convert(self.children(child)[-1], depth)
        results = self._sides(item, depth)
        if intro is None:
            return self._broken(item, "Invalid 'for' expression")
        key, value, collection = self._intro(intro, depth)
        place = (self.file, *self.place(item))
        if self.kind(item) == "for_tuple_expr":
            return ast.ForTuple(*place, key, value, collection, results[0], condition)
        group = any(self.kind(child) == "ELLIPSIS" for child in self.children(item))
        return ast.ForObject(*place, key, value, collection, results[0], results[1], condition, group)

    def _intro(self, item: Item, depth: int) -> tuple[str | None, str, ast.Expr]:
        children = self.children(item)
        names = [self.word(child) for child in children if self.kind(child) == "identifier"]
        terms = [child for child in children if hasattr(child, "children") and self.kind(child) != "identifier"]
        collection = self.convert(terms[-1], depth) if terms else self._broken(item, "Invalid 'for' expression")
        return (names[0] if len(names) > 1 else None), (names[-1] if names else ""), collection

    def _chain(self, item: Item, depth: int) -> ast.Expr:
        """A term with what follows it, nested from the left: flat here, then nested as HCL does."""
        steps: list[Item] = []
        term = item
        while True:
            kind = self.kind(term)
            inner = self.children(term)
            if kind in _CHAINS:
                tail = inner[1]
                steps[:0] = self.children(tail) if self.kind(tail) in ("attr_splat", "full_splat") else [tail]
                term = inner[0]
            elif kind == "expr_term" and len(inner) == 1:
                term = inner[0]
            else:
                break
        return self._steps(self.convert(term, depth), self.place(term)[0], steps, depth)

    def _steps(self, expr: ast.Expr, start: int, steps: list[Item], depth: int) -> ast.Expr:
        for position, step in enumerate(steps):
            depth += 1
            place = (self.file, start, self.place(step)[1])
            if depth > MAX_DEPTH:
                self.notes.add(start, place[2], f"a traversal of more than {MAX_DEPTH} steps")
                return ast.Broken(*place, f"nested more than {MAX_DEPTH} deep")
            kind = self.kind(step)
            if kind == "get_attr":
                expr = ast.GetAttr(*place, expr, self.word(self.children(step)[-1]))
            elif kind == "short_index":
                expr = ast.Index(*place, expr, self._number(self.children(step)[-1], depth))
            elif kind == "braces_index":
                expr = ast.Index(*place, expr, self.convert(self.children(step)[1], depth))
            else:
                return self._splat(expr, start, step, steps[position + 1 :], depth)
        return expr

    def _splat(self, source: ast.Expr, start: int, marker: Item, rest: list[Item], depth: int) -> ast.Expr:
        full = self.kind(marker) == "FULL_SPLAT_START"
        taken = 0
        while taken < len(rest) and (full or self.kind(rest[taken]) in ("get_attr", "short_index")):
            taken += 1
        at, end = self.place(marker)
        each = self._steps(ast.SplatItem(self.file, at, end), at, rest[:taken], depth)
        splat = ast.Splat(self.file, start, each.end, source, each, full)
        return self._steps(splat, start, rest[taken:], depth)

    def _string(self, item: Item, depth: int) -> ast.Expr:
        start, end = self.place(item)
        marks: list[template.Mark] = []
        for part in self.children(item):
            for child in self.children(part):
                kind = _DIRECTIVES.get(self.kind(child))
                if kind is not None:
                    opens = kind in ("if", "for")
                    key, value, expr = self._intro(child, depth) if opens else (None, "", None)
                    if kind == "interp":
                        expr = self.convert(self.children(child)[1], depth)
                    marks.append(template.Mark(*self.place(child), kind, expr, key, value))
                elif self.kind(child) in _ESCAPED and _SEQUENCE.search(str(child), 3):
                    # This parser takes an escape up to the next brace, with whatever stands between.
                    return self._broken(item, "an escaped sequence that the second parser cannot read")
        expr = template.build(self.file, (start, end), (start + 1, end - 1), template.QUOTED, marks)
        for part in (expr, *getattr(expr, "parts", ())):
            if isinstance(part, ast.Broken):
                self.notes.add(part.start, part.end, part.reason)
        return expr

    def _heredoc(self, item: Item, depth: int) -> ast.Expr:
        """One opaque token here; the first parser reads what is in it."""
        self._heredocs += 1
        if self._heredocs > MAX_HEREDOCS:
            self.notes.add(*self.place(item), f"more than {MAX_HEREDOCS} heredocs in a file with syntax errors")
            return self._broken(item, "too many heredocs in a file with syntax errors")
        from envfence.hcl.bare import parse_heredoc

        return parse_heredoc(self.file, *self.place(item))
