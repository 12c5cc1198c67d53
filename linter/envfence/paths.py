"""Paths inside a tree: posix, relative to the root, "" for the root itself.

Must not know: file systems.
"""

from __future__ import annotations


def join(directory: str, relative: str) -> str | None:
    """`relative` as seen from `directory`, without "." and ".."; None when it leaves the root or is absolute."""
    if relative.startswith("/"):
        return None
    parts = directory.split("/") if directory else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def parent(path: str) -> str:
    """The directory that holds `path`."""
    return path.rpartition("/")[0]
