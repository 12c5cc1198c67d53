"""Whose addresses a rule lets in.

In: the names of all nodes, references that seek a range or a group of machines. Out: edges of kind connects from the
network to what admits it. Must not know what listens there, rules.

Address ranges repeat: a range tells something only where all networks of this repository that it lies in are of
environments other than the admitting one's. It is surely meant where one of them is of the same root module, or of the
root module of the same name in the other environment; where one root module has all networks, one with just that
range may be meant by anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network

from envfence.graph.binding import Binder, Part
from envfence.graph.graph import GraphNode
from envfence.model import Edge, Reference
from envfence.providers.common.addresses import FORM, is_admission
from envfence.values import has_holes
from envfence.words import words_in_path_segment


@dataclass(frozen=True, slots=True)
class _Networks:
    """All networks of the repository: those whose range is known, and those by an identifier with an unknown."""

    ranges: tuple[tuple[IPv4Network, GraphNode], ...]
    unknown: dict[str, list[GraphNode]] = field(default_factory=dict)

    @property
    def are_one_layer(self) -> bool:
        """Whether one root module, once for each environment, has all networks: then everything lies in these."""
        return len({_without_environment(node.deployment) for _, node in self.ranges}) == 1


def network_edges(parts: Iterable[Part], binder: Binder) -> Iterator[Edge]:
    """The edges of all ranges and groups that are let in and belong to another environment."""
    networks = _networks(binder.index.nodes.values())
    for part in parts:
        root = part.facts.deployment.root
        for reference in part.facts.references:
            if not is_admission(reference):
                continue
            asker = binder.node(f"{part.facts.deployment.id}:{reference.node}")
            if asker is None:
                continue
            sought = part.translation.text(reference.sought)
            if has_holes(sought):
                found = _behind(sought, asker, reference, networks, binder)
            else:
                found = _having(sought, asker, networks)
            for node, doubt in found:
                yield _edge(reference, asker, root, node, doubt)


def _behind(
    sought: str, asker: GraphNode, reference: Reference, networks: _Networks, binder: Binder
) -> Iterator[tuple[GraphNode, str]]:
    """What is behind an unknown: a network that this repository declares, or one that the unknown's names tell of."""
    declared = networks.unknown.get(sought)
    if declared is not None:
        own = set(asker.placement.environments)
        yield from ((node, "") for node in declared if own and not own & set(node.placement.environments))
        return
    span = reference.evidence[0].span if reference.evidence else asker.span
    node = binder.externals.unknown(sought, asker, span)
    if node is not None:
        yield node, ""


def _having(sought: str, asker: GraphNode, networks: _Networks) -> Iterator[tuple[GraphNode, str]]:
    """The networks that a range is, or lies in."""
    wanted = IPv4Network(sought.removeprefix(FORM), strict=False)
    around = [(network, node) for network, node in networks.ranges if wanted.subnet_of(network)]
    own = set(asker.placement.environments)
    places = {node.placement.environments for _, node in around}
    if not own or len(places) != 1 or own & set(next(iter(places))):
        return
    exact = [node for network, node in around if network == wanted]
    for node in exact or [node for _, node in around]:
        if _are_siblings(asker, node):
            yield node, ""
        elif exact and networks.are_one_layer:
            yield node, f"whether {wanted} means {node.node.address} of {node.deployment}"


def _are_siblings(one: GraphNode, other: GraphNode) -> bool:
    """Whether two nodes are of one root module, or of two whose directories differ in the environment alone."""
    return _without_environment(one.deployment) == _without_environment(other.deployment)


def _without_environment(deployment: str) -> str:
    root = deployment.partition("@")[0]
    return "/".join(segment for segment in root.split("/") if not words_in_path_segment(segment))


def _edge(reference: Reference, asker: GraphNode, root: str, node: GraphNode, doubt: str) -> Edge:
    return Edge(
        kind="connects",
        source=node.id,
        target=asker.id,
        certainty="possible" if doubt else "proved",
        says=reference.says,
        evidence=reference.evidence,
        unknowns=(doubt,) if doubt else (),
        cause=_cause(root, node),
    )


def _cause(root: str, node: GraphNode) -> str:
    """One cause is all that one root module lets in of one other environment's root module: the same network, however
    many rules repeat its ranges and ports."""
    whose = " ".join((*node.placement.environments, *node.placement.candidates))
    return f"{root}\n\nadmits {whose} of {node.deployment.partition('@')[0]}"


def _networks(nodes: Iterable[GraphNode]) -> _Networks:
    ranges: list[tuple[IPv4Network, GraphNode]] = []
    unknown: dict[str, list[GraphNode]] = {}
    for node in sorted(nodes, key=lambda node: node.id):
        if not node.placement.environments or node.node.mode != "managed" or node.node.kind != "network":
            continue
        for name in node.node.names:
            if has_holes(name):
                unknown.setdefault(name, []).append(node)
            elif name.startswith(FORM):
                network = ip_network(name.removeprefix(FORM), strict=False)
                if isinstance(network, IPv4Network):
                    ranges.append((network, node))
    return _Networks(tuple(ranges), unknown)
