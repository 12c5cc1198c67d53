"""YAML with the line of every key and item, read without building Python objects from tags.

Comes in: text. Goes out: plain JSON-like data, the line of each path in it, mistakes. Must not know: what keys mean.
Scalars follow YAML 1.2: `off`, `no` and dates are strings, as are numbers with leading zeros (account ids).
Anchors, aliases and tags are refused: a configuration needs none, and they make small files huge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from envfence.errors import Mistake
from envfence.yamls import safe_loader

MAX_BYTES = 512 * 1024
MAX_EVENTS = 50_000
MAX_DEPTH = 20

Path = tuple[str | int, ...]
#: Stands for a key that was given before; its value is read, and dropped. No YAML key can be this.
_SECOND = "\0"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")


@dataclass(slots=True)
class Located:
    """The data of one document, and the line of the value (and of the key) at each path."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    keys: dict[Path, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the nearest thing at or above `path`: of its key where it has one."""
        while path:
            found = self.keys.get(path) or self.lines.get(path)
            if found:
                return found
            path = path[:-1]
        return self.lines.get((), 1)


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


class _StopError(Exception):
    """Reading cannot go on; the mistake says why."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_yaml(text: str, path: str) -> Located:
    """Reads one document; all that is wrong (syntax, duplicate keys, limits) ends up in `mistakes`."""
    located = Located()
    try:
        if len(text) > MAX_BYTES:
            raise _StopError(f"the file is larger than {MAX_BYTES // 1024} KB", 1)
        _Reader(located, path).read(yaml.parse(text, Loader=safe_loader()))
    except _StopError as stop:
        located.mistakes.append(Mistake(str(stop), path, stop.line))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = " ".join(filter(None, (error.context, error.problem))) or "cannot be read"
        located.mistakes.append(Mistake(f"not valid YAML: {what}", path, line))
    except yaml.YAMLError as error:
        located.mistakes.append(Mistake(f"not valid YAML: {str(error).splitlines()[0]}", path, 1))
    return located


class _Reader:
    """Builds data from parser events with a stack of its own: nothing here recurses on the user's input."""

    def __init__(self, located: Located, path: str) -> None:
        self.located = located
        self.path = path
        self.stack: list[_Open] = []
        self.documents = 0

    def read(self, events: Any) -> None:
        for count, event in enumerate(events):
            line = event.start_mark.line + 1
            if count > MAX_EVENTS:
                raise _StopError(f"the file holds more than {MAX_EVENTS} values", line)
            self.take(event, line)

    def take(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _StopError("a second document begins here; only one is read", line)
        elif isinstance(event, yaml.AliasEvent):
            raise _StopError("aliases (*name) are not read in this file; write the value out", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self.node(event, line)

    def node(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor is not None or getattr(event, "tag", None):
            raise _StopError("anchors (&name) and tags (!name) are not read in this file; write the value out", line)
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.take_key(top, event, line)
            return
        if isinstance(event, yaml.ScalarEvent):
            self.place(top, _scalar(event), line)
            return
        if len(self.stack) >= MAX_DEPTH:
            raise _StopError(f"nested deeper than {MAX_DEPTH} levels", line)
        fresh: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(fresh, self.place(top, fresh, line)))

    def take_key(self, top: _Open, event: yaml.NodeEvent, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise _StopError("a key must be a plain word", line)
        key = str(event.value)
        where = (*top.path, key)
        if key in top.value:
            first = self.located.keys[where]
            self.located.mistakes.append(Mistake(f"'{key}' is given twice, first in line {first}", self.path, line))
            key = _SECOND
        else:
            self.located.keys[where] = line
        top.key = key

    def place(self, top: _Open | None, value: Any, line: int) -> Path:
        where: Path
        if top is None:
            where = ()
            self.located.data = value
        elif isinstance(top.value, dict):
            key = top.key or ""
            where = (*top.path, key)
            if key != _SECOND:
                top.value[key] = value
            top.key = None
        else:
            where = (*top.path, len(top.value))
            top.value.append(value)
        self.located.lines[where] = line
        return where


def _scalar(event: yaml.ScalarEvent) -> str | int | bool | None:
    text = str(event.value)
    if event.style not in (None, ""):
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if _INTEGER.fullmatch(text) else text
