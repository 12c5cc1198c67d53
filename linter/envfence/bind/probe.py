"""Evaluating single expressions while deployments are being found.

Comes in: a loader, a root, expressions. Goes out: values, never an exception. Must not know: what the values are for.
"""

from __future__ import annotations

from collections.abc import Callable

from envfence.evaluate import (
    EvaluationError,
    LimitError,
    Loader,
    Options,
    Scope,
    deep_recursion,
    evaluate_expression,
    open_scope,
)
from envfence.hcl.ast import Expr
from envfence.model import Deployment
from envfence.values import Span, Value


def value_of(scope: Scope, expr: Expr) -> Value:
    """The value of an expression; unknown, with the reason, where Terraform would refuse or a limit is met."""
    try:
        with deep_recursion():
            return evaluate_expression(expr, scope)
    except EvaluationError as error:
        reason = error.message
    except LimitError as limit:
        reason = limit.reason
    return scope.run.naming.fresh("expression", reason, expr.span)


def bare_deployment(root: str) -> Deployment:
    """A root without any input but its automatic var files; in which workspace is not known."""
    return Deployment(id=root or ".", root=root, config_dir=root, workspace_open=True, span=Span(root or ".", 1))


def evaluator(loader: Loader, root: str) -> Callable[[Expr], Value]:
    """A function from expression to value in the bare deployment of a root; its scope is opened at the first call."""
    scope: Scope | None = None

    def evaluate(expr: Expr) -> Value:
        nonlocal scope
        if scope is None:
            scope = open_scope(loader, bare_deployment(root), Options())
        return value_of(scope, expr)

    return evaluate
