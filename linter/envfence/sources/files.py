"""What an input format may read: the sources of a tree by kind, their bytes, texts and YAML documents, each read once.

In: a tree, its sources. Out: contents, and a problem for each that could not be read. Must not know formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from envfence.model import Problem, Source
from envfence.sources.documents import Documents, read_documents
from envfence.tree import Tree, Unreadable
from envfence.values import Span

#: Larger files are no configuration that people write.
MAX_BYTES = 512 * 1024
#: More than this is not kept for the next format that asks.
_MAX_KEPT = 64 * 1024 * 1024
#: In JSON: a text, or a comment. What is not closed ends somewhere all the same, so that one pass is enough.
_COMMENT = re.compile(rb'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)


class Files:
    """One shared reader for all formats; `problems` collects what it could not read."""

    def __init__(self, tree: Tree, sources: Iterable[Source]) -> None:
        self.tree = tree
        self.problems: set[Problem] = set()
        self._kinds: dict[str, list[str]] = {}
        for source in sources:
            self._kinds.setdefault(source.kind, []).append(source.path)
        self._data: dict[str, bytes | None] = {}
        self._documents: dict[str, Documents] = {}
        self._kept = 0

    def of(self, *kinds: str) -> Iterator[str]:
        """The paths of all sources of these kinds, sorted."""
        return iter(sorted(path for kind in kinds for path in self._kinds.get(kind, ())))

    def has(self, path: str) -> bool:
        """Whether there is a file at `path`, source or not."""
        entry = self.tree.stat(path)
        return entry is not None and entry.kind == "file"

    def data(self, path: str) -> bytes | None:
        """The bytes of a file; None, and a problem, when it cannot be read."""
        if path not in self._data:
            try:
                data = self.tree.read(path, MAX_BYTES)
            except Unreadable as error:
                self.problem(path, 1, error.reason)
                self._data[path] = None
                return None
            self._kept += len(data)
            if self._kept > _MAX_KEPT:
                return data
            self._data[path] = data
        return self._data[path]

    def text(self, path: str) -> str:
        """The text of a file, empty when it cannot be read."""
        return (self.data(path) or b"").decode("utf-8", "replace")

    def documents(self, path: str) -> Documents:
        """The YAML documents of a file; what ends reading early is a problem."""
        found = self._documents.get(path)
        if found is None:
            data = self.data(path)
            if data and path.endswith(".json"):
                data = _as_yaml(data)
            found = read_documents(data) if data else Documents(())
            if found.problem is not None:
                self.problem(path, *found.problem)
            self._documents[path] = found
        return found

    def problem(self, path: str, line: int, reason: str, hides: str = "what stands there") -> None:
        """Notes what could not be read."""
        self.problems.add(Problem(stage="parse", reason=reason, span=Span(path, line), hides=hides))


def _as_yaml(data: bytes) -> bytes:
    """JSON as YAML takes it: without tabs, which JSON may be indented with, and without the comments that settings of
    editors have."""
    if b"//" in data or b"/*" in data:
        data = _COMMENT.sub(lambda found: found[1] or re.sub(rb"[^\n]", b" ", found[0]), data)
    return data.replace(b"\t", b" ")
