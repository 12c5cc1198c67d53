"""Decides whether a node fits a selector of a rule: tier, environment, place (either of the two), node, name, type,
provider, boundary, mode, tag, attribute, opens, not.

In: the selector as the rule's YAML has it, a node of the graph. Out: yes or no; what is not known does not fit. Must
not know edges or rule kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from envfence.graph.graph import Graph, GraphNode
from envfence.model import Fact
from envfence.secretness import is_description, speaks_of_secret
from envfence.words import words_in_name

Selector = Mapping[str, Any]
#: Keys that are cheap to ask and turn most nodes away.
_ASKED_FIRST = frozenset({"node", "tier"})


def matches(selector: Selector, node: GraphNode, tiers: Mapping[str, str]) -> bool:
    """Whether all keys of `selector` fit `node`; `tiers` gives the tier of each environment of the repository."""
    kind = selector.get("node")
    if kind is not None and node.node.kind != kind and node.node.kind not in _several(kind):
        return False
    tier = selector.get("tier")
    if tier is not None and not _in_tier(node, tier, tiers):
        return False
    for key, wanted in selector.items():
        if key not in _ASKED_FIRST and not _fits(key, wanted, node, tiers):
            return False
    return True


def _in_tier(node: GraphNode, wanted: Any, tiers: Mapping[str, str]) -> bool:
    names, own = node.placement.environments, node.placement.tier
    if len(names) > 1:
        return not tiers_of(node, tiers).isdisjoint(_several(wanted))
    found = tiers.get(names[0], own) if names else own
    return found == wanted or (not isinstance(wanted, str) and found in wanted)


def named_types(selectors: Iterable[Selector]) -> Callable[[str], bool]:
    """Whether one of the selectors asks for a resource type by its name."""
    patterns = tuple(str(each) for selector in selectors for each in _several(selector.get("type", ())))
    return lambda type_: _is_like(type_, patterns)


def opens(node: GraphNode) -> bool:
    """Whether what a store of secrets keeps may be one: by some name of it, it is no host, user's name or setting.

    Parameters are mostly plain settings: one that nothing says to be encrypted counts only when its name speaks of a
    secret, or stands for several.
    """
    names, kind = node.node.names, node.node.facts.get("type")
    own = [last for name in names if (last := name.rpartition("/")[2].rpartition(":")[2]).isascii()]
    if node.node.kind != "secret" or (own and all(map(_describes, own))) or any(map(_TELEMETRY.search, names)):
        return False
    if node.node.type != "aws_ssm_parameter" or (kind is not None and kind.value == "SecureString"):
        return True
    return any("*" in name or speaks_of_secret(name) or _KEY.search(name) for name in names)


#: The end of the name of a key that opens something, for what no word of it says: `github-app-key`.
_KEY = re.compile(r"(?<!kms)(?<!public)[-_/.]key\Z", re.IGNORECASE)


def _describes(name: str) -> bool:
    """Whether a name, without the environment at its end, says what is kept, and that it is no secret."""
    subject = name.rpartition("-")[0] if words_in_name(name.rpartition("-")[2]) else name
    return is_description(subject) or bool(_IDENTIFIES.search(subject))


#: Whoever has the key of an alarm's or of a telemetry's receiver can send to it, and see nothing.
_TELEMETRY = re.compile(
    r"pager[-_]?duty|ops[-_]?genie|victor[-_]?ops|sentry[-_]?dsn|app(?:lication)?[-_]?insights|instrumentation[-_]?key"
    r"|licen[cs]e[-_]?key",
    re.IGNORECASE,
)
#: Further ends of names of what is kept in a store of secrets only because all settings are.
_IDENTIFIES = re.compile(r"(?:^|[-_.])(?:sid|number|environment|env|mode|level|domain|email|flag)\Z", re.IGNORECASE)


#: Keys that all nodes of one kind, type and placement answer alike.
_OF_CLASS = frozenset({"node", "tier", "type", "mode", "provider", "environment", "place"})


def selected(selector: Selector, graph: Graph) -> list[GraphNode]:
    """The nodes of a graph that fit `selector`, in their order; what all of a class answer alike is asked once."""
    tiers = graph.environments.tiers
    plain = {key: wanted for key, wanted in selector.items() if key in _OF_CLASS}
    rest = {key: wanted for key, wanted in selector.items() if key not in _OF_CLASS}
    found: list[GraphNode] = []
    for nodes in graph.alike():
        if matches(plain, nodes[0], tiers):
            found.extend([node for node in nodes if matches(rest, node, tiers)] if rest else nodes)
    return sorted(found, key=lambda node: node.id)


def may_match(selector: Selector, graph: Graph) -> bool:
    """Whether `selector` may fit a node of one of the graph's classes."""
    plain = {key: wanted for key, wanted in selector.items() if key in _OF_CLASS}
    return any(matches(plain, nodes[0], graph.environments.tiers) for nodes in graph.alike())


def tiers_of(node: GraphNode, tiers: Mapping[str, str]) -> frozenset[str]:
    """The tiers a node is in: of each environment that it is in, else the one that it was given."""
    placement = node.placement
    return frozenset([tiers.get(name, placement.tier) for name in placement.environments] or [placement.tier])


def _fits(key: str, wanted: Any, node: GraphNode, tiers: Mapping[str, str]) -> bool:
    if key in ("environment", "place"):
        return _is_at(node, wanted, tiers if key == "place" else None)
    if key == "name":
        return any(_like(text, wanted) for text in (node.node.address.lower(), *_own_names(node)))
    if key == "opens":
        return opens(node) is wanted
    if key == "tag":
        return all(_tag(node, name, value) for name, value in wanted.items())
    if key == "attribute":
        return all(_attribute(node.node.facts.get(path), value) for path, value in wanted.items())
    return not matches(wanted, node, tiers) if key == "not" else _like(_text(node, key), wanted)


def _is_at(node: GraphNode, wanted: Any, tiers: Mapping[str, str] | None) -> bool:
    """Whether a node is in an environment of these; with the tiers, also whether it is in a tier of these."""
    here = any(_like(environment, wanted) for environment in node.placement.environments)
    return here or (tiers is not None and not tiers_of(node, tiers).isdisjoint(wanted))


def _text(node: GraphNode, key: str) -> str:
    """The text that a key of a selector is compared with."""
    if key == "provider":
        return node.node.provider or node.node.type.partition("_")[0]
    return {"type": node.node.type, "boundary": node.node.boundary, "mode": node.node.mode}.get(key, "")


def _own_names(node: GraphNode) -> tuple[str, ...]:
    """The names that a node answers to, without what its platform puts before them."""
    return tuple(name.lower().rpartition(":")[2] for name in node.node.names if name.isascii())


def _several(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)


def _like(text: str, wanted: Any) -> bool:
    return _is_like(text, tuple(map(str, _several(wanted))))


@lru_cache(maxsize=16384)
def _is_like(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


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
