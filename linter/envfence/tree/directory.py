"""The tree of a working directory.

Comes in: a directory. Goes out: a `Tree`. Must not know: what files mean.
Links are followed where they stay inside the root; pipes, devices and sockets are never opened.
"""

from __future__ import annotations

import errno
import os
import stat as stat_modes

from envfence.git import visible_files
from envfence.paths import parent
from envfence.tree.base import MAX_ENTRIES, MAX_READ, Entry, Reads, Unreadable, normal, too_large


class DirectoryTree:
    """A working directory."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.reads = Reads()
        self._base = os.path.realpath(root)
        self.name = os.path.basename(self._base)
        self._listings: dict[str, tuple[Entry, ...]] = {}
        self._safe: set[str] = {""}

    def _locate(self, path: str) -> str:
        """The absolute path behind `path`; raises `Unreadable` where a link leads out of the root."""
        inner = normal(path)
        absolute = f"{self._base}/{inner}" if inner else self._base
        if parent(inner) in self._safe and not os.path.islink(absolute):
            return absolute
        real = os.path.realpath(absolute)
        if real != self._base and not real.startswith(self._base.rstrip("/") + "/"):
            raise Unreadable(path, "is a link to a place outside of the root")
        if real == absolute and os.path.isdir(real):
            self._safe.add(inner)
        return real

    def visible(self) -> frozenset[str] | None:
        """The files that git does not ignore (and the directories that are repositories of their own), where the root
        is in a working tree of git and not itself ignored there; else None."""
        return visible_files(self._base) or None

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
        found = os.fstat(handle)
        if not stat_modes.S_ISREG(found.st_mode):
            os.close(handle)  # `fdopen` refuses directories
            raise Unreadable(path, "is not a regular file")
        with os.fdopen(handle, "rb") as file:
            if found.st_size > limit:
                raise too_large(path, found.st_size, limit)
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise Unreadable(path, _why(error)) from None
        if len(data) > limit:
            raise too_large(path, len(data), limit)
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
