"""In which space of Cloud Foundry a resource lies, and to which environment the space belongs by its name.

In: resources with a `space`, the look-ups and declarations of spaces that it may come from. Out: boundaries and
signals. Must not know other deployments.

A space is where one environment of an organisation lies: whoever registers one broker in several spaces hands the same
login to all of them. A space whose name speaks of no environment, or of two, says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.model import Signal
from envfence.providers.common.values import one, text
from envfence.values import has_holes
from envfence.words import words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ()
_SPACE = "cloudfoundry_space"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """This file reads resources together: they name spaces that are looked up beside them."""


def finish(builder: FactsBuilder) -> None:
    """The spaces of all resources of a deployment."""
    spaces = {each.address: each for each in builder.resources if each.type == _SPACE}
    for resource in builder.resources:
        if resource.mode == "managed" and resource.type.startswith("cloudfoundry_") and resource.type != _SPACE:
            _place(resource, spaces, builder)


def _place(resource: Resource, spaces: dict[str, Resource], builder: FactsBuilder) -> None:
    space = next((spaces[each] for each in _named(resource, builder) if each in spaces), None)
    name = text(one(space.values, "name")) if space is not None else None
    if space is None or not name or has_holes(name):
        return
    organisation = next((found for path in ("org_name", "org") if (found := text(one(space.values, path)))), "")
    boundary = f"cloudfoundry:{organisation}/{name}"
    words = tuple(dict.fromkeys(word.canonical for word in words_in_name(name) if word.sure))
    builder.change_node(resource.address, boundary=boundary)
    if len(words) == 1:
        written = space.origin_of_leaf("name", name)
        span = written[-1].span if written and written[-1].span.path else resource.span
        says = f"lies in the space {name}"
        signal = Signal(kind="boundary", value=boundary, span=span, says=says, words=words)
        builder.add_signal(resource.address, signal)


def _named(resource: Resource, builder: FactsBuilder) -> Iterator[str]:
    """The addresses that the space of a resource may have been taken from."""
    space = text(one(resource.values, "space")) or ""
    for symbol in (builder.symbols.symbol(char) for char in space if has_holes(char)):
        module = symbol.scope.removeprefix(builder.scope).lstrip(":")
        address = symbol.what.removesuffix(".id")
        yield address
        if module:
            yield f"{module}.{address}"
