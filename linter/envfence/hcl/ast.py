"""The AST of HCL, both syntaxes. Every node knows its file and its byte offsets; line and column come on demand.

Nodes are plain slotted classes rather than dataclasses, and each fills its own slots instead of calling its base:
a repository has millions of them.
Nobody changes a node after the parser built it.
"""

from __future__ import annotations

from decimal import Decimal

from envfence.hcl.text import SourceText as SourceText
from envfence.values import Span


class Node:
    """Anything with a place in a file."""

    __slots__ = ("end", "file", "start")

    def __init__(self, file: SourceText, start: int, end: int) -> None:
        self.file = file
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        """Where the node stands."""
        return self.file.span(self.start, self.end)


class Expr(Node):
    """An expression."""

    __slots__ = ()


class Literal(Expr):
    """null, a bool, a number (`int` when integral, else `Decimal`), or a string without interpolation."""

    __slots__ = ("value",)

    def __init__(self, file: SourceText, start: int, end: int, value: bool | int | Decimal | str | None) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.value = value


class Template(Expr):
    """A quoted template or heredoc with at least one interpolation or directive; its value is a string.

    Parts are `Literal` strings, expressions, `TemplateIf` and `TemplateFor`. Strip markers and heredoc indentation
    are already applied.
    """

    __slots__ = ("parts",)

    def __init__(self, file: SourceText, start: int, end: int, parts: tuple[Expr, ...]) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.parts = parts


