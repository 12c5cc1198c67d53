"""Comparing values of which parts are unknown: yes, no, or undecided (None).

Comes in: values whose strings may have holes. Goes out: three-valued equality, order and prefix tests that hold
whatever the holes contain, and sets built by them. Must not know: functions, scopes, symbols' meaning.

A hole may be empty and of any length; the same hole holds the same text everywhere.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from envfence.evaluate import limits
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes, hole_index


def is_hole(char: str) -> bool:
    """Whether one character is a hole."""
    return char >= "\U000f0000" and hole_index(char) is not None


def known_prefix(text: str) -> str:
    """The text in front of the first hole."""
    if text.isascii():
        return text
    for at, char in enumerate(text):
        if is_hole(char):
            return text[:at]
    return text


def known_suffix(text: str) -> str:
    """The text behind the last hole."""
    if text.isascii():
        return text
    for at in range(len(text) - 1, -1, -1):
        if is_hole(text[at]):
            return text[at + 1 :]
    return text


def holes_in(text: str) -> tuple[str, ...]:
    """The holes of a string in order, each once."""
    return () if text.isascii() else tuple(dict.fromkeys(char for char in text if is_hole(char)))


def known_length(text: str) -> int:
    """The number of characters that are not holes: the least length the text can have."""
    return len(text) if text.isascii() else sum(not is_hole(char) for char in text)


def _trim_common(left: str, right: str) -> tuple[str, str]:
    start, limit = 0, min(len(left), len(right))
    while start < limit and left[start] == right[start]:
        start += 1
    end = 0
    while end < limit - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return left[start : len(left) - end], right[start : len(right) - end]


def same_text(left: str, right: str) -> bool | None:
    """Whether two strings are equal: for all contents of the holes, for none, or undecided.

    Equal ends can be cut from both, also equal holes; what remains is compared.
    """
    if left == right:
        return True
    if left.isascii() and right.isascii():
        return False
    left, right = _trim_common(left, right)
    if not has_holes(left) and not has_holes(right):
        return False
    return False if _surely_different(left, right) else None


def _surely_different(left: str, right: str) -> bool:
    """Whether no contents of the holes make two strings equal that differ at both ends; False when it is not seen."""
    if not left or not right:
        return known_length(left or right) > 0
    ends = ((left[0], right[0]), (left[-1], right[-1]))
    if any(not is_hole(a) and not is_hole(b) and a != b for a, b in ends):
        return True
    if not has_holes(left):
        return not _pattern(right).fullmatch(left)
    return not has_holes(right) and not _pattern(left).fullmatch(right)


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern that everything `text` may be matches. With more than a few holes only the known ends count: a weaker
    test, but one without backtracking."""
    if sum(is_hole(char) for char in text) > 3 or len(text) > 2_000:
        return re.compile(re.escape(known_prefix(text)) + ".*" + re.escape(known_suffix(text)), re.DOTALL)
    return re.compile("".join(".*" if is_hole(char) else re.escape(char) for char in text), re.DOTALL)


def starts_with(text: str, prefix: str) -> bool | None:
    """Whether `text` starts with `prefix`, three-valued."""
    if text.startswith(prefix):
        return True
    sure, sure_prefix = known_prefix(text), known_prefix(prefix)
    shared = min(len(sure), len(sure_prefix))
    if sure[:shared] != sure_prefix[:shared]:
        return False
    if not has_holes(text) and (not has_holes(prefix) or known_length(prefix) > len(text)):
        return False
    return None


def ends_with(text: str, suffix: str) -> bool | None:
    """Whether `text` ends with `suffix`, three-valued."""
    if text.endswith(suffix):
        return True
    sure, sure_suffix = known_suffix(text), known_suffix(suffix)
    shared = min(len(sure), len(sure_suffix))
    if shared and sure[-shared:] != sure_suffix[-shared:]:
        return False
    if not has_holes(text) and (not has_holes(suffix) or known_length(suffix) > len(text)):
        return False
    return None


def order(left: str, right: str) -> int | None:
    """-1, 0 or 1 as `left` sorts before, with or behind `right`; None when holes decide it."""
    if left == right:
        return 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            return None if is_hole(a) or is_hole(b) else (-1 if a < b else 1)
    longer = left if len(left) > len(right) else right
    if known_length(longer) == known_length(right if longer is left else left):
        return None
    return -1 if longer is right else 1


