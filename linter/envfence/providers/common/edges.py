"""Edges that the catalogue knows by attribute: `kms_key_id` names the key that encrypts this store.

In: a resource and its catalogue entry. Out: references in the builder. Must not know any provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.facts import fact_of
from envfence.providers.common.values import at, texts

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder
    from envfence.providers.catalogue import EdgeRule, Entry


def add_edges(resource: Resource, entry: Entry, builder: FactsBuilder) -> None:
    """The references of one resource."""
    for path, rule in entry.edges.items():
        if not _holds(resource, rule):
            continue
        for value in at(resource.values, path):
            for name in texts(value):
                if name:
                    _add(resource, path, rule, name, builder)


def _add(resource: Resource, path: str, rule: EdgeRule, name: str, builder: FactsBuilder) -> None:
    says = rule.says or f"{path} names it"
    builder.add_reference(
        Reference(
            kind=rule.kind,
            node=resource.address,
            sought=name if name.startswith("arn:") else f"{rule.form}:{name}",
            evidence=builder.evidence(resource, path, says),
            outward=not rule.inward,
            says=rule.says,
        )
    )


def _holds(resource: Resource, rule: EdgeRule) -> bool:
    """Whether the resource has the values that make the edge; unknown ones count as not."""
    for path, accepted in rule.requires.items():
        fact = fact_of(resource, path)
        values = fact.value if isinstance(fact.value, list) else [fact.value]
        if fact.state != "known" or not any(value in accepted for value in values):
            return False
    return True
