"""What a tree is: entries, reasons not to read, the record of reads.

Comes in: paths relative to the root. Goes out: listings and bytes, or `Unreadable` with the reason.
Must not know: what is in the files. Nothing outside the root
is ever read, nothing that is no regular file is ever opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from envfence.errors import EnvfenceError
from envfence.paths import join

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
    """A tree of sources. `root` is for display only; `name` is what the root directory is really called."""

    root: str
    name: str
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


def normal(path: str) -> str:
    """The path without "." and ".."; raises `Unreadable` for one that leaves the root."""
    found = join("", path)
    if found is None:
        raise Unreadable(path, "is outside of the root")
    return found


def too_large(path: str, size: int, limit: int) -> Unreadable:
    """The error for a file over the limit."""
    return Unreadable(path, f"is too large: {size} bytes, the limit is {limit}")