class TemplateWrap(Expr):
    """`"${x}"` and nothing else: the value of x itself, with its own type."""

    __slots__ = ("inner",)

    def __init__(self, file: SourceText, start: int, end: int, inner: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.inner = inner


class TemplateIf(Expr):
    """`%{if c}…%{else}…%{endif}`; the branches are template parts."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(
        self,
        file: SourceText,
        start: int,
        end: int,
        condition: Expr,
        then: tuple[Expr, ...],
        otherwise: tuple[Expr, ...],
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class TemplateFor(Expr):
    """`%{for k, v in c}…%{endfor}`; `key_name` is None where only the value is named."""

    __slots__ = ("collection", "key_name", "parts", "value_name")

    def __init__(
        self,
        file: SourceText,
        start: int,
        end: int,
        key_name: str | None,
        value_name: str,
        collection: Expr,
        parts: tuple[Expr, ...],
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.key_name = key_name
        self.value_name = value_name
        self.collection = collection
        self.parts = parts


class Name(Expr):
    """The first word of a traversal: `var`, `local`, `aws_s3_bucket`, a for variable."""

    __slots__ = ("name",)

    def __init__(self, file: SourceText, start: int, end: int, name: str) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.name = name


class GetAttr(Expr):
    """`source.name`."""

    __slots__ = ("name", "source")

    def __init__(self, file: SourceText, start: int, end: int, source: Expr, name: str) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.source = source
        self.name = name


class Index(Expr):
    """`source[key]`, and the legacy `source.0` (with a literal number as key)."""

    __slots__ = ("key", "source")

    def __init__(self, file: SourceText, start: int, end: int, source: Expr, key: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.source = source
        self.key = key


class Splat(Expr):
    """`source[*]…` (full) or `source.*…` (attribute only); `each` is evaluated per item, which it names `SplatItem`."""

    __slots__ = ("each", "full", "source")

    def __init__(self, file: SourceText, start: int, end: int, source: Expr, each: Expr, full: bool) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.source = source
        self.each = each
        self.full = full


class SplatItem(Expr):
    """The current item inside the `each` of the nearest enclosing `Splat`."""

    __slots__ = ()


class Unary(Expr):
    """`-x` or `!x`."""

    __slots__ = ("operand", "operator")

    def __init__(self, file: SourceText, start: int, end: int, operator: str, operand: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.operator = operator
        self.operand = operand


class Binary(Expr):
    """`left operator right`, operator one of + - * / % == != < <= > >= && ||."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, file: SourceText, start: int, end: int, operator: str, left: Expr, right: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.operator = operator
        self.left = left
        self.right = right


class Conditional(Expr):
    """`condition ? then : otherwise`."""

    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, file: SourceText, start: int, end: int, condition: Expr, then: Expr, otherwise: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.condition = condition
        self.then = then
        self.otherwise = otherwise


class Call(Expr):
    """`name(args)`; `expand` when the last argument is followed by `...`. The name keeps its `core::` prefix."""

    __slots__ = ("args", "expand", "name")

    def __init__(self, file: SourceText, start: int, end: int, name: str, args: tuple[Expr, ...], expand: bool) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.name = name
        self.args = args
        self.expand = expand


class TupleExpr(Expr):
    """`[a, b]`."""

    __slots__ = ("items",)

    def __init__(self, file: SourceText, start: int, end: int, items: tuple[Expr, ...]) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.items = items


class ObjectExpr(Expr):
    """`{k = v}`; a bare word as key is a `Literal` string, `(k)` is the expression in the parentheses."""

    __slots__ = ("items",)

    def __init__(self, file: SourceText, start: int, end: int, items: tuple[tuple[Expr, Expr], ...]) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.items = items


class ForTuple(Expr):
    """`[for k, v in collection : value if condition]`."""

    __slots__ = ("collection", "condition", "key_name", "value", "value_name")

    def __init__(
        self,
        file: SourceText,
        start: int,
        end: int,
        key_name: str | None,
        value_name: str,
        collection: Expr,
        value: Expr,
        condition: Expr | None,
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.key_name = key_name
        self.value_name = value_name
        self.collection = collection
        self.value = value
        self.condition = condition


class ForObject(Expr):
    """`{for k, v in collection : key => value... if condition}`; `group` for the `...`."""

    __slots__ = ("collection", "condition", "group", "key", "key_name", "value", "value_name")

    def __init__(
        self,
        file: SourceText,
        start: int,
        end: int,
        key_name: str | None,
        value_name: str,
        collection: Expr,
        key: Expr,
        value: Expr,
        condition: Expr | None,
        group: bool,
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.key_name = key_name
        self.value_name = value_name
        self.collection = collection
        self.key = key
        self.value = value
        self.condition = condition
        self.group = group


class Broken(Expr):
    """What the parser could not read, or a limit forbids; evaluates to unknown with this reason."""

    __slots__ = ("reason",)

    def __init__(self, file: SourceText, start: int, end: int, reason: str) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.reason = reason


class Attribute(Node):
    """`name = expr`; the span covers both."""

    __slots__ = ("expr", "name")

    def __init__(self, file: SourceText, start: int, end: int, name: str, expr: Expr) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.name = name
        self.expr = expr


class Block(Node):
    """`type "label" { body }`; `header_end` is the offset behind the labels, where `{` follows."""

    __slots__ = ("body", "header_end", "labels", "type")

    def __init__(
        self, file: SourceText, start: int, end: int, type_: str, labels: tuple[str, ...], body: Body, header_end: int
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.type = type_
        self.labels = labels
        self.body = body
        self.header_end = header_end

    @property
    def header(self) -> Span:
        """The span of type and labels: what a person would call "the block's line"."""
        return self.file.span(self.start, self.header_end)


class Body(Node):
    """Attributes by name (the first definition wins) and blocks in order.

    A file of the JSON syntax has no telling which property is a block: there `json` is set, everything is an attribute
    and the reader asks `hcl.jsonsyntax` for blocks of the types that it expects.
    """

    __slots__ = ("attributes", "blocks", "duplicates", "json")

    def __init__(
        self,
        file: SourceText,
        start: int,
        end: int,
        attributes: dict[str, Attribute],
        blocks: tuple[Block, ...],
        duplicates: tuple[Attribute, ...] = (),
        json: bool = False,
    ) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.attributes = attributes
        self.blocks = blocks
        self.duplicates = duplicates
        self.json = json
