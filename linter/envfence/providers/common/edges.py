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


#: What an edge says first when nobody knows whether the resource has the values that make it.
UNSURE = "perhaps "
#: Edges that are kept when that is unknown: what may be guarded or backed up is not surely without.
_KEPT_UNSURE = frozenset({"guards", "backs-up"})


def add_edges(resource: Resource, entry: Entry, builder: FactsBuilder) -> None:
    """The references of one resource."""
    for path, rule in entry.edges.items():
        held = _holds(resource, rule)
        if held is False or (held is None and rule.kind not in _KEPT_UNSURE):
            continue
        for value in at(resource.values, path):
            for name in texts(value):
                if name:
                    _add(resource, path, rule, name, builder, "" if held else UNSURE)


def _add(resource: Resource, path: str, rule: EdgeRule, name: str, builder: FactsBuilder, sure: str) -> None:
    says = rule.says or f"{path} names it"
    builder.add_reference(
        Reference(
            kind=rule.kind,
            node=resource.address,
            sought=name if name.startswith("arn:") else f"{rule.form}:{name}",
            evidence=builder.evidence(resource, path, says),
            outward=not rule.inward,
            says=f"{sure}{rule.says}",
        )
    )


def _holds(resource: Resource, rule: EdgeRule) -> bool | None:
    """Whether the resource has the values that make the edge; None when that is unknown."""
    unknown = False
    for path, accepted in rule.requires.items():
        fact = fact_of(resource, path)
        values = fact.value if isinstance(fact.value, list) else [fact.value]
        if fact.state == "unknown":
            unknown = True
        elif fact.state == "absent" or not any(value in accepted for value in values):
            return False
    return None if unknown else True
