"""Kubernetes manifests and kustomize overlays as facts: secrets, workloads and what these are given.

In: YAML files that hold objects. Out: one `Facts` for each overlay that no other takes, and for each file that none
takes; where a controller's entry points lead to it, one for each of these. Where there are entry points, it is
uncertain whether anything exists that none of them reaches. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from envfence.model import Facts
from envfence.paths import parent
from envfence.sources.documents import Table
from envfence.sources.files import Files
from envfence.sources.settings.bindings import access
from envfence.sources.settings.gitops import Entry, entries
from envfence.sources.settings.manifests import is_object, part_of
from envfence.sources.settings.overlays import NAMES, Overlays, Unit
from envfence.sources.settings.parts import Part, facts_of
from envfence.sources.settings.places import deployment, is_for_tests, is_sample

#: Kinds of objects that make a file worth parsing.
_WORTH = re.compile(
    rb"(?m)^kind:[ \t]*[\"']?(?:Secret|ConfigMap|Deployment|StatefulSet|DaemonSet|CronJob|Job|Pod|ServiceAccount"
    rb"|PersistentVolumeClaim)\b"
)
#: A binding is worth it where it may bind an account of another namespace.
_BINDS = re.compile(rb"(?m)^kind:[ \t]*[\"']?RoleBinding\b")
_ACCOUNTS = (b"ServiceAccount", b"system:serviceaccounts:")


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of all manifests."""
    overlays = Overlays(files)
    plain = [path for path in files.of("yaml") if _is_worth(files.data(path) or b"")]
    if not plain and not overlays.by_directory:
        return
    reached = entries(files)
    units = [*overlays.units(), *_single(plain, overlays, files)]
    for unit in sorted(units, key=lambda unit: unit.path):
        if not is_sample(unit.path):
            yield from _facts(unit, [entry for entry in reached if _reaches(entry, unit)], bool(reached), hasher)


def _is_worth(data: bytes) -> bool:
    if _WORTH.search(data):
        return True
    return any(text in data for text in _ACCOUNTS) and bool(_BINDS.search(data))


def _single(paths: Sequence[str], overlays: Overlays, files: Files) -> Iterator[Unit]:
    """The files that are applied by themselves."""
    for path in paths:
        if path in overlays.used or path.rpartition("/")[2] in NAMES or _is_template(path, files):
            continue
        documents = [item for item in files.documents(path).items if isinstance(item, Table)]
        parts = [part for item in documents if is_object(item) and (part := part_of(path, item)) is not None]
        if documents:
            by_address = {part.node.address: part for part in parts}
            yield Unit(path, parent(path), list(by_address.values()), [(path, item, "") for item in documents])


def _is_template(path: str, files: Files) -> bool:
    """Whether a file is text that becomes a manifest only when somebody fills it in."""
    return b"{{" in (files.data(path) or b"") or ("/templates/" in f"/{path}" and not path.endswith(NAMES))


def _reaches(entry: Entry, unit: Unit) -> bool:
    if unit.path.endswith(NAMES):
        return entry.directory == unit.directory
    return entry.directory == "" or unit.path.startswith(f"{entry.directory}/")


def _facts(unit: Unit, reached: Sequence[Entry], governed: bool, hasher: Callable[[str], str]) -> Iterator[Facts]:
    settings = [setting for part in unit.parts for setting in part.settings]
    written = not is_for_tests(unit.path)
    nodes, grants = access(unit.documents)
    for entry in reached or (None,):
        parts = [*unit.parts, *(Part(node, kept=True) for node in nodes)]
        parts = parts if entry is not None or not governed else [_doubtful(part) for part in parts]
        suffix = entry.name if entry is not None and len(reached) > 1 else ""
        where = deployment(unit.path, settings, suffix, entry.signals if entry is not None else ())
        found = facts_of(where, parts, hasher, written=written, grants=grants)
        if found is not None:
            yield found


def _doubtful(part: Part) -> Part:
    node = msgspec.structs.replace(part.node, exists="maybe")
    return Part(node, part.settings, part.references, part.kept)
