"""From an expression one step nearer to where its value was written.

Comes in: a `Spot`, an expression with its surroundings and the path inside its value that is asked for. Goes out: the
spots that its value comes from, with the evidence passed on the way. Must not know: which attribute asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from envfence.evaluate.expressions import iterate, object_key
from envfence.evaluate.failures import EvaluationError
from envfence.evaluate.scope import Scope
from envfence.evaluate.spots import Move, Pair, Path, Spot, value_at, value_of
from envfence.hcl import ast
from envfence.model import Evidence
from envfence.values import Mapping, Sequence, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance
    from envfence.evaluate.resource import Resource

#: Functions whose result is (a part of) their first argument, as it is.
_PASSING = frozenset(
    {
        "tolist", "toset", "tomap", "tostring", "tobool", "tonumber", "sensitive", "nonsensitive", "jsonencode", "one",
        "sort", "distinct", "compact", "flatten", "reverse", "values", "lower", "upper", "trimspace", "yamlencode",
        "jsondecode",
    }
)  # fmt: skip
_INDEXED = frozenset({"tolist", "tomap", "sensitive", "nonsensitive", "jsonencode", "yamlencode"})


def moves(spot: Spot) -> list[Move]:
    """Where the value of a spot comes from; more than one only where its path is exhausted. Empty at a literal."""
    return list(_MOVES.get(type(spot.expr), reference)(spot))


def _pair(spot: Spot) -> list[Move]:
    bound = spot.expr.bound if isinstance(spot.expr, Pair) else spot
    rest = spot.path[1:] if spot.path and spot.path[0] == "value" else ()
    return [Move(bound.along((*bound.path, *rest)))]


def _conditional(spot: Spot) -> list[Move]:
    expr = spot.expr
    if not isinstance(expr, ast.Conditional):
        return []
    condition = value_at(expr.condition, spot.scope)
    if condition in (True, "true"):
        return [Move(spot.to(expr.then))]
    return [Move(spot.to(expr.otherwise))] if condition in (False, "false") else []


def _inside(spot: Spot) -> list[Move]:
    expr = spot.expr
    if isinstance(expr, ast.TemplateWrap):
        return [Move(spot.to(expr.inner))]
    if isinstance(expr, ast.Template):
        inner = [part for part in expr.parts if not isinstance(part, ast.Literal)]
        return [Move(spot.at(part, ())) for part in inner]
    if isinstance(expr, ast.Unary):
        return [Move(spot.to(expr.operand))]
    return [Move(spot.to(side)) for side in _deciding(expr, spot)] if isinstance(expr, ast.Binary) else []


def _deciding(expr: ast.Binary, spot: Spot) -> list[ast.Expr]:
    if expr.operator in ("&&", "||"):
        wanted = expr.operator == "||"
        sides = [side for side in (expr.left, expr.right) if value_at(side, spot.scope) is wanted]
        return sides[:1] or [expr.left, expr.right]
    return [side for side in (expr.left, expr.right) if not isinstance(side, ast.Literal)]


def _object(spot: Spot) -> Iterator[Move]:
    expr = spot.expr
    if not isinstance(expr, ast.ObjectExpr):
        return
    _remember_entries(expr, spot.scope)
    for key_expr, value_expr in reversed(expr.items):
        if not spot.path:
            yield Move(spot.to(value_expr))
            continue
        key = key_expr.value if isinstance(key_expr, ast.Literal) else value_at(key_expr, spot.scope)
        if not isinstance(key, Unknown) and _key_text(key, key_expr) == str(spot.path[0]):
            yield Move(spot.at(value_expr, spot.path[1:]))
            return


def _remember_entries(expr: ast.ObjectExpr, scope: Scope) -> None:
    """The values of entries, where the object's value is known: they need not be evaluated once more."""
    known = scope.run.traced
    value = known.get((expr, scope))
    if not isinstance(value, Mapping) or len(value.items) != len(expr.items):
        return
    for key, entry in expr.items:
        name = key.value if isinstance(key, ast.Literal) else None
        if isinstance(name, str) and name in value.items:
            known.setdefault((entry, scope), value.items[name])


def _key_text(key: Value, at: ast.Expr) -> str | None:
    try:
        return object_key(key, at)
    except EvaluationError:
        return None


def _tuple(spot: Spot) -> list[Move]:
    expr = spot.expr
    if not isinstance(expr, ast.TupleExpr):
        return []
    known = spot.scope.run.traced
    value = known.get((expr, spot.scope))
    if isinstance(value, Sequence) and len(value.items) == len(expr.items):
        for item, made in zip(expr.items, value.items, strict=True):
            known.setdefault((item, spot.scope), made)
    if not spot.path:
        return [Move(spot.to(item)) for item in expr.items]
    at = spot.path[0]
    if isinstance(at, int) and at < len(expr.items):
        return [Move(spot.at(expr.items[at], spot.path[1:]))]
    return []


