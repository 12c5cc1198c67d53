"""Reads module directories: which files make up a module, and which directory a module call means.

Comes in: a `Tree`. Goes out: `Module`s, each directory read once. Never raises: what cannot be read is a problem of the
module. Must not know: values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from envfence.evaluate.declarations import BLOCKS, CallDecl, Module, ModuleBuilder
from envfence.evaluate.overrides import apply, is_override
from envfence.hcl import Parsed, ast, parse
from envfence.hcl.jsonsyntax import blocks
from envfence.model import Comment, GeneratedFile, Problem
from envfence.paths import join
from envfence.tree import Reads, Tree, Unreadable
from envfence.values import Span

_SUFFIXES = (".tf", ".tf.json", ".tofu", ".tofu.json")
_MOST_FILES = 2_000


@dataclass(frozen=True, slots=True)
class SourceOfCall:
    """Where a call's module lies: `directory` when it is in the tree; `ref` when a git source is pinned to one."""

    directory: str | None
    ref: str = ""


#: Parsed files by path, each with the bytes that were parsed.
ParsedFiles = dict[str, tuple[bytes, Parsed]]


class Loader:
    """Loads modules from one tree; keeps what it parsed.

    `files` are parsed files of another tree: where the bytes are the same, so is the result. While `asked` is set, it
    is told every path that an answer depends on, also where the answer was known before.
    """

    def __init__(self, tree: Tree, files: ParsedFiles | None = None) -> None:
        self.tree = tree
        self.asked: Reads | None = None
        self._files: ParsedFiles = {} if files is None else files
        self._modules: dict[str, Module] = {}
        self._completed: dict[tuple[str, tuple[GeneratedFile, ...]], Module] = {}
        self._parsed: dict[str, Parsed | Problem] = {}
        self._manifests: dict[str, dict[str, str]] = {}
        self._own_names: frozenset[str] | None = None

    def parsed(self, path: str) -> Parsed | Problem:
        """One parsed file, or the reason why it cannot be read."""
        if self.asked is not None:
            self.asked.read.add(path)
        known = self._parsed.get(path)
        if known is None:
            try:
                known = self._parse(path, self.tree.read(path))
            except Unreadable as error:
                reason = f"{path} cannot be read: {error.reason}"
                known = Problem(stage="parse", reason=reason, span=Span(path, 1), hides="everything in this file")
            self._parsed[path] = known
        return known

    def _parse(self, path: str, data: bytes) -> Parsed:
        found = self._files.get(path)
        if found is None or found[0] != data:
            found = self._files[path] = data, parse(path, data)
        return found[1]

    def _depends_on(self, module: Module) -> None:
        """Tells of everything that a module is made of."""
        if self.asked is not None:
            self.asked.listed.add(module.directory)
            self.asked.read.update(module.files)

    def comments(self) -> tuple[Comment, ...]:
        """The comments of all files parsed so far, by path."""
        return tuple(
            comment
            for _, parsed in sorted(self._parsed.items())
            if not isinstance(parsed, Problem)
            for comment in parsed.comments
        )

    def problems(self) -> tuple[Problem, ...]:
        """What could not be read in all files parsed so far, by path."""
        found: list[Problem] = []
        for _, parsed in sorted(self._parsed.items()):
            found.extend((parsed,) if isinstance(parsed, Problem) else parsed.problems)
        return tuple(found)

    def module(self, directory: str) -> Module:
        """The module in a directory; empty when there is none."""
        known = self._modules.get(directory)
        if known is None:
            known = self._modules[directory] = self._load(directory)
        self._depends_on(known)
        return known

    def completed(self, directory: str, generated: tuple[GeneratedFile, ...]) -> Module:
        """The module in a directory with files that a tool writes there before it runs."""
        if not generated:
            return self.module(directory)
        key = (directory, generated)
        known = self._completed.get(key)
        if known is None:
            known = self._completed[key] = self._load(directory, generated)
        self._depends_on(known)
        return known

    def files_of(self, directory: str) -> tuple[str, ...]:
        """The paths of the files that make up the module in a directory; a `.tofu` file stands in for its `.tf`."""
        entries = [entry for entry in self.tree.list(directory) if entry.kind == "file"]
        names = {entry.name: entry.path for entry in entries if _is_source(entry.name)}
        hidden = {name.replace(".tofu", ".tf") for name in names if name.endswith((".tofu", ".tofu.json"))}
        return tuple(path for name, path in sorted(names.items()) if name not in hidden)[:_MOST_FILES]

    def _load(self, directory: str, generated: tuple[GeneratedFile, ...] = ()) -> Module:
        there = self.files_of(directory)
        new = {join(directory, each.name) or each.name: each for each in generated if _is_source(each.name)}
        new = {path: each for path, each in new.items() if each.replaces or path not in there}
        files = tuple(path for path in there if path not in new)
        problems: list[Problem] = []
        kept: list[Parsed] = []
        base: list[ast.Block] = []
        overrides: list[ast.Block] = []
        for path in sorted((*files, *new)):
            parsed = _written(path, new[path]) if path in new else self.parsed(path)
            if isinstance(parsed, Problem):
                problems.append(parsed)
                continue
            kept.append(parsed)
            problems.extend(parsed.problems)
            found = blocks(parsed.body, BLOCKS)
            (overrides if is_override(path.rpartition("/")[2]) else base).extend(found)
        builder = ModuleBuilder(directory)
        for block in apply(base, overrides) if overrides else base:
            builder.add(block)
        module = builder.finish()
        module.files, module.problems, module.parsed = files, tuple(problems), tuple(kept)
        module.mentions_sensitive = any(b"sensitive" in parsed.text.data for parsed in kept)
        return module

    def directory_of_call(self, module: Module, call: CallDecl) -> str | None:
        """The directory of the module that is called, None when it is not in the tree."""
        return self.locate(module.directory, call).directory

    def locate(self, directory: str, call: CallDecl, root: str = "", key: str = "") -> SourceOfCall:
        """Where a call in the module in `directory` leads: a local path, what `terraform init` put into `.terraform` of
        the root module (under `key`, the path of names), or a git source that is this same repository."""
        source = call.source
        if source is None:
            return SourceOfCall(None)
        if source.startswith(("./", "../")) or source in (".", ".."):
            return SourceOfCall(self._existing(join(directory, source)))
        installed = self._manifest(root or directory).get(key or call.name)
        if installed is not None:
            return SourceOfCall(self._existing(join(root or directory, installed)))
        return self._own_repository(source)

    def _existing(self, directory: str | None) -> str | None:
        return directory if directory is not None and self.files_of(directory) else None

    def _manifest(self, root: str) -> dict[str, str]:
        if self.asked is not None:
            self.asked.read.add(_manifest_path(root))
        known = self._manifests.get(root)
        if known is None:
            known = self._manifests[root] = self._read_manifest(root)
        return known

    def _read_manifest(self, root: str) -> dict[str, str]:
        path = _manifest_path(root)
        if not self.tree.exists(path):
            return {}
        try:
            data = json.loads(self.tree.read(path))
        except (Unreadable, ValueError, RecursionError):
            return {}
        entries = data.get("Modules") if isinstance(data, dict) else None
        found = {}
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("Key"), str) and isinstance(entry.get("Dir"), str):
                found[entry["Key"]] = entry["Dir"]
        return found

    def repository_directory(self, source: str) -> str | None:
        """The directory that a git source names, when its repository is this same one; whether it is there or not."""
        return self._inside(source)[0]

    def _own_repository(self, source: str) -> SourceOfCall:
        directory, query = self._inside(source)
        ref = next((part[4:] for part in query.split("&") if part.startswith("ref=")), "")
        return SourceOfCall(self._existing(directory), ref)

    def _inside(self, source: str) -> tuple[str | None, str]:
        """The directory inside this same repository that a git source names, and the source's query."""
        remote = _GIT.match(source)
        if remote is None:
            return None, ""
        address, _, query = source.removeprefix("git::").partition("?")
        scheme, separator, rest = address.rpartition("://")
        repository, _, inside = rest.partition("//")
        name = repository_name(scheme + separator + repository)
        if not {_squashed(name), _squashed(name.rpartition("/")[2])} & self._names():
            return None, ""
        return join("", inside), query

    def _names(self) -> frozenset[str]:
        """The names of this repository: those of its remotes, or its directory's where there is none."""
        if self._own_names is None:
            try:
                text = (
                    self.tree.read(".git/config").decode("utf-8", "replace") if self.tree.exists(".git/config") else ""
                )
            except Unreadable:
                text = ""
            names = {repository_name(url) for url in re.findall(r"^\s*url\s*=\s*(\S+)", text, re.MULTILINE)}
            if not names:
                names = {self.tree.name}
            self._own_names = frozenset(_squashed(name) for name in names if name)
        return self._own_names


def _manifest_path(root: str) -> str:
    return f"{root}/.terraform/modules/modules.json" if root else ".terraform/modules/modules.json"


def _written(path: str, file: GeneratedFile) -> Parsed:
    return parse(path, file.text.encode("utf-8", "replace"), file.span)


_GIT = re.compile(r"git::|github\.com/|bitbucket\.org/|git@|https?://[^?]*\.git")


def repository_name(url: str) -> str:
    """`owner/name`, the last two parts of a repository's URL, in lower case."""
    parts = [part for part in re.split(r"[/:]", url.lower().removesuffix(".git")) if part]
    return "/".join(parts[-2:]) if len(parts) >= 2 else ""


def _squashed(name: str) -> str:
    """Letters and digits only: a checkout's directory may join owner and name by any sign."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_source(name: str) -> bool:
    return name.endswith(_SUFFIXES) and not name.startswith((".", "#")) and not name.endswith("~")
