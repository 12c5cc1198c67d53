"""Which network a private address range belongs to that a rule lets in.

In: the names of all nodes, references that seek a range. Out: edges of kind connects from the network to what admits
it. Must not know what listens there, rules.

Address ranges repeat: a range tells something only where all networks of this repository that it lies in are of
environments other than the admitting one's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network

from envfence.graph.binding import Binder, Part
from envfence.graph.graph import GraphNode
from envfence.model import Edge, Reference
from envfence.providers.common.addresses import FORM


def network_edges(parts: Iterable[Part], binder: Binder) -> Iterator[Edge]:
    """The edges of all ranges that are let in and belong to one other environment's networks."""
    networks = tuple(_networks(binder.index.nodes.values()))
    if not networks:
        return
    for part in parts:
        for reference in part.facts.references:
            if reference.sought.startswith(FORM):
                asker = binder.node(f"{part.facts.deployment.id}:{reference.node}")
                if asker is not None:
                    yield from _edges(reference, asker, networks)


def _edges(reference: Reference, asker: GraphNode, networks: Iterable[tuple[IPv4Network, GraphNode]]) -> Iterator[Edge]:
    wanted = IPv4Network(reference.sought.removeprefix(FORM), strict=False)
    inside = [(network, node) for network, node in networks if wanted.subnet_of(network)]
    own = set(asker.placement.environments)
    places = {node.placement.environments for _, node in inside}
    if not own or len(places) != 1 or own & set(next(iter(places))):
        return
    for network, node in inside:
        yield Edge(
            kind="connects",
            source=node.id,
            target=asker.id,
            says=reference.says,
            evidence=reference.evidence,
            cause=f"{asker.node.address}\n{reference.sought}\n{network}",
        )


def _networks(nodes: Iterable[GraphNode]) -> Iterator[tuple[IPv4Network, GraphNode]]:
    for node in sorted(nodes, key=lambda node: node.id):
        for name in node.node.names:
            if name.startswith(FORM):
                network = ip_network(name.removeprefix(FORM), strict=False)
                if isinstance(network, IPv4Network) and node.placement.environments:
                    yield network, node
