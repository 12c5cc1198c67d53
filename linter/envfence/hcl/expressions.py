"""Expressions of the native syntax, from tree-sitter nodes.

Comes in: expression nodes. Goes out: `ast.Expr`; never raises, what cannot be read is `ast.Broken`.
Must not know: bodies, files, other parsers.

The grammar differs from Terraform's in one point that is put right here: it takes `a ? b : c ? d : e` from the left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from envfence.hcl import ast, template
from envfence.hcl.grammar import Grammar
from envfence.hcl.limits import MAX_DEPTH
from envfence.hcl.strings import BadTextError, number

if TYPE_CHECKING:
    from tree_sitter import Node

#: A string without escapes and interpolation, a whole number, or a dotted name; ASCII only.
LEAF = rb'(?:"([^"\\$%\n\x80-\xff]*)"|(\d{1,18})|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*){0,20}))'
_LEAF = re.compile(LEAF)
_PLAIN_ELEMENT = re.compile(rb'(?:([A-Za-z_][\w-]*)|"([^"\\$%\n\x80-\xff]+)")[ \t]*[=:][ \t]*' + LEAF)
_SEPARATOR = re.compile(rb"[,\n]")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def leaf(file: ast.SourceText, match: re.Match[bytes], end: int) -> ast.Expr:
    """The expression that `LEAF`, as the last part of a pattern, has matched up to `end`."""
    last = match.lastindex or 0
    start, stop = match.span(last)
    text = match[last].decode("ascii")
    if stop != end:
        # Only the closing quote of a string lies between the group and the end.
        return ast.Literal(file, start - 1, end, text)
    if text.isdigit():
        return ast.Literal(file, start, end, int(text))
    dot = text.find(".")
    if dot < 0:
        if text in _WORDS:
            return ast.Literal(file, start, end, _WORDS[text])
        return ast.Name(file, start, end, text)
    expr: ast.Expr = ast.Name(file, start, start + dot, text[:dot])
    while dot >= 0:
        after = text.find(".", dot + 1)
        name = text[dot + 1 :] if after < 0 else text[dot + 1 : after]
        expr = ast.GetAttr(file, start, start + dot + 1 + len(name), expr, name)
        dot = after
    return expr


class Kinds:
    """The numbers of the node kinds."""

    def __init__(self, grammar: Grammar) -> None:
        kind = grammar.kind
        self.attribute = kind("attribute")
        self.block = kind("block")
        self.block_start = kind("block_start")
        self.body = kind("body")
        self.comment = kind("comment")
        self.conditional = kind("conditional")
        self.directive = kind("template_directive")
        self.ellipsis = kind("ellipsis")
        self.element = kind("object_elem")
        self.expression = kind("expression")
        self.get_attr = kind("get_attr")
        self.heredoc = kind("heredoc_template")
        self.heredoc_identifier = kind("heredoc_identifier")
        self.identifier = kind("identifier")
        self.index = kind("index")
        self.interpolation = kind("template_interpolation")
        self.legacy_index = kind("legacy_index")
        self.attr_splat = kind("attr_splat")
        self.open = kind("(", named=False)
        self.for_condition = kind("for_cond")
        self.for_intro = kind("for_intro")
        self.for_object = kind("for_object_expr")
        self.splat = kind("splat")
        self.string = kind("string_lit")
        self.template = kind("template_expr")
        self.tuple = kind("tuple")
        names = ("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||")
        self.operators = {kind(name, named=False): name for name in names}
        marks = {"template_for_start": "for", "template_for_end": "endfor", "template_if_intro": "if"}
        marks |= {"template_else_intro": "else", "template_if_end": "endif"}
        self.marks = {kind(name): mark for name, mark in marks.items()}
        self.nested = {kind(name) for name in ("template_directive", "template_for", "template_if")}
        self.terms: dict[int, Callable[[ExpressionBuilder, Node, int], ast.Expr]] = {
            kind("literal_value"): ExpressionBuilder._literal,
            kind("variable_expr"): ExpressionBuilder._variable,
            kind("template_expr"): ExpressionBuilder._template,
            kind("collection_value"): ExpressionBuilder._collection,
            kind("for_expr"): ExpressionBuilder._for,
            kind("function_call"): ExpressionBuilder._call,
            kind("operation"): ExpressionBuilder._operation,
            kind("conditional"): ExpressionBuilder._conditional,
            kind("expression"): ExpressionBuilder.expression,
        }


class ExpressionBuilder:
    """Builds expressions of one file. `damaged` says that the tree holds errors."""

    def __init__(
        self, file: ast.SourceText, kinds: Kinds, damaged: bool, note: Callable[[int, int, str], None]
    ) -> None:
        self.file = file
        self.data = file.data
        self.kinds = kinds
        self.damaged = damaged
        self.note = note
        self.comments: list[tuple[int, int]] = []

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def broken(self, node: Node, reason: str) -> ast.Broken:
        """An unreadable expression in the place of `node`."""
        return ast.Broken(self.file, node.start_byte, node.end_byte, reason)

    def expression(self, node: Node, depth: int) -> ast.Expr:
        """The expression of an `expression` node."""
        start, end = node.start_byte, node.end_byte
        plain = _LEAF.match(self.data, start, end)
        if plain is not None and plain.end() == end:
            return leaf(self.file, plain, end)
        if depth > MAX_DEPTH:
            self.note(start, end, f"expressions nested more than {MAX_DEPTH} deep")
            return self.broken(node, f"nested more than {MAX_DEPTH} deep")
        return self._sequence(self._children(node), depth)

    def _children(self, node: Node) -> list[Node]:
        """The children of a node; comments among them are put aside."""
        comment = self.kinds.comment
        children = node.children
        for child in children:
            if child.kind_id == comment:
                break
        else:
            return children
        self.comments += [(child.start_byte, child.end_byte) for child in children if child.kind_id == comment]
        return [child for child in children if child.kind_id != comment]

    def _sequence(self, nodes: list[Node], depth: int) -> ast.Expr:
        """A term followed by its traversals."""
        first = nodes[0]
        if first.kind_id == self.kinds.open:
            base, steps = self.expression(nodes[1], depth + 1), nodes[3:]
        else:
            build = self.kinds.terms.get(first.kind_id)
            if build is None:
                return self.broken(first, "Invalid expression")
            base, steps = build(self, first, depth + 1), nodes[1:]
        return self._traverse(base, first.start_byte, steps, depth + 1) if steps else base

    def _traverse(self, base: ast.Expr, start: int, steps: list[Node], depth: int) -> ast.Expr:
        kinds = self.kinds
        expr = base
        for position, step in enumerate(steps):
            depth += 1
            if depth > MAX_DEPTH:
                self.note(start, steps[-1].end_byte, f"a traversal of more than {MAX_DEPTH} steps")
                return ast.Broken(self.file, start, steps[-1].end_byte, f"nested more than {MAX_DEPTH} deep")
            kind, end = step.kind_id, step.end_byte
            if kind == kinds.get_attr:
                expr = ast.GetAttr(self.file, start, end, expr, self.text(step.children[-1]))
            elif kind == kinds.index:
                expr = ast.Index(self.file, start, end, expr, self._index(step.children[0], depth))
            elif kind == kinds.splat:
                return self._splat(expr, start, step, steps[position + 1 :], depth)
            else:
                return self.broken(step, "Invalid expression")
        return expr

    def _index(self, node: Node, depth: int) -> ast.Expr:
        if node.kind_id == self.kinds.legacy_index:
            digits = self.data[node.start_byte + 1 : node.end_byte].strip()
            return self._number(node.end_byte - len(digits), node.end_byte)
        inner = self._children(node)
        return self.expression(inner[1], depth + 1) if len(inner) > 1 else self.broken(node, "Invalid index")

    def _splat(self, source: ast.Expr, start: int, node: Node, rest: list[Node], depth: int) -> ast.Expr:
        """`[*]` takes all that follows into `each`; `.*` only attributes and legacy indexes."""
        node = node.children[0]
        full = node.kind_id != self.kinds.attr_splat
        inner = self._children(node)
        steps = inner[1:] + rest
        taken = len(steps) if full else self._attributes_only(steps)
        item = ast.SplatItem(self.file, inner[0].start_byte, inner[0].end_byte)
        each = self._traverse(item, inner[0].start_byte, steps[:taken], depth + 1)
        attr_splat = self.kinds.attr_splat
        if not full and taken < len(steps) and steps[taken].children[0].kind_id == attr_splat:
            return self.broken(steps[taken], "a splat expression (*) cannot stand inside another one of that form")
        end = steps[taken - 1].end_byte if taken else inner[0].end_byte
        splat = ast.Splat(self.file, start, end, source, each, full)
        return self._traverse(splat, start, steps[taken:], depth + 1) if taken < len(steps) else splat

    def _attributes_only(self, steps: list[Node]) -> int:
        kinds = self.kinds
        for count, step in enumerate(steps):
            legacy = step.kind_id == kinds.index and step.children[0].kind_id == kinds.legacy_index
            if step.kind_id != kinds.get_attr and not legacy:
                return count
        return len(steps)

    def _number(self, start: int, end: int) -> ast.Expr:
        try:
            return ast.Literal(self.file, start, end, number(self.data[start:end].decode("utf-8", "replace")))
        except BadTextError as bad:
            self.note(start, end, str(bad))
            return ast.Broken(self.file, start, end, str(bad))

    def _literal(self, node: Node, depth: int) -> ast.Expr:
        child = node.children[0]
        start, end = child.start_byte, child.end_byte
        if child.kind_id == self.kinds.string:
            return self._built(start, end, (start + 1, end - 1), template.QUOTED, [])
        text = self.data[start:end].decode("utf-8", "replace")
        if text in _WORDS:
            return ast.Literal(self.file, start, end, _WORDS[text])
        return self._number(start, end)

    def _variable(self, node: Node, depth: int) -> ast.Expr:
        return ast.Name(self.file, node.start_byte, node.end_byte, self.text(node))

    def _collection(self, node: Node, depth: int) -> ast.Expr:
        node = node.children[0]
        start, end = node.start_byte, node.end_byte
        kinds = self.kinds
        if node.kind_id == kinds.tuple:
            items = [
                self.expression(child, depth) for child in self._children(node) if child.kind_id == kinds.expression
            ]
            return ast.TupleExpr(self.file, start, end, tuple(items))
        elements = [child for child in self._children(node) if child.kind_id == kinds.element]
        for before, after in pairwise(elements):
            # The grammar takes blanks for a separator; what lies between must be a comma or the end of a line.
            if not _SEPARATOR.search(self.data, before.end_byte - 1, after.start_byte):
                return self.broken(after, "Missing attribute separator: expected a newline or a comma")
        pairs = [self._element(child, depth) for child in elements]
        return ast.ObjectExpr(self.file, start, end, tuple(pairs))

    def _element(self, node: Node, depth: int) -> tuple[ast.Expr, ast.Expr]:
        start, end = node.start_byte, node.end_byte
        plain = _PLAIN_ELEMENT.match(self.data, start, end)
        if plain is not None and plain.end() == end:
            group = 1 if plain[1] is not None else 2
            key_end = plain.end(group) + group - 1
            return ast.Literal(self.file, start, key_end, plain[group].decode("ascii")), leaf(self.file, plain, end)
        sides = [child for child in self._children(node) if child.kind_id == self.kinds.expression]
        if len(sides) != 2:
            broken = self.broken(node, "Invalid object element")
            return broken, broken
        return self._key(sides[0], depth), self.expression(sides[1], depth)

    def _key(self, node: Node, depth: int) -> ast.Expr:
        """A bare word, even `null`, is the text of the key."""
        key = self.expression(node, depth)
        if isinstance(key, ast.Name) and key.start == node.start_byte:
            return ast.Literal(self.file, key.start, key.end, key.name)
        if isinstance(key, ast.Literal) and (key.value is None or isinstance(key.value, bool)):
            return ast.Literal(self.file, key.start, key.end, self.text(node))
        return key

    def _for(self, node: Node, depth: int) -> ast.Expr:
        kinds = self.kinds
        node = node.children[0]
        place = (self.file, node.start_byte, node.end_byte)
        intro = condition = None
        group = False
        results: list[ast.Expr] = []
        for child in self._children(node):
            kind = child.kind_id
            if kind == kinds.for_intro:
                intro = child
            elif kind == kinds.expression:
                results.append(self.expression(child, depth))
            elif kind == kinds.for_condition:
                condition = self.expression(self._children(child)[-1], depth)
            elif kind == kinds.ellipsis:
                group = True
        if intro is None or len(results) != (2 if node.kind_id == kinds.for_object else 1):
            return self.broken(node, "Invalid 'for' expression")
        key, value, collection = self._intro(intro, depth)
        if node.kind_id == kinds.for_object:
            return ast.ForObject(*place, key, value, collection, results[0], results[1], condition, group)
        return ast.ForTuple(*place, key, value, collection, results[0], condition)

    def _intro(self, node: Node, depth: int) -> tuple[str | None, str, ast.Expr]:
        """The names and the collection of `for k, v in c`, of an expression or a directive."""
        kinds = self.kinds
        names: list[str] = []
        collection: ast.Expr = self.broken(node, "Invalid 'for' expression")
        for child in self._children(node):
            if child.kind_id == kinds.identifier:
                names.append(self.text(child))
            elif child.kind_id == kinds.expression:
                collection = self.expression(child, depth)
        return (names[0] if len(names) > 1 else None), (names[-1] if names else ""), collection

    def _call(self, node: Node, depth: int) -> ast.Expr:
        kinds = self.kinds
        children = self._children(node)
        args: list[ast.Expr] = []
        expand = False
        for child in self._children(children[2]) if len(children) > 3 else ():
            if child.kind_id == kinds.expression:
                args.append(self.expression(child, depth))
            elif child.kind_id == kinds.ellipsis:
                expand = True
        name = "".join(self.text(children[0]).split())
        return ast.Call(self.file, node.start_byte, node.end_byte, name, tuple(args), expand)

    def _operation(self, node: Node, depth: int) -> ast.Expr:
        if depth > MAX_DEPTH:
            self.note(node.start_byte, node.end_byte, f"expressions nested more than {MAX_DEPTH} deep")
            return self.broken(node, f"nested more than {MAX_DEPTH} deep")
        inner = self._children(node.children[0])
        place = (self.file, node.start_byte, node.end_byte)
        for position, child in enumerate(inner):
            operator = self.kinds.operators.get(child.kind_id)
            if operator is None:
                continue
            if position:
                left = self._sequence(inner[:position], depth)
                return ast.Binary(*place, operator, left, self._sequence(inner[position + 1 :], depth))
            break
        if len(inner) < 2:
            return self.broken(node, "Invalid expression")
        return ast.Unary(*place, self.text(inner[0]), self._sequence(inner[1:], depth))

    def _conditional(self, node: Node, depth: int) -> ast.Expr:
        """Nested from the left by the grammar; collected, and built from the right."""
        branches: list[tuple[Node, Node]] = []
        while True:
            sides = [child for child in self._children(node) if child.kind_id == self.kinds.expression]
            if len(sides) != 3 or len(branches) + depth > MAX_DEPTH:
                self.note(node.start_byte, node.end_byte, "a conditional that cannot be read or is nested too deep")
                return self.broken(node, "Invalid conditional expression")
            branches.append((sides[1], sides[2]))
            inner = self._children(sides[0])
            if len(inner) != 1 or inner[0].kind_id != self.kinds.conditional:
                break
            node = inner[0]
        end = branches[0][1].end_byte
        chain = branches[::-1]
        deepest = depth + len(chain)
        result = self.expression(chain[-1][1], deepest)
        for position in range(len(chain) - 1, -1, -1):
            condition = sides[0] if position == 0 else chain[position - 1][1]
            test = self.expression(condition, depth + position)
            then = self.expression(chain[position][0], depth + position)
            result = ast.Conditional(self.file, condition.start_byte, end, test, then, result)
        return result

    def _template(self, node: Node, depth: int) -> ast.Expr:
        node = node.children[0]
        start, end = node.start_byte, node.end_byte
        marks: list[template.Mark] = []
        self._collect_marks(node, marks, depth)
        if node.kind_id != self.kinds.heredoc:
            return self._built(start, end, (start + 1, end - 1), template.QUOTED, marks)
        data = self.data
        mode = template.FLUSH if data[start + 2 : start + 3] == b"-" else template.HEREDOC
        content = data.find(b"\n", start, end) + 1
        stop = data.rfind(b"\n", content - 1, end) + 1
        return self._built(start, end, (content, max(content, stop)), mode, marks)

    def _built(self, start: int, end: int, region: tuple[int, int], mode: str, marks: list[template.Mark]) -> ast.Expr:
        expr = template.build(self.file, (start, end), region, mode, marks)
        broken = (expr,) if isinstance(expr, ast.Broken) else getattr(expr, "parts", ())
        for part in broken:
            if isinstance(part, ast.Broken) and mode is template.QUOTED:
                self.note(part.start, part.end, part.reason)
        return expr

    def _collect_marks(self, node: Node, marks: list[template.Mark], depth: int) -> None:
        """Interpolations and directives in order; directives are flat here and nested again by `template`."""
        kinds = self.kinds
        stack = [node]
        while stack:
            node = stack.pop()
            kind = node.kind_id
            start, end = node.start_byte, node.end_byte
            if kind == kinds.interpolation:
                inner = [child for child in self._children(node) if child.kind_id == kinds.expression]
                expr = self.expression(inner[0], depth) if inner else None
                marks.append(template.Mark(start, end, "interp", expr))
            elif kind in kinds.marks:
                key, value, expr = self._intro(node, depth) if kinds.marks[kind] in ("for", "if") else (None, "", None)
                marks.append(template.Mark(start, end, kinds.marks[kind], expr, key, value))
            else:
                stack.extend(reversed(self._children(node)))
