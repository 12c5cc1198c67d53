"""Terraform's types: what can be seen in a value, and what several values share.

Comes in: values. Goes out: types; `Unsure` at a limit. Must not know: conversions, functions, scopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from envfence.evaluate import limits
from envfence.values import Mapping, Sequence, Unknown, Value


class Unsure(Exception):
    """What is unknown decides the outcome of a conversion; the whole result is unknown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an object type; `default` is what an optional one gets when it is absent or null: a value, which
    need not be hashable."""

    name: str
    type: Type
    optional: bool = False
    default: Value = field(default=None, hash=False)


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


_SIMPLE = {bool: BOOL, int: NUMBER, str: STRING, type(None): ANY}


def type_of(value: Value, depth: int = 0) -> Type:
    """The type that can be seen in a value; an empty collection's element is "any"."""
    if depth > limits.DEPTH:
        raise Unsure("the value is nested too deeply")
    if isinstance(value, Unknown):
        element = OPEN if value.type in ("list", "set", "map") else None
        return OPEN if value.type == "any" else Type(value.type, element)
    if isinstance(value, Mapping):
        if not value.complete:
            return OPEN
        if value.kind == "map":
            return map_of(unify(type_of(item, depth + 1) for item in value.items.values()) or ANY)
        attributes = (Attribute(name, type_of(item, depth + 1)) for name, item in value.items.items())
        return Type("object", attributes=tuple(attributes))
    if isinstance(value, Sequence):
        items = tuple(type_of(item, depth + 1) for item in value.items)
        return Type("tuple", items=items) if value.kind == "tuple" else Type(value.kind, unify(items) or ANY)
    return _SIMPLE.get(type(value), NUMBER)


PRIMITIVE = ("string", "number", "bool")


def unify(types: Iterable[Type]) -> Type | None:
    """The one type that values of all these types convert to, None when there is none. No types at all: "any".

    Raises `Unsure` when an unknown type among them decides whether there is one.
    """
    given = tuple(dict.fromkeys(types))
    if len(given) == 1:
        return given[0]
    known = tuple(item for item in given if item.kind != "any")
    unknown = any(item.kind == "any" and item.open for item in given)
    if not known:
        return OPEN if unknown else ANY
    kinds = {item.kind for item in known}
    if kinds <= set(PRIMITIVE):
        return _unify_primitives(kinds, unknown)
    if not kinds.isdisjoint(PRIMITIVE) or len(kinds & {"object", "map"}) not in (0, len(kinds)):
        return None
    found = _unify_structures(kinds, known)
    return OPEN if found is not None and unknown else found


def _unify_structures(kinds: set[str], known: tuple[Type, ...]) -> Type | None:
    if kinds == {"object"}:
        return _unify_objects(known)
    if kinds == {"tuple"}:
        return _unify_tuples(known)
    if kinds == {"set", "tuple"} or kinds >= {"set", "list"}:
        return _unify_sets(known)
    collection = next(kind for kind in ("map", "list", "set") if kind in kinds)
    element = unify(part for item in known for part in parts(item))
    return Type(collection, element) if element else None


def _unify_sets(known: tuple[Type, ...]) -> Type | None:
    """Sets beside other kinds: Terraform makes no new type then but takes the best of those given."""
    lists = unify(item for item in known if item.kind == "list")
    sets = unify(item for item in known if item.kind == "set")
    for wanted in (lists, sets):
        if wanted and wanted.element and all(convertible(part, wanted.element) for i in known for part in parts(i)):
            return wanted
    return None


def convertible(given: Type, wanted: Type) -> bool:
    """Whether some values of a type convert to another."""
    if "any" in (given.kind, wanted.kind) or given == wanted:
        return True
    if given.kind in PRIMITIVE or wanted.kind in PRIMITIVE:
        return given.kind in PRIMITIVE and wanted.kind in PRIMITIVE and "string" in (given.kind, wanted.kind)
    if wanted.element is None:
        return given.kind == wanted.kind or (given.kind, wanted.kind) == ("map", "object")
    if (wanted.kind == "map") != (given.kind in ("map", "object")):
        return False
    return all(convertible(part, wanted.element) for part in parts(given))


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
        if None in unified:
            return None
        return Type("object", attributes=tuple(Attribute(n, t) for n, t in zip(names, unified, strict=True) if t))
    element = unify(part for item in known for part in parts(item))
    return map_of(element) if element else None


def _unify_tuples(known: tuple[Type, ...]) -> Type | None:
    if len({len(item.items) for item in known}) == 1:
        unified = [unify(item.items[at] for item in known) for at in range(len(known[0].items))]
        return None if None in unified else Type("tuple", items=tuple(found for found in unified if found))
    element = unify(part for item in known for part in parts(item))
    return list_of(element) if element else None


def has_any(item: Type) -> bool:
    """Whether a constraint leaves a type open."""
    return item.kind == "any" or any(has_any(part) for part in parts(item))


def has_open(item: Type) -> bool:
    """Whether an unknown value decides a type or a part of it."""
    return item.open or any(has_open(part) for part in parts(item))
