"""What two versions of a tree have in common, so that it is parsed and evaluated once.

In: what was asked of the first tree for each deployment, the second tree. Out: the facts of deployments of which
nothing differs. Must not know git, environments or rules.

The facts of a deployment depend on its record, on what was read, listed or found absent while it was evaluated, and on
the outputs of the deployments whose states it reads. Where all of it is equal, so are the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from envfence.evaluate import Loader
from envfence.evaluate.loader import ParsedFiles
from envfence.model import Deployment, Facts
from envfence.states import States
from envfence.tree import Entry, Reads, Tree, Unreadable


@dataclass(frozen=True, slots=True)
class _Known:
    deployment: Deployment
    facts: Facts
    reads: Reads
    states: tuple[str, ...]


@dataclass(slots=True)
class Shared:
    """Filled by the survey of one tree, asked by that of another."""

    parsed: ParsedFiles = field(default_factory=dict)
    states: States = field(default_factory=States)
    _tree: Tree | None = None
    _known: dict[str, _Known] = field(default_factory=dict)

    @contextmanager
    def recording(self, loader: Loader) -> Iterator[Reads]:
        """What is asked of a loader and its tree meanwhile."""
        tree, outer = loader.tree, loader.tree.reads
        inner = tree.reads = Reads()
        loader.asked = inner
        try:
            yield inner
        finally:
            loader.asked = None
            tree.reads = outer
            outer.read |= inner.read
            outer.listed |= inner.listed
            outer.absent |= inner.absent

    def remember(self, tree: Tree, facts: Facts, reads: Reads, states: Iterable[str]) -> None:
        """Keeps the facts of a deployment of the first tree."""
        self._tree = tree
        self._known[facts.deployment.id] = _Known(facts.deployment, facts, reads, tuple(states))

    def against(self, tree: Tree) -> Common:
        """What the first tree has in common with another."""
        return Common(self, tree)


class Common:
    """The deployments of which nothing differs between two trees."""

    def __init__(self, shared: Shared, tree: Tree) -> None:
        self._shared = shared
        self._tree = tree
        self._files: dict[str, bool] = {}
        self._listings: dict[str, bool] = {}
        self._taken: set[str] = set()

    def facts(self, deployment: Deployment, states: tuple[str, ...]) -> Facts | None:
        """The facts of a deployment; None where anything differs, that it read or that those whose states it reads
        did."""
        known = self._shared._known.get(deployment.id)
        if known is None or known.deployment != deployment or known.states != states:
            return None
        if not all(name in self._taken for name in states) or not self._is_same(known.reads):
            return None
        self._taken.add(deployment.id)
        return known.facts

    def _is_same(self, reads: Reads) -> bool:
        return (
            all(self._same_listing(path) for path in reads.listed)
            and all(self._same_file(path) for path in reads.read)
            and all(self._tree.stat(path) is None for path in reads.absent - reads.listed - reads.read)
        )

    def _same_file(self, path: str) -> bool:
        if path not in self._files:
            self._files[path] = _content(self._shared._tree, path) == _content(self._tree, path)
        return self._files[path]

    def _same_listing(self, path: str) -> bool:
        if path not in self._listings:
            self._listings[path] = _names(self._shared._tree, path) == _names(self._tree, path)
        return self._listings[path]


def _content(tree: Tree | None, path: str) -> bytes | None:
    try:
        return tree.read(path) if tree is not None else None
    except Unreadable as error:
        return f"\0{error.reason}".encode()


def _names(tree: Tree | None, directory: str) -> list[tuple[str, str]]:
    entries: tuple[Entry, ...] = tree.list(directory) if tree is not None else ()
    return [(entry.name, entry.kind) for entry in entries]
