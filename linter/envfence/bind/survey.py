"""One look over the repository, which all finders share.

Comes in: the tree, the sources and the loader. Goes out: file lists by directory, modules, and parsed files, each
read once. Must not know: what a deployment is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from envfence.bind.paths import basename, is_terraform, parent
from envfence.config import Config
from envfence.evaluate import Loader, Module
from envfence.hcl import Parsed
from envfence.hcl.ast import Attribute, Literal
from envfence.model import Problem, Source
from envfence.sources import SKIPPED
from envfence.tree import Tree, Unreadable
from envfence.values import Span
from envfence.words import Word, sibling_word, tokens, words_in_path_segment

#: No repository that we know has a tenth of it; a walk that goes on is hostile or a mistake (a home directory).
MAX_FILES = 1_000_000
MAX_DEPTH = 60
MAX_JSON = 4_000_000
_MANY = 60


class Survey:
    """What the finders ask about the repository. Everything is cached; nothing here raises for bad input."""

    def __init__(self, tree: Tree, loader: Loader, sources: Iterable[Source], config: Config) -> None:
        self.tree = tree
        self.loader = loader
        self.config = config
        self.sources = tuple(sources)
        self.problems: list[Problem] = []
        self._json: dict[str, Any] = {}
        self._constants: dict[str, tuple[str, ...]] | None = None
        self._telling: dict[str, tuple[str, ...]] = {}
        self._firsts: dict[str, dict[tuple[str, ...], list[str]]] = {}
        self._children: dict[str, tuple[str, ...]] = {}
        self.files: dict[str, tuple[str, ...]] = dict(sorted(self._walk()))
        directories = {parent(source.path) for source in self.sources if is_terraform(source.path)}
        self.terraform_directories: tuple[str, ...] = tuple(sorted(directories))

    def _walk(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        pending, count = [("", 0)], 0
        while pending:
            directory, depth = pending.pop()
            names: list[str] = []
            children: list[str] = []
            for entry in self.tree.list(directory):
                if entry.kind == "file":
                    names.append(entry.name)
                elif entry.kind == "dir" and entry.name not in SKIPPED and depth < MAX_DEPTH:
                    pending.append((entry.path, depth + 1))
                    children.append(entry.name)
            self._children[directory] = tuple(children)
            count += len(names)
            yield directory, tuple(names)
            if count > MAX_FILES:
                reason = f"more than {MAX_FILES} files: the rest was not looked at"
                self.problems.append(Problem(stage="bind", reason=reason, span=Span(directory or ".", 1)))
                return

    def paths(self) -> Iterator[str]:
        """All files, sorted by directory and name."""
        for directory, names in self.files.items():
            for name in names:
                yield f"{directory}/{name}" if directory else name

    def children(self, directory: str) -> tuple[str, ...]:
        """The names of the directories in a directory."""
        return self._children.get(directory, ())

    def confirmed(self, directory: str, segment: str) -> Word | None:
        """The environment of the directory `segment` in `directory`, confirmed by its siblings.

        In a directory with very many children only those are looked at that can matter: with the same first token, or
        ending in an environment word that no earlier one ended in."""
        names = self.children(directory)
        if len(names) > _MANY:
            first = tokens(segment)[:1]
            telling = self._telling.get(directory)
            if telling is None:
                telling = self._telling[directory] = _telling(names)
            names = (*telling, *self._by_first(directory).get(first, ()))
        return sibling_word(segment, names)

    def _by_first(self, directory: str) -> dict[tuple[str, ...], list[str]]:
        index = self._firsts.get(directory)
        if index is None:
            index = self._firsts[directory] = {}
            for name in self.children(directory):
                index.setdefault(tokens(name)[:1], []).append(name)
        return index

    def has_directory(self, directory: str) -> bool:
        """Whether the repository has this directory (skipped ones do not count)."""
        return directory in self.files

    def has_file(self, path: str) -> bool:
        """Whether the repository has this file."""
        return basename(path) in self.files.get(parent(path), ())

    def module(self, directory: str) -> Module:
        """The module in a directory, as the loader has it."""
        return self.loader.module(directory)

    def constants(self, name: str) -> tuple[str, ...]:
        """The texts that a local of this name is set to in the modules of the repository, sorted."""
        if self._constants is None:
            found: dict[str, set[str]] = {}
            for directory in self.terraform_directories:
                for local, attribute in self.module(directory).locals.items():
                    text = self.text_of(attribute)
                    if text:
                        found.setdefault(local, set()).add(text)
            self._constants = {local: tuple(sorted(texts)) for local, texts in found.items()}
        return self._constants.get(name, ())

    def parsed(self, path: str) -> Parsed | None:
        """One HCL or tfvars file, or None when it cannot be read (which is noted)."""
        parsed = self.loader.parsed(path)
        if isinstance(parsed, Problem):
            self.problems.append(parsed)
            return None
        return parsed

    def assignments(self, path: str) -> dict[str, Attribute]:
        """The values that a var file or another flat file gives, by name."""
        parsed = self.parsed(path)
        return {} if parsed is None else parsed.body.attributes

    def data(self, path: str) -> bytes | None:
        """The bytes of a file, or None when it cannot be read (which is noted)."""
        try:
            return self.tree.read(path)
        except Unreadable as error:
            reason = f"{path} cannot be read: {error.reason}"
            self.problems.append(Problem(stage="bind", reason=reason, span=Span(path, 1)))
            return None

    def json(self, path: str) -> Any:
        """A JSON file decoded, or None when there is none or it is broken."""
        if path not in self._json:
            data = self.data(path) if self.has_file(path) else None
            try:
                self._json[path] = None if data is None or len(data) > MAX_JSON else json.loads(data)
            except (ValueError, RecursionError):
                self._json[path] = None
        return self._json[path]

    def text_of(self, attribute: Attribute) -> str | None:
        """The text that an attribute is set to, when it is a plain string."""
        expr = attribute.expr
        return expr.value if isinstance(expr, Literal) and isinstance(expr.value, str) else None


def _telling(names: Iterable[str]) -> tuple[str, ...]:
    """Some of many siblings: one for each environment word that they end in, and some that end in none."""
    chosen: dict[str, str] = {}
    plain: list[str] = []
    for name in names:
        found = words_in_path_segment(name)
        if found and found[-1].last:
            chosen.setdefault(found[-1].canonical, name)
        elif len(plain) < _MANY:
            plain.append(name)
    return (*chosen.values(), *plain)
