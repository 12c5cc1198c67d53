"""The `validation` blocks of variables: which of them the values of a module instance surely violate.

Comes in: a module instance. Goes out: nothing; what Terraform would refuse is reported through the instance. Must not
know: where the values come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.evaluate.declarations import VariableDecl
from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import blocks

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance

_SCHEMA = {"validation": 0}


def check_variables(instance: ModuleInstance) -> None:
    """Reports each variable whose value surely violates a condition; what is not known violates nothing."""
    for decl in instance.module.variables.values():
        for rule in _rules(decl):
            condition = rule.attributes.get("condition")
            if condition is None:
                continue
            try:
                holds = evaluate(condition.expr, instance.scope)
            except (LimitError, RecursionError):
                continue
            except EvaluationError as error:
                reason = f'Invalid validation of variable "{decl.name}": {error.message}'
                instance.report(EvaluationError(reason, error.span or condition.span), condition)
                continue
            if holds is False or holds == "false":
                reason = f'Invalid value for variable "{decl.name}": {_message(rule)}'
                instance.report(EvaluationError(reason, condition.span), condition)


def _rules(decl: VariableDecl) -> Iterator[ast.Body]:
    if any(block.type == "validation" for block in decl.block.body.blocks) or decl.block.body.json:
        for block in blocks(decl.block.body, _SCHEMA):
            yield block.body


def _message(rule: ast.Body) -> str:
    """What the rule says to people, where it says it without quoting a value: that may be a secret."""
    attribute = rule.attributes.get("error_message")
    text = attribute.expr.value if attribute is not None and isinstance(attribute.expr, ast.Literal) else None
    return text if isinstance(text, str) else "a validation rule does not hold"
