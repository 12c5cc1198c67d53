"""Functions on lists and tuples, and on collections of any kind.

Comes in: converted arguments, with unknown elements. Goes out: values. Must not know: maps' keys, set algebra.
"""

from __future__ import annotations

from envfence.evaluate import limits, partial
from envfence.evaluate.convert import ANY, BOOL, NUMBER, STRING, ConversionError, convert, list_of, type_of, unify
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.graphemes import clusters
from envfence.evaluate.functions.spec import checked_count, function, nullable
from envfence.evaluate.functions.strings import whole
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes

_LIST = list_of(ANY)
_ALL = ("list", "tuple", "set")


def sequence(value: Value, name: str, kinds: tuple[str, ...] = ("list", "tuple")) -> Sequence:
    """An argument that must be a list or tuple (or set, if `kinds` says so)."""
    if isinstance(value, Unknown) and value.type in ("any", *kinds):
        raise Undecided(value.reason)
    if not isinstance(value, Sequence) or value.kind not in kinds:
        raise FunctionError(f"{name}() requires a {' or '.join(kinds)}")
    return value


def ordered(value: Sequence) -> tuple[Value, ...]:
    """The items; raises `Undecided` when it is a set whose order is not known."""
    if not partial.is_ordered(value):
        raise Undecided("unknown parts decide the order of a set")
    return value.items


@function("length", ANY, returns="number", partial=True)
def length(_context: FunctionContext, value: Value) -> Value:
    """The number of elements, or of characters."""
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if isinstance(value, str):
        if has_holes(value):
            raise Undecided("the length of an unknown string")
        return len(clusters(value))
    if not isinstance(value, (Sequence, Mapping)):
        raise FunctionError("length() requires a string, a collection or a structure")
    return len(value)


@function("element", ANY, NUMBER, partial=True)
def element(_context: FunctionContext, items: Value, position: Value) -> Value:
    """The element at a position, counted round the end."""
    found, at = sequence(items, "element"), whole(position, "element")
    if not found.items:
        raise FunctionError("element() cannot take an element of an empty list")
    if at < 0 and at % len(found) and found.kind == "tuple":
        raise FunctionError("element() requires an index of a tuple that is not negative")
    return found.items[at % len(found)]


@function("index", ANY, ANY, returns="number", partial=True)
def index(_context: FunctionContext, items: Value, value: Value) -> Value:
    """The position of the first element that is equal to a value."""
    found = sequence(items, "index")
    for at, item in enumerate(found.items):
        verdict = partial.same(item, value)
        if verdict is None:
            raise Undecided("an unknown element may be the one")
        if verdict:
            return at
    raise FunctionError("index() found no such element")


def member(items: tuple[Value, ...], value: Value) -> bool | None:
    """Whether a value is among the items, three-valued."""
    if isinstance(value, str) and value in items:
        return True
    verdicts = [partial.same(item, value) for item in items]
    return True if True in verdicts else None if None in verdicts else False


@function("contains", ANY, ANY, returns="bool", partial=True)
def contains(_context: FunctionContext, items: Value, value: Value) -> Value:
    """Whether a collection has an element equal to a value."""
    verdict = member(sequence(items, "contains", _ALL).items, value)
    if verdict is None:
        raise Undecided("an unknown element may be the one")
    return verdict


@function("concat", variadic=ANY, partial=True)
def concat(context: FunctionContext, *lists: Value) -> Value:
    """All elements of all lists."""
    if not lists:
        raise FunctionError("concat() requires at least one list")
    found = [sequence(items, "concat") for items in lists]
    checked_count(sum(map(len, found)))
    items = tuple(item for part in found for item in part.items)
    if any(part.kind == "tuple" for part in found):
        return Sequence(items)
    shared = unify(type_of(part) for part in found)
    if shared is None:
        return Sequence(items)
    return convert(Sequence(items, "list"), shared, context.symbols)


@function("flatten", ANY, partial=True)
def flatten(_context: FunctionContext, items: Value) -> Value:
    """The elements of all lists within lists. An unknown element of no known type may be a list itself."""
    made: list[Value] = []
    pending = list(reversed(ordered(sequence(items, "flatten", _ALL))))
    steps = 0
    while pending:
        item = pending.pop()
        steps += 1
        if steps + len(pending) > limits.STEPS_PER_VALUE:
            raise Undecided("the value is too large")
        if isinstance(item, Sequence):
            pending.extend(reversed(ordered(item)))
        elif isinstance(item, Unknown) and item.type in ("any", "list", "set"):
            raise Undecided(item.reason)
        else:
            made.append(item)
            checked_count(len(made))
    return Sequence(tuple(made))


@function("distinct", _LIST, returns="list", partial=True)
def distinct(_context: FunctionContext, items: Value) -> Value:
    """The elements without later duplicates."""
    kept = partial.distinct_values(sequence(items, "distinct").items)
    if kept is None:
        raise Undecided("unknown elements may be equal")
    return Sequence(kept, "list")


