"""Templates: from the marks that a parser found in a text to the parts of an `ast.Template`.

Comes in: the region of a template and its interpolations and directives in order of position, as flat marks.
Goes out: an expression with strip markers, heredoc indentation and escapes applied, directives nested.
Must not know: any parser library.

The text between two marks is taken from the source, so that no parser's opinion about blanks matters. As in HCL, `~`
strips only the literal next to it, and in heredocs and template files a literal ends with its line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from envfence.hcl import ast
from envfence.hcl.limits import MAX_DEPTH
from envfence.hcl.strings import SPACES, BadTextError, decode, unescape_bare, unescape_quoted

QUOTED, HEREDOC, FLUSH, BARE = "quoted", "heredoc", "flush", "bare"


@dataclass(slots=True)
class Mark:
    """An interpolation or directive from `start` to `end`: `kind` is interp, if, else, endif, for or endfor."""

    start: int
    end: int
    kind: str
    expr: ast.Expr | None = None
    key_name: str | None = None
    value_name: str = ""


@dataclass(slots=True)
class _Text:
    """A literal: one line, or a part of a line; in quoted templates all between two marks."""

    start: int
    end: int
    value: str
    broken: str = ""


_Token = Mark | _Text


def build(
    file: ast.SourceText, whole: tuple[int, int], region: tuple[int, int], mode: str, marks: list[Mark]
) -> ast.Expr:
    """The expression of the template that spans `whole`, with its content in `region`.

    Never raises: text that cannot be a string becomes a `Broken` part, unbalanced directives a `Broken` whole.
    """
    tokens = _tokens(file.data, region, mode, marks)
    _strip(file.data, tokens)
    if mode is FLUSH:
        _flush(tokens)
    if len(tokens) == 1 and isinstance(tokens[0], Mark) and tokens[0].kind == "interp":
        return ast.TemplateWrap(file, *whole, tokens[0].expr or _broken(file, tokens[0], "empty interpolation"))
    parts = _Nest(file, tokens).parts()
    if isinstance(parts, ast.Broken):
        return parts
    if not parts:
        return ast.Literal(file, *whole, "")
    if len(parts) == 1 and isinstance(parts[0], ast.Literal | ast.Broken) and not marks:
        only = parts[0]
        if isinstance(only, ast.Broken):
            return ast.Broken(file, *whole, only.reason)
        return ast.Literal(file, *whole, only.value)
    return ast.Template(file, *whole, parts)


def _tokens(data: bytes, region: tuple[int, int], mode: str, marks: list[Mark]) -> list[_Token]:
    tokens: list[_Token] = []
    unescape = unescape_quoted if mode is QUOTED else unescape_bare
    lines = mode is not QUOTED and (bool(marks) or mode is FLUSH)
    at, end = region
    for mark in marks:
        _literals(tokens, data, at, mark.start, lines, unescape)
        tokens.append(mark)
        at = mark.end
    _literals(tokens, data, at, end, lines, unescape)
    return tokens


def _literals(
    tokens: list[_Token], data: bytes, at: int, end: int, lines: bool, unescape: Callable[[str], str]
) -> None:
    while at < end:
        stop = data.find(b"\n", at, end) + 1 if lines else end
        if stop <= 0:
            stop = end
        try:
            tokens.append(_Text(at, stop, unescape(decode(data[at:stop]))))
        except BadTextError as bad:
            tokens.append(_Text(at, stop, "", str(bad)))
        at = stop


def _strip(data: bytes, tokens: list[_Token]) -> None:
    for number, token in enumerate(tokens):
        if isinstance(token, _Text):
            continue
        if data[token.start + 2 : token.start + 3] == b"~" and number:
            before = tokens[number - 1]
            if isinstance(before, _Text):
                before.value = before.value.rstrip(SPACES)
        if data[token.end - 2 : token.end - 1] == b"~" and number + 1 < len(tokens):
            after = tokens[number + 1]
            if isinstance(after, _Text):
                after.value = after.value.lstrip(SPACES)


def _flush(tokens: list[_Token]) -> None:
    """Takes from every line the indentation of the least indented one; blank lines do not count."""
    least: int | None = None
    adjust: list[_Text] = []
    newline = True
    for token in tokens:
        if newline:
            indent: int | None = 0
            if isinstance(token, _Text):
                trimmed = token.value.lstrip(SPACES)
                if not trimmed and token.value.endswith("\n"):
                    indent = None
                else:
                    indent = len(token.value) - len(trimmed)
                    adjust.append(token)
            if indent is not None and (least is None or indent < least):
                least = indent
        newline = isinstance(token, _Text) and token.value.endswith("\n")
    for text in adjust:
        text.value = text.value[least:]


def _broken(file: ast.SourceText, token: _Token, reason: str) -> ast.Broken:
    return ast.Broken(file, token.start, token.end, reason)


@dataclass(slots=True)
class _Frame:
    """A directive whose end is still to come."""

    mark: Mark
    parts: list[ast.Expr]
    then: tuple[ast.Expr, ...] | None = None


class _Nest:
    """Nests the flat tokens; holds consecutive literals back to join them."""

    def __init__(self, file: ast.SourceText, tokens: list[_Token]) -> None:
        self.file = file
        self.tokens = tokens
        self.frames: list[_Frame] = []
        self.current: list[ast.Expr] = []
        self.pending: list[_Text] = []

    def parts(self) -> tuple[ast.Expr, ...] | ast.Broken:
        for token in self.tokens:
            if isinstance(token, _Text):
                self.pending.append(token)
                continue
            self._join()
            reason = self._mark(token)
            if reason:
                return _broken(self.file, token, reason)
        self._join()
        if self.frames:
            mark = self.frames[-1].mark
            return _broken(self.file, mark, f"Unexpected end of template: the {mark.kind} directive is not closed")
        return tuple(self.current)

    def _join(self) -> None:
        if not self.pending:
            return
        first, last = self.pending[0], self.pending[-1]
        reason = next((text.broken for text in self.pending if text.broken), "")
        value = first.value if first is last else "".join(text.value for text in self.pending)
        self.pending = []
        if reason:
            self.current.append(ast.Broken(self.file, first.start, last.end, reason))
        elif value:
            self.current.append(ast.Literal(self.file, first.start, last.end, value))

    def _mark(self, mark: Mark) -> str:
        """Takes one mark in; a text is the reason why the template is broken."""
        if mark.kind == "interp":
            self.current.append(mark.expr or _broken(self.file, mark, "empty interpolation"))
        elif mark.kind in ("if", "for"):
            if len(self.frames) >= MAX_DEPTH:
                return f"directives nested more than {MAX_DEPTH} deep"
            self.frames.append(_Frame(mark, self.current))
            self.current = []
        elif not self.frames:
            return f"Unexpected {mark.kind} directive"
        elif mark.kind == "else":
            return self._otherwise()
        else:
            return self._close(mark)
        return ""

    def _otherwise(self) -> str:
        frame = self.frames[-1]
        if frame.mark.kind != "if" or frame.then is not None:
            return "Unexpected else directive"
        frame.then = tuple(self.current)
        self.current = []
        return ""

    def _close(self, mark: Mark) -> str:
        frame = self.frames.pop()
        opening = frame.mark
        if mark.kind != "end" + opening.kind or opening.expr is None:
            return f"Unexpected {mark.kind} directive"
        inner = tuple(self.current)
        self.current = frame.parts
        place = (self.file, opening.start, mark.end)
        if opening.kind == "if":
            then, otherwise = (inner, ()) if frame.then is None else (frame.then, inner)
            self.current.append(ast.TemplateIf(*place, opening.expr, then, otherwise))
        else:
            self.current.append(ast.TemplateFor(*place, opening.key_name, opening.value_name, opening.expr, inner))
        return ""
