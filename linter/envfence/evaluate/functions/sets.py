"""Set algebra and the cartesian product.

Comes in: converted arguments. Goes out: sets. Must not know: maps.
"""

from __future__ import annotations

from itertools import product
from math import prod

from envfence.evaluate import partial
from envfence.evaluate.convert import ANY, convert, list_of, set_of, type_of, unify
from envfence.evaluate.functions.collections import member, sequence
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import checked_count, function
from envfence.values import Sequence, Value

_SET = set_of(ANY)


def _shared(name: str, sets: tuple[Value, ...], context: FunctionContext) -> list[Sequence]:
    """The sets with elements of the one type that all share."""
    found = [sequence(items, name, ("set",)) for items in sets]
    shared = unify(type_of(items) for items in found if items.items)
    if shared is None:
        raise FunctionError(f"{name}() requires sets of one type")
    return [sequence(convert(items, shared, context.symbols), name, ("set",)) for items in found]


def _set(items: tuple[Value, ...]) -> Sequence:
    checked_count(len(items))
    made = partial.sorted_set(items)
    if made is None:
        raise Undecided("unknown elements may be equal")
    return made


@function("setunion", _SET, variadic=_SET, returns="set", partial=True)
def setunion(context: FunctionContext, *sets: Value) -> Value:
    """What is in any of the sets."""
    return _set(tuple(item for items in _shared("setunion", sets, context) for item in items.items))


def _inside(items: Sequence, value: Value) -> bool:
    verdict = member(items.items, value)
    if verdict is None:
        raise Undecided("unknown elements may be equal")
    return verdict


@function("setintersection", _SET, variadic=_SET, returns="set", partial=True)
def setintersection(context: FunctionContext, *sets: Value) -> Value:
    """What is in all of the sets."""
    first, *rest = _shared("setintersection", sets, context)
    return _set(tuple(item for item in first.items if all(_inside(items, item) for items in rest)))


@function("setsubtract", _SET, _SET, returns="set", partial=True)
def setsubtract(context: FunctionContext, left: Value, right: Value) -> Value:
    """What is in the first set only."""
    first, second = _shared("setsubtract", (left, right), context)
    return _set(tuple(item for item in first.items if not _inside(second, item)))


@function("setproduct", variadic=ANY, partial=True)
def setproduct(context: FunctionContext, *collections: Value) -> Value:
    """All combinations of one element of each collection."""
    if len(collections) < 2:
        raise FunctionError("setproduct() requires at least two collections")
    found = [sequence(items, "setproduct", ("list", "tuple", "set")) for items in collections]
    checked_count(prod(map(len, found)))
    alike = [convert(items, list_of(ANY), context.symbols) if items.kind == "tuple" else items for items in found]
    rows = [sequence(items, "setproduct", ("list", "set")).items for items in alike]
    made = tuple(Sequence(row) for row in product(*rows))
    if any(items.kind == "set" for items in found):
        return _set(made)
    return Sequence(made, "list")
