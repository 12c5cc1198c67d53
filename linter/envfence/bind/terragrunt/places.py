"""Paths as Terragrunt sees them: absolute, below a root that we do not know.

Comes in: paths of the tree. Goes out: texts that begin with a stand-in for the root, and back. Must not know: files.
The stand-in must never get into a value that is judged: see `is_tainted`.
"""

from __future__ import annotations

from envfence.bind.paths import segments
from envfence.paths import join
from envfence.values import Mapping, Sequence, Value

ROOT = "/\u2063repository-root"


def absolute(path: str) -> str:
    """The text of a path of the tree."""
    return f"{ROOT}/{path}" if path else ROOT


def resolve(text: str, directory: str) -> str | None:
    """The path of the tree that a text means, seen from a directory; None outside of it."""
    if text == ROOT or text.startswith(ROOT + "/"):
        return join("", text[len(ROOT) :].lstrip("/"))
    return join(directory, text)


def relative(path: str, directory: str) -> str:
    """`path` as seen from `directory`, both of the tree."""
    to, start = segments(path), segments(directory)
    same = 0
    while same < min(len(to), len(start)) and to[same] == start[same]:
        same += 1
    return "/".join([".."] * (len(start) - same) + list(to[same:])) or "."


def is_tainted(value: Value, depth: int = 0) -> bool:
    """Whether the stand-in is somewhere in a value, which then is not known."""
    if isinstance(value, str):
        return ROOT in value
    if depth > 50:
        return True
    if isinstance(value, Sequence):
        return any(is_tainted(item, depth + 1) for item in value.items)
    if isinstance(value, Mapping):
        return any(is_tainted(item, depth + 1) for item in value.items.values())
    return False