def _call(spot: Spot) -> Iterator[Move]:
    expr = spot.expr
    if not isinstance(expr, ast.Call):
        return
    name = expr.name.removeprefix("core::")
    args = [spot.to(arg) for arg in expr.args]
    if name == "merge" and spot.path and not expr.expand:
        for arg in reversed(args):
            value = value_of(arg)
            if isinstance(value, Mapping) and str(spot.path[0]) in value.items:
                yield Move(arg)
                return
        return
    if name in ("lookup", "element") and len(args) >= 2:
        yield from _look_up(args, spot.path)
    elif name == "concat" and spot.path and isinstance(spot.path[0], int) and not expr.expand:
        yield from _concat(args, spot, spot.path[0])
    elif name in ("try", "coalesce"):
        # The first that has a value; an error inside shows as unknown.
        chosen = [arg for arg in args if not isinstance(value_of(arg), Unknown | None)]
        yield from (Move(arg) for arg in chosen[:1])
    elif spot.path and name not in _INDEXED:
        yield from (Move(arg.along(())) for arg in args[:1] if name in _PASSING)
    else:
        yield from (Move(arg) for arg in (args[:1] if name in _PASSING else args))


def _look_up(args: list[Spot], path: Path) -> Iterator[Move]:
    key = value_of(args[1])
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        return
    value = value_of(args[0])
    if isinstance(value, Mapping) and str(key) not in value.items and len(args) == 3:
        yield Move(args[2])
    else:
        yield Move(args[0].along((key, *path)))


def _concat(args: list[Spot], spot: Spot, at: int) -> Iterator[Move]:
    for arg in args:
        value = value_of(arg)
        if not isinstance(value, Sequence):
            return
        if at < len(value.items):
            yield Move(arg.along((at, *spot.path[1:])))
            return
        at -= len(value.items)


def _loop(spot: Spot) -> Iterator[Move]:
    expr = spot.expr
    if not isinstance(expr, ast.ForTuple | ast.ForObject):
        return
    source = spot.at(expr.collection, ())
    collection = value_of(source)
    try:
        pairs = iterate(collection, spot.scope, expr.collection)
    except EvaluationError:
        return
    if isinstance(pairs, Unknown):
        return
    selected = -1
    for key, value in pairs:
        inner = spot.scope.child()
        bindings = dict(spot.bindings)
        step: Path = (key,) if isinstance(key, (str, int)) and not _is_set(collection) else ()
        bindings[expr.value_name] = source.along(step)
        inner.names[expr.value_name] = value
        if expr.key_name:
            inner.names[expr.key_name] = key
            bindings[expr.key_name] = source
        here = spot.inside(inner, bindings)
        if expr.condition is not None and value_at(expr.condition, here.scope) not in (True, "true"):
            continue
        selected += 1
        if not spot.path:
            yield Move(here.to(expr.value))
        elif _reaches(expr, here, selected):
            yield Move(here.at(expr.value, spot.path[1:]))
            return


def _reaches(expr: ast.ForTuple | ast.ForObject, here: Spot, selected: int) -> bool:
    if isinstance(expr, ast.ForTuple):
        return here.path[0] == selected
    return _key_text(value_at(expr.key, here.scope), expr.key) == str(here.path[0])


def _is_set(value: Value) -> bool:
    return isinstance(value, Sequence) and value.kind == "set"


def reference(spot: Spot) -> list[Move]:
    """The move from a reference (`var.x.y[0]`, `each.value`, a loop variable) to what it refers to."""
    expr, path = _split(spot)
    if expr is None:
        return []
    if not isinstance(expr, ast.Name):
        return [Move(spot.at(expr, path))] if expr is not spot.expr else []
    if expr.name in spot.bindings:
        bound = spot.bindings[expr.name]
        return [Move(bound.along((*bound.path, *path)))]
    return _named(expr.name, path, spot)


def _split(spot: Spot) -> tuple[ast.Expr | None, Path]:
    """Where the reference at a spot begins, and the path from there; None where a key on it is not known."""
    steps: list[str | int] = []
    expr = spot.expr
    while isinstance(expr, ast.GetAttr | ast.Index | ast.Splat):
        if isinstance(expr, ast.GetAttr):
            steps.append(expr.name)
        elif isinstance(expr, ast.Index):
            key = value_at(expr.key, spot.scope)
            if isinstance(key, bool) or not isinstance(key, (str, int)):
                return None, ()
            steps.append(key)
        expr = expr.source
    steps.reverse()
    return expr, (*steps, *spot.path)


def computing(spot: Spot) -> Resource | None:
    """The data source that works out the value at a spot from all that is written in it (a policy document's JSON)."""
    expr, path = _split(spot)
    if not isinstance(expr, ast.Name) or expr.name != "data" or expr.name in spot.bindings:
        return None
    resource, rest = _instance("data", path, spot.owner)
    return resource if resource is not None and rest and str(rest[0]) not in resource.block.body.attributes else None


