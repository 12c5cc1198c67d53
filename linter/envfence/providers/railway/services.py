"""Railway services and their volumes: they exist in every environment of the project.

In: `railway_service`. Out: the service's boundary and signals, and a node of its own for the volume.

The provider creates the volume without an environment, which makes one volume, deployed to all environments, under
one id: one `volumeDelete` removes the data of every environment. Removing the `volume` attribute is an update in
place that deletes the volume; `prevent_destroy` does not see it. Backups of a volume are kept on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact, LocalEdge, Node, Signal
from envfence.providers.common.facts import IGNORE_CHANGES, PREVENT_DESTROY
from envfence.providers.common.values import one
from envfence.providers.railway.environments import environments_of, in_project
from envfence.values import Mapping

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("railway_service",)
#: The type under which the catalogue knows the volume inside a service.
VOLUME = "railway_service.volume"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The service, and its volume when it has one."""
    if resource.mode != "managed":
        return
    in_project(resource, builder)
    boundary = builder.node(resource.address).boundary
    signals = _everywhere(resource, boundary, builder)
    for signal in signals:
        builder.add_signal(resource.address, signal)
    if one(resource.values, "volume") is not None and isinstance(one(resource.values, "volume"), Mapping):
        _volume(resource, boundary, signals, builder)


def _everywhere(resource: Resource, boundary: str, builder: FactsBuilder) -> tuple[Signal, ...]:
    names = environments_of(boundary, builder)
    if not names:
        return ()
    says = f"a service is deployed to every environment of its project: {', '.join(names)}"
    span = resource.span_of("project_id") or resource.span
    return (Signal(kind="input", value=" ".join(names), span=span, says=says, words=names),)


def _volume(resource: Resource, boundary: str, signals: tuple[Signal, ...], builder: FactsBuilder) -> None:
    address = f"{resource.address}.volume"
    span = resource.span_of("volume") or resource.span
    facts = {
        "spans_environments": Fact(value=True, span=span),
        "deleted_by_attribute_removal": Fact(value=not {"volume", "all"} & set(resource.ignore_changes), span=span),
        "backups_inside": Fact(value=True, span=span),
    }
    if resource.prevent_destroy is not None:
        facts[PREVENT_DESTROY] = Fact(value=resource.prevent_destroy, span=resource.span)
    if resource.ignore_changes:
        facts[IGNORE_CHANGES] = Fact(value=list(resource.ignore_changes), span=resource.span)
    identifier = builder.subject(resource).hole("volume.id")
    builder.add_node(
        Node(
            address=address,
            kind="store",
            type=VOLUME,
            span=span,
            names=(f"railway_volume:{identifier}",),
            boundary=boundary,
            signals=signals,
            facts=facts,
            exists=resource.exists,
            calls=resource.calls,
            provider="railway",
        )
    )
    builder.add_edge(
        LocalEdge(
            kind="points-at",
            source=resource.address,
            target=address,
            evidence=builder.evidence(resource, "volume", "mounts the volume"),
            says="mounts",
        )
    )
