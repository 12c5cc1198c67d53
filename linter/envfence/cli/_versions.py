"""`--since`: the two trees that a range of git names, and whether anything between them matters."""

from __future__ import annotations

from pathlib import Path

from envfence import git
from envfence.errors import UsageError
from envfence.sources.kinds import kind_of
from envfence.tree import DirectoryTree, GitTree, Tree, Unreadable, VersionTree

#: Files that neither are sources nor are ever read by one for what stands in them.
_IRRELEVANT = frozenset(
    {
        *(
            "md",
            "rst",
            "adoc",
            "html",
            "css",
            "scss",
            "png",
            "jpg",
            "jpeg",
            "gif",
            "svg",
            "ico",
            "pdf",
            "drawio",
            "puml",
        ),
        *(
            "go",
            "java",
            "kt",
            "rb",
            "rs",
            "c",
            "h",
            "cc",
            "cpp",
            "hpp",
            "cs",
            "php",
            "swift",
            "scala",
            "ts",
            "tsx",
            "jsx",
        ),
        *("sum", "lock", "gitignore", "gitattributes", "editorconfig", "ipynb", "csv", "sql", "snap"),
    }
)


def versions(path: Path, since: str) -> tuple[VersionTree, Tree]:
    """The trees before and after: of `REF` the point where it and HEAD part, and the working directory; of `A..B` both
    commits, of `A...B` the point where they part, and B.

    Raises `UsageError` where git has no such thing.
    """
    if not path.is_dir():
        raise UsageError("--since compares versions of a directory; PATH is none")
    place = str(path)
    try:
        before, after = _ends(place, since)
        earlier = VersionTree(GitTree(place, before), DirectoryTree(place))
        later = DirectoryTree(place) if after is None else VersionTree(GitTree(place, after), DirectoryTree(place))
    except git.GitError as error:
        raise UsageError(f"--since {since}: {error}") from None
    return earlier, later


def _ends(place: str, since: str) -> tuple[str, str | None]:
    git.top_level(place)
    for sign in ("...", ".."):
        one, found, other = since.partition(sign)
        if found:
            later = git.resolve(place, other or "HEAD")
            earlier = git.resolve(place, one or "HEAD")
            return (git.merge_base(place, earlier, later) if sign == "..." else earlier), later
    return git.base_of(place, since), None


def has_relevant_changes(path: Path, before: VersionTree, after: Tree) -> bool:
    """Whether a file that may matter differs. Contents are compared by git's own ids: nothing of the repository's git
    configuration (filters, attributes) takes part."""
    old = before.contents()
    if isinstance(after, VersionTree):
        new = after.contents()
        return any(old.get(name) != new.get(name) and _matters(name) for name in old.keys() | new.keys())
    shown = git.visible_files(str(path))
    if shown is None or any(_matters(name) for name in old.keys() ^ shown):
        return True
    return any(_matters(name) and _differs(after, name, known) for name, known in old.items())


def _matters(path: str) -> bool:
    return kind_of(path) is not None or path.rpartition(".")[2].lower() not in _IRRELEVANT


def _differs(tree: Tree, path: str, known: str) -> bool:
    """Whether a path of the working directory is not what the commit has there (`GitTree.contents`)."""
    if not known or known.startswith("-> "):
        return bool(known) and known != f"-> {tree.real(path)}"
    try:
        return git.object_id(tree.read(path), known) != known
    except Unreadable:
        return True
