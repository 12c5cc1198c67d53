"""Attributes and indexes: `value.name`, `value[key]`.

Comes in: values. Goes out: a value; `EvaluationError` where Terraform refuses.
Must not know: expressions' syntax, modules.
"""

from __future__ import annotations

from envfence.evaluate.convert import NUMBER, ConversionError, to_string, type_of
from envfence.evaluate.failures import EvaluationError
from envfence.evaluate.operators import converted
from envfence.evaluate.partial import same, same_text
from envfence.evaluate.scope import LazyMapping, Run
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


def attribute_of(run: Run, value: Value, name: str, at: ast.Node) -> Value:
    """`value.name`."""
    if isinstance(value, LazyMapping):
        return value.attribute(name)
    if isinstance(value, Mapping):
        if name in value.items:
            return value.items[name]
        return _missing_key(run, value, name, at)
    if isinstance(value, Unknown):
        run.doubts += 1
        if value.type in ("string", "number", "bool", "list", "set"):
            raise EvaluationError(f"Unsupported attribute: a {value.type} has no attributes", at.span)
        return run.naming.member(value, f".{name}", value.span or at.span)
    if value is None:
        raise EvaluationError(f'Attempt to get attribute "{name}" from null value', at.span)
    raise EvaluationError(f'Unsupported attribute: this value has no attribute "{name}"', at.span)


def index_of(run: Run, value: Value, key: Value, at: ast.Node) -> Value:
    """`value[key]`."""
    if key is None:
        raise EvaluationError("Invalid index: the key is null", at.span)
    if value is None:
        raise EvaluationError("Attempt to index null value", at.span)
    if isinstance(value, Unknown):
        run.doubts += 1
        if key == 0 and value.symbol in run.maybe:
            return run.maybe[value.symbol]
        if value.type in ("string", "number", "bool"):
            raise EvaluationError(f"Invalid index: a {value.type} has no indices", at.span)
        if isinstance(key, str) and not has_holes(key):
            return run.naming.member(value, f"[{run.naming.text(key)}]", value.span or at.span)
        return run.naming.derived("{}[{}]", (value, key), value.reason, at.span)
    if isinstance(value, Sequence):
        return _item(run, value, key, at)
    if isinstance(value, Mapping):
        return _entry(run, value, key, at)
    raise EvaluationError("Invalid index: this value has no indices", at.span)


def _item(run: Run, value: Sequence, key: Value, at: ast.Node) -> Value:
    if value.kind == "set":
        raise EvaluationError("Invalid index: elements of a set have no index", at.span)
    if isinstance(key, Unknown):
        return _any_of(run, value, value.items, key, at)
    number = converted(run, key, NUMBER, at, "index")
    if isinstance(number, Unknown):
        return _any_of(run, value, value.items, number, at)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(value.items):
        raise EvaluationError("Invalid index: the key is not an element of this list", at.span)
    return value.items[number]


def _entry(run: Run, value: Mapping, key: Value, at: ast.Node) -> Value:
    if isinstance(key, Unknown):
        if isinstance(value, LazyMapping) and not value.complete:
            run.doubts += 1
            return run.naming.derived("{}[{}]", (value.opaque(), key), "", at.span)
        return _any_of(run, value, tuple(value.items.values()), key, at)
    try:
        name = to_string(key)
    except ConversionError:
        raise EvaluationError("Invalid index: a string is required", at.span) from None
    if isinstance(value, LazyMapping):
        return value.attribute(name)
    if name in value.items:
        return value.items[name]
    return _missing_key(run, value, name, at)


def _missing_key(run: Run, value: Mapping, name: str, at: ast.Node) -> Value:
    possible = [item for key, item in value.items.items() if same_text(key, name) is None]
    if not possible:
        raise EvaluationError(f'Unsupported attribute or invalid index: there is no "{name}" here', at.span)
    if has_holes(name):
        return _any_of(run, value, tuple(possible), name, at)
    run.doubts += 1
    return run.naming.derived("{}[{}]", (value, name), "", at.span, _common_type(tuple(possible)))


def _any_of(run: Run, value: Value, items: tuple[Value, ...], key: Value, at: ast.Node) -> Value:
    """The element under an unknown key: known when all elements are equal (a key that is absent is an error anyway)."""
    run.doubts += 1
    if not items:
        return run.naming.derived("{}[{}]", (value, key), "the collection is empty", at.span)
    if all(same(items[0], item) is True for item in items[1:]):
        return items[0]
    reason = "the key of an index is unknown"
    return run.naming.derived("{}[{}]", (value, key), reason, at.span, _common_type(items))


def _common_type(items: tuple[Value, ...]) -> str:
    kinds = {type_of(item).kind for item in items if item is not None}
    kind = kinds.pop() if len(kinds) == 1 else "any"
    return kind if kind in ("string", "number", "bool", "list", "set", "map") else "any"
