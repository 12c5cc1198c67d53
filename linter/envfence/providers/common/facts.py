"""The values of a resource that rules judge, each with its place and where it was written.

In: a resource and its catalogue entry. Out: `Fact`s by dotted path. Must not know what a rule makes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact
from envfence.providers.common.values import ABSENT, Absent, at, one, plain, unknown_in
from envfence.values import Mapping, Span, Unknown, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.catalogue import Entry

PREVENT_DESTROY = "lifecycle.prevent_destroy"
IGNORE_CHANGES = "lifecycle.ignore_changes"
#: What the modules around a resource demand of the provider's version.
PROVIDER_VERSION = "provider.version"
#: For what stands for a published module: attribute → the argument that sets it; the reason is the call's address.
MODULE_ARGUMENTS = "module.arguments"
#: For what is looked up: where the name that is sought was written.
SOUGHT = "sought.name"
#: Keys and values of tags by which a backup plan selects.
SELECTED_TAGS = "selected.tags"
_MOST_TAGS = 60


def judged_facts(resource: Resource, entry: Entry) -> dict[str, Fact]:
    """Guards, dangers, retention and what makes a replica; what tells a secret from a setting; and what the lifecycle
    block says."""
    unsafe = {path for path, retention in entry.retention.items() if retention.unsafe}
    traced = {*entry.guards, *entry.dangers, *unsafe}
    facts = {path: fact_of(resource, path, path in traced) for path in entry.judged_attributes()}
    facts.update((path, fact_of(resource, path)) for path in entry.secret_when)
    facts.update(lifecycle_facts(resource))
    if any(guard.since for guard in entry.guards.values()):
        facts[PROVIDER_VERSION] = Fact(value=_demanded(resource))
    return facts


def lifecycle_facts(resource: Resource) -> dict[str, Fact]:
    """What the lifecycle block says."""
    facts: dict[str, Fact] = {}
    if resource.prevent_destroy is not None:
        facts[PREVENT_DESTROY] = Fact(value=resource.prevent_destroy, span=resource.span)
    if resource.ignore_changes:
        facts[IGNORE_CHANGES] = Fact(value=list(resource.ignore_changes), span=resource.span)
    return facts


def sought_facts(resource: Resource, entry: Entry) -> dict[str, Fact]:
    """By which attribute a data source looks for what it stands for, and where that one's value was written."""
    path = next((name for name in entry.named_by if resource.span_of(name) is not None), None)
    return {} if path is None else {SOUGHT: fact_of(resource, path, traced=True)}


def _demanded(resource: Resource) -> str:
    """The version constraints on the provider of a resource as one."""
    return ", ".join(resource.required_versions(resource.type.partition("_")[0]))


def fact_of(resource: Resource, path: str, traced: bool = False) -> Fact:
    """The fact at a dotted path: one value, or the list of the values of several blocks.

    With `traced` it also says where the deciding value was written, which costs an evaluation.
    """
    found = list(at(resource.values, path))
    if all(isinstance(value, Absent) for value in found):
        return _absent(resource, path)
    written = _written(resource, path, found)
    span = resource.span_of(written) or resource.span
    origin = _origin(resource, written, span) if traced else None
    unknown = next((hidden for value in found if (hidden := unknown_in(value)) is not None), None)
    if unknown is not None:
        reason = unknown.reason if isinstance(unknown, Unknown) else "depends on an unknown value"
        return Fact(state="unknown", span=span, origin=origin, reason=reason)
    values = [scalar(value) for value in found]
    return Fact(value=values[0] if len(values) == 1 else values, span=span, origin=origin)


def tag_facts(resource: Resource, path: str, defaults: Mapping) -> dict[str, Fact]:
    """The tags of a resource as facts `tags.KEY`, those of the provider's `default_tags` below its own."""
    own = one(resource.values, path)
    items: dict[str, Value] = dict(defaults.items)
    if isinstance(own, Mapping):
        items.update(own.items)
    facts: dict[str, Fact] = {}
    if isinstance(own, Unknown):
        facts["tags"] = Fact(state="unknown", span=resource.span_of(path), reason=own.reason)
    for key, value in list(items.items())[:_MOST_TAGS]:
        if isinstance(value, bool):
            facts[f"tags.{key}"] = Fact(value="true" if value else "false")
        elif isinstance(value, str) and not has_holes(value):
            facts[f"tags.{key}"] = Fact(value=value)
        elif unknown_in(value) is not None:
            facts[f"tags.{key}"] = Fact(state="unknown", reason="depends on an unknown value")
    return facts


def _absent(resource: Resource, path: str) -> Fact:
    """Not set: the place is the block in which it would stand."""
    steps = path.split(".")[:-1]
    while steps:
        span = resource.span_of("".join(f"{step}[0]." for step in steps)[:-1])
        if span is not None:
            return Fact(state="absent", span=span)
        steps.pop()
    return Fact(state="absent")


def _written(resource: Resource, path: str, found: list[Value | Absent]) -> str:
    """The path with the index of each block, as `Resource.span_of` wants it: of the first block that has the
    attribute.
    """
    *blocks, last = path.split(".")
    index = next(
        (place for place, value in enumerate(found) if value is not ABSENT and not isinstance(value, Absent)), 0
    )
    steps = [f"{block}[{index if place == 0 else 0}]" for place, block in enumerate(blocks)]
    concrete = ".".join((*steps, last))
    return concrete if resource.span_of(concrete) is not None else path


def _origin(resource: Resource, path: str, span: Span) -> Span | None:
    """Where the deciding value was written, when that is not the attribute itself."""
    evidence = resource.origin(path)
    return evidence[-1].span if evidence and evidence[-1].span != span else None


def scalar(value: Value | Absent) -> object:
    """The value as a rule compares it: Terraform takes "true" for true where a bool is wanted."""
    if value in ("true", "false") and isinstance(value, str):
        return value == "true"
    return plain(value)
