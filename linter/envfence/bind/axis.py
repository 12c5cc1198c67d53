"""The values that an input can have, read from how a root module uses it.

Comes in: a root module, the input's traversal (`terraform.workspace`, `var.environment`), a scope for evaluating maps
and lists. Goes out: the values with their places: keys of maps that it indexes, members of lists that it is looked up
in, what it is compared with. Must not know: which values are environments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from envfence.bind.syntax import attributes_of, literal_text, traversal, walk
from envfence.evaluate import Module
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Span, Value, has_holes

MAX_VALUES = 200
_SAME = frozenset({"lower", "upper", "tostring", "trimspace", "coalesce", "try", "nonsensitive", "title"})
_SEPARATORS = ("-", "_", ".", "/")
_DECODERS = ("jsondecode", "yamldecode")
#: Names under which a file lists what there is one workspace for.
_LISTS = ("accounts", "environments", "envs", "workspaces")
_ROUNDS = 4

Evaluate = Callable[[ast.Expr], Value]


@dataclass(frozen=True, slots=True)
class Form:
    """How an expression follows from the input: with `prefix` and `suffix` taken off. None: something is taken off,
    but it is not known what."""

    prefix: str | None = ""
    suffix: str | None = ""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """A value the input is compared with, indexes or is looked up by. `how` is "file", "key", "list" or "compare",
    from strong to weak; `whole` is the input itself, empty where a part that was taken off is not known; `part` what
    names the environment."""

    whole: str
    part: str
    how: str
    span: Span


class AxisReader:
    """Reads the uses of one input in one module."""

    def __init__(self, module: Module, seed: tuple[str, ...], evaluate: Evaluate) -> None:
        self.module = module
        self.seed = seed
        self.evaluate = evaluate
        self.derived: dict[str, Form] = {}
        #: Texts that stand for one value of the input, or (empty) for values that are not said.
        self.aliases: dict[str, str] = {}
        self._derive()

    def _derive(self) -> None:
        for _ in range(_ROUNDS):
            before = len(self.derived)
            for name, attribute in self.module.locals.items():
                if name not in self.derived:
                    form = self.form(attribute.expr)
                    if form is not None:
                        self.derived[name] = form
            if len(self.derived) == before:
                return

    def form(self, expr: ast.Expr, depth: int = 0) -> Form | None:
        """How `expr` follows from the input, or None when it does not."""
        if depth > 12:
            return None
        names = traversal(expr)
        if names:
            return Form() if names == self.seed else self._of_local(names)
        reader = _READERS.get(type(expr))
        return reader(self, expr, depth) if reader is not None else None

    def is_input(self, expr: ast.Expr) -> bool:
        """Whether an expression is the input itself, nothing taken off."""
        return self.form(expr) == Form()

    def _of_local(self, names: tuple[str, ...]) -> Form | None:
        return self.derived.get(names[1]) if len(names) == 2 and names[0] == "local" else None

    def _of_conditional(self, expr: ast.Conditional, depth: int) -> Form | None:
        """`terraform.workspace == "default" ? "dev" : terraform.workspace`: a branch follows from the input, the
        other is a text that stands for what it is compared with, or for anything."""
        then, otherwise = self.form(expr.then, depth + 1), self.form(expr.otherwise, depth + 1)
        form = then or otherwise
        if form is None or (then is not None and otherwise is not None):
            return form if then == otherwise else Form(None, None)
        fallback = literal_text(expr.otherwise if then is not None else expr.then)
        if fallback is None:
            return Form(None, None)
        condition = expr.condition
        if isinstance(condition, ast.Binary) and condition.operator == ("==" if then is None else "!="):
            for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
                text = literal_text(other)
                if text and self.form(side, depth + 1) == Form():
                    self.aliases[fallback] = text
                    return form
        self.aliases[fallback] = ""
        return form

    def _of_call(self, call: ast.Call, depth: int) -> Form | None:
        args = call.args
        if call.name == "element" and args:
            return self._of_split(args[0], depth)
        inner = self.form(args[0], depth + 1) if args else None
        if inner is None or call.name in _SAME:
            return inner
        return self._of_part(call, inner)

    def _of_part(self, call: ast.Call, inner: Form) -> Form | None:
        """A function that takes something off."""
        name, args = call.name, call.args
        if name == "replace" and len(args) == 3 and _changes_separator(args[1], args[2]):
            return inner
        if name == "trimsuffix" and len(args) == 2:
            return Form(inner.prefix, _add(self._text(args[1]), inner.suffix))
        taken: ast.Expr | None = None
        if (name == "trimprefix" and len(args) == 2) or (
            name == "replace" and len(args) == 3 and literal_text(args[2]) == ""
        ):
            if inner.prefix:
                return Form(None, inner.suffix)  # one of two prefixes was there, perhaps
            taken = args[1]
        elif name == "substr" and len(args) == 3 and isinstance(args[1], ast.Call) and args[1].name == "length":
            taken = args[1].args[0] if args[1].args else None
        return None if taken is None else Form(_add(inner.prefix, self._text(taken)), inner.suffix)

    def _of_split(self, expr: ast.Expr, depth: int) -> Form | None:
        """A piece of the split input: it names the environment, but what stands around it is not known."""
        if isinstance(expr, ast.Call) and expr.name == "reverse" and expr.args:
            expr = expr.args[0]
        if isinstance(expr, ast.Call) and expr.name == "split" and len(expr.args) == 2:
            return Form(None, None) if self.form(expr.args[1], depth + 1) is not None else None
        return None

    def _text(self, expr: ast.Expr) -> str | None:
        value = self.evaluate(expr)
        return value if isinstance(value, str) and not has_holes(value) else None

    def uses(self) -> tuple[Use, ...]:
        """All uses in the module, in order of their places, at most `MAX_VALUES` of them."""
        found: dict[tuple[str, str, str], Use] = {}
        for expr in expressions(self.module):
            for node in walk(expr):
                for use in self._of_node(node):
                    if self.aliases.get(use.part) == "" and use.how != "file":
                        continue
                    found.setdefault((use.whole, use.part, use.how), use)
                    if len(found) >= MAX_VALUES:
                        return tuple(found.values())
        if found and all(use.how == "compare" for use in found.values()):
            found.update({(use.whole, use.part, use.how): use for use in self._listed()})
        return tuple(found.values())

    def _listed(self) -> Iterator[Use]:
        """The keys of what a file of the root module lists as its accounts or environments, though no code asks for one
        by the input."""
        for attribute in self.module.locals.values():
            if not any(isinstance(node, ast.Call) and node.name in _DECODERS for node in walk(attribute.expr)):
                continue
            value = self.evaluate(attribute.expr)
            listed = [value.items.get(name) for name in _LISTS] if isinstance(value, Mapping) else []
            for inner in listed:
                for key in inner.items if isinstance(inner, Mapping) else ():
                    if not has_holes(key):
                        yield self._use(Form(None, None), key, "file", attribute.span)

    def _of_node(self, node: ast.Expr) -> Iterator[Use]:
        if isinstance(node, ast.Index):
            form = self.form(node.key)
            if form is not None:
                yield from self._keys(node.source, form)
        elif isinstance(node, ast.Binary) and node.operator in ("==", "!="):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                text = literal_text(other)
                form = self.form(side) if text else None
                if form is not None and text:
                    yield self._use(form, text, "compare", other.span)
        elif isinstance(node, ast.Call):
            yield from self._of_function(node)
        elif isinstance(node, ast.ForTuple) and node.condition is not None:
            yield from self._of_choice(node, node.condition)

    def _of_choice(self, node: ast.ForTuple, condition: ast.Expr) -> Iterator[Use]:
        """`[for x in local.environments : x if endswith(terraform.workspace, x)]`: the input is one of these, or holds
        it."""
        inside = list(walk(condition))
        form = next((form for part in inside if (form := self.form(part)) is not None), None)
        if form is not None and any(isinstance(part, ast.Name) and part.name == node.value_name for part in inside):
            is_equal = isinstance(condition, ast.Binary) and condition.operator == "=="
            yield from self._members(node.collection, form if is_equal else Form(None, None))

    def _of_function(self, call: ast.Call) -> Iterator[Use]:
        args = call.args
        if len(args) < 2:
            return
        if call.name == "lookup":
            form = self.form(args[1])
            if form is not None:
                yield from self._keys(args[0], form)
        elif call.name == "contains":
            form = self.form(args[1])
            if form is not None:
                if isinstance(args[0], ast.Call) and args[0].name == "keys" and args[0].args:
                    yield from self._keys(args[0].args[0], form)
                else:
                    yield from self._members(args[0], form)
        elif call.name == "endswith":
            form, text = self.form(args[0]), literal_text(args[1])
            if form is not None and text:
                yield self._use(Form(None, form.suffix), text, "compare", args[1].span)
        elif call.name in ("regex", "regexall"):
            form, text = self.form(args[1]), literal_text(args[0])
            if form is not None and text:
                yield from self._alternatives(text, args[0].span)

    def _alternatives(self, pattern: str, span: Span) -> Iterator[Use]:
        """`-(production|live)$` and `^(dev|test)$` say what the input may end in or be."""
        match = re.fullmatch(r"(\^)?[-_]?\(?([a-z0-9|]+)\)?(\$)?", pattern)
        if match and (match[1] or match[3]):
            form = Form() if match[1] and match[3] else Form(None, None)
            for text in match[2].split("|"):
                if text:
                    yield self._use(form, text, "compare", span)

    def _keys(self, source: ast.Expr, form: Form) -> Iterator[Use]:
        value = self.evaluate(source)
        if not isinstance(value, Mapping):
            return
        how = "file" if self._is_from_file(source) else "key"
        places = self._places(source)
        for key in value.items:
            if not has_holes(key):
                yield self._use(form, key, how, places.get(key, source.span))

    def _is_from_file(self, source: ast.Expr, depth: int = 0) -> bool:
        """Whether a map is decoded from a file (through locals and attributes)."""
        while isinstance(source, ast.GetAttr | ast.Index):
            names = traversal(source)
            if len(names) >= 2 and names[0] == "local":
                attribute = self.module.locals.get(names[1])
                return attribute is not None and depth < 8 and self._is_from_file(attribute.expr, depth + 1)
            source = source.source
        return any(isinstance(node, ast.Call) and node.name in _DECODERS for node in walk(source))

    def _places(self, source: ast.Expr, depth: int = 0) -> dict[str, Span]:
        """Where the keys of a map are written, if the map is written out."""
        names = traversal(source)
        if len(names) == 2 and depth < 4:
            if names[0] == "local" and names[1] in self.module.locals:
                return self._places(self.module.locals[names[1]].expr, depth + 1)
            variable = self.module.variables.get(names[1]) if names[0] == "var" else None
            return {} if variable is None or variable.default is None else self._places(variable.default, depth + 1)
        if isinstance(source, ast.ObjectExpr):
            return {text: key.span for key, _ in source.items if (text := literal_text(key)) is not None}
        return {}

    def _members(self, source: ast.Expr, form: Form) -> Iterator[Use]:
        value = self.evaluate(source)
        if isinstance(value, Sequence):
            for item in value.items:
                if isinstance(item, str) and not has_holes(item):
                    yield self._use(form, item, "list", source.span)

    def _use(self, form: Form, text: str, how: str, span: Span) -> Use:
        part = text.strip("-_/") or text
        if self.aliases.get(text):
            return Use(self.aliases[text], part, how, span)
        if form.prefix is None or form.suffix is None:
            return Use("", part, how, span)
        return Use(form.prefix + text + form.suffix, part, how, span)


def _changes_separator(old: ast.Expr, new: ast.Expr) -> bool:
    """`replace(terraform.workspace, "_", "-")`: the same text, spelled otherwise."""
    return literal_text(old) in _SEPARATORS and literal_text(new) in _SEPARATORS


def _add(first: str | None, second: str | None) -> str | None:
    return None if first is None or second is None else first + second


def expressions(module: Module) -> Iterator[ast.Expr]:
    """All expressions of a module."""
    for attribute in module.locals.values():
        yield attribute.expr
    for declared in module.variables.values():
        for rule in declared.block.body.blocks:  # validation
            yield from (attribute.expr for attribute in attributes_of(rule))
    for block in blocks(module):
        for attribute in attributes_of(block):
            yield attribute.expr


def blocks(module: Module) -> Iterable[ast.Block]:
    """The blocks of a module that hold expressions."""
    yield from (declaration.block for declaration in module.resources.values())
    yield from (declaration.block for declaration in module.calls.values())
    yield from module.providers


_READERS: dict[type[ast.Expr], Callable[[AxisReader, Any, int], Form | None]] = {
    ast.TemplateWrap: lambda reader, expr, depth: reader.form(expr.inner, depth + 1),
    ast.Conditional: AxisReader._of_conditional,
    ast.Index: lambda reader, expr, depth: reader._of_split(expr.source, depth),
    ast.Call: AxisReader._of_call,
}
