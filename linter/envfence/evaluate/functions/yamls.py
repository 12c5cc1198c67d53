"""`yamldecode` and `yamlencode`, in the dialect that Terraform has.

Comes in: converted arguments. Goes out: values and text. Must not know: JSON.

The dialect resolves plain scalars much as YAML 1.1 does (`yes`, `on`, dates), but writes octal as `0o17`, knows no
`1_000`, no `1:30` and no lists of merged maps. As in JSON, a hole inside a quoted scalar is text of that scalar;
elsewhere the document is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from envfence.evaluate import limits, partial
from envfence.evaluate.convert import ANY, STRING, ConversionError, number_text, text_number, to_string
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.jsontext import ordered_keys
from envfence.evaluate.functions.spec import function, known_throughout, normal, nullable
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes
from envfence.yamls import safe_loader

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_BASED = re.compile(r"0x([0-9a-fA-F]+)|0o([0-7]+)", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)", re.ASCII)
_TIMED = re.compile(r"\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d.*", re.ASCII)
_TAGS = "tag:yaml.org,2002:"


@function("yamldecode", STRING, partial=True)
def yamldecode(_context: FunctionContext, text: str) -> Value:
    """The value of a YAML document."""
    import yaml

    try:
        reader = _Reader(yaml.parse(text, Loader=safe_loader()), has_holes(text))
        return reader.document()
    except yaml.YAMLError as error:
        raise FunctionError(f"this is not YAML: {str(error).splitlines()[0]}") from None


class _Reader:
    """Builds a value out of the parser's events."""

    def __init__(self, events: Iterator[Any], holed: bool) -> None:
        self.events = events
        self.holed = holed
        self.anchors: dict[str, Value] = {}
        self.aliases = 0
        self.nodes = 0

    def document(self) -> Value:
        """The only document; raises `FunctionError` when there is none or another."""
        kinds = iter(self.events)
        next(kinds)
        if type(next(kinds)).__name__ != "DocumentStartEvent":
            raise FunctionError("the YAML text is empty")
        value = self._node(next(kinds), 0)
        next(kinds)
        if type(next(kinds)).__name__ != "StreamEndEvent":
            raise FunctionError("the YAML text has several documents")
        return value

    def _node(self, event: Any, depth: int) -> Value:
        self.nodes += 1
        if depth > limits.DEPTH or self.nodes > limits.STEPS_PER_VALUE:
            raise Undecided("the YAML text is too large")
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event.anchor)
        if kind == "ScalarEvent":
            value = self._scalar(event)
        elif kind == "SequenceStartEvent":
            _check_tag(event, "seq")
            value = self._sequence(depth)
        else:
            _check_tag(event, "map")
            value = self._mapping(depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _alias(self, anchor: str) -> Value:
        self.aliases += 1
        if self.aliases > limits.YAML_ALIASES:
            raise Undecided("the YAML text has too many aliases")
        if anchor not in self.anchors:
            raise FunctionError(f'the YAML text has no anchor "{anchor}"')
        return self.anchors[anchor]

    def _sequence(self, depth: int) -> Value:
        items: list[Value] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, depth + 1))
        if len(items) > limits.COLLECTION:
            raise Undecided("the collection is too large")
        return Sequence(tuple(items))

    def _mapping(self, depth: int) -> Value:
        items: dict[str, Value] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            merged = type(event).__name__ == "ScalarEvent" and event.value == "<<" and event.implicit[0]
            key = self._node(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if merged:
                if not isinstance(value, Mapping):
                    raise FunctionError("only a map can be merged into a YAML map")
                items.update(value.items)
            else:
                items[_key(key)] = value
        if len(items) > limits.COLLECTION:
            raise Undecided("the collection is too large")
        if self.holed and partial.distinct_values(tuple(items)) is None:
            raise Undecided("unknown keys may be equal")
        return Mapping({key: items[key] for key in sorted(items)})

    def _scalar(self, event: Any) -> Value:
        text = event.value
        plain = not event.style  # the C parser says "", the other None
        if plain and self.holed and has_holes(text):
            raise Undecided("an unknown part of the YAML text stands outside of quotes")
        if not self.holed and has_holes(text):
            raise Undecided("the text contains private-use characters")
        if event.tag is not None:
            return _tagged(event, text)
        return _resolved(text) if plain else normal(text)


def _check_tag(event: Any, kind: str) -> None:
    if event.tag is not None and event.tag != _TAGS + kind:
        raise FunctionError(f'the YAML tag "{event.tag}" is not supported')


def _tagged(event: Any, text: str) -> Value:
    if event.tag == _TAGS + "str":
        return normal(text)
    if str(event.tag).removeprefix(_TAGS) in ("int", "float", "bool", "null", "timestamp", "binary", "merge"):
        raise Undecided(f'the YAML tag "{event.tag}" is not covered')
    raise FunctionError(f'the YAML tag "{event.tag}" is not supported')


def _key(value: Value) -> str:
    if value is None:
        raise FunctionError("a key of a YAML map must not be null")
    try:
        return to_string(value)
    except ConversionError:
        raise FunctionError("a key of a YAML map must be a primitive") from None


def _resolved(text: str) -> Value:
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _NUMBER.fullmatch(text):
        return text_number(text)
    based = _BASED.fullmatch(text)
    if based:
        if len(text) > 400:
            raise Undecided("the number has too many digits")
        return int(based[1], 16) if based[1] else int(based[2], 8)
    if re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", text):
        raise FunctionError("infinity is not a value")
    day = _DAY.fullmatch(text)
    if day:
        return _date(text, *(int(part) for part in day.groups()))
    if _TIMED.fullmatch(text):
        raise Undecided("a time in a YAML text is not covered")
    return normal(text)


def _date(text: str, year: int, month: int, day: int) -> str:
    from datetime import date

    try:
        date(year, month, day)
    except ValueError:
        return text
    return f"{year:04d}-{month:02d}-{day:02d}T00:00:00Z"


# ---------------------------------------------------------------- writing

_WIDTH = 80
_SIMPLE_KEY = 120
_NAMED = {
    0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 34: '"', 92: "\\",
    0x85: "N", 0x2028: "L", 0x2029: "P",
}  # fmt: skip


@function("yamlencode", nullable(ANY), returns="string", partial=True)
def yamlencode(_context: FunctionContext, value: Value) -> Value:
    """A YAML document in block style, strings quoted."""
    if not isinstance(value, (Sequence, Mapping)):
        text = _leaf(value, 0, 0)
        return text + ("\n" if isinstance(value, str) else "\n...\n") if not text.endswith("\n") else text
    known_throughout((value,))
    writer = _YamlWriter()
    writer.node(value, 0, 0)
    return "".join(writer.parts)


class _YamlWriter:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        self.size += len(text)
        if self.size > limits.STRING:
            raise Undecided("the YAML text would be too long")
        self.parts.append(text)

    def node(self, value: Value, indent: int, column: int) -> None:
        """Writes a value whose first line starts at `column`, the further ones at `indent`."""
        if isinstance(value, Sequence) and value.items:
            if not partial.is_ordered(value):
                raise Undecided("unknown parts decide the order of a set")
            for at, item in enumerate(value.items):
                self.add((" " * indent if at else "") + "- ")
                self.node(item, indent + 2 if _is_block(item) else indent, indent + 2)
        elif isinstance(value, Mapping) and value.items:
            for at, key in enumerate(ordered_keys(value)):
                self._entry(key, value.items[key], " " * indent if at else "", indent)
        else:
            text = _leaf(value, indent, column)
            self.add(text if text.endswith("\n") else text + "\n")

    def _entry(self, key: str, value: Value, lead: str, indent: int) -> None:
        written = _quoted(key, indent, _SIMPLE_KEY)
        if "\n" in key or len(written) > _SIMPLE_KEY:
            raise Undecided("the layout of a long key is not covered")
        self.add(lead + written + ":")
        if not _is_block(value):
            self.add(" ")
            self.node(value, indent, indent + len(written) + 2)
            return
        inner = indent if isinstance(value, Sequence) else indent + 2
        self.add("\n" + " " * inner)
        self.node(value, inner, inner)


def _is_block(value: Value) -> bool:
    return isinstance(value, (Sequence, Mapping)) and bool(value.items)


def _leaf(value: Value, indent: int, column: int) -> str:
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    if isinstance(value, Sequence):
        return "[]"
    if isinstance(value, Mapping):
        return "{}"
    return _literal(value, indent + 2) if "\n" in value and _may_be_literal(value) else _quoted(value, column, _WIDTH)


def _printable(char: str) -> bool:
    if "\ue000" > char >= "\ud800" or char in "\ufeff\ufffe\uffff":
        return False
    return "\x20" <= char <= "\x7e" or "\xa0" <= char <= "\uffff" or partial.is_hole(char)


def _may_be_literal(text: str) -> bool:
    lines = text.split("\n")
    if any(char in "\x85\u2028\u2029" for char in text) or not all(_printable(char) for line in lines for char in line):
        return False
    if has_holes(text):
        raise Undecided("the layout of an unknown string of several lines")
    if any(line.endswith(" ") for line in lines):
        return False
    if text[0] in " \n":
        raise Undecided("the layout of a string that starts with a space is not covered")
    return True


def _literal(text: str, indent: int) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    sign = "-" if not ends else "" if ends == 1 else "+"
    lines = body.split("\n") + [""] * (ends - 1)
    return f"|{sign}\n" + "".join((" " * indent + line if line else "") + "\n" for line in lines)


def _quoted(text: str, column: int, width: int) -> str:
    """A double-quoted scalar; a long one with spaces would be folded, which is not done here."""
    made = "".join(_escaped(char) for char in text)
    if " " in made and (column + len(made) + 2 > width or has_holes(made)):
        raise Undecided("the layout of a long string is not covered")
    return f'"{made}"'


def _escaped(char: str) -> str:
    code = ord(char)
    if code in _NAMED:
        return "\\" + _NAMED[code]
    if _printable(char):
        return char
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
