"""Atmos stacks: YAML that says with which values each component (a root module) is applied.

Comes in: the survey and an `atmos.yaml`. Goes out: the instances of components, with their values as far as they are
written down. Must not know: what the values mean to Terraform.

Templates and functions are never run: a value that holds one is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from envfence.bind.ci.yamltext import data_of, line_of, listed, load, mapping, merged, text_of
from envfence.bind.paths import is_below, parent
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.values import Span

CONFIG_FILES = ("atmos.yaml", "atmos.yml", ".atmos.yaml")
_SUFFIXES = (".yaml", ".yml")
_MAX_DEPTH = 20
_MAX_FILES = 3_000
_OPEN = re.compile(r"\{\{|\$\{")
_FIELD = re.compile(r"\{(\w+)\}")
#: Files that nobody applies by themselves, where the configuration does not say which these are.
_PARTS = ("**/_defaults.yaml", "**/_defaults.yml")


@dataclass(frozen=True, slots=True)
class Instance:
    """One component of one stack: the directory of its root module, its name, the stack's name (empty where it is not
    known), its values (None: given, but not known), its backend and the file of the stack."""

    directory: str
    component: str
    stack: str
    values: dict[str, Any]
    backend_type: str
    backend: dict[str, str]
    path: str
    span: Span


def is_open(value: Any, depth: int = 0) -> bool:
    """Whether a value has a part that only Atmos can work out."""
    if isinstance(value, str):
        return _OPEN.search(value) is not None
    if depth > _MAX_DEPTH:
        return True
    if isinstance(value, list):
        return any(is_open(item, depth + 1) for item in value)
    return isinstance(value, dict) and any(is_open(item, depth + 1) for pair in value.items() for item in pair)


def instances(survey: Survey, config_path: str) -> Iterator[Instance]:
    """All instances of the components of one Atmos project."""
    yield from _Project(survey, config_path).instances()


def component_area(survey: Survey, config_path: str) -> str:
    """The directory that holds the components of an Atmos project."""
    return _Project(survey, config_path).components


class _Project:
    """One `atmos.yaml` with its stacks."""

    def __init__(self, survey: Survey, config_path: str) -> None:
        self.survey = survey
        config = mapping(load(data_of(survey, config_path), resolves=False))
        base = self._below(parent(config_path), config.get("base_path"), ".")
        stacks = mapping(config.get("stacks"))
        terraform = mapping(mapping(config.get("components")).get("terraform"))
        self.stacks = self._below(base, stacks.get("base_path"), "stacks")
        self.components = self._below(base, terraform.get("base_path"), "components/terraform")
        self.included = [str(item) for item in listed(stacks.get("included_paths"))] or ["**/*"]
        self.excluded = [str(item) for item in listed(stacks.get("excluded_paths"))] or list(_PARTS)
        pattern = stacks.get("name_pattern")
        self.pattern = pattern if isinstance(pattern, str) else ""
        self._documents: dict[str, dict[Any, Any]] = {}
        self._whole: dict[str, dict[Any, Any]] = {}
        self._files: tuple[str, ...] | None = None

    def _below(self, directory: str, text: Any, otherwise: str) -> str:
        found = join(directory, text) if isinstance(text, str) and text and not is_open(text) else None
        return found if found is not None else join(directory, otherwise) or ""

    def instances(self) -> Iterator[Instance]:
        """The instances of all stacks, in order of their files."""
        for path in self._paths()[:_MAX_FILES]:
            inner = path[len(self.stacks) :].lstrip("/")
            if self._matches(inner, self.included) and not self._matches(inner, self.excluded):
                yield from self._of_stack(path)

    def _paths(self) -> tuple[str, ...]:
        if self._files is None:
            every = self.survey.paths()
            self._files = tuple(p for p in every if p.endswith(_SUFFIXES) and is_below(p, self.stacks))
        return self._files

    def _matches(self, path: str, patterns: list[str]) -> bool:
        """As a shell with `**` does, which also stands for no directory at all."""
        texts = (path, path.rpartition(".")[0])
        plain = [pattern.replace("**/", "*") if "**/" in pattern else pattern for pattern in patterns]
        return any(fnmatchcase(text, pattern) for pattern in (*patterns, *plain) for text in texts)

    def _of_stack(self, path: str) -> Iterator[Instance]:
        whole = self._resolved(path, 0)
        terraform = mapping(whole.get("terraform"))
        components = mapping(mapping(whole.get("components")).get("terraform"))
        shared = merged(mapping(whole.get("vars")), mapping(terraform.get("vars")))
        lines: list[str] | None = None
        for name, given in sorted(components.items(), key=lambda item: str(item[0])):
            component = self._inherited(components, str(name), 0)
            metadata = mapping(mapping(given).get("metadata"))
            if metadata.get("type") == "abstract" or metadata.get("enabled") is False:
                continue
            source = mapping(component.get("metadata")).get("component") or component.get("component") or name
            directory = join(self.components, str(source))
            if directory is None or directory not in self.survey.files:
                continue
            if lines is None:
                lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
            values = merged(shared, mapping(component.get("vars")))
            kind = component.get("backend_type") or terraform.get("backend_type")
            backends = merged(mapping(terraform.get("backend")), mapping(component.get("backend")))
            yield Instance(
                directory=directory,
                component=str(name),
                stack=self._name(values),
                values={str(key): value for key, value in values.items()},
                backend_type=kind if isinstance(kind, str) else "",
                backend=_settings(mapping(backends.get(kind))),
                path=path,
                span=Span(path, line_of(lines, f"{name}:")),
            )

    def _name(self, values: dict[Any, Any]) -> str:
        """The stack's name by the project's pattern; empty where a part is not known."""
        texts = {str(key): text for key, value in values.items() if (text := text_of(value)) and not is_open(value)}
        fields = _FIELD.findall(self.pattern)
        if not fields or any(field not in texts for field in fields):
            return ""
        return _FIELD.sub(lambda match: texts[match[1]], self.pattern)

    def _inherited(self, components: dict[Any, Any], name: str, depth: int) -> dict[Any, Any]:
        """A component with what it inherits; its metadata is its own, but for the directory."""
        own = mapping(components.get(name))
        if depth > _MAX_DEPTH:
            return own
        metadata = mapping(own.get("metadata"))
        bases = [str(item) for item in listed(metadata.get("inherits"))]
        base = own.get("component")
        bases += [base] if isinstance(base, str) and base in components and base != name else []
        result: dict[Any, Any] = {}
        for each in bases:
            result = merged(result, self._inherited(components, each, depth + 1))
        return merged(result, own)

    def _resolved(self, path: str, depth: int) -> dict[Any, Any]:
        """A stack file with everything that it imports."""
        if path in self._whole:
            return self._whole[path]
        document = self._document(path)
        result: dict[Any, Any] = {}
        for item in listed(document.get("import")) if depth < _MAX_DEPTH else ():
            text = item.get("path") if isinstance(item, dict) else item
            for target in self._imported(text, path) if isinstance(text, str) else ():
                if target != path:
                    result = merged(result, self._resolved(target, depth + 1))
        result = merged(result, {key: value for key, value in document.items() if key != "import"})
        self._whole[path] = result
        return result

    def _document(self, path: str) -> dict[Any, Any]:
        if path not in self._documents:
            self._documents[path] = mapping(load(data_of(self.survey, path), resolves=False))
        return self._documents[path]

    def _imported(self, text: str, path: str) -> Iterator[str]:
        base = parent(path) if text.startswith(("./", "../")) else self.stacks
        target = join(base, text)
        if target is None or is_open(text):
            return
        if "*" in text:
            yield from (each for each in self._paths() if self._matches(each, [target]))
            return
        for suffix in ("", *_SUFFIXES):
            if self.survey.has_file(target + suffix):
                yield target + suffix
                return


def _settings(backend: dict[Any, Any]) -> dict[str, str]:
    found = {str(name): text_of(value) for name, value in backend.items() if not is_open(value)}
    return {name: text for name, text in found.items() if text}
