"""Values as JSON text, with markers for what is not known.

Comes in: values. Goes out: JSON text: `{"$unknown": true}` is an unknown,
`{"$string": ["prod-", {"$unknown": true}]}` a string with holes. Must not know: where values came from.
"""

from __future__ import annotations

import json
from decimal import Decimal

from envfence.evaluate.convert import number_text
from envfence.evaluate.scope import LazyMapping
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes, hole_index

UNKNOWN = '{"$unknown": true}'


def to_json(value: Value) -> str:
    """The JSON text of a value."""
    if value is None or isinstance(value, (str, bool, int, Decimal)):
        return _scalar(value)
    if isinstance(value, Unknown) or (isinstance(value, LazyMapping) and not value.complete):
        return UNKNOWN
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(to_json, value.items)) + "]"
    items = value.items if isinstance(value, Mapping) else {}
    if any(has_holes(key) for key in items):
        return UNKNOWN
    return "{" + ", ".join(f"{json.dumps(key)}: {to_json(item)}" for key, item in items.items()) + "}"


def _scalar(value: str | bool | int | Decimal | None) -> str:
    if isinstance(value, str):
        return json.dumps(value) if not has_holes(value) else _holed(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return number_text(value)


def _holed(text: str) -> str:
    parts: list[str] = []
    plain = ""
    for char in text:
        if hole_index(char) is None:
            plain += char
            continue
        if plain:
            parts.append(json.dumps(plain))
            plain = ""
        parts.append(UNKNOWN)
    if plain:
        parts.append(json.dumps(plain))
    return UNKNOWN if parts == [UNKNOWN] else '{"$string": [' + ", ".join(parts) + "]}"


def answer(value: Value, sensitive: bool = False) -> str:
    """A value as an answer: `value`, `partial` or `unknown`; the JSON text of the object's members."""
    text = to_json(value)
    mark = ', "sensitive": true' if sensitive else ""
    if text == UNKNOWN:
        reason = value.reason if isinstance(value, Unknown) else "a part of it is unknown"
        return f'"unknown": true, "reason": {json.dumps(reason)}{mark}'
    return f'"partial": {text}{mark}' if '"$unknown": true' in text else f'"value": {text}{mark}'
