"""Whether a value is an instance of what was said about it, and how unknowns are given contents."""

from __future__ import annotations

import re
from decimal import Decimal

from envfence.evaluate.convert import ConversionError, Unsure, to_string
from envfence.evaluate.partial import is_hole, sorted_set
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes, is_fully_known


class Impossible(Exception):
    """The contents do not fit: Terraform would refuse them at this place."""


def text_of(value: Value) -> str:
    """What a hole is, given its content."""
    try:
        return to_string(value)
    except (ConversionError, Unsure) as error:
        raise Impossible from error


def fill(value: Value, contents: dict[str, Value]) -> Value:
    """The value with its unknowns replaced."""
    if isinstance(value, Unknown):
        return contents[value.symbol]
    if isinstance(value, str):
        return "".join(text_of(contents[char]) if is_hole(char) else char for char in value)
    if isinstance(value, Sequence):
        items = tuple(fill(item, contents) for item in value.items)
        if value.kind != "set":
            return Sequence(items, value.kind)
        made = sorted_set(items)
        assert made is not None
        return made
    if isinstance(value, Mapping):
        items_ = {str(fill(key, contents)): fill(item, contents) for key, item in value.items.items()}
        return Mapping({key: items_[key] for key in sorted(items_)}, value.kind)
    return value


def plain(value: Value) -> object:
    """A value without what conversions that lose nothing change: numbers as texts, tuples as lists."""
    if isinstance(value, Sequence):
        items = [plain(item) for item in value.items]
        return ("set", frozenset(map(repr, items))) if value.kind == "set" else ("list", tuple(items))
    if isinstance(value, Mapping):
        return ("map", tuple((key, plain(item)) for key, item in sorted(value.items.items())))
    if isinstance(value, (bool, int, Decimal)):
        return to_string(value)
    return value


_FITS: dict[str, tuple[type, tuple[str, ...]]] = {
    "list": (Sequence, ("list", "tuple")),
    "set": (Sequence, ("set",)),
    "map": (Mapping, ("map", "object")),
}


class Instance:
    """Compares what was said with what is. The contents of symbols are learned on the way: a symbol that is met twice
    must have the same content."""

    def __init__(self, contents: dict[str, Value]) -> None:
        self.contents = dict(contents)

    def of(self, said: Value, real: Value) -> bool:
        """Whether `real` is an instance of `said`."""
        if isinstance(real, Unknown) or not is_fully_known(real):
            return True
        if isinstance(said, Unknown):
            return self._unknown(said, real)
        if isinstance(said, str):
            return isinstance(real, str) and self._text(said, real)
        if isinstance(said, Sequence):
            return isinstance(real, Sequence) and said.kind == real.kind and self._items(said, real)
        if isinstance(said, Mapping):
            return isinstance(real, Mapping) and said.kind == real.kind and self._entries(said, real)
        return isinstance(said, bool) == isinstance(real, bool) and said == real

    def _unknown(self, said: Unknown, real: Value) -> bool:
        if not self._has_type(said.type, real):
            return False
        if said.symbol not in self.contents:
            self.contents[said.symbol] = real
            return True
        return plain(self.contents[said.symbol]) == plain(real)

    @staticmethod
    def _has_type(kind: str, real: Value) -> bool:
        if real is None or kind == "any":
            return True
        if kind in _FITS:
            return isinstance(real, _FITS[kind][0]) and getattr(real, "kind", "") in _FITS[kind][1]
        wanted = {"string": str, "number": (int, Decimal), "bool": bool}[kind]
        return isinstance(real, wanted) and (kind != "number" or not isinstance(real, bool))

    def _text(self, said: str, real: str) -> bool:
        if not has_holes(said):
            return said == real
        open_ = {char for char in said if is_hole(char) and char not in self.contents}
        learned = next(iter(open_)) if len(open_) == 1 and said.count(next(iter(open_))) == 1 else None
        parts = []
        for char in said:
            if not is_hole(char):
                parts.append(re.escape(char))
            elif char in self.contents:
                try:
                    parts.append(re.escape(text_of(self.contents[char])))
                except Impossible:
                    return False
            else:
                parts.append("(.*)" if char == learned else ".*")
        found = re.fullmatch("".join(parts), real, re.DOTALL)
        if found and learned:
            self.contents[learned] = found[1]
        return found is not None

    def _items(self, said: Sequence, real: Sequence) -> bool:
        if len(said) != len(real):
            return False
        if said.kind == "set":
            return all(any(Instance(self.contents).of(item, other) for other in real.items) for item in said.items)
        return all(self.of(item, other) for item, other in zip(said.items, real.items, strict=True))

    def _entries(self, said: Mapping, real: Mapping) -> bool:
        if len(said) != len(real):
            return False
        if not any(has_holes(key) for key in said.items):
            return said.items.keys() == real.items.keys() and all(
                self.of(item, real.items[key]) for key, item in said.items.items()
            )
        return all(
            any(
                Instance(self.contents).of(key, name) and Instance(self.contents).of(item, other)
                for name, other in real.items.items()
            )
            for key, item in said.items.items()
        )
