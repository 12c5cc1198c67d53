"""The type of an expression where its value does not show it: of a null and of an empty collection.

Comes in: an expression, its value, a `Scope`. Goes out: a type, "any" where nothing tells.
Must not know: how values are computed.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from envfence.evaluate.convert import ANY, BOOL, NUMBER, STRING, Type, Unsure, list_of, map_of, set_of, type_of, unify
from envfence.evaluate.declarations import Module, VariableDecl
from envfence.evaluate.kinds import has_any
from envfence.evaluate.scope import Scope
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Value

_CONVERSIONS = {
    "tostring": STRING, "tonumber": NUMBER, "tobool": BOOL,
    "tolist": list_of(ANY), "toset": set_of(ANY), "tomap": map_of(ANY),
}  # fmt: skip
_DEPTH = 20


@runtime_checkable
class Typed(Protocol):
    """A module that knows the declared types of its variables."""

    module: Module

    def type_of(self, decl: VariableDecl) -> Type | None:
        """The declared type of a variable, None when it has none."""


def type_of_value(value: Value, expr: ast.Expr, scope: Scope) -> Type:
    """The type of `expr`, whose value is `value`; raises `Unsure` at a limit."""
    if value is None or isinstance(value, (Sequence, Mapping)):
        declared = declared_type(expr, scope)
        if declared is not None and (value is None or _told(declared, value)):
            return declared
    return type_of(value)


def _told(declared: Type, value: Sequence | Mapping) -> bool:
    """Whether the declared type says more than the value."""
    return declared.kind == value.kind and not (value.items and has_any(declared))


def declared_type(expr: ast.Expr, scope: Scope, depth: int = 0) -> Type | None:
    """The type that an expression is declared to have, None where nothing tells."""
    if depth > _DEPTH:
        return None
    if isinstance(expr, ast.Literal) and expr.value is None:
        return ANY
    if isinstance(expr, ast.TemplateWrap):
        return declared_type(expr.inner, scope, depth + 1)
    if isinstance(expr, ast.Conditional):
        return _shared(expr, scope, depth)
    if isinstance(expr, ast.Call):
        return _converted(expr, scope, depth)
    return _attribute(expr, scope, depth) if isinstance(expr, ast.GetAttr) else None


def _converted(expr: ast.Call, scope: Scope, depth: int) -> Type | None:
    made = _CONVERSIONS.get(expr.name.removeprefix("core::"))
    given = declared_type(expr.args[0], scope, depth + 1) if made and made.element and expr.args else None
    return Type(made.kind, given.element) if made and given and given.element else made


def _shared(expr: ast.Conditional, scope: Scope, depth: int) -> Type | None:
    try:
        return unify(declared_type(branch, scope, depth + 1) or ANY for branch in (expr.then, expr.otherwise))
    except Unsure:
        return None


def _attribute(expr: ast.GetAttr, scope: Scope, depth: int) -> Type | None:
    source, module = expr.source, scope.module
    if isinstance(source, ast.Name):
        if source.name in scope.names or not isinstance(module, Typed):
            return None
        if source.name == "local" and expr.name in module.module.locals:
            return declared_type(module.module.locals[expr.name].expr, scope, depth + 1)
        decl = module.module.variables.get(expr.name) if source.name == "var" else None
        return module.type_of(decl) if decl is not None else None
    outer = declared_type(source, scope, depth + 1)
    if outer is None or outer.kind == "map":
        return outer.element if outer is not None else None
    return next((attribute.type for attribute in outer.attributes if attribute.name == expr.name), None)
