"""A version of a working directory: a commit, with what git does not keep taken from the directory itself.

Comes in: the tree of a commit, the tree of the working directory. Goes out: a `Tree`. Must not know: what files mean.

Modules that `terraform init` downloaded (`.terraform`) and the names of the remotes (`.git/config`) are in no commit.
Two versions must see the same of them, or whatever depends on them seems to come and go.
"""

from __future__ import annotations

from envfence.tree.base import MAX_READ, Entry, Reads, Tree
from envfence.tree.commit import GitTree

_OUTSIDE = frozenset({".git", ".terraform"})


class VersionTree:
    """`commit` as if it were checked out in `surroundings`, under the name of that directory."""

    def __init__(self, commit: GitTree, surroundings: Tree) -> None:
        self.root = surroundings.root
        self.name = surroundings.name
        self.reads = Reads()
        self._commit = commit
        self._surroundings = surroundings

    def _tree(self, path: str) -> Tree:
        chosen = self._commit if _OUTSIDE.isdisjoint(path.split("/")) else self._surroundings
        chosen.reads = self.reads
        return chosen

    def list(self, directory: str) -> tuple[Entry, ...]:
        """See `Tree.list`."""
        return self._tree(directory).list(directory)

    def stat(self, path: str) -> Entry | None:
        """See `Tree.stat`."""
        return self._tree(path).stat(path)

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """See `Tree.read`."""
        return self._tree(path).read(path, limit)

    def exists(self, path: str) -> bool:
        """See `Tree.exists`."""
        return self._tree(path).exists(path)

    def real(self, path: str) -> str:
        """See `Tree.real`."""
        return self._tree(path).real(path)

    def contents(self) -> dict[str, str]:
        """See `GitTree.contents`."""
        return self._commit.contents()
