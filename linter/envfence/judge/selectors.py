"""Decides whether a node fits a selector of a rule: tier, environment, node, type, provider, boundary, mode, tag,
attribute, not.

In: the selector as the rule's YAML has it, a node of the graph. Out: yes or no; what is not known does not fit. Must
not know edges or rule kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from envfence.graph.graph import GraphNode
from envfence.model import Fact

Selector = Mapping[str, Any]


def matches(selector: Selector, node: GraphNode, tiers: Mapping[str, str]) -> bool:
    """Whether all keys of `selector` fit `node`; `tiers` gives the tier of each environment of the repository."""
    kind = selector.get("node")
    if kind is not None and node.node.kind != kind and node.node.kind not in _several(kind):
        return False
    return all(_fits(key, wanted, node, tiers) for key, wanted in selector.items() if key != "node")


def tiers_of(node: GraphNode, tiers: Mapping[str, str]) -> frozenset[str]:
    """The tiers a node is in: of each environment that it is in, else the one that it was given."""
    environments = node.placement.environments
    found = {tiers.get(environment, node.placement.tier) for environment in environments}
    return frozenset(found or {node.placement.tier})


def _fits(key: str, wanted: Any, node: GraphNode, tiers: Mapping[str, str]) -> bool:
    if key == "tier":
        return bool(tiers_of(node, tiers) & set(_several(wanted)))
    if key == "environment":
        return any(_like(environment, wanted) for environment in node.placement.environments)
    if key == "tag":
        return all(_tag(node, name, value) for name, value in wanted.items())
    if key == "attribute":
        return all(_attribute(node.node.facts.get(path), value) for path, value in wanted.items())
    if key == "not":
        return not matches(wanted, node, tiers)
    return _like(_text(node, key), wanted)


def _text(node: GraphNode, key: str) -> str:
    """The text that a key of a selector is compared with."""
    if key == "provider":
        return node.node.provider or node.node.type.partition("_")[0]
    return {"type": node.node.type, "boundary": node.node.boundary, "mode": node.node.mode}.get(key, "")


def _several(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)


def _like(text: str, wanted: Any) -> bool:
    return any(fnmatchcase(text, str(pattern)) for pattern in _several(wanted))


def _tag(node: GraphNode, name: str, wanted: Any) -> bool:
    for path in (f"tags.{name}", f"labels.{name}"):
        fact = node.node.facts.get(path)
        if fact is not None and fact.state == "known" and _like(str(fact.value), wanted):
            return True
    return False


def _attribute(fact: Fact | None, wanted: Any) -> bool:
    values = _several(wanted)
    if fact is None or fact.state == "absent":
        return None in values
    if fact.state != "known":
        return False
    if isinstance(fact.value, str):
        return any(isinstance(value, str) and fnmatchcase(fact.value, value) for value in values)
    return any(type(value) is type(fact.value) and value == fact.value for value in values)
