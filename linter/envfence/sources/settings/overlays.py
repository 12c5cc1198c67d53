"""Kustomize overlays: which objects one is made of, in which namespace, with which settings of its own.

In: `kustomization.yaml` files. Out: one unit for each, with its objects. Resources from elsewhere (URLs) are not seen;
of patches the objects in them are read, as more settings of the objects that they patch. Must not know environments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from envfence.model import Node
from envfence.paths import join
from envfence.sources.documents import Items, Table, read_documents
from envfence.sources.files import Files
from envfence.sources.settings.bindings import Document
from envfence.sources.settings.lines import read_settings
from envfence.sources.settings.manifests import is_object, part_of
from envfence.sources.settings.parts import Part
from envfence.sources.settings.values import Setting
from envfence.values import Span

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases", "components")
_GENERATORS = {"secretGenerator": ("Secret", "secret"), "configMapGenerator": ("ConfigMap", "other")}
_DEEPEST = 12
_MOST_OBJECTS = 2000
#: The objects so far by address, and all documents.
_Collected = tuple[dict[str, Part], list[Document]]


@dataclass(slots=True)
class Unit:
    """What is applied together: the objects of an overlay, or those of one file."""

    path: str
    directory: str
    parts: list[Part] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)


@dataclass
class Overlays:
    """All overlays of a tree."""

    files: Files

    @cached_property
    def by_directory(self) -> dict[str, str]:
        """The path of the `kustomization.yaml` in each directory that has one."""
        return {path.rpartition("/")[0]: path for path in self.files.of("yaml") if path.rpartition("/")[2] in NAMES[:2]}

    @cached_property
    def used(self) -> frozenset[str]:
        """Directories and files that some overlay takes: they are not applied by themselves."""
        return frozenset(
            place
            for directory, path in self.by_directory.items()
            for document in self._documents(path)
            for place in (*self._places(directory, document, _LISTS), *self._patches(directory, document))
        )

    def units(self) -> Iterator[Unit]:
        """The overlays that no other takes."""
        for directory in sorted(self.by_directory):
            if directory not in self.used:
                yield self.unit(directory)

    def unit(self, directory: str) -> Unit:
        """One overlay with all that it takes."""
        unit = Unit(self.by_directory[directory], directory)
        merged: dict[str, Part] = {}
        self._read(directory, "", (merged, unit.documents), (), _DEEPEST)
        unit.parts = list(merged.values())[:_MOST_OBJECTS]
        return unit

    def _read(self, directory: str, namespace: str, into: _Collected, above: tuple[str, ...], depth: int) -> None:
        """Collects what an overlay holds; a namespace given further out wins."""
        path = self.by_directory.get(directory)
        if path is None or directory in above or depth <= 0:
            return
        for document in self._documents(path):
            own = document.get("namespace")
            namespace = namespace or (own if isinstance(own, str) else "")
            for place in self._places(directory, document, _LISTS):
                if place in self.by_directory:
                    self._read(place, namespace, into, (*above, directory), depth - 1)
                elif self.files.has(place):
                    self._objects(place, namespace, into)
            for place in self._patches(directory, document):
                if self.files.has(place):
                    self._objects(place, namespace, into)
            for part in self._inline(path, document, namespace):
                _merge(into[0], part)
            for part in self._generated(path, directory, document, namespace):
                _merge(into[0], part)

    def _objects(self, path: str, namespace: str, into: _Collected) -> None:
        for document in self.files.documents(path).items:
            if isinstance(document, Table):
                into[1].append((path, document, namespace))
            part = part_of(path, document, namespace) if is_object(document) else None
            if part is not None:
                _merge(into[0], part)

    def _documents(self, path: str) -> list[Table]:
        return [item for item in self.files.documents(path).items[:1] if isinstance(item, Table)]

    def _places(self, directory: str, document: Table, keys: tuple[str, ...]) -> Iterator[str]:
        for key in keys:
            for text in _texts(document.get(key)):
                place = join(directory, text) if "://" not in text and "?" not in text else None
                if place is not None:
                    yield place

    def _patches(self, directory: str, document: Table) -> Iterator[str]:
        """The files of patches."""
        yield from self._places(directory, document, ("patchesStrategicMerge",))
        for entry in _tables(document.get("patches")):
            text = entry.get("path")
            place = join(directory, text) if isinstance(text, str) else None
            if place is not None:
                yield place

    def _inline(self, path: str, document: Table, namespace: str) -> Iterator[Part]:
        """Patches that are written into the overlay itself."""
        for entry in _tables(document.get("patches")):
            text = entry.get("patch")
            for item in read_documents(text).items if isinstance(text, str) else ():
                part = part_of(path, item, namespace) if is_object(item) else None
                if part is not None:
                    shift = entry.line_of("patch") - 1
                    part.settings = [_moved(setting, shift) for setting in part.settings]
                    yield part

    def _generated(self, path: str, directory: str, document: Table, namespace: str) -> Iterator[Part]:
        for key, (kind, node_kind) in _GENERATORS.items():
            for entry in _tables(document.get(key)):
                name = entry.get("name")
                if not isinstance(name, str):
                    continue
                type_ = "kubernetes_secret" if kind == "Secret" else "kubernetes_config_map"
                node = Node(
                    address="/".join(each for each in (kind, namespace, name) if each),
                    kind=node_kind,
                    type=type_,
                    span=entry.span_of("name", path),
                    names=(f"{type_}:{namespace or 'default'}/{name}",),
                    mode="managed",
                    provider="kubernetes",
                )
                yield Part(node, list(self._literals(path, directory, entry, kind == "Secret")), kept=kind == "Secret")

    def _literals(self, path: str, directory: str, entry: Table, kept: bool) -> Iterator[Setting]:
        listed = entry.get("literals")
        for index, text in enumerate(listed if isinstance(listed, Items) else ()):
            if isinstance(text, str) and "=" in text and isinstance(listed, Items):
                name, _, value = text.partition("=")
                yield Setting(name, Span(path, listed.lines[index]), value.strip("\"'"), kept)
        single = entry.get("env")
        for text in (*_texts(entry.get("envs")), *([single] if isinstance(single, str) else [])):
            place = join(directory, text)
            if place and self.files.has(place):
                for setting in read_settings(place, self.files.text(place)):
                    yield Setting(setting.name, setting.span, setting.value, kept)


def _merge(merged: dict[str, Part], part: Part) -> None:
    """Adds a part; a patch of a known object replaces the settings that it names."""
    known = merged.get(part.node.address)
    if known is None:
        merged[part.node.address] = part
        return
    names = {setting.name for setting in part.settings}
    known.settings = [setting for setting in known.settings if setting.name not in names] + part.settings
    known.references += [each for each in part.references if each not in known.references]


def _moved(setting: Setting, lines: int) -> Setting:
    span = setting.span
    return Setting(setting.name, Span(span.path, span.line + max(lines, 0), 1), setting.value, setting.kept)


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, Items) else []


def _tables(value: Any) -> list[Table]:
    return [item for item in value if isinstance(item, Table)] if isinstance(value, Items) else []
