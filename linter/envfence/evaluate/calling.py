"""Function calls: evaluates the arguments, and does what cannot be done with evaluated arguments (`try`, `can`).

Comes in: a `Call` and a `Scope`. Goes out: a value. Must not know: what any other function does.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

import msgspec

from envfence.evaluate import limits
from envfence.evaluate.declared import declared_type
from envfence.evaluate.expressions import HANDLERS, evaluate
from envfence.evaluate.failures import EvaluationError, LimitError, UndeclaredError
from envfence.evaluate.functions import FunctionContext, FunctionError, call, unknown_call
from envfence.evaluate.operators import either
from envfence.evaluate.scope import LazyMapping, Run, Scope
from envfence.hcl import ast, parse_template
from envfence.values import Mapping, Sequence, Unknown, Value, is_fully_known

#: Functions that pass elements on as they are: objects whose attributes are computed later may go through them.
_STRUCTURAL = frozenset(
    {
        "chunklist", "coalesce", "coalescelist", "concat", "element", "flatten", "length", "lookup", "merge",
        "nonsensitive",
        "one", "reverse", "sensitive", "slice", "tolist", "values", "zipmap", "keys",
    }
)  # fmt: skip
#: Functions for which the type of a null argument matters.
_TYPED_NULLS = frozenset({"coalesce", "coalescelist", "format", "merge"})
#: Functions that do not look at all of a collection.
_GLANCING = frozenset({"element", "keys", "length", "lookup", "one", "try", "can", "tolist", "tomap", "values"})
#: Steps that a call of a function counts as, where it takes far longer than most.
_COSTS = {
    "cidrhost": 20, "cidrnetmask": 20, "cidrsubnet": 20, "cidrsubnets": 40, "yamldecode": 20, "formatdate": 20,
    "timeadd": 20, "fileset": 100, "bcrypt": 20, "regex": 5, "regexall": 5, "templatestring": 20, "templatefile": 20,
}  # fmt: skip
_TEMPLATES = frozenset({"templatefile", "templatestring"})


def _call(expr: ast.Call, scope: Scope) -> Value:
    name = expr.name.removeprefix("core::")
    if name in ("try", "can"):
        return _try(expr, scope) if name == "try" else _can(expr, scope)
    run = scope.run
    args = [evaluate(arg, scope) for arg in expr.args]
    if expr.expand and args:
        rest = args.pop()
        if isinstance(rest, Unknown):
            run.doubts += 1
            return _placed(unknown_call(name, (*args, rest), _context(scope), rest.reason), expr)
        if not isinstance(rest, Sequence):
            raise EvaluationError("Invalid expanding argument value: a list is required", expr.span)
        args.extend(rest.items)
    if name in _TEMPLATES and scope.in_template:
        raise EvaluationError(f"{name} cannot be called from inside a template", expr.span)
    structural = name in _STRUCTURAL
    args = [_settled(arg, structural) for arg in args]
    _charge(run, name, args)
    if run.trying and any(_may_not_fit(arg) for arg in args):
        run.doubts += 1
    context = _told(name, expr, args, scope)
    if name == "abspath" and run.cwd is not None and len(args) == 1 and isinstance(args[0], str):
        return posixpath.normpath(posixpath.join(run.cwd, args[0]))
    if name == "ephemeralasnull" and scope.module is not None and scope.module.is_ephemeral(expr.args, scope):
        return (
            None if len(args) == 1 and _primitive(args[0]) else run.naming.fresh(name, "has ephemeral parts", expr.span)
        )
    try:
        result = call(expr.name, args, context)
    except FunctionError as error:
        raise EvaluationError(f"{name}(): {error.message}", expr.span) from error
    if isinstance(result, str):
        run.spend(len(result))
    elif isinstance(result, Unknown):
        run.doubts += 1
        return _placed(result, expr)
    return result


def _told(name: str, expr: ast.Call, args: list[Value], scope: Scope) -> FunctionContext:
    """The context of a call, with what only its expressions tell about the arguments."""
    context = _context(scope)
    if name == "issensitive" and scope.module is not None:
        return replace(context, sensitive=tuple(scope.module.is_sensitive_itself(arg, scope) for arg in expr.args))
    if name in _TYPED_NULLS and None in args and len(args) == len(expr.args):
        return replace(context, nulls=tuple(declared_type(arg, scope) for arg in expr.args))
    return context


def _may_not_fit(value: Value) -> bool:
    """Whether a function may refuse the value once it is known. Any text fits where one is expected."""
    if isinstance(value, Sequence):
        return any(_may_not_fit(item) for item in value.items)
    if isinstance(value, Mapping):
        return any(_may_not_fit(item) for item in value.items.values())
    return isinstance(value, Unknown)


def _charge(run: Run, name: str, args: list[Value]) -> None:
    """Counts the steps of a function over large values: it walks over shared parts as often as they occur."""
    for arg in args:
        if isinstance(arg, (Sequence, Mapping)):
            size = run.weigh(arg)
            if size > limits.HEAVY and name not in _GLANCING:
                run.steps -= size
        elif isinstance(arg, str):
            run.steps -= len(arg) // limits.CHARACTERS_PER_STEP
    run.steps -= _COSTS.get(name, 0)
    if run.steps < 0:
        raise LimitError("the deployment takes too many evaluation steps")


def _primitive(value: Value) -> bool:
    kinds = ("string", "number", "bool")
    return value.type in kinds if isinstance(value, Unknown) else not isinstance(value, (Sequence, Mapping))


def _placed(value: Unknown, expr: ast.Node) -> Unknown:
    return value if value.span is not None else msgspec.structs.replace(value, span=expr.span)


def _settled(value: Value, structural: bool, depth: int = 0) -> Value:
    """`value` without objects that are only partly computed; `structural` keeps them inside collections."""
    if isinstance(value, LazyMapping):
        if structural and depth:
            return value
        return Mapping(value.items) if value.complete else value.opaque()
    if structural or depth > limits.DEPTH or not isinstance(value, (Sequence, Mapping)) or not _has_lazy(value):
        return value
    if isinstance(value, Sequence):
        return Sequence(tuple(_settled(item, structural, depth + 1) for item in value.items), value.kind)
    return Mapping({key: _settled(item, structural, depth + 1) for key, item in value.items.items()}, value.kind)


def _has_lazy(value: Value, depth: int = 0) -> bool:
    if isinstance(value, LazyMapping):
        return True
    if depth > limits.DEPTH:
        return False
    if isinstance(value, Sequence):
        return any(_has_lazy(item, depth + 1) for item in value.items if not isinstance(item, str))
    if isinstance(value, Mapping):
        return any(_has_lazy(item, depth + 1) for item in value.items.values() if not isinstance(item, str))
    return False


def _attempt(expr: ast.Expr, scope: Scope) -> Value:
    """The value of an argument of `try` or `can`."""
    scope.run.trying += 1
    try:
        return evaluate(expr, scope)
    finally:
        scope.run.trying -= 1


def _try(expr: ast.Call, scope: Scope) -> Value:
    """The first argument that is no error; where that depends on an unknown, unknown (or what all agree on)."""
    run = scope.run
    if not expr.args:
        raise EvaluationError("try(): at least one argument is required", expr.span)
    doubtful: list[Value] = []
    last: EvaluationError | None = None
    for arg in expr.args:
        before = run.doubts
        try:
            value = _attempt(arg, scope)
        except UndeclaredError:
            raise
        except EvaluationError as error:
            last = error.with_traceback(None)  # which would hold this frame, and this frame it
            continue
        if run.doubts == before:
            if not doubtful:
                return value
            doubtful.append(value)
            break
        doubtful.append(value)
    if not doubtful:
        raise last or EvaluationError("try(): no argument succeeds", expr.span)
    run.doubts += 1
    result = doubtful.pop()
    while doubtful:
        earlier = doubtful.pop()
        condition = run.naming.derived("can({})", (earlier,), "", expr.span, "bool")
        result = either(run, condition, earlier, result, expr, unified=False)
    return result


def _can(expr: ast.Call, scope: Scope) -> Value:
    if len(expr.args) != 1:
        raise EvaluationError("can(): one argument is required", expr.span)
    before = scope.run.doubts
    try:
        value = _attempt(expr.args[0], scope)
    except UndeclaredError:
        raise
    except EvaluationError:
        return False
    if scope.run.doubts == before and is_fully_known(value):
        return True
    scope.run.doubts = before
    return scope.run.naming.derived("can({})", (value,), "", expr.span, "bool")


def _context(scope: Scope) -> FunctionContext:
    run = scope.run
    depth = scope.in_template
    context = run.contexts.get(depth)
    if context is None:
        context = run.contexts[depth] = FunctionContext(
            symbols=run.symbols,
            scope=run.naming.scope,
            files=run.files,
            base=run.base,
            render_template=_Renderer(run, depth + 1),
        )
    return context


class _Renderer:
    """Renders template files; `depth` is how many templates lie around them."""

    __slots__ = ("_depth", "_run")

    def __init__(self, run: Run, depth: int) -> None:
        self._run = run
        self._depth = depth

    def __call__(self, path: str, text: bytes, variables: Value) -> Value:
        """The rendered text; raises `FunctionError` for a broken template."""
        if self._depth > limits.TEMPLATE_DEPTH:
            raise LimitError("templates are nested too deeply")
        run = self._run
        expr = run.templates.get((path, text))
        if expr is None:
            expr = run.templates[path, text] = parse_template(path, text)
        if isinstance(expr, ast.Broken):
            raise FunctionError(expr.reason)
        if isinstance(variables, Unknown):
            return run.naming.derived("template({})", (path, variables), variables.reason, None, "string")
        if not isinstance(variables, Mapping):
            raise FunctionError("the variables of a template must be a map")
        scope = Scope(run, None, dict(variables.items))
        scope.in_template = self._depth
        try:
            return evaluate(expr, scope)
        except EvaluationError as error:
            raise FunctionError(error.message) from error


HANDLERS[ast.Call] = _call