@function("chunklist", _LIST, NUMBER, returns="list", partial=True)
def chunklist(_context: FunctionContext, items: Value, size: Value) -> Value:
    """The elements in lists of a size."""
    found, width = sequence(items, "chunklist"), whole(size, "chunklist")
    if width < 0:
        raise FunctionError("chunklist() requires a size that is not negative")
    if not found.items:
        return Sequence((), "list")
    width = width or len(found)
    parts = (Sequence(found.items[at : at + width], "list") for at in range(0, len(found), width))
    return Sequence(tuple(parts), "list")


@function("slice", ANY, NUMBER, NUMBER, partial=True)
def slice_(_context: FunctionContext, items: Value, start: Value, end: Value) -> Value:
    """The elements from a start up to an end."""
    found, first, last = sequence(items, "slice"), whole(start, "slice"), whole(end, "slice")
    if not 0 <= first <= last <= len(found):
        raise FunctionError("slice() requires 0 <= start <= end <= length")
    return Sequence(found.items[first:last], found.kind)


@function("reverse", ANY, partial=True)
def reverse(_context: FunctionContext, items: Value) -> Value:
    """The elements in reverse."""
    found = sequence(items, "reverse", _ALL)
    return Sequence(tuple(reversed(ordered(found))), "tuple" if found.kind == "tuple" else "list")


@function("one", ANY, partial=True)
def one(_context: FunctionContext, items: Value) -> Value:
    """The only element, or null when there is none."""
    found = sequence(items, "one", _ALL)
    if len(found) > 1:
        raise FunctionError("one() requires at most one element")
    return found.items[0] if found.items else None


@function("matchkeys", _LIST, _LIST, _LIST, returns="list", partial=True)
def matchkeys(context: FunctionContext, values: Value, keys: Value, sought: Value) -> Value:
    """The values whose key is among those sought."""
    found, names, wanted = (sequence(items, "matchkeys") for items in (values, keys, sought))
    if len(found) != len(names):
        raise FunctionError("matchkeys() requires as many keys as values")
    shared = unify((type_of(names), type_of(wanted)))
    if shared is None:
        raise FunctionError("matchkeys() requires keys of the type of those sought")
    left, right = (sequence(convert(items, shared, context.symbols), "matchkeys") for items in (names, wanted))
    made = []
    for name, value in zip(left.items, found.items, strict=True):
        verdict = member(right.items, name)
        if verdict is None:
            raise Undecided("an unknown key may be one of those sought")
        if verdict:
            made.append(value)
    return Sequence(tuple(made), "list")


@function("compact", list_of(STRING), returns="list", partial=True)
def compact(_context: FunctionContext, items: Value) -> Value:
    """The strings that are neither null nor empty."""
    made = []
    for item in sequence(items, "compact").items:
        if item is None or item == "":
            continue
        if not isinstance(item, str) or not partial.known_length(item):
            raise Undecided("an unknown element may be empty")
        made.append(item)
    return Sequence(tuple(made), "list")


def _empty(value: Value) -> bool:
    """Whether `coalesce` passes over a value; raises `Undecided`."""
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if isinstance(value, str) and value and not partial.known_length(value):
        raise Undecided("an unknown string may be empty")
    return value is None or value == ""


@function("coalesce", variadic=nullable(ANY), partial=True)
def coalesce(context: FunctionContext, *values: Value) -> Value:
    """The first value that is neither null nor an empty string, in the type that all share."""
    shared = unify((context.null(at) or ANY) if value is None else type_of(value) for at, value in enumerate(values))
    if shared is None:
        raise FunctionError("coalesce() requires arguments of one type")
    for value in values:
        if not _empty(value):
            try:
                return convert(value, shared, context.symbols)
            except ConversionError as error:
                raise FunctionError(f"coalesce(): {error.message}") from None
    raise FunctionError("coalesce() requires an argument that is neither null nor empty")


@function("coalescelist", variadic=nullable(ANY), partial=True)
def coalescelist(context: FunctionContext, *lists: Value) -> Value:
    """The first list that is neither null nor empty."""
    if not lists:
        raise FunctionError("coalescelist() requires at least one list")
    for at, items in enumerate(lists):
        if items is None and context.null(at) == ANY:
            raise FunctionError("coalescelist() requires lists, not null")
        if items is not None and not isinstance(items, Unknown):
            sequence(items, "coalescelist")
    for items in lists:
        if items is None:
            continue
        found = sequence(items, "coalescelist")
        if found.items:
            return found
    raise FunctionError("coalescelist() requires a list that is not empty")


@function("alltrue", list_of(BOOL), returns="bool", partial=True)
def alltrue(_context: FunctionContext, items: Value) -> Value:
    """Whether no element is false or null."""
    found = sequence(items, "alltrue").items
    if False in found or None in found:
        return False
    if any(isinstance(item, Unknown) for item in found):
        raise Undecided("an element is not known")
    return True


@function("anytrue", list_of(BOOL), returns="bool", partial=True)
def anytrue(_context: FunctionContext, items: Value) -> Value:
    """Whether some element is true."""
    found = sequence(items, "anytrue").items
    if True in found:
        return True
    if any(isinstance(item, Unknown) for item in found):
        raise Undecided("an element is not known")
    return False
