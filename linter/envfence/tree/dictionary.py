"""A tree out of a dictionary.

Comes in: texts by path. Goes out: a `Tree`. Must not know: file systems.
"""

from __future__ import annotations

from collections.abc import Mapping

from envfence.paths import join, parent
from envfence.tree.base import MAX_READ, Entry, Reads, Unreadable, normal, too_large


class DictTree:
    """A tree out of a dictionary from path to text: for tests, and for what was read elsewhere."""

    def __init__(self, files: Mapping[str, str | bytes], root: str = "") -> None:
        self.root = root
        self.name = root.rstrip("/").rpartition("/")[2]
        self.reads = Reads()
        self._files = {normal(path): _bytes(text) for path, text in files.items()}
        self._listings: dict[str, dict[str, Entry]] = {"": {}}
        for path, data in self._files.items():
            self._enter(path, Entry(path.rpartition("/")[2], path, "file", len(data)))

    def _enter(self, path: str, entry: Entry) -> None:
        while True:
            directory = parent(path)
            self._listings.setdefault(directory, {})[entry.name] = entry
            if not directory:
                return
            entry, path = Entry(directory.rpartition("/")[2], directory, "dir"), directory

    def list(self, directory: str) -> tuple[Entry, ...]:
        """See `Tree.list`."""
        self.reads.listed.add(directory)
        found = self._listings.get(directory)
        if found is None:
            self.reads.absent.add(directory)
            return ()
        return tuple(found[name] for name in sorted(found))

    def stat(self, path: str) -> Entry | None:
        """See `Tree.stat`."""
        inner = join("", path)
        if inner == "":
            return Entry("", "", "dir")
        entry = None if inner is None else self._listings.get(parent(inner), {}).get(inner.rpartition("/")[2])
        if entry is None:
            self.reads.absent.add(path)
        return entry

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self.stat(path) is not None

    def real(self, path: str) -> str:
        """A dictionary has no links."""
        return path

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """See `Tree.read`."""
        self.reads.read.add(path)
        inner = normal(path)
        data = self._files.get(inner)
        if data is None:
            if inner in self._listings:
                raise Unreadable(path, "is not a regular file")
            self.reads.absent.add(path)
            raise Unreadable(path, "is absent")
        if len(data) > limit:
            raise too_large(path, len(data), limit)
        return data


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
