"""Expressions to values: one handler per class of the AST.

Comes in: an expression and a `Scope`. Goes out: a value (known, holed or unknown); `EvaluationError` where Terraform
refuses, `LimitError` at a limit. Must not know: modules beyond the `Names` protocol, files, functions' meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from envfence.evaluate.access import attribute_of, index_of
from envfence.evaluate.convert import BOOL, ConversionError, Unsure, number, to_string
from envfence.evaluate.declared import declared_type, type_of_value
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.operators import binary, chosen, either, logical, operand, unary
from envfence.evaluate.partial import is_ordered, same_text
from envfence.evaluate.scope import LazyMapping, Names, Scope
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


def evaluate(expr: ast.Expr, scope: Scope) -> Value:
    """The value of an expression."""
    run = scope.run
    run.steps -= 1
    if run.steps < 0:
        raise LimitError("the deployment takes too many evaluation steps")
    return HANDLERS[expr.__class__](expr, scope)


def _literal(expr: ast.Literal, scope: Scope) -> Value:
    value = expr.value
    return number(value) if isinstance(value, Decimal) else value


def _wrap(expr: ast.TemplateWrap, scope: Scope) -> Value:
    return evaluate(expr.inner, scope)


def _name(expr: ast.Name, scope: Scope) -> Value:
    if expr.name in scope.names:
        return scope.names[expr.name]
    if expr.name == "self" and scope.self_value is not None:
        return scope.self_value
    raise EvaluationError(f'Invalid reference: "{expr.name}" is not a value here', expr.span)


def _get_attr(expr: ast.GetAttr, scope: Scope) -> Value:
    source = expr.source
    if isinstance(source, ast.Name):
        if source.name not in scope.names:
            return _reference(source.name, expr, scope)
    elif isinstance(source, ast.GetAttr):
        inner = source.source
        if isinstance(inner, ast.Name) and inner.name in _PREFIXES and inner.name not in scope.names:
            return _module(scope, expr).resource(f"{_PREFIXES[inner.name]}{source.name}.{expr.name}", expr)
    value = evaluate(source, scope)
    if type(value) is Mapping and isinstance(source, ast.GetAttr) and expr.name not in value.items:
        computed = _computed(source, expr.name, scope)
        if computed is not None:
            return computed
    return attribute_of(scope.run, value, expr.name, expr)


def _computed(source: ast.GetAttr, name: str, scope: Scope) -> Value:
    """What a provider may add to an object that a resource's attribute is set to; None where there is no provider."""
    inner = source.source
    if isinstance(inner, ast.Name):
        return None
    owner = evaluate(inner, scope)
    return owner.inside(source.name, name) if isinstance(owner, LazyMapping) else None


#: Words in front of a resource's type, and how its key begins.
_PREFIXES = {"data": "data.", "resource": "", "ephemeral": "ephemeral."}


def _module(scope: Scope, expr: ast.Node) -> Names:
    if scope.module is None:
        raise EvaluationError("Invalid reference: templates see only the variables given to them", expr.span)
    return scope.module


def _reference(head: str, expr: ast.GetAttr, scope: Scope) -> Value:
    name = expr.name
    if head == "var":
        return _module(scope, expr).variable(name, expr)
    if head == "local":
        return _module(scope, expr).local(name, expr)
    return _OTHER_HEADS.get(head, _resource)(head, name, expr, scope)


