"""Globs over paths, as in .gitignore files: `*` and `?` within one name, `**` over any number of directories.

Must not know: trees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path, or a directory above it, matches one of the globs.

    A glob with a slash before its end stands for a path from the root, one without for a name at any depth.
    """
    patterns = [_translate(glob) for glob in globs if glob.strip("/")]
    if not patterns:
        return lambda path: False
    union = re.compile("|".join(patterns))
    return lambda path: union.match(path) is not None


def _translate(glob: str) -> str:
    anchored = "/" in glob.rstrip("/")
    glob = glob.strip("/")
    parts: list[str] = [] if anchored else ["(?:.*/)?"]
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            parts.append(".*")
            at += 2
        else:
            char = glob[at]
            parts.append("[^/]*" if char == "*" else "[^/]" if char == "?" else re.escape(char))
            at += 1
    return f"(?:{''.join(parts)}(?:/.*)?\\Z)"