def same(left: Value, right: Value) -> bool | None:
    """Whether two values are equal as Terraform's `==` has it, three-valued; values of different types are not."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _same_unknown(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return same_text(left, right)
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        return _same_sequence(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _same_mapping(left, right)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _same_unknown(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return True if left.symbol == right.symbol and left.type == right.type else None
    return None


def _same_sequence(left: Sequence, right: Sequence) -> bool | None:
    if (left.kind == "set") != (right.kind == "set") or len(left) != len(right):
        return False
    if left.kind == "set" and left.items != right.items:
        return None if any(_uncertain(item) for item in (*left.items, *right.items)) else False
    verdict = all_of(same(a, b) for a, b in zip(left.items, right.items, strict=True))
    return None if verdict and left.kind != right.kind else verdict


def _same_mapping(left: Mapping, right: Mapping) -> bool | None:
    if len(left) != len(right):
        return False
    if left.items.keys() != right.items.keys():
        return None if any(has_holes(key) for key in (*left.items, *right.items)) else False
    verdict = all_of(same(value, right.items[key]) for key, value in left.items.items())
    return None if verdict and left.kind != right.kind else verdict


def _uncertain(value: Value) -> bool:
    if isinstance(value, Sequence):
        return any(_uncertain(item) for item in value.items)
    if isinstance(value, Mapping):
        return any(has_holes(key) or _uncertain(item) for key, item in value.items.items())
    return isinstance(value, Unknown) or (isinstance(value, str) and has_holes(value))


def all_of(verdicts: Any) -> bool | None:
    """Three-valued "and" over an iterable of verdicts."""
    result: bool | None = True
    for verdict in verdicts:
        if verdict is False:
            return False
        if verdict is None:
            result = None
    return result


def distinct_values(items: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """The items without later duplicates, or None when unknowns decide which are equal."""
    if all(isinstance(item, str) for item in items):
        plain = list(dict.fromkeys(items))
        holed = [item for item in plain if isinstance(item, str) and has_holes(item)]
        if len(holed) * len(plain) > limits.PAIRS:
            return None
        unsure = any(
            isinstance(other, str) and other != item and same_text(item, other) is None
            for item in holed
            for other in plain
        )
        return None if unsure else tuple(plain)
    kept: list[Value] = []
    seen: set[str] = set()
    for item in items:
        if not _uncertain(item):
            key = set_key(item, named=True)
            if key in seen:
                continue
            seen.add(key)
        verdicts = (
            [same(item, other) for other in kept]
            if _uncertain(item)
            else [same(item, other) for other in kept if _uncertain(other)]
        )
        if True in verdicts:
            continue
        if None in verdicts:
            return None
        kept.append(item)
    return tuple(kept)


def sorted_set(items: tuple[Value, ...]) -> Sequence | None:
    """A set in Terraform's order, or None when unknowns decide which items are equal.

    The order of strings whose holes decide it is arbitrary; `is_ordered` tells.
    """
    kept = distinct_values(items)
    if kept is None:
        return None
    return Sequence(tuple(sorted(kept, key=cmp_to_key(_set_order))), "set")


def is_ordered(items: Sequence) -> bool:
    """Whether the order of a set's items is what Terraform's would be, whatever its holes contain."""
    if items.kind != "set" or len(items) < 2:
        return True
    pairs = pairwise(items.items)
    return all(_decided(a, b) for a, b in pairs)


def _decided(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return order(left, right) is not None
    return not _uncertain(left) and not _uncertain(right)


def _set_order(left: Value, right: Value) -> int:
    if left is None or right is None:
        return (left is None) - (right is None)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return isinstance(left, Unknown) - isinstance(right, Unknown)
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    key, other = set_key(left), set_key(right)
    return (key > other) - (key < other)


def set_key(value: Value, named: bool = False) -> str:
    """The text by which Terraform orders compound members of sets; with `named` (attribute names are written too) it is
    unique per known value."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        if value.kind == "map" or named:
            return "{" + "".join(f"{set_key(k)}:{set_key(v, named)};" for k, v in value.items.items()) + "}"
        return "<" + "".join(f"{set_key(v)};" for v in value.items.values()) + ">"
    if isinstance(value, Sequence):
        inner = "".join(f"{set_key(item, named)};" for item in value.items)
        return f"<{inner}>" if value.kind == "tuple" else f"[{inner}]"
    if isinstance(value, Unknown):
        return "?" + value.symbol
    return "~" if value is None else str(value)[0] if isinstance(value, bool) else str(value)