def _resource(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    return _module(scope, expr).resource(f"{head}.{name}", expr)


def _module_call(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    return _module(scope, expr).call(name, expr)


def _special(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    return _module(scope, expr).special(head, name, expr)


def _each(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    if scope.each_key is None or name not in ("key", "value"):
        raise EvaluationError('Reference to "each" in context without for_each', expr.span)
    return scope.each_key if name == "key" else scope.each_value


def _count(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    if scope.count_index is None or name != "index":
        raise EvaluationError('Reference to "count" in non-counted context', expr.span)
    return scope.count_index


def _self(head: str, name: str, expr: ast.GetAttr, scope: Scope) -> Value:
    if scope.self_value is None:
        raise EvaluationError('Invalid "self" reference', expr.span)
    return attribute_of(scope.run, scope.self_value, name, expr)


_OTHER_HEADS: dict[str, Callable[[str, str, ast.GetAttr, Scope], Value]] = {
    "module": _module_call,
    "path": _special,
    "terraform": _special,
    "ephemeral": _special,
    "each": _each,
    "count": _count,
    "self": _self,
}


def _index(expr: ast.Index, scope: Scope) -> Value:
    return index_of(scope.run, evaluate(expr.source, scope), evaluate(expr.key, scope), expr)


def _splat(expr: ast.Splat, scope: Scope) -> Value:
    source = evaluate(expr.source, scope)
    if source is None:
        declared = declared_type(expr.source, scope)
        if declared is not None and declared.kind in ("list", "set", "tuple"):
            raise EvaluationError("Splat of null value", expr.span)
        return Sequence(())
    if isinstance(source, Unknown) or (isinstance(source, Sequence) and not is_ordered(source)):
        return _unknown_splat(expr, source, scope)
    kind = "list" if isinstance(source, Sequence) and source.kind != "tuple" else "tuple"
    items = source.items if isinstance(source, Sequence) else (source,)
    if isinstance(expr.each, ast.SplatItem):
        return Sequence(tuple(items), kind)
    inner = scope.child()
    results: list[Value] = []
    for item in items:
        inner.item = item
        results.append(evaluate(expr.each, inner))
    return Sequence(tuple(results), kind)


def _unknown_splat(expr: ast.Splat, source: Unknown | Sequence, scope: Scope) -> Unknown:
    """Over an unknown, or over a set whose order unknown parts decide."""
    run = scope.run
    reason = source.reason if isinstance(source, Unknown) else "unknown parts decide the order of a set"
    if not isinstance(expr.each, ast.SplatItem):
        run.doubts += 1
        return run.naming.fresh(f"{run.naming.text(source)}[*]", reason, expr.span)
    if isinstance(source, Unknown) and source.type == "list" and source.symbol in run.not_null:
        return source
    return run.naming.derived("{}[*]", (source,), reason, expr.span)


def _splat_item(expr: ast.SplatItem, scope: Scope) -> Value:
    return scope.item


def _unary(expr: ast.Unary, scope: Scope) -> Value:
    return unary(scope.run, expr.operator, evaluate(expr.operand, scope), expr)


def _binary(expr: ast.Binary, scope: Scope) -> Value:
    if expr.operator not in ("&&", "||"):
        return binary(scope.run, expr.operator, evaluate(expr.left, scope), evaluate(expr.right, scope), expr)
    left = operand(scope.run, evaluate(expr.left, scope), BOOL, expr)
    try:
        right = evaluate(expr.right, scope)
    except EvaluationError as failure:
        return _without_right(expr, left, failure, scope)
    return logical(scope.run, expr.operator, left, operand(scope.run, right, BOOL, expr), expr)


def _without_right(expr: ast.Binary, left: Value, failure: EvaluationError, scope: Scope) -> Value:
    """`&&` or `||` whose right side is an error. Where the left side decides, Terraform takes it since version 1.12 and
    refuses it before, so it is unknown here."""
    if not isinstance(left, Unknown) and left is not (expr.operator == "||"):
        raise failure
    scope.run.doubts += 1
    return scope.run.naming.fresh("logical", f"the right side is an error: {failure.message}", expr.span, "bool")


def _conditional(expr: ast.Conditional, scope: Scope) -> Value:
    condition = operand(scope.run, evaluate(expr.condition, scope), BOOL, expr.condition, "condition")
    if condition is True:
        return _chosen(expr.then, expr.otherwise, scope, expr)
    if condition is False:
        return _chosen(expr.otherwise, expr.then, scope, expr)
    if not isinstance(condition, Unknown):
        raise EvaluationError("Incorrect condition type: a bool is required", expr.span)
    try:
        then, otherwise = evaluate(expr.then, scope), evaluate(expr.otherwise, scope)
    except EvaluationError as error:
        scope.run.doubts += 1
        reason = f"the condition is unknown, and one branch is an error: {error.message}"
        return scope.run.naming.fresh("conditional", reason, expr.span)
    return either(scope.run, condition, then, otherwise, expr)


def _chosen(expr: ast.Expr, other: ast.Expr, scope: Scope, at: ast.Node) -> Value:
    """The chosen branch, in the type it shares with the other. An error in the other does not count."""
    value = evaluate(expr, scope)
    if isinstance(value, LazyMapping):
        return value
    run = scope.run
    before = run.doubts
    try:
        alternative = evaluate(other, scope)
    except EvaluationError:
        run.assumed += 1
        return value
    finally:
        run.doubts = before
    if isinstance(value, str) and isinstance(alternative, (str, bool, int, Decimal)):
        return value
    try:
        ours, theirs = type_of_value(value, expr, scope), type_of_value(alternative, other, scope)
    except Unsure:
        return value
    return chosen(run, value, ours, theirs, at)


def _tuple(expr: ast.TupleExpr, scope: Scope) -> Value:
    return Sequence(tuple([evaluate(item, scope) for item in expr.items]))


def _object(expr: ast.ObjectExpr, scope: Scope) -> Value:
    items: dict[str, Value] = {}
    unknown: list[Value] = []
    for key_expr, value_expr in expr.items:
        key = key_expr.value if isinstance(key_expr, ast.Literal) else evaluate(key_expr, scope)
        value = evaluate(value_expr, scope)
        if isinstance(key, Unknown):
            unknown.append(key)
            continue
        name = object_key(key, key_expr)
        if has_holes(name) and any(same_text(name, other) is None for other in items):
            unknown.append(name)
        items[name] = value
    if unknown:
        scope.run.doubts += 1
        return scope.run.naming.fresh("object", "a key of the object is unknown", expr.span, "any")
    return Mapping({name: items[name] for name in sorted(items)})


def object_key(key: Value, at: ast.Node) -> str:
    """A value as key of an object; raises `EvaluationError` for what cannot be one."""
    if isinstance(key, str):
        return key
    if key is None and isinstance(at, ast.Literal):
        return "null"
    try:
        return to_string(key)
    except ConversionError:
        raise EvaluationError("Invalid object key: a string is required", at.span) from None


def _broken(expr: ast.Broken, scope: Scope) -> Value:
    scope.run.doubts += 1
    return scope.run.naming.fresh("unreadable", expr.reason, expr.span)


def iterate(value: Value, scope: Scope, at: ast.Node) -> list[tuple[Value, Value]] | Unknown:
    """Keys and values of a collection in Terraform's order, or the unknown that stands for it."""
    if isinstance(value, Sequence):
        if value.kind == "set":
            return [(item, item) for item in value.items]
        return list(enumerate(value.items))
    if isinstance(value, LazyMapping) and not value.complete:
        return value.opaque()
    if isinstance(value, Mapping):
        return [(key, value.items[key]) for key in sorted(value.items)]
    if isinstance(value, Unknown) and value.type not in ("string", "number", "bool"):
        return value
    if value is None:
        raise EvaluationError("Iteration over null value", at.span)
    raise EvaluationError("Iteration over non-iterable value", at.span)


def string_of(value: Value, at: ast.Node) -> str:
    """A value inside a template; an unknown is its hole."""
    if isinstance(value, str):
        return value
    if value is None:
        raise EvaluationError("Invalid template interpolation value: the expression result is null", at.span)
    try:
        return to_string(value)
    except ConversionError as error:
        raise EvaluationError(f"Invalid template interpolation value: {error.message}", at.span) from error


Handler = Callable[[Any, Scope], Value]

HANDLERS: dict[type[ast.Expr], Handler] = {
    ast.Literal: _literal,
    ast.TemplateWrap: _wrap,
    ast.Name: _name,
    ast.GetAttr: _get_attr,
    ast.Index: _index,
    ast.Splat: _splat,
    ast.SplatItem: _splat_item,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Conditional: _conditional,
    ast.TupleExpr: _tuple,
    ast.ObjectExpr: _object,
    ast.Broken: _broken,
}

__all__ = ["HANDLERS", "evaluate", "iterate", "object_key", "string_of"]
