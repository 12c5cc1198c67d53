"""Where a value stands in a data file that an expression reads: `jsondecode(file("settings.json")).accounts["live"]`.

In: a place whose value is what is decoded from a file, with a path in it. Out: the line of that very value. Must not
know what asks.
"""

from __future__ import annotations

from functools import lru_cache

from envfence.evaluate.spots import Path, Spot, value_at
from envfence.hcl import ast
from envfence.sources.documents import Documents, Items, Table, read_documents
from envfence.tree import Unreadable, join
from envfence.values import Span, has_holes

_DECODERS = frozenset({"jsondecode", "yamldecode"})
#: Larger files are shown by the call that reads them.
_MOST = 300_000


def span_in_file(spot: Spot) -> Span | None:
    """The place in the file from which the value at `spot` is read; None where it is not read from one."""
    name = _file_of(spot) if spot.path else None
    files = spot.scope.run.files
    if name is None or files is None or files.stat(name) is None:
        return None
    try:
        data = files.read(name)
    except Unreadable:
        return None
    documents = _documents(data) if len(data) <= _MOST else Documents(())
    return _place(documents.items[0], spot.path, name) if len(documents.items) == 1 else None


@lru_cache(maxsize=16)
def _documents(data: bytes) -> Documents:
    return read_documents(data)


def _file_of(spot: Spot) -> str | None:
    """The file of `jsondecode(file(PATH))`, as the tree knows it."""
    outer = spot.expr
    inner = outer.args[0] if isinstance(outer, ast.Call) and outer.name in _DECODERS and len(outer.args) == 1 else None
    if not isinstance(inner, ast.Call) or inner.name != "file" or len(inner.args) != 1:
        return None
    path = value_at(inner.args[0], spot.scope)
    if not isinstance(path, str) or has_holes(path) or path.startswith("~"):
        return None
    return join(spot.scope.run.base, path)


def _place(data: object, path: Path, name: str) -> Span | None:
    """The place of what lies at a path; of the table or list where the path ends too early."""
    span = None
    for step in path:
        if isinstance(data, Table) and isinstance(step, str) and step in data:
            span, data = data.span_of(step, name), data[step]
        elif isinstance(data, Items) and isinstance(step, int) and 0 <= step < len(data):
            span, data = Span(name, data.lines[step], 1), data[step]
        else:
            return None
    return span