def _named(head: str, path: Path, spot: Spot) -> list[Move]:
    if not path:
        return []
    name, rest = str(path[0]), path[1:]
    finder = _HEADS.get(head)
    return finder(name, rest, spot) if finder is not None else _resource(head, path, spot.owner)


def _local(name: str, rest: Path, spot: Spot) -> list[Move]:
    attribute = spot.owner.module.locals.get(name)
    if attribute is None:
        return []
    evidence = Evidence(span=attribute.span, says=f"local.{name}", address=f"{spot.owner.prefix}local.{name}")
    return [Move(Spot(attribute.expr, spot.owner.scope, spot.owner, None, rest), (evidence,))]


def _variable(name: str, rest: Path, spot: Spot) -> list[Move]:
    owner = spot.owner
    decl = owner.module.variables.get(name)
    if decl is None:
        return []
    address = f"{owner.prefix}var.{name}"
    setting = owner.settings.get(name)
    if setting is not None and not (setting.value is None and not decl.nullable):
        evidence = Evidence(span=setting.span, says=f"{name} is set by {setting.origin or 'an input'}", address=address)
        inner = Spot(setting.expr, Scope(owner.deployment.run, None), owner, None, rest) if setting.expr else None
        return [Move(inner, (evidence,))]
    call, parent = owner.call_decl, owner.parent
    attribute = call.block.body.attributes.get(name) if call else None
    if attribute is not None and parent is not None and owner.call_scope is not None and call is not None:
        evidence = Evidence(span=attribute.span, says=f"argument {name} of {owner.path}", address=owner.path)
        return [Move(Spot(attribute.expr, owner.call_scope, parent, call.block, rest), (evidence,))]
    if decl.default is None:
        return [Move(None, (Evidence(span=decl.span, says=f"variable {name} has no value", address=address),))]
    evidence = Evidence(span=decl.default.span, says=f"default of variable {name}", address=address)
    return [Move(Spot(decl.default, Scope(owner.deployment.run, None), owner, None, rest), (evidence,))]


def _each(name: str, rest: Path, spot: Spot) -> list[Move]:
    attribute = spot.block.body.attributes.get("for_each") if spot.block else None
    key = spot.scope.each_key
    if attribute is None or not isinstance(key, str):
        return []
    evidence = Evidence(span=attribute.span, says=f'for_each, key "{key}"')
    source = Spot(attribute.expr, spot.owner.scope, spot.owner, None, ())
    if name == "key" or _is_set(value_of(source)):
        return [Move(source, (evidence,))]
    return [Move(source.along((key, *rest)), (evidence,))]


def _module(name: str, rest: Path, spot: Spot) -> list[Move]:
    owner = spot.owner
    call = owner.module.calls.get(name)
    if call is None or not rest:
        return []
    instances = owner.expand_call(call).instances
    key = rest[0] if rest[0] in instances and len(rest) > 1 else None
    child = instances.get(key)
    path = rest[1:] if key is not None else rest
    output = child.module.outputs.get(str(path[0])) if child is not None and path else None
    if child is None or output is None or output.expr is None:
        return []
    evidence = Evidence(span=output.span, says=f"output {output.name}", address=child.path)
    return [Move(Spot(output.expr, child.scope, child, None, path[1:]), (evidence,))]


def _resource(head: str, path: Path, owner: ModuleInstance) -> list[Move]:
    resource, rest = _instance(head, path, owner)
    attribute = resource.block.body.attributes.get(str(rest[0])) if resource is not None and rest else None
    if resource is None or attribute is None:
        return []
    evidence = Evidence(span=attribute.span, says=f"{rest[0]} of {resource.address}", address=resource.address)
    return [Move(Spot(attribute.expr, resource.scope, owner, resource.block, rest[1:]), (evidence,))]


def _instance(head: str, path: Path, owner: ModuleInstance) -> tuple[Resource | None, Path]:
    """The resource that a reference means, and what of it."""
    if head == "data":
        key, rest = f"data.{path[0]}.{path[1]}" if len(path) > 1 else "", path[2:]
    else:
        key, rest = f"{head}.{path[0]}", path[1:]
    decl = owner.module.resources.get(key)
    if decl is None or not rest:
        return None, ()
    instances = owner.expand(decl).instances
    index = rest[0] if rest[0] in instances and len(rest) > 1 else None
    return instances.get(index), rest[1:] if index is not None else rest


_HEADS: dict[str, Callable[[str, Path, Spot], list[Move]]] = {
    "var": _variable,
    "local": _local,
    "each": _each,
    "module": _module,
}
_MOVES: dict[type[ast.Expr], Callable[[Spot], Iterable[Move]]] = {
    Pair: _pair,
    ast.TemplateWrap: _inside,
    ast.Template: _inside,
    ast.Unary: _inside,
    ast.Binary: _inside,
    ast.Conditional: _conditional,
    ast.ObjectExpr: _object,
    ast.TupleExpr: _tuple,
    ast.Call: _call,
    ast.ForTuple: _loop,
    ast.ForObject: _loop,
}
