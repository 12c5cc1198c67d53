"""Which types of resources are there, and in which deployments: a store is judged otherwise beside locks or plans, and
where a plan of another deployment asks for its tag.

In: the graph. Out: yes or no. Must not know rules or the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envfence.graph.graph import Graph, GraphNode
from envfence.providers.common.facts import SELECTED_TAGS


@dataclass(frozen=True, slots=True)
class Present:
    """The deployments that have managed resources of a type."""

    deployments: Mapping[str, frozenset[str]]
    selections: tuple[tuple[GraphNode, str, str], ...] = ()

    def beside(self, node: GraphNode, type_: str) -> bool:
        """Whether the deployment of a node has such a resource."""
        return node.deployment in self.deployments.get(type_, ())

    def is_asked_for(self, node: GraphNode) -> bool:
        """Whether a plan in an environment of the node, or in none, asks for one of its tags."""
        here = set(node.placement.environments)
        for selection, key, value in self.selections:
            fact = node.node.facts.get(f"tags.{key}")
            there = set(selection.placement.environments)
            if fact is not None and fact.value == value and (not here or not there or here & there):
                return True
        return False

    def anywhere(self, type_: str) -> bool:
        """Whether any deployment has such a resource."""
        return type_ in self.deployments


def present_in(graph: Graph) -> Present:
    """What the graph has."""
    found: dict[str, set[str]] = {}
    selections: list[tuple[GraphNode, str, str]] = []
    for node in graph.nodes.values():
        if node.node.mode == "managed":
            found.setdefault(node.node.type, set()).add(node.deployment)
            tags = node.node.facts.get(SELECTED_TAGS)
            selections += [(node, key, value) for key, value in tags.value] if tags is not None else []
    return Present({type_: frozenset(deployments) for type_, deployments in found.items()}, tuple(selections))
