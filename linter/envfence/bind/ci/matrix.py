"""The matrix of a job: which combinations it runs in.

Comes in: a job and what is known. Goes out: combinations. Must not know: steps.
"""

from __future__ import annotations

import itertools
from typing import Any

from envfence.bind.ci.expressions import value_of
from envfence.bind.ci.yamltext import listed, mapping, text_of, texts

_MAX_COMBINATIONS = 60


def combinations(job: dict[Any, Any], names: dict[str, Any]) -> list[dict[str, str]]:
    """The combinations of a job's matrix, by name (`a.b` for an object's entry); one empty one without a matrix, or
    where it is worked out when it runs."""
    matrix = value_of(mapping(job.get("strategy")).get("matrix"), names)
    if not isinstance(matrix, dict):
        return [{}]
    values = {str(name): value_of(items, names) for name, items in matrix.items()}
    lists = {name: items for name, items in values.items() if isinstance(items, list) and name not in _SPECIAL}
    keys = sorted(lists)
    found: list[dict[str, str]] = []
    for chosen in itertools.islice(itertools.product(*(lists[name] for name in keys)), _MAX_COMBINATIONS):
        entry: dict[str, str] = {}
        for name, item in zip(keys, chosen, strict=True):
            entry.update(_entry(name, item))
        if entry and not any(_fits(entry, out) for out in map(_flat, listed(values.get("exclude")))):
            found.append(entry)
    return _with_included(found, [_flat(item) for item in listed(values.get("include"))], keys) or [{}]


_SPECIAL = ("include", "exclude")


def _entry(name: str, item: Any) -> dict[str, str]:
    text = text_of(item)
    if text is not None:
        return {name: text}
    return {f"{name}.{key}": inner for key, inner in texts(item).items()}


def _flat(item: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in mapping(item).items():
        found.update(_entry(str(name), value))
    return found


def _fits(entry: dict[str, str], other: dict[str, str]) -> bool:
    return bool(other) and all(entry.get(name) == text for name, text in other.items())


def _with_included(
    found: list[dict[str, str]], included: list[dict[str, str]], keys: list[str]
) -> list[dict[str, str]]:
    """`include` adds to the combinations that it agrees with, and is one of its own where there are none."""
    base = [dict(entry) for entry in found]
    extra: list[dict[str, str]] = []
    for item in included:
        own = {name: text for name, text in item.items() if name.partition(".")[0] in keys}
        matching = [entry for entry in base if all(entry.get(name) == text for name, text in own.items())]
        if not matching:
            extra.append(item)
        for entry in matching:
            entry.update(item)
    return [entry for entry in (*base, *extra) if entry][:_MAX_COMBINATIONS]
