"""Functions on maps and objects.

Comes in: converted arguments, with unknown values and holed keys. Goes out: values. Must not know: lists' order
functions.
"""

from __future__ import annotations

from envfence.evaluate import partial
from envfence.evaluate.convert import ANY, STRING, ConversionError, convert, list_of, map_of, to_string, type_of
from envfence.evaluate.functions.collections import sequence
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.jsontext import ordered_keys
from envfence.evaluate.functions.spec import checked_count, function, nullable
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes


def mapping(value: Value, name: str) -> Mapping:
    """An argument that must be a map or object."""
    if isinstance(value, Unknown) and value.type in ("any", "map"):
        raise Undecided(value.reason)
    if not isinstance(value, Mapping):
        raise FunctionError(f"{name}() requires a map or object")
    return value


@function("keys", ANY, partial=True)
def keys(_context: FunctionContext, value: Value) -> Value:
    """The keys in order."""
    found = mapping(value, "keys")
    return Sequence(tuple(ordered_keys(found)), "list" if found.kind == "map" else "tuple")


@function("values", ANY, partial=True)
def values(_context: FunctionContext, value: Value) -> Value:
    """The values in the order of their keys."""
    found = mapping(value, "values")
    items = tuple(found.items[key] for key in ordered_keys(found))
    return Sequence(items, "list" if found.kind == "map" else "tuple")


@function("lookup", ANY, STRING, variadic=nullable(ANY), partial=True)
def lookup(context: FunctionContext, value: Value, key: str, *rest: Value) -> Value:
    """The value of a key, or the default."""
    if len(rest) > 1:
        raise FunctionError("lookup() takes at most three arguments")
    found = mapping(value, "lookup")
    fallback = rest[0] if rest else None
    if found.kind == "map" and rest and found.items:
        element = type_of(found).element or ANY
        try:
            fallback = convert(fallback, element, context.symbols)
        except ConversionError as error:
            raise FunctionError(f"the default of lookup(): {error.message}") from None
    if key in found.items:
        return found.items[key]
    if any(partial.same_text(key, name) is None for name in found.items):
        raise Undecided("an unknown key may be the one")
    if not rest:
        raise FunctionError(f'lookup() found no key "{key}"')
    return fallback


@function("merge", variadic=nullable(ANY), partial=True)
def merge(context: FunctionContext, *maps: Value) -> Value:
    """All entries; of equal keys the last wins."""
    nulls = [context.null(at) for at, value in enumerate(maps) if value is None]
    if any(null is not None and null.kind not in ("any", "map", "object") for null in nulls):
        raise FunctionError("merge() requires maps or objects")
    found = [mapping(value, "merge") for value in maps if value is not None]
    items: dict[str, Value] = {}
    for part in found:
        items.update(part.items)
        checked_count(len(items))
    _distinct_keys(tuple(items))
    alike = found and all(part.kind == "map" for part in found) and ANY not in nulls and _one_type(found)
    kind = "map" if alike else "object"
    return Mapping({key: items[key] for key in sorted(items)}, kind)


def _one_type(found: list[Mapping]) -> bool:
    return len({type_of(part) for part in found if part.items}) < 2


def _distinct_keys(names: tuple[str, ...]) -> None:
    if any(has_holes(name) for name in names) and partial.distinct_values(names) is None:
        raise Undecided("unknown keys may be equal")


@function("zipmap", list_of(STRING), ANY, partial=True)
def zipmap(_context: FunctionContext, names: Value, items: Value) -> Value:
    """A map of keys to the values at the same positions."""
    left, right = sequence(names, "zipmap"), sequence(items, "zipmap")
    if len(left) != len(right):
        raise FunctionError("zipmap() requires as many values as keys")
    if None in left.items:
        raise FunctionError("zipmap() requires keys that are not null")
    pairs = {to_string(name): item for name, item in zip(left.items, right.items, strict=True)}
    _distinct_keys(tuple(pairs))
    return Mapping({key: pairs[key] for key in sorted(pairs)}, "map" if right.kind == "list" else "object")


@function("transpose", map_of(list_of(STRING)), returns="map")
def transpose(_context: FunctionContext, value: Mapping) -> Value:
    """A map of lists with keys and elements exchanged."""
    made: dict[str, list[Value]] = {}
    for key in sorted(value.items):
        found = value.items[key]
        if not isinstance(found, Sequence):
            raise FunctionError("transpose() requires lists that are not null")
        for item in found.items:
            if not isinstance(item, str):
                raise FunctionError("transpose() requires strings that are not null")
            made.setdefault(item, []).append(key)
            checked_count(len(made))
    return Mapping({key: Sequence(tuple(made[key]), "list") for key in sorted(made)}, "map")
