"""The values that a provider computes and evaluate may use: identifiers from the catalogue's templates, then provider
files.

In: a request from evaluate. Out: computed attributes by name, with holes. Must not know how evaluate works.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from envfence.providers.catalogue import Catalogue, Entry, catalogue, prefix_of
from envfence.providers.common.boundaries import place_of
from envfence.providers.common.templates import Subject, fill
from envfence.providers.common.values import one, text
from envfence.providers.registry import provider
from envfence.values import Mapping as MappingValue
from envfence.values import Value

if TYPE_CHECKING:
    from envfence.evaluate import ComputedFn, ComputeRequest

#: The key under which evaluate finds the function for every type that has none of its own.
FALLBACK = "*"


class ComputedFunctions(Mapping[str, "ComputedFn"]):
    """By resource type: the function that computes its values. A provider's files are loaded when a type of it is
    met.
    """

    def __init__(self, entries: Catalogue) -> None:
        self._entries = entries

    def __getitem__(self, type_: str) -> ComputedFn:
        if type_ == FALLBACK:
            return self._templates
        own = provider(prefix_of(type_)).computed.get(type_)
        if own is None:
            raise KeyError(type_)
        return own

    def __iter__(self) -> Iterator[str]:
        return iter((FALLBACK,))

    def __len__(self) -> int:
        return 1

    def _templates(self, request: ComputeRequest) -> dict[str, Value]:
        entry = self._entries.entry(request.type)
        if entry is None:
            return {}
        key = request.type.partition("_")[0]
        place = place_of(key, request.provider_config, request.symbols, request.scope)
        given = {"account": request.account, "region": request.region}
        context = {**place.context, **{name: text for name, text in given.items() if text and name in place.context}}
        return computed_values(entry, Subject(request.address, request.values, context, request.symbols, request.scope))


def computed_functions() -> ComputedFunctions:
    """The shipped functions."""
    return ComputedFunctions(catalogue())


def computed_values(entry: Entry, subject: Subject) -> dict[str, Value]:
    """What the templates of `entry` say about one resource: `arn`, `id` and whatever `computed` lists."""
    templates = {
        **({"arn": entry.arn} if entry.arn else {}),
        **({"id": entry.id} if entry.id else {}),
        **entry.computed,
    }
    values: dict[str, Value] = {}
    for path, template in templates.items():
        _put(values, path, fill(template, subject), subject.values.items)
    for name in entry.named_by:  # a name made by the provider from a prefix
        prefix = text(one(subject.values, f"{name}_prefix"))
        if prefix and text(one(subject.values, name)) is None:
            values[name] = fill(f"${{{name}}}", subject)
    return values


def _put(values: dict[str, Value], path: str, value: Value, written: Mapping[str, Value]) -> None:
    """Sets a dotted path; what is nested becomes an object, beside what is written there."""
    head, _, rest = path.partition(".")
    if not rest:
        values[head] = value
        return
    inner = values.get(head, written.get(head))
    items = dict(inner.items) if isinstance(inner, MappingValue) else {}
    _put(items, rest, value, {})
    values[head] = MappingValue(items)
