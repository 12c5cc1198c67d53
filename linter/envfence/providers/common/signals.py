"""Hints at the environment of a resource: tags and labels, instance keys and module names on the way down, its own
names.

In: a resource and its catalogue entry. Out: `Signal`s, never verdicts. Must not know other resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from envfence.model import Signal
from envfence.providers.common.values import Absent, one, text
from envfence.values import Mapping, Span, has_holes
from envfence.words import word_of_value, words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.catalogue import Entry

#: Keys of tags and labels whose value is an environment, compared without case and separators.
_TAG_KEYS = frozenset(
    {
        *("environment", "env", "envname", "environmentname", "deploymentenvironment", "stage", "tier", "deployenv"),
        *("appenv", "awsenvironment", "envtype", "environmenttype", "lifecycle", "workspace"),
    }
)
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_KEY = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
_MODULE = re.compile(r"module\.([A-Za-z0-9_-]+)")
_LONGEST = 120


def signals_of(resource: Resource, entry: Entry | None, default_tags: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """All signals of one resource, strongest kind first."""
    own = (*tag_signals(resource, entry.tags), *default_tags) if entry is not None and entry.tags else ()
    # A type that nobody looks at is not evaluated for a name that is not there.
    unlisted = ("name",) if entry is None and resource.span_of("name") is not None else ()
    names = entry.named_by if entry is not None else unlisted
    return (*own, *instance_signals(resource), *_name_signals(resource, names))


def tag_signals(resource: Resource, path: str) -> Iterator[Signal]:
    """Signals from the tags of one resource."""
    tags = one(resource.values, path)
    if isinstance(tags, Mapping):
        yield from signals_in_tags(tags, resource.span_of(path) or resource.span)


def signals_in_tags(tags: Mapping, span: Span) -> Iterator[Signal]:
    """Signals from a map of tags: only known values that are an environment's name, under a key that says so."""
    for key, value in tags.items.items():
        if not isinstance(value, str) or len(value) > _LONGEST or has_holes(value) or not _is_environment_key(key):
            continue
        word = word_of_value(value)
        if word is not None:
            yield Signal(kind="tag", value=value, span=span, says=f"tag {key} = {value!r}", words=(word.canonical,))


def instance_signals(resource: Resource) -> Iterator[Signal]:
    """Signals from the keys of instances and the names of modules in an address."""
    span = resource.calls[-1].span if resource.calls else resource.span
    key = resource.address.rpartition("[")[2] if resource.address.endswith('"]') else ""
    if key.strip('"]').isdigit():
        key = ""
    yield from address_signals(f"{resource.module_path}[{key}" if key else resource.module_path, span)


def address_signals(path: str, span: Span) -> Iterator[Signal]:
    """Signals from the keys and module names in a module path or an instance's address."""
    for part, words in _in_address(path):
        yield Signal(kind="instance", value=part, span=span, says=f"instance {part!r}", words=words)


def _name_signals(resource: Resource, names: tuple[str, ...]) -> Iterator[Signal]:
    for name in names:
        value = one(resource.values, name)
        found = None if isinstance(value, Absent) else text(value)
        if found and is_telling(found):
            span = resource.span_of(name) or resource.span
            yield Signal(kind="name", value=found, span=span, says=f"{name} = {found!r}")


def is_telling(name: str) -> bool:
    """Whether a name surely has a word for an environment in it."""
    return len(name) <= _LONGEST and any(word.sure for word in words_in_name(name))


@lru_cache(maxsize=1024)
def _is_environment_key(key: str) -> bool:
    return _SEPARATORS.sub("", key.lower()) in _TAG_KEYS


@lru_cache(maxsize=4096)
def _in_address(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, tuple[str, ...]] = {}
    for key in _KEY.findall(path):
        word = word_of_value(key)
        names = (word.canonical,) if word is not None else tuple(w.canonical for w in words_in_name(key) if w.sure)
        if names:
            found.setdefault(key, names)
    for name in _MODULE.findall(path):
        names = tuple(word.canonical for word in words_in_name(name) if word.sure)
        if names:
            found.setdefault(name, names)
    return tuple(found.items())
