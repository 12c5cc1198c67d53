"""Replaces calls inside an expression.

Comes in: an expression and a function that gives replacements. Goes out: the expression with them; the original is
not changed. Must not know: which calls, or what for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from envfence.bind.syntax import walk
from envfence.hcl import ast

#: Deeper than the parser builds.
_MAX_DEPTH = 400

Replace = Callable[[ast.Call], ast.Expr | None]


def rewrite(expr: ast.Expr, names: frozenset[str], replace: Replace) -> ast.Expr:
    """`expr` with every call of one of `names` replaced by what `replace` gives for it (None: it stays)."""
    if not any(isinstance(node, ast.Call) and node.name in names for node in walk(expr)):
        return expr
    return _rewritten(expr, names, replace, 0)


def _rewritten(expr: ast.Expr, names: frozenset[str], replace: Replace, depth: int) -> ast.Expr:
    if depth > _MAX_DEPTH:
        return expr
    if isinstance(expr, ast.Call) and expr.name in names:
        found = replace(expr)
        if found is not None:
            return found
    clone = copy.copy(expr)
    slots: tuple[str, ...] = type(expr).__slots__
    for slot in slots:
        setattr(clone, slot, _part(getattr(expr, slot), names, replace, depth + 1))
    return clone


def _part(value: Any, names: frozenset[str], replace: Replace, depth: int) -> Any:
    if isinstance(value, ast.Expr):
        return _rewritten(value, names, replace, depth)
    if isinstance(value, tuple):
        return tuple(_part(item, names, replace, depth) for item in value)
    return value
