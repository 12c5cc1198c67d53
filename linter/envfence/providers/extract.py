"""From the evaluated resources of one deployment to its facts.

In: `Evaluated`, the catalogue, a function that digests secrets. Out: `Facts`. Must not know other deployments,
environments, configuration. What data says about a type comes from the catalogue; what it cannot say, from
`providers/PREFIX/*.py`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from envfence.model import BoundaryUse, Facts, Node, Output, Signal
from envfence.providers.builder import FactsBuilder, Hasher
from envfence.providers.catalogue import Catalogue, Entry, catalogue, prefix_of
from envfence.providers.common.boundaries import boundary_of
from envfence.providers.common.edges import add_edges
from envfence.providers.common.facts import judged_facts, lifecycle_facts, sought_facts, tag_facts
from envfence.providers.common.identities import identities_of
from envfence.providers.common.keys import add_keys
from envfence.providers.common.secrets import add_secrets
from envfence.providers.common.settings import add_settings
from envfence.providers.common.signals import signals_in_tags, signals_of
from envfence.providers.common.templates import Subject, fill
from envfence.providers.common.values import one, plain, unknown_in
from envfence.providers.published import add_published_modules
from envfence.providers.registry import provider
from envfence.values import Mapping

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated, Resource

#: Kinds of nodes whose guards, dangers and tags rules judge.
JUDGED_KINDS = frozenset({"store", "backup", "secret", "key", "boundary"})
_EMPTY = Mapping({})
#: Kinds whose tags conditions of policies look at, beside those that are judged.
_TAGGED_KINDS = frozenset({"identity"})
#: Kinds that say something when a deployment looks one up by its name.
_SOUGHT_KINDS = frozenset({"store", "secret"})


def extract(evaluated: Evaluated, entries: Catalogue, hasher: Hasher) -> Facts:
    """The facts of one deployment. Never raises for what a repository says: it becomes a problem of the facts."""
    builder = FactsBuilder(evaluated, entries, hasher)
    _boundaries(builder)
    for resource in evaluated.resources:
        _resource(resource, builder)
    add_published_modules(builder)
    configured = {each.key.partition(".")[0] for each in evaluated.providers}
    for prefix in sorted({prefix_of(resource.type) for resource in evaluated.resources} | configured):
        for finisher in provider(prefix).finishers:
            finisher(builder)
    add_settings(builder)
    add_keys(builder, needs_values)
    _outputs(builder)
    for signal in identities_of(evaluated):
        builder.add_identity(signal)
    return builder.finish()


#: Providers whose resources name their own boundary.
_OWN_BOUNDARY = frozenset({"google", "kubernetes"})


@cache
def needs_values(type_: str) -> bool:
    """Whether anybody here looks at the attributes of a type; half of all resources matter by their address only."""
    prefix = prefix_of(type_)
    return prefix in _OWN_BOUNDARY or catalogue().entry(type_) is not None or type_ in provider(prefix).extractors


def _resource(resource: Resource, builder: FactsBuilder) -> None:
    entry = builder.entry(resource)
    if resource.mode == "managed" or (entry is not None and (entry.arn or entry.names)):
        builder.add_node(_node(resource, entry, builder))
        if resource.mode == "managed" and entry is not None:
            add_edges(resource, entry, builder)
            add_secrets(resource, entry, builder)
    extractor = provider(prefix_of(resource.type)).extractors.get(resource.type)
    if extractor is not None:
        extractor(resource, builder)


def _node(resource: Resource, entry: Entry | None, builder: FactsBuilder) -> Node:
    judged = entry is not None and resource.mode == "managed" and _is_judged(entry)
    defaults, default_signals = _default_tags(resource, builder)
    facts = judged_facts(resource, entry) if judged and entry is not None else lifecycle_facts(resource)
    if entry is not None and entry.tags and (judged or (entry.kind in _TAGGED_KINDS and resource.mode == "managed")):
        facts.update(tag_facts(resource, entry.tags, defaults))
    if resource.mode == "data" and entry is not None and entry.kind in _SOUGHT_KINDS:
        facts.update(sought_facts(resource, entry))
    return Node(
        address=resource.address,
        kind=entry.kind if entry is not None else "other",
        type=resource.type,
        span=resource.span,
        names=names_of(resource, entry, builder),
        boundary=boundary_of(
            resource.type, resource.values if needs_values(resource.type) else _EMPTY, builder.place(resource)
        ),
        signals=signals_of(resource, entry, default_signals),
        facts=facts,
        exists=resource.exists,
        calls=resource.calls,
        mode=resource.mode,
    )


def _is_judged(entry: Entry) -> bool:
    """Whether rules ask for the values of a type."""
    told = (entry.guards, entry.dangers, entry.retention, entry.replaces, entry.records)
    return entry.kind in JUDGED_KINDS or any(told)


def names_of(resource: Resource, entry: Entry | None, builder: FactsBuilder) -> tuple[str, ...]:
    """The identifiers a resource answers to: its ARN, and `TYPE:…` for its id and further names."""
    if entry is None:
        nobody = Subject(resource.address, _EMPTY, {}, builder.symbols, builder.scope)
        return (f"{resource.type}:{nobody.hole('id')}",)
    subject = builder.subject(resource)
    templates = [template for template in (entry.arn, entry.id or "${?id}", *entry.names) if template]
    names: dict[str, None] = {}
    for template in templates:
        filled = fill(template, subject)
        names[filled if filled.startswith("arn:") else f"{resource.type}:{filled}"] = None
    return tuple(names)


def _default_tags(resource: Resource, builder: FactsBuilder) -> tuple[Mapping, tuple[Signal, ...]]:
    """The `default_tags` (`default_labels` of google) of the configuration of a resource, and their signals."""
    known: dict[str, tuple[Mapping, tuple[Signal, ...]]] = builder.memo.setdefault("default tags", {})
    key = resource.provider_key
    if key not in known:
        configuration = builder.configuration(key)
        candidates = [one(configuration, path) for path in ("default_tags.tags", "default_labels")]
        tags = next((found for found in candidates if isinstance(found, Mapping)), _EMPTY)
        span = next((use.span for use in builder.evaluated.providers if use.key == key), resource.span)
        known[key] = tags, tuple(signals_in_tags(tags, span))
    return known[key]


def _boundaries(builder: FactsBuilder) -> None:
    """One use of a boundary for each provider configuration, those that only resources imply included."""
    evaluated = builder.evaluated
    seen = set()
    for configuration in evaluated.providers:
        seen.add(configuration.key)
        place = builder.place_of_key(configuration.key)
        if place.boundary:
            builder.add_boundary(
                BoundaryUse(
                    provider=configuration.key,
                    boundary=place.boundary,
                    assumed_role=place.assumed_role,
                    span=configuration.span,
                )
            )
    for key in sorted({resource.provider_key for resource in evaluated.resources} - seen):
        place = builder.place_of_key(key)
        if place.boundary:
            builder.add_boundary(BoundaryUse(provider=key, boundary=place.boundary, span=evaluated.deployment.span))


def _outputs(builder: FactsBuilder) -> None:
    for name, output in sorted(builder.evaluated.outputs.items()):
        complete = unknown_in(output.value) is None
        text = json.dumps(plain(output.value), ensure_ascii=False)
        builder.add_output(
            Output(name=name, json=text, span=output.span, complete=complete, sensitive=output.sensitive)
        )
