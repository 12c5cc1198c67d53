"""What the `features` block of a provider configuration says about the types of resources that it changes.

In: the provider configurations of a deployment, the catalogue's list of switches. Out: facts
`provider.features.BLOCK.SWITCH` of the nodes. Must not know what a rule makes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact
from envfence.providers.common.facts import scalar
from envfence.providers.common.values import Absent, at, unknown_in
from envfence.values import Mapping

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_PREFIX = "provider."


def finish(builder: FactsBuilder) -> None:
    """Adds the facts to every resource whose type the catalogue gives switches."""
    for resource in builder.resources:
        if resource.mode == "managed" and resource.type.startswith("azurerm_") and builder.has_node(resource.address):
            entry = builder.entry(resource)
            for feature in entry.features if entry is not None else ():
                path = f"features.{feature.partition('=')[0]}"
                builder.add_fact(resource.address, _PREFIX + path, _fact(resource, path, builder))


def _fact(resource: Resource, path: str, builder: FactsBuilder) -> Fact:
    key = resource.provider_key or "azurerm"
    values = builder.configuration(key)
    found = [value for value in at(values, path) if not isinstance(value, Absent)] if values != Mapping({}) else []
    span = next((each.span for each in builder.evaluated.providers if each.key == key), None)
    if not found:
        return Fact(state="absent", span=span)
    hidden = any(unknown_in(value) is not None for value in found)
    return Fact(state="unknown", span=span) if hidden else Fact(value=scalar(found[0]), span=span)
