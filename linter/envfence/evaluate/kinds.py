"""Terraform's types: what can be seen in a value, and what several values share.

Comes in: values. Goes out: types; `Unsure` at a limit. Must not know: conversions, functions, scopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from envfence.evaluate import limits
from envfence.values import Mapping, Sequence, Unknown, Value


class Unsure(Exception):
    """What is unknown decides the outcome of a conversion; the whole result is unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an object type; `default` is what an optional one gets when it is absent or null."""

    name: str
    type: Type
    optional: bool = False
    default: Value = None


@dataclass(frozen=True, slots=True)
class Type:
    """A type or type constraint. `kind` is "any", "string", "number", "bool", "list", "set", "map", "object", "tuple".

    `element` belongs to collections, `attributes` to objects, `items` to tuples. `open` marks the "any" of a value
    that is unknown, which may turn out to be of any type; a null is "any" too but fits everywhere.
    """

    kind: str
    element: Type | None = None
    attributes: tuple[Attribute, ...] = ()
    items: tuple[Type, ...] = ()
    open: bool = False


ANY = Type("any")
OPEN = Type("any", open=True)
STRING, NUMBER, BOOL = Type("string"), Type("number"), Type("bool")


def list_of(element: Type) -> Type:
    """list(element)."""
    return Type("list", element)


def set_of(element: Type) -> Type:
    """set(element)."""
    return Type("set", element)


def map_of(element: Type) -> Type:
    """map(element)."""
    return Type("map", element)


_SIMPLE = {bool: BOOL, int: NUMBER, Decimal: NUMBER, str: STRING, type(None): ANY}


def type_of(value: Value, depth: int = 0) -> Type:
    """The type that can be seen in a value; an empty collection's element is "any"."""
    if depth > limits.DEPTH:
        raise Unsure("the value is nested too deeply")
    if isinstance(value, Unknown):
        element = OPEN if value.type in ("list", "set", "map") else None
        return OPEN if value.type == "any" else Type(value.type, element)
    if isinstance(value, Mapping):
        if value.kind == "map":
            return map_of(unify(type_of(item, depth + 1) for item in value.items.values()) or ANY)
        attributes = (Attribute(name, type_of(item, depth + 1)) for name, item in value.items.items())
        return Type("object", attributes=tuple(attributes))
    if isinstance(value, Sequence):
        items = tuple(type_of(item, depth + 1) for item in value.items)
        return Type("tuple", items=items) if value.kind == "tuple" else Type(value.kind, unify(items) or ANY)
    return _SIMPLE[type(value)]


PRIMITIVE = ("string", "number", "bool")


def unify(types: Iterable[Type]) -> Type | None:
    """The one type that values of all these types convert to, or None. No types at all: "any"."""
    given = tuple(dict.fromkeys(types))
    if len(given) == 1:
        return given[0]
    kinds = {item.kind for item in given if item.kind != "any"}
    unknown = any(item.open for item in given)
    known = tuple(item for item in given if item.kind != "any")
    if not kinds:
        return OPEN if unknown else ANY
    if kinds <= set(PRIMITIVE):
        return _unify_primitives(kinds, unknown)
    if kinds == {"object"} or kinds == {"tuple"}:
        return _unify_objects(known) if kinds == {"object"} else _unify_tuples(known)
    return _unify_collections(kinds, known)


_COLLECTIONS = {"map": {"map", "object"}, "list": {"list", "tuple"}, "set": {"set", "list", "tuple"}}


def _unify_collections(kinds: set[str], known: tuple[Type, ...]) -> Type | None:
    for collection, accepted in _COLLECTIONS.items():
        if kinds <= accepted:
            element = unify(part for item in known for part in parts(item))
            return Type(collection, element) if element else None
    return None


def _unify_primitives(kinds: set[str], unknown: bool) -> Type | None:
    if len(kinds) == 1:
        kind = next(iter(kinds))
        return Type(kind, open=unknown and kind != "string")
    if "string" in kinds:
        return STRING
    if unknown:
        raise Unsure("an unknown value beside them decides the type")
    return None


def parts(item: Type) -> tuple[Type, ...]:
    """The types of a type's elements, attributes or items."""
    if item.element is not None:
        return (item.element,)
    return item.items or tuple(attribute.type for attribute in item.attributes)


def _unify_objects(known: tuple[Type, ...]) -> Type | None:
    names = [attribute.name for attribute in known[0].attributes]
    if all([attribute.name for attribute in item.attributes] == names for item in known):
        unified = [unify(item.attributes[at].type for item in known) for at in range(len(names))]
        if None not in unified:
            made = (Attribute(name, found) for name, found in zip(names, unified, strict=True) if found)
            return Type("object", attributes=tuple(made))
    element = unify(part for item in known for part in parts(item))
    return map_of(element) if element else None


def _unify_tuples(known: tuple[Type, ...]) -> Type | None:
    if len({len(item.items) for item in known}) == 1:
        unified = [unify(item.items[at] for item in known) for at in range(len(known[0].items))]
        if None not in unified:
            return Type("tuple", items=tuple(found for found in unified if found))
    element = unify(part for item in known for part in parts(item))
    return list_of(element) if element else None


def has_any(item: Type) -> bool:
    """Whether a constraint leaves a type open."""
    return item.kind == "any" or any(has_any(part) for part in parts(item))
