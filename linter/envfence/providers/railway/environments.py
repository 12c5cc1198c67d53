"""Which environment of its project a Railway resource is in.

In: `environment_id` of a resource. Out: signals, boundaries and references. Must not know services.

A variable, proxy or domain belongs to the one environment that `environment_id` names: a `railway_environment`, or the
project's `default_environment`, which is called "production" unless it says otherwise. An id written as text says
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference, Signal
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = (
    "railway_environment",
    "railway_project",
    "railway_custom_domain",
    "railway_service_domain",
    "railway_tcp_proxy",
)
#: The name of a project's first environment when the source does not give one.
DEFAULT_NAME = "production"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """Signals and boundary of one resource."""
    if resource.mode != "managed":
        return
    if resource.type == "railway_project":
        builder.change_node(resource.address, boundary=project_boundary(builder.subject(resource).hole("id")))
    elif resource.type == "railway_environment":
        in_project(resource, builder)
        name = text(one(resource.values, "name"))
        if name:
            builder.add_signal(resource.address, _signal(resource, name, "name", "the environment's own name"))
    else:
        place(resource, builder)


def place(resource: Resource, builder: FactsBuilder) -> None:
    """Puts a resource with an `environment_id` (and perhaps a service) where it belongs."""
    identifier = text(one(resource.values, "environment_id")) or ""
    found = environments(builder).get(identifier)
    if found is not None:
        name, says, project = found
        builder.add_signal(resource.address, _signal(resource, name, "environment_id", says))
        builder.change_node(resource.address, boundary=project)
    else:
        in_project(resource, builder)
    service = text(one(resource.values, "service_id"))
    if service:
        builder.add_reference(
            Reference(
                kind="points-at",
                node=resource.address,
                sought=f"railway_service:{service}",
                evidence=builder.evidence(resource, "service_id", "belongs to the service"),
                says="belongs to",
            )
        )


def in_project(resource: Resource, builder: FactsBuilder) -> None:
    """Gives a resource with a `project_id` the project as its boundary."""
    project = text(one(resource.values, "project_id"))
    if project:
        builder.change_node(resource.address, boundary=project_boundary(project))


def project_boundary(identifier: str) -> str:
    """The boundary of a project, by its id."""
    return f"railway:{identifier}"


def environments(builder: FactsBuilder) -> dict[str, tuple[str, str, str]]:
    """By the id of an environment (a hole): its name, what says so, and the boundary of its project."""
    known: dict[str, tuple[str, str, str]] | None = builder.memo.get("railway environments")
    if known is None:
        known = {}
        for resource in builder.resources:
            if resource.mode == "managed" and resource.type == "railway_project":
                known.update(_default(resource, builder))
            elif resource.mode == "managed" and resource.type == "railway_environment":
                known.update(_declared(resource, builder))
        builder.memo["railway environments"] = known
    return known


def environments_of(boundary: str, builder: FactsBuilder) -> tuple[str, ...]:
    """The names of all environments that the source declares for a project."""
    return tuple(sorted({name for name, _, project in environments(builder).values() if project == boundary}))


def _default(project: Resource, builder: FactsBuilder) -> dict[str, tuple[str, str, str]]:
    subject = builder.subject(project)
    name = text(one(project.values, "default_environment.name")) or DEFAULT_NAME
    says = f"the default environment of {project.address} is {name!r}"
    return {subject.hole("default_environment.id"): (name, says, project_boundary(subject.hole("id")))}


def _declared(resource: Resource, builder: FactsBuilder) -> dict[str, tuple[str, str, str]]:
    name = text(one(resource.values, "name"))
    project = text(one(resource.values, "project_id")) or ""
    if not name:
        return {}
    hole = builder.subject(resource).hole("id")
    return {hole: (name, f"{resource.address} is {name!r}", project_boundary(project))}


def _signal(resource: Resource, name: str, path: str, says: str) -> Signal:
    return Signal(kind="input", value=name, span=resource.span_of(path) or resource.span, says=says, words=(name,))
