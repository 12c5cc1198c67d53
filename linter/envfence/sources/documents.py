"""YAML (and JSON, which is YAML) as plain data that knows the line of everything in it.

In: a text. Out: its documents, as far as it can be read, and why no further. Tags are ignored, aliases stand for the
very object they name, `<<` merges. Must not know what keys mean.

Scalars follow YAML 1.2: `on`, `off`, `no` and dates are strings. Nothing here recurses on the input, and an alias
copies nothing, so a small file stays small; whoever walks over the data must count its steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from envfence.values import Span
from envfence.yamls import safe_loader

MAX_EVENTS = 200_000
MAX_DEPTH = 60
MAX_DOCUMENTS = 500
_MAX_MERGED = 20_000
_MERGE = "<<"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")


class Table(dict[str, Any]):
    """A mapping; `line` is where it begins, `lines` and `columns` say where the value of each key does."""

    __slots__ = ("columns", "key_lines", "line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.columns: dict[str, int] = {}
        self.key_lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """The line on which the value of a key begins (the text, for a block of text); that of the table if absent."""
        return self.lines.get(key, self.line)

    def span_of(self, key: str, path: str) -> Span:
        """The place of a key's value in the file at `path`."""
        return Span(path, self.line_of(key), self.columns.get(key, 1))


class Items(list[Any]):
    """A sequence; `lines` says where each item begins."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of one text; `problem` says in which line and why reading ended early, if it did."""

    items: tuple[Any, ...]
    problem: tuple[int, str] | None = None


@dataclass(slots=True)
class _Open:
    """A collection that is being read. A key is complete once its value is."""

    value: Table | Items
    anchor: str | None
    key: str | None = None
    merges: list[Any] = field(default_factory=list)


class _StopError(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_documents(text: str | bytes) -> Documents:
    """All documents of a text; of a text that is not YAML to its end, those before the mistake."""
    import yaml

    reader = _Reader()
    try:
        reader.read(yaml.parse(text, Loader=safe_loader()))
    except _StopError as stop:
        return Documents(tuple(reader.documents), (stop.line, str(stop)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Documents(tuple(reader.documents), (line, f"not YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return Documents(tuple(reader.documents), (1, "not YAML: it holds characters that YAML does not allow"))
    return Documents(tuple(reader.documents))


class _Reader:
    """Builds data from parser events, with a stack of its own."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, Any] = {}
        self.merged = 0

    def read(self, events: Any) -> None:
        for count, event in enumerate(events):
            if count > MAX_EVENTS:
                raise _StopError(f"more than {MAX_EVENTS} values", event.start_mark.line + 1)
            name = type(event).__name__
            if name == "ScalarEvent":
                self._scalar(event)
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event, name == "MappingStartEvent")
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                self._close()
            elif name == "AliasEvent":
                self._place(self.anchors.get(event.anchor), event)
            elif name == "DocumentStartEvent":
                self._begin(event)

    def _begin(self, event: Any) -> None:
        self.anchors = {}
        if len(self.documents) >= MAX_DOCUMENTS:
            raise _StopError(f"more than {MAX_DOCUMENTS} documents", event.start_mark.line + 1)

    def _scalar(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        is_key = top is not None and isinstance(top.value, Table) and top.key is None
        value: Any = str(event.value) if is_key or event.style else _plain(event.value)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        if is_key and top is not None and isinstance(top.value, Table):
            top.key = str(value)
            top.value.key_lines[top.key] = event.start_mark.line + 1
        else:
            self._place(value, event)

    def _open(self, event: Any, is_mapping: bool) -> None:
        line = event.start_mark.line + 1
        if len(self.stack) >= MAX_DEPTH:
            raise _StopError(f"nested deeper than {MAX_DEPTH} levels", line)
        self.stack.append(_Open(Table(line) if is_mapping else Items(line), event.anchor))
        if event.anchor is not None:
            self.anchors[event.anchor] = self.stack[-1].value

    def _close(self) -> None:
        done = self.stack.pop()
        if isinstance(done.value, Table):
            for other in done.merges:
                self._merge(done.value, other)
        self._place(done.value, None)

    def _place(self, value: Any, event: Any) -> None:
        """Puts a finished value where it belongs; `event` is None for a collection, which knows its own line."""
        if not self.stack:
            self.documents.append(value)
            return
        top = self.stack[-1]
        line = value.line if event is None else _text_line(event)
        if isinstance(top.value, Items):
            top.value.append(value)
            top.value.lines.append(line)
            return
        key, top.key = top.key, None
        if key is None:
            return  # a collection as a key: nothing that we read has one
        if key == _MERGE:
            top.merges.extend(value if isinstance(value, Items) else [value])
            return
        top.value[key] = value
        top.value.lines[key] = line
        if event is not None:
            top.value.columns[key] = event.start_mark.column + 1

    def _merge(self, into: Table, other: Any) -> None:
        if not isinstance(other, Table):
            return
        self.merged += len(other)
        if self.merged > _MAX_MERGED:
            raise _StopError(f"more than {_MAX_MERGED} merged keys", into.line)
        for key, value in other.items():
            if key not in into:
                into[key] = value
                into.lines[key] = other.line_of(key)
                into.columns[key] = other.columns.get(key, 1)


def _text_line(event: Any) -> int:
    """The line of a scalar; of a block of text, that of its first line."""
    return int(event.start_mark.line) + (2 if getattr(event, "style", None) in ("|", ">") else 1)


def _plain(text: str) -> Any:
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if _INTEGER.fullmatch(text) else text


def strings(value: Any, most: int = 20_000) -> Iterator[tuple[str, str, int]]:
    """(key it stands under, text, line) of every text below a value, in order. Visits at most `most` things."""
    pending: list[tuple[str, Any, int]] = [("", value, getattr(value, "line", 1))]
    while pending and most > 0:
        most -= 1
        key, found, line = pending.pop()
        if isinstance(found, str):
            yield key, found, line
        elif isinstance(found, Table):
            pending.extend((name, item, found.line_of(name)) for name, item in reversed(found.items()))
        elif isinstance(found, Items):
            pending.extend((key, item, found.lines[index]) for index, item in reversed(list(enumerate(found))))
