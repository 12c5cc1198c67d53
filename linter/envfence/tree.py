"""Where sources are read from: a directory, a git commit, a dictionary. Every read of scanned files goes through here.

Comes in: paths relative to the root. Goes out: listings and bytes, or `Unreadable` with the reason.
Must not know: what is in the files. Nothing outside the root is ever read, nothing that is no regular file is ever opened.
"""

from __future__ import annotations

import errno
import os
import stat as stat_modes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from envfence.errors import EnvfenceError
from envfence.paths import join, parent

MAX_READ = 4 * 1024 * 1024
MAX_ENTRIES = 200_000


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One name in a directory; `kind` is "file", "dir" or "other", links are followed inside the root."""

    name: str
    path: str
    kind: str
    size: int = 0


class Unreadable(EnvfenceError):
    """A file that cannot or must not be read; `reason` says why, without the path."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


@dataclass(slots=True)
class Reads:
    """What was asked of a tree: the inputs of everything computed from it. Grows only."""

    read: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


class Tree(Protocol):
    """A tree of sources. `root` is for display only."""

    root: str
    reads: Reads

    def list(self, directory: str) -> tuple[Entry, ...]:
        """The entries of a directory by name; () when it is absent, unreadable or outside of the root."""

    def stat(self, path: str) -> Entry | None:
        """The entry at `path`; None when there is none, or it lies outside of the root."""

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """The bytes of a regular file; raises `Unreadable`."""

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`."""

    def real(self, path: str) -> str:
        """The path without symbolic links; `path` itself when it is absent or leads out of the root."""


def _normal(path: str) -> str:
    normal = join("", path)
    if normal is None:
        raise Unreadable(path, "is outside of the root")
    return normal


def _too_large(path: str, size: int, limit: int) -> Unreadable:
    return Unreadable(path, f"is too large: {size} bytes, the limit is {limit}")


class DirectoryTree:
    """A working directory."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.reads = Reads()
        self._base = os.path.realpath(root)
        self._listings: dict[str, tuple[Entry, ...]] = {}
        self._safe: set[str] = {""}

    def _locate(self, path: str) -> str:
        """The absolute path behind `path`; raises `Unreadable` where a link leads out of the root."""
        normal = _normal(path)
        absolute = f"{self._base}/{normal}" if normal else self._base
        if parent(normal) in self._safe and not os.path.islink(absolute):
            return absolute
        real = os.path.realpath(absolute)
        if real != self._base and not real.startswith(self._base.rstrip("/") + "/"):
            raise Unreadable(path, "is a link to a place outside of the root")
        if real == absolute and os.path.isdir(real):
            self._safe.add(normal)
        return real

    def list(self, directory: str) -> tuple[Entry, ...]:
        """See `Tree.list`."""
        self.reads.listed.add(directory)
        known = self._listings.get(directory)
        if known is None:
            known = self._listings[directory] = self._scan(directory)
        return known

    def _scan(self, directory: str) -> tuple[Entry, ...]:
        try:
            place = self._locate(directory)
            with os.scandir(place) as found:
                entries = [entry for entry, _ in zip(found, range(MAX_ENTRIES), strict=False)]
        except (OSError, Unreadable):
            self.reads.absent.add(directory)
            return ()
        plain = place == (f"{self._base}/{directory}" if directory else self._base)
        prefix = f"{directory}/" if directory else ""
        result: list[Entry] = []
        for entry in entries:
            path = prefix + entry.name
            try:
                if entry.is_symlink():
                    linked = self.stat(path)
                    result.append(Entry(entry.name, path, "other") if linked is None else linked)
                elif entry.is_dir(follow_symlinks=False):
                    result.append(Entry(entry.name, path, "dir"))
                    if plain:
                        self._safe.add(path)
                elif entry.is_file(follow_symlinks=False):
                    result.append(Entry(entry.name, path, "file"))
                else:
                    result.append(Entry(entry.name, path, "other"))
            except OSError:
                result.append(Entry(entry.name, path, "other"))
        result.sort(key=lambda entry: entry.name)
        return tuple(result)

    def stat(self, path: str) -> Entry | None:
        """See `Tree.stat`."""
        try:
            found = os.stat(self._locate(path))
        except (OSError, ValueError, Unreadable):
            self.reads.absent.add(path)
            return None
        mode = found.st_mode
        kind = "file" if stat_modes.S_ISREG(mode) else "dir" if stat_modes.S_ISDIR(mode) else "other"
        return Entry(path.rpartition("/")[2], path, kind, found.st_size)

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self.stat(path) is not None

    def real(self, path: str) -> str:
        """See `Tree.real`."""
        try:
            return os.path.relpath(self._locate(path), self._base) if path else ""
        except (OSError, ValueError, Unreadable):
            return path

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """See `Tree.read`."""
        self.reads.read.add(path)
        try:
            # Without blocking on a pipe, and without following a link that was put there meanwhile.
            handle = os.open(self._locate(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except ValueError:
            raise Unreadable(path, "is no valid path") from None
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                self.reads.absent.add(path)
            raise Unreadable(path, _why(error)) from None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat_modes.S_ISREG(found.st_mode):
                raise Unreadable(path, "is not a regular file")
            if found.st_size > limit:
                raise _too_large(path, found.st_size, limit)
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise Unreadable(path, _why(error)) from None
        if len(data) > limit:
            raise _too_large(path, len(data), limit)
        return data


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "is absent"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "may not be read: permission denied"
    if error.errno == errno.ELOOP:
        return "is a link in a circle"
    if error.errno in (errno.EISDIR, errno.ENXIO):
        return "is not a regular file"
    return f"cannot be read: {error.strerror or 'input/output error'}"


class DictTree:
    """A tree out of a dictionary from path to text: for tests, and for what was read elsewhere."""

    def __init__(self, files: Mapping[str, str | bytes], root: str = "") -> None:
        self.root = root
        self.reads = Reads()
        self._files = {_normal(path): _bytes(text) for path, text in files.items()}
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
        normal = join("", path)
        if normal == "":
            return Entry("", "", "dir")
        entry = None if normal is None else self._listings.get(parent(normal), {}).get(normal.rpartition("/")[2])
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
        normal = _normal(path)
        data = self._files.get(normal)
        if data is None:
            if normal in self._listings:
                raise Unreadable(path, "is not a regular file")
            self.reads.absent.add(path)
            raise Unreadable(path, "is absent")
        if len(data) > limit:
            raise _too_large(path, len(data), limit)
        return data


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


__all__ = ["MAX_READ", "DictTree", "DirectoryTree", "Entry", "Reads", "Tree", "Unreadable", "join", "parent"]
