"""discover: the sources of a tree, by name alone; no file is opened.

Comes in: a tree and globs of what to leave out. Goes out: sources in order of path, and what could not be looked into.
Must not know: what is in the sources, which directories are root modules.
"""

from __future__ import annotations

from collections.abc import Iterable

from envfence.model import Problem, Source
from envfence.sources.globs import matcher
from envfence.sources.kinds import kind_of
from envfence.tree import Entry, Tree, parent
from envfence.values import Span

#: Copies of what stands elsewhere, or is no source. `.terraform` holds downloaded modules: they are read when called.
SKIPPED = frozenset(
    {
        ".cache",
        ".external_modules",
        ".git",
        ".hg",
        ".mypy_cache",
        ".svn",
        ".terraform",
        ".terragrunt-cache",
        ".terragrunt-stack",
        ".tox",
        ".venv",
        "__pycache__",
        "cdk.out",
        "node_modules",
        "site-packages",
        "vendor",
        "venv",
    }
)
MAX_DEPTH = 40
MAX_SOURCES = 200_000


def discover(tree: Tree, exclude: Iterable[str] = ()) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """All sources of a tree, but those that `exclude` or git (in a working directory) leaves out.

    A link to a file is a source of its own: a directory may take a shared file in that way. A link to a directory is
    not followed here, since what it leads to is in the tree itself.
    """
    excluded = matcher(exclude)
    visible = _visible(tree)
    found: dict[str, Source] = {}
    problems: list[Problem] = []
    stack = [("", 0)]
    while stack:
        directory, depth = stack.pop()
        for entry in tree.list(directory):
            if excluded(entry.path):
                continue
            if entry.kind == "dir":
                if entry.name in SKIPPED or tree.real(entry.path) != entry.path:
                    continue
                if depth >= MAX_DEPTH:
                    problems.append(_problem(entry, f"directories nested more than {MAX_DEPTH} deep"))
                else:
                    stack.append((entry.path, depth + 1))
                continue
            source, reason = _source(tree, entry, visible)
            if reason:
                problems.append(_problem(entry, reason))
            elif source is not None:
                found[source.path] = source
        if len(found) > MAX_SOURCES:
            problems.append(_problem(Entry("", "", "dir"), f"more than {MAX_SOURCES} sources"))
            break
    return tuple(found[path] for path in sorted(found)), tuple(sorted(problems))


def _visible(tree: Tree) -> frozenset[str] | None:
    """What git does not ignore, where the tree is a working directory; a tree without a directory has no such thing."""
    listing = getattr(tree, "visible", None)
    return listing() if listing is not None else None


def _source(tree: Tree, entry: Entry, visible: frozenset[str] | None) -> tuple[Source | None, str]:
    kind = kind_of(entry.path)
    if kind is None:
        return None, ""
    if entry.kind != "file":
        return None, "a link out of the tree, or no regular file: not read"
    if visible is not None and not _shown(entry.path, visible):
        return None, ""
    return Source(path=entry.path, kind=kind), ""


def _shown(path: str, visible: frozenset[str]) -> bool:
    """Whether a path, or a repository that it lies in, is among what git shows."""
    while path:
        if path in visible:
            return True
        path = parent(path)
    return False


def _problem(entry: Entry, reason: str) -> Problem:
    return Problem(stage="discover", reason=reason, span=Span(entry.path, 1, 1, 1, 1), hides="what stands there")
