"""Which strings a value holds, for those who look for one of them many times.

Comes in: values. Goes out: whether a string may be inside one; "yes" where that would take too long to tell.
Must not know: expressions.
"""

from __future__ import annotations

from dataclasses import dataclass

from envfence.values import Mapping, Sequence, Value

_DEPTH = 60
_MOST_NODES = 200_000
_MOST_CHARACTERS = 2_000_000
#: Stands between strings that are searched together; Terraform's strings do not hold it.
_BETWEEN = "\0"


@dataclass(frozen=True, slots=True)
class _Texts:
    """All strings of a value in one, and the keys of its objects; `value` is kept so that its id stays its own."""

    value: Value
    joined: str
    keys: frozenset[str]
    complete: bool


class Leaves:
    """Remembers the strings of each value that it was asked about."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, _Texts] = {}

    def may_hold(self, value: Value, leaf: str) -> bool:
        """Whether `leaf` is a key in `value`, or (a part of) a string in it."""
        if isinstance(value, str):
            return leaf in value
        if not isinstance(value, (Sequence, Mapping)):
            return False
        texts = self._known.get(id(value))
        if texts is None:
            texts = self._known[id(value)] = _collect(value)
        return not texts.complete or leaf in texts.joined or leaf in texts.keys or _BETWEEN in leaf


def _collect(value: Value) -> _Texts:
    strings: list[str] = []
    keys: set[str] = set()
    nodes = characters = 0
    stack: list[tuple[Value, int]] = [(value, 0)]
    while stack:
        item, depth = stack.pop()
        nodes += 1
        if isinstance(item, str):
            strings.append(item)
            characters += len(item)
        elif isinstance(item, Sequence) and depth <= _DEPTH:
            stack.extend([(inner, depth + 1) for inner in item.items])
        elif isinstance(item, Mapping) and depth <= _DEPTH:
            entries = item.items
            keys.update(entries)
            stack.extend([(inner, depth + 1) for inner in entries.values()])
        if nodes > _MOST_NODES or characters > _MOST_CHARACTERS:
            return _Texts(value, "", frozenset(), False)
    return _Texts(value, _BETWEEN.join(strings), frozenset(keys), True)
