"""Deployments as nodes, with the boundaries they act in and the states they keep and read.

In: facts. Out: nodes and edges of kinds acts-in, stores-state, reads-state. Must not know policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from envfence.graph.binding import Binder, Part
from envfence.graph.externals import PREFIX
from envfence.graph.graph import GraphNode
from envfence.model import Backend, Deployment, Edge, Evidence, Node, Placement
from envfence.values import Span, has_holes

ADDRESS = "terraform"
_SECRET_NAME = re.compile(
    r"passw|secret|token|credential|private|api[-_]?key|access[-_]?key|database[-_]?url|connection|dsn", re.IGNORECASE
)
#: The settings that name the container of states, by type of backend.
_CONTAINERS = {
    "s3": ("bucket",),
    "gcs": ("bucket",),
    "azurerm": ("storage_account_name", "container_name"),
}


def deployment_node(deployment: Deployment, placement: Placement) -> GraphNode:
    """The node that stands for a deployment itself."""
    node = Node(address=ADDRESS, kind="deployment", type="terraform", span=deployment.span)
    return GraphNode(f"{deployment.id}:{ADDRESS}", node, deployment.id, placement)


def boundary_edges(part: Part, binder: Binder) -> Iterator[tuple[GraphNode, Edge]]:
    """(boundary, edge) for every provider configuration whose boundary is known."""
    source = f"{part.facts.deployment.id}:{ADDRESS}"
    for use in part.facts.boundaries:
        boundary = part.translation.text(use.boundary)
        if not boundary or has_holes(boundary) or boundary.endswith(":"):
            continue
        known = binder.index.environments.identities.get(boundary, Placement())
        node = _named(boundary, "boundary", "", use.span, known)
        evidence = (Evidence(span=use.span, says=f"provider {use.provider} acts in {boundary}", address=ADDRESS),)
        yield node, Edge(kind="acts-in", source=source, target=node.id, says="acts in", evidence=evidence)


def state_edges(part: Part, binder: Binder) -> Iterator[tuple[GraphNode, Edge]]:
    """(container of states, edge) for the backend of a deployment, when its container is known."""
    backend = part.facts.deployment.backend
    container = _container(part, backend) if backend is not None else ""
    if backend is None or not container:
        return
    node = _named(container, "state", backend.type, backend.span, Placement())
    evidence = (Evidence(span=backend.span, says=f"keeps its state in {container}", address=ADDRESS),)
    source = f"{part.facts.deployment.id}:{ADDRESS}"
    yield node, Edge(kind="stores-state", source=source, target=node.id, says="keeps its state in", evidence=evidence)


def reading_edges(part: Part, known: set[str]) -> Iterator[Edge]:
    """An edge to every deployment whose outputs this one reads."""
    source = f"{part.facts.deployment.id}:{ADDRESS}"
    spans = {
        node.facts["reads"].value: node.span
        for node in part.facts.nodes
        if node.mode == "data" and "reads" in node.facts
    }
    for other in part.facts.reads_states:
        if other in known and other != part.facts.deployment.id:
            span = spans.get(other, part.facts.deployment.span)
            evidence = (Evidence(span=span, says=f"reads the outputs of {other}", address=ADDRESS),)
            yield Edge(
                kind="reads-state",
                source=source,
                target=f"{other}:{ADDRESS}",
                says="reads the state of",
                evidence=evidence,
            )


def secret_edges(looked_up: Iterable[GraphNode], binder: Binder) -> Iterator[Edge]:
    """A data source that reads a secret brings it into the deployment, and into its state.

    Parameters are mostly plain settings: one counts only when its name speaks of a secret.
    """
    for node in looked_up:
        if node.node.kind != "secret":
            continue
        if node.node.type == "aws_ssm_parameter" and not any(_SECRET_NAME.search(name) for name in node.node.names):
            continue
        evidence = (Evidence(span=node.span, says="reads the secret", address=node.node.address),)
        source, target = f"{node.deployment}:{ADDRESS}", binder.real(node.id)
        yield Edge(kind="reads-secret", source=source, target=target, says="reads", evidence=evidence)


def _container(part: Part, backend: Backend) -> str:
    names = _CONTAINERS.get(backend.type, ())
    values = [part.translation.text(backend.settings.get(name, "")) for name in names]
    if not values or any(not value or has_holes(value) for value in values):
        return ""
    return f"{backend.type}:{'/'.join(values)}"


def _named(text: str, kind: str, type_: str, span: Span, placement: Placement) -> GraphNode:
    node = Node(address=text, kind=kind, type=type_, span=span, mode="external")
    return GraphNode(f"{PREFIX}{kind}:{text}", node, "", placement)
