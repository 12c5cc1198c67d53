"""What a controller in the cluster applies from the repository: Argo CD applications, Flux kustomizations.

In: manifests of controllers. Out: entry points: a directory, the environment words that come with it, the files of
values it is given. Must not know what stands in the directory, verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from envfence.model import Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table, strings
from envfence.sources.files import Files
from envfence.sources.settings.places import name_signal
from envfence.sources.workflows.vocabulary import names_environment, telling_word
from envfence.values import Span

_ANY = re.compile(rb"argoproj\.io/|kustomize\.toolkit\.fluxcd\.io/")
_HOLE = re.compile(r"\{\{\s*\.?([\w.-]+)\s*\}\}")
_MOST_ELEMENTS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry point. `namespace` is where everything goes, empty where the objects say it."""

    name: str
    directory: str
    signals: tuple[Signal, ...]
    namespace: str = ""
    values: tuple[str, ...] = ()


def entries(files: Files) -> tuple[Entry, ...]:
    """The entry points of a tree that lead to a directory of it, in order."""
    found = [
        entry
        for path in files.of("yaml")
        if _ANY.search(files.data(path) or b"")
        for document in files.documents(path).items
        if isinstance(document, Table)
        for entry in _of(path, document, files)
    ]
    known = [entry for entry in found if files.tree.list(entry.directory)]
    return tuple(sorted(set(known), key=lambda entry: (entry.directory, entry.name)))


def _of(path: str, document: Table, files: Files) -> Iterator[Entry]:
    spec = document.get("spec")
    version = str(document.get("apiVersion"))
    if not isinstance(spec, Table):
        return
    kind = document.get("kind")
    if kind == "Kustomization" and version.startswith("kustomize.toolkit.fluxcd.io/"):
        yield from _flux(path, document, spec)
    elif kind == "Application" and version.startswith("argoproj.io/"):
        yield from _application(path, _name(document), spec, {})
    elif kind == "ApplicationSet" and version.startswith("argoproj.io/"):
        template = spec.get("template")
        inner = template.get("spec") if isinstance(template, Table) else None
        if isinstance(template, Table) and isinstance(inner, Table):
            for element in list(_elements(spec, files))[:_MOST_ELEMENTS]:
                yield from _application(path, _filled(_name(template), element), inner, element)


def _flux(path: str, document: Table, spec: Table) -> Iterator[Entry]:
    directory = join("", str(spec.get("path") or "").removeprefix("./"))
    target = spec.get("targetNamespace")
    namespace = target if isinstance(target, str) else ""
    span = spec.span_of("path", path)
    build = spec.get("postBuild")
    given = build.get("substitute") if isinstance(build, Table) else None
    words = [
        Signal(kind="input", value=value, span=given.span_of(key, path), says=f"{key} is {value}")
        for key, value in (given.items() if isinstance(given, Table) else ())
        if isinstance(value, str) and isinstance(given, Table) and names_environment(key) and telling_word(value)
    ]
    signals = (*words, *_placed(path, span), *_named(_name(document), namespace, "", span))
    if directory:
        yield Entry(_name(document), directory, signals, namespace)


def _application(path: str, name: str, spec: Table, element: dict[str, str]) -> Iterator[Entry]:
    sources = spec.get("sources")
    destination = spec.get("destination")
    target = destination if isinstance(destination, Table) else Table(1)
    namespace, cluster = (_filled(str(target.get(key) or ""), element) for key in ("namespace", "name"))
    for source in [*(sources if isinstance(sources, Items) else []), spec.get("source")]:
        text = _filled(str(source.get("path") or ""), element) if isinstance(source, Table) else ""
        directory = join("", text.removeprefix("./")) if text and "{{" not in text else None
        if not directory or not isinstance(source, Table):
            continue
        span = source.span_of("path", path)
        helm = source.get("helm")
        listed = helm.get("valueFiles") if isinstance(helm, Table) else None
        texts = (
            [_filled(item, element) for item in listed if isinstance(item, str)] if isinstance(listed, Items) else []
        )
        values = tuple(place for text in texts if (place := join(directory, text)) is not None)
        signals = (*_words(element, span), *_named(name, namespace, cluster, span), *_placed(path, span))
        yield Entry(name, directory, signals, "" if "{{" in namespace else namespace, values)


def _elements(spec: Table, files: Files) -> Iterator[dict[str, str]]:
    """The sets of parameters that a generator of applications gives."""
    generators = spec.get("generators")
    for generator in generators if isinstance(generators, Items) else ():
        if not isinstance(generator, Table):
            continue
        listed = generator.get("list")
        elements = listed.get("elements") if isinstance(listed, Table) else None
        for element in elements if isinstance(elements, Items) else ():
            if isinstance(element, Table):
                yield {key: str(value) for key, value in element.items() if isinstance(value, str | int)}
        git = generator.get("git")
        directories = git.get("directories") if isinstance(git, Table) else None
        for _, text, _line in strings(directories):
            yield from _directories(text, files)


def _directories(pattern: str, files: Files) -> Iterator[dict[str, str]]:
    above, _, last = pattern.rpartition("/")
    if "*" in above:
        return
    for entry in files.tree.list(above):
        if entry.kind == "dir" and fnmatchcase(entry.name, last):
            yield {"path": entry.path, "path.path": entry.path, "path.basename": entry.name}


def _filled(text: str, element: dict[str, str]) -> str:
    return _HOLE.sub(lambda match: element.get(match[1], match[0]), text) if "{{" in text else text


def _words(element: dict[str, str], span: Span) -> Iterator[Signal]:
    for key, value in element.items():
        if names_environment(key) and telling_word(value):
            yield Signal(kind="input", value=value, span=span, says=f"{key} is {value}")


def _named(name: str, namespace: str, cluster: str, span: Span) -> Iterator[Signal]:
    for what, text in (("namespace", namespace), ("cluster", cluster), ("entry point", name)):
        found = list(name_signal(text, span, what)) if text and "{{" not in text else []
        if found:
            yield from found
            return


def _placed(path: str, span: Span) -> Iterator[Signal]:
    """What the directory of the entry point says: `clusters/production/apps.yaml`."""
    for segment in reversed(path.split("/")[:-1]):
        if telling_word(segment):
            yield Signal(kind="input", value=segment, span=span, says=f"the entry point stands in {segment}")
            return


def _name(document: Table) -> str:
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Table) else None
    return name if isinstance(name, str) else ""
