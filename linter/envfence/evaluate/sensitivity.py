"""Which expressions are sensitive: asked for rarely, so it walks the expressions instead of marking every value.

Comes in: an expression and a `Lookup` into the module. Goes out: yes or no; where in doubt about the whole value, yes
only if a sensitive part is used. Must not know: values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from envfence.evaluate.declarations import Module
from envfence.hcl import ast

_DEPTH = 60
#: Functions whose result is marked only where their argument itself is, not where a part of it is.
_SHALLOW = frozenset(
    {
        "concat",
        "flatten",
        "lookup",
        "merge",
        "one",
        "setproduct",
        "tolist",
        "tomap",
        "try",
        "values",
        "zipmap",
        "element",
    }
)
#: Functions that look at no element of their argument.
_COUNTING = frozenset({"keys", "length"})


class Lookup(Protocol):
    """What a module tells about its names; `marking` and `clearing` are the functions that add and remove the mark."""

    marking: frozenset[str]
    clearing: frozenset[str]

    def sensitive_name(self, head: str, name: str, rest: tuple[str, ...], depth: int, itself: bool) -> bool:
        """Whether `head.name.rest` is sensitive."""


def is_sensitive(
    expr: ast.Expr, lookup: Lookup, bound: frozenset[str] = frozenset(), depth: int = 0, itself: bool = False
) -> bool:
    """Whether the value of `expr` or, unless `itself`, a part of it is sensitive; `bound`: sensitive loop variables."""
    if depth > _DEPTH or isinstance(expr, ast.Literal):
        return False
    if isinstance(expr, ast.Name):
        return expr.name in bound
    if isinstance(expr, ast.GetAttr):
        path = _path(expr)
        if path is not None and path[0] not in bound:
            return lookup.sensitive_name(path[0], path[1], path[2:], depth + 1, itself)
        return is_sensitive(expr.source, lookup, bound, depth + 1, itself)
    return _composed(expr, lookup, bound, depth, itself)


def _composed(expr: ast.Expr, lookup: Lookup, bound: frozenset[str], depth: int, itself: bool) -> bool:
    if isinstance(expr, ast.Call):
        return _call(expr, lookup, bound, depth, itself)
    if isinstance(expr, ast.ForTuple | ast.ForObject):
        return _loop(expr, lookup, bound, depth, itself)
    if itself and isinstance(expr, ast.TupleExpr | ast.ObjectExpr):
        return False
    if itself and isinstance(expr, ast.Index):
        return is_sensitive(expr.source, lookup, bound, depth + 1, itself)
    return any(is_sensitive(child, lookup, bound, depth + 1, itself) for child in children(expr))


def _call(expr: ast.Call, lookup: Lookup, bound: frozenset[str], depth: int, itself: bool) -> bool:
    if expr.name in lookup.marking:
        return True
    if expr.name in lookup.clearing:
        return _inside(expr, lookup, bound, depth) if expr.name == "nonsensitive" and not itself else False
    itself = expr.name in _COUNTING or (itself and expr.name in _SHALLOW)
    return any(is_sensitive(arg, lookup, bound, depth + 1, itself) for arg in expr.args)


def _inside(expr: ast.Call, lookup: Lookup, bound: frozenset[str], depth: int) -> bool:
    """Whether parts of an argument are sensitive that is not so itself: only its own mark is taken off."""
    return any(
        is_sensitive(arg, lookup, bound, depth + 1) and not is_sensitive(arg, lookup, bound, depth + 1, itself=True)
        for arg in expr.args
    )


def _loop(expr: ast.ForTuple | ast.ForObject, lookup: Lookup, bound: frozenset[str], depth: int, itself: bool) -> bool:
    inner = bound
    if is_sensitive(expr.collection, lookup, bound, depth + 1, False):
        inner = bound | {expr.value_name}
    if is_sensitive(expr.collection, lookup, bound, depth + 1, itself=True):
        return True
    if expr.condition is not None and is_sensitive(expr.condition, lookup, inner, depth + 1, itself):
        return True
    if isinstance(expr, ast.ForObject) and is_sensitive(expr.key, lookup, inner, depth + 1, itself):
        return True
    return not itself and is_sensitive(expr.value, lookup, inner, depth + 1)


def _path(expr: ast.Expr) -> tuple[str, ...] | None:
    names: list[str] = []
    while isinstance(expr, ast.GetAttr | ast.Index):
        if isinstance(expr, ast.GetAttr):
            names.append(expr.name)
        expr = expr.source
    return (expr.name, *reversed(names)) if isinstance(expr, ast.Name) and names else None


def children(expr: ast.Expr) -> Iterator[ast.Expr]:
    """The expressions directly inside an expression."""
    for slot in _SLOTS.get(expr.__class__) or _slots(expr.__class__):
        yield from _expressions(getattr(expr, slot))


def _slots(cls: type[ast.Expr]) -> tuple[str, ...]:
    """What the nodes of a class hold besides their place."""
    slots = [slot for base in cls.__mro__ for slot in getattr(base, "__slots__", ())]
    return tuple(slot for slot in slots if slot not in ("file", "start", "end"))


#: The classes of the parser's nodes with what they hold; a class of our own (see `tracing`) is looked at when it is
#: met.
_SLOTS = {cls: _slots(cls) for cls in ast.Expr.__subclasses__()}


def _expressions(value: object) -> Iterator[ast.Expr]:
    if isinstance(value, ast.Expr):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions(item)


class Ephemeral:
    """Looks names up as `is_sensitive` does, for ephemeral values instead."""

    marking: frozenset[str] = frozenset()
    clearing: frozenset[str] = frozenset({"ephemeralasnull"})

    def __init__(self, module: Module) -> None:
        self._module = module

    def sensitive_name(self, head: str, name: str, rest: tuple[str, ...], depth: int, itself: bool) -> bool:
        """Whether `head.name` is ephemeral."""
        module = self._module
        if head == "local" and name in module.locals:
            return is_sensitive(module.locals[name].expr, self, depth=depth)
        return head == "ephemeral" or (head == "var" and name in module.variables and module.variables[name].ephemeral)
