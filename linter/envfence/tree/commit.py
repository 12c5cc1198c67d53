"""The tree of a git commit, read from the object store: no working tree, no checkout, no filters.

Comes in: a repository directory and a commit. Goes out: a `Tree`. Must not know: what files mean.
"""

from __future__ import annotations

import os

from envfence.git import GitError, ObjectReader, TreeItem, list_tree, resolve
from envfence.paths import join, parent
from envfence.tree.base import MAX_READ, Entry, Reads, Unreadable, too_large

_LINK, _SUBMODULE = "120000", "160000"
_MAX_LINKS = 20


class GitTree:
    """A commit, from the directory `repository` downwards. Raises `GitError` when there is no such commit."""

    def __init__(self, repository: str, commit: str) -> None:
        self.commit = resolve(repository, commit)
        self.root = f"{repository}@{self.commit[:10]}"
        self.name = os.path.basename(os.path.realpath(repository))
        self.reads = Reads()
        self._repository = repository
        self._reader: ObjectReader | None = None
        self._items: dict[str, TreeItem] = {item.path: item for item in list_tree(repository, self.commit)}
        self._listings: dict[str, dict[str, Entry]] = {"": {}}
        self._links = sorted(path for path, item in self._items.items() if item.mode == _LINK)
        for path, item in self._items.items():
            kind = "other" if item.mode in (_LINK, _SUBMODULE) else "file"
            self._enter(path, Entry(path.rpartition("/")[2], path, kind, item.size))
        for path in self._links:
            self._follow_entry(path)

    def _enter(self, path: str, entry: Entry) -> None:
        while True:
            directory = parent(path)
            known = self._listings.get(directory)
            self._listings.setdefault(directory, {})[entry.name] = entry
            if known is not None or not directory:
                return
            entry, path = Entry(directory.rpartition("/")[2], directory, "dir"), directory

    def _follow_entry(self, path: str) -> None:
        """Shows a link as what it leads to."""
        real = self._resolve(path)
        if real is None:
            return
        name = path.rpartition("/")[2]
        if real in self._listings:
            self._listings[parent(path)][name] = Entry(name, path, "dir")
        elif real in self._items:
            self._listings[parent(path)][name] = Entry(name, path, "file", self._items[real].size)

    def _resolve(self, path: str) -> str | None:
        """The path without links; None when a link leads out of the tree or in a circle."""
        current: str | None = join("", path)
        for _ in range(_MAX_LINKS):
            if current is None:
                return None
            link = self._first_link(current)
            if link is None:
                return current
            target = join(parent(link), self._object(link).decode("utf-8", "replace"))
            rest = current[len(link) :].lstrip("/")
            current = None if target is None else join(target, rest)
        return None

    def _first_link(self, path: str) -> str | None:
        if not self._links:
            return None
        end = path.find("/")
        while True:
            head = path if end < 0 else path[:end]
            item = self._items.get(head)
            if item is not None and item.mode == _LINK:
                return head
            if end < 0:
                return None
            end = path.find("/", end + 1)

    def _object(self, path: str) -> bytes:
        if self._reader is None:
            self._reader = ObjectReader(self._repository)
        try:
            return self._reader.read(self._items[path].object)
        except GitError as error:
            raise Unreadable(path, str(error)) from None

    def list(self, directory: str) -> tuple[Entry, ...]:
        """See `Tree.list`."""
        self.reads.listed.add(directory)
        real = self._resolve(directory)
        found = None if real is None else self._listings.get(real)
        if found is None:
            self.reads.absent.add(directory)
            return ()
        prefix = f"{directory}/" if directory else ""
        return tuple(
            Entry(entry.name, prefix + entry.name, entry.kind, entry.size) for _, entry in sorted(found.items())
        )

    def stat(self, path: str) -> Entry | None:
        """See `Tree.stat`."""
        real = self._resolve(path)
        name = path.rpartition("/")[2]
        if real is not None and real in self._listings:
            return Entry(name, path, "dir")
        item = None if real is None else self._items.get(real)
        if item is None:
            self.reads.absent.add(path)
            return None
        return Entry(name, path, "other" if item.mode == _SUBMODULE else "file", item.size)

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self.stat(path) is not None

    def real(self, path: str) -> str:
        """See `Tree.real`."""
        found = self._resolve(path)
        return path if found is None else found

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """See `Tree.read`."""
        self.reads.read.add(path)
        real = self._resolve(path)
        if real is None:
            raise Unreadable(path, "is a link to a place outside of the root")
        item = self._items.get(real)
        if item is None or item.mode == _SUBMODULE:
            if item is not None or real in self._listings:
                raise Unreadable(path, "is not a regular file")
            self.reads.absent.add(path)
            raise Unreadable(path, "is absent")
        if item.size > limit:
            raise too_large(path, item.size, limit)
        return self._object(real)

    def contents(self) -> dict[str, str]:
        """What stands at every path, so that two trees can be compared: the id of a file's content, where a link
        leads (`-> PATH`), an empty text for a submodule."""
        return {path: self._content(path, item) for path, item in self._items.items()}

    def _content(self, path: str, item: TreeItem) -> str:
        if item.mode == _LINK:
            return f"-> {self.real(path)}"
        return "" if item.mode == _SUBMODULE else item.object

    def close(self) -> None:
        """Ends the git process behind the reads."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
