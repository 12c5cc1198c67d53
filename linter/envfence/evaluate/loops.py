"""`for` expressions and templates.

Comes in: expressions and a `Scope`. Goes out: values. Over an unknown collection, or where a condition is unknown, the
result is unknown; in a template it is a hole. Must not know: modules.
"""

from __future__ import annotations

from collections.abc import Iterable

from envfence.evaluate import limits
from envfence.evaluate.convert import BOOL
from envfence.evaluate.expressions import HANDLERS, evaluate, iterate, object_key, string_of
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.operators import operand
from envfence.evaluate.partial import is_ordered, same_text
from envfence.evaluate.scope import Scope
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


class _UndecidedError(Exception):
    """The loop's result depends on an unknown."""

    def __init__(self, cause: Unknown) -> None:
        super().__init__()
        self.cause = cause


def _pairs(expr: ast.ForTuple | ast.ForObject, scope: Scope) -> list[tuple[Value, Value]]:
    pairs = iterate(evaluate(expr.collection, scope), scope, expr.collection)
    if isinstance(pairs, Unknown):
        raise _UndecidedError(pairs)
    if isinstance(expr, ast.ForTuple) and _disordered(pairs):
        raise _UndecidedError(scope.run.naming.fresh("for", "unknown parts decide the order of a set", expr.span))
    if len(pairs) > limits.COLLECTION:
        raise LimitError("a loop has more than 10,000 rounds")
    return pairs


def _disordered(pairs: list[tuple[Value, Value]]) -> bool:
    """Whether the pairs are of a set (keys and values are the same there) whose order is not known."""
    return len(pairs) > 1 and pairs[0][0] is pairs[0][1] and not is_ordered(Sequence(tuple(v for _, v in pairs), "set"))


def _selected(expr: ast.ForTuple | ast.ForObject, scope: Scope) -> bool:
    if expr.condition is None:
        return True
    condition = operand(scope.run, evaluate(expr.condition, scope), BOOL, expr.condition, "'for' condition")
    if isinstance(condition, Unknown):
        raise _UndecidedError(condition)
    return condition is True


def _for_tuple(expr: ast.ForTuple, scope: Scope) -> Value:
    results: list[Value] = []
    try:
        pairs = _pairs(expr, scope)
        inner = scope.child()
        for key, value in pairs:
            if expr.key_name is not None:
                inner.names[expr.key_name] = key
            inner.names[expr.value_name] = value
            if _selected(expr, inner):
                results.append(evaluate(expr.value, inner))
    except _UndecidedError as undecided:
        return _unknown_loop(undecided.cause, expr, scope)
    return Sequence(tuple(results))


def _for_object(expr: ast.ForObject, scope: Scope) -> Value:
    results: dict[str, Value] = {}
    groups: dict[str, list[Value]] = {}
    try:
        pairs = _pairs(expr, scope)
        inner = scope.child()
        for key, value in pairs:
            if expr.key_name is not None:
                inner.names[expr.key_name] = key
            inner.names[expr.value_name] = value
            if _selected(expr, inner):
                _add(expr, inner, results, groups)
    except _UndecidedError as undecided:
        return _unknown_loop(undecided.cause, expr, scope)
    if expr.group:
        return Mapping({name: Sequence(tuple(groups[name])) for name in sorted(groups)})
    return Mapping({name: results[name] for name in sorted(results)})


def _add(expr: ast.ForObject, inner: Scope, results: dict[str, Value], groups: dict[str, list[Value]]) -> None:
    key = evaluate(expr.key, inner)
    if isinstance(key, Unknown):
        raise _UndecidedError(key)
    if key is None:
        raise EvaluationError("Invalid object key: the key is null", expr.key.span)
    name = object_key(key, expr.key)
    known = groups if expr.group else results
    if name not in known and _may_coincide(name, known):
        raise _UndecidedError(Unknown(name[0], "a key of the object is unknown"))
    value = evaluate(expr.value, inner)
    if expr.group:
        groups.setdefault(name, []).append(value)
        return
    if name in results:
        raise EvaluationError(f'Duplicate object key "{name}"', expr.key.span)
    results[name] = value


def _may_coincide(name: str, known: Iterable[str]) -> bool:
    if not has_holes(name):
        return any(has_holes(other) and same_text(name, other) is None for other in known)
    return any(same_text(name, other) is None for other in known)


def _unknown_loop(cause: Unknown, expr: ast.Expr, scope: Scope) -> Value:
    scope.run.doubts += 1
    reason = cause.reason or "loops over an unknown value"
    unknown = scope.run.naming.fresh("for", reason, expr.span, "any")
    return Unknown(unknown.symbol, reason, expr.span, "any", cause.names)


def _template(expr: ast.Template, scope: Scope) -> Value:
    scope.run.steps -= len(expr.parts)
    text = "".join(_parts(expr.parts, scope))
    scope.run.spend(len(text))
    return text


def _parts(parts: tuple[ast.Expr, ...], scope: Scope) -> list[str]:
    texts: list[str] = []
    for part in parts:
        if part.__class__ is ast.Literal:
            value = part.value if isinstance(part, ast.Literal) else None
            texts.append(value if isinstance(value, str) else string_of(value, part))
        elif isinstance(part, ast.TemplateIf):
            texts.append(_template_if(part, scope))
        elif isinstance(part, ast.TemplateFor):
            texts.append(_template_for(part, scope))
        else:
            made = evaluate(part, scope)
            if isinstance(made, Unknown) and made.type == "any":
                scope.run.doubts += 1  # it may be null, or no text at all
            texts.append(string_of(made, part))
    return texts


def _template_if(expr: ast.TemplateIf, scope: Scope) -> str:
    condition = operand(scope.run, evaluate(expr.condition, scope), BOOL, expr.condition, "condition")
    if condition is True:
        return "".join(_parts(expr.then, scope))
    if condition is False:
        return "".join(_parts(expr.otherwise, scope))
    scope.run.doubts += 1
    try:
        then, otherwise = "".join(_parts(expr.then, scope)), "".join(_parts(expr.otherwise, scope))
    except EvaluationError as error:
        reason = f"the condition is unknown, and one branch is an error: {error.message}"
        return scope.run.naming.fresh("conditional", reason, expr.span, "string").symbol
    return scope.run.naming.derived("({} ? {} : {})", (condition, then, otherwise), "", expr.span, "string").symbol


def _template_for(expr: ast.TemplateFor, scope: Scope) -> str:
    pairs = iterate(evaluate(expr.collection, scope), scope, expr.collection)
    if isinstance(pairs, Unknown):
        scope.run.doubts += 1
        return scope.run.naming.fresh("for", pairs.reason, expr.span, "string").symbol
    if _disordered(pairs):
        return scope.run.naming.fresh("for", "unknown parts decide the order", expr.span, "string").symbol
    inner = scope.child()
    texts: list[str] = []
    size = 0
    for key, value in pairs:
        if expr.key_name is not None:
            inner.names[expr.key_name] = key
        inner.names[expr.value_name] = value
        text = "".join(_parts(expr.parts, inner))
        size += len(text)
        if size > limits.STRING:
            raise LimitError("a string is longer than 1 MB")
        texts.append(text)
    return "".join(texts)


def _template_directive(expr: ast.Expr, scope: Scope) -> Value:
    return "".join(_parts((expr,), scope))


HANDLERS[ast.ForTuple] = _for_tuple
HANDLERS[ast.ForObject] = _for_object
HANDLERS[ast.Template] = _template
HANDLERS[ast.TemplateIf] = _template_directive
HANDLERS[ast.TemplateFor] = _template_directive
