"""The body of a block to values: attributes, nested blocks in order, dynamic blocks expanded.

Comes in: a body and a `Scope`. Goes out: values by name; nested blocks are always a list. An unknown item in such a
list stands for any number of further blocks. Must not know: resources, modules.
"""

from __future__ import annotations

from collections.abc import Callable

from envfence.evaluate import limits
from envfence.evaluate.expressions import evaluate, iterate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.scope import Scope
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value

_DEPTH = 50

#: Called with each error Terraform would report; the value becomes unknown.
Report = Callable[[EvaluationError, ast.Node], None]


def guarded(expr: ast.Expr, scope: Scope, report: Report, name: str) -> Value:
    """The value of an expression; errors are reported and give an unknown with the reason."""
    try:
        value = evaluate(expr, scope)
        scope.run.weigh(value)
        return value
    except EvaluationError as error:
        report(error, expr)
        return scope.run.naming.fresh(name, error.message, error.span or expr.span)
    except LimitError as limit:
        scope.run.limited.setdefault(limit.reason, expr.span)
        return scope.run.naming.fresh(name, limit.reason, expr.span)
    except RecursionError:
        return scope.run.naming.fresh(name, "expressions are nested too deeply", expr.span)


def nested(blocks: tuple[ast.Block, ...], kind: str, scope: Scope, report: Report, depth: int = 0) -> Sequence:
    """All blocks of one type, static and dynamic, in order."""
    items: list[Value] = []
    for block in blocks:
        if block.type == kind:
            items.append(body_values(block.body, scope, report, frozenset(), depth + 1))
        elif is_dynamic(block, kind):
            items.extend(_expand(block, scope, report, depth + 1))
    return Sequence(tuple(items), "list")


def is_dynamic(block: ast.Block, kind: str) -> bool:
    """Whether a block is `dynamic "KIND"`."""
    return block.type == "dynamic" and len(block.labels) == 1 and block.labels[0] == kind


def block_kinds(body: ast.Body, skip: frozenset[str]) -> tuple[str, ...]:
    """The types of the nested blocks, dynamic ones by what they generate, in order of first appearance."""
    kinds: dict[str, None] = {}
    for block in body.blocks:
        kind = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        if kind not in skip:
            kinds[kind] = None
    return tuple(kinds)


def body_values(body: ast.Body, scope: Scope, report: Report, skip: frozenset[str], depth: int = 0) -> Mapping:
    """Everything in a body but the names in `skip`."""
    items: dict[str, Value] = {}
    for name, attribute in body.attributes.items():
        if name not in skip:
            items[name] = guarded(attribute.expr, scope, report, name)
    if depth < _DEPTH:
        for kind in block_kinds(body, skip):
            items[kind] = nested(body.blocks, kind, scope, report, depth)
    return Mapping({name: items[name] for name in sorted(items)})


def _expand(block: ast.Block, scope: Scope, report: Report, depth: int) -> list[Value]:
    kind = block.labels[0]
    source = block.body.attributes.get("for_each")
    content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
    if source is None or content is None:
        return []
    iterator = block.body.attributes.get("iterator")
    name = iterator.expr.name if iterator and isinstance(iterator.expr, ast.Name) else kind
    collection = guarded(source.expr, scope, report, f"dynamic {kind}")
    if collection is None:
        return []
    try:
        pairs = iterate(collection, scope, source.expr)
    except EvaluationError as error:
        report(error, source.expr)
        return [scope.run.naming.fresh(f"dynamic {kind}", error.message, block.header)]
    if isinstance(pairs, Unknown):
        reason = f"how many {kind} blocks there are depends on an unknown: {pairs.reason}"
        return [scope.run.naming.fresh(f"dynamic {kind}", reason, block.header)]
    if len(pairs) > limits.INSTANCES:
        return [scope.run.naming.fresh(f"dynamic {kind}", "too many dynamic blocks", block.header)]
    scope.run.steps -= limits.STEPS_PER_BLOCK * len(pairs)
    inner = scope.child()
    results: list[Value] = []
    for key, value in pairs:
        inner.names[name] = Mapping({"key": key, "value": value})
        results.append(body_values(content.body, inner, report, frozenset(), depth + 1))
    return results
