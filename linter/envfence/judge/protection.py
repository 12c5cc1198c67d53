"""Is a store guarded against deletion? Three-valued, from the catalogue and the facts of the node.

In: a node of the graph with the edges into it. Out: `Protection`: what holds, what does not, what nobody knows. Must
not know rules or environments.

A guard of the API's side holds against any caller; one of Terraform's side (`prevent_destroy`, google's
`deletion_protection`) only against Terraform. What depends on an unknown value is unknown, never missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from envfence.graph.graph import Graph, GraphNode
from envfence.model import Fact
from envfence.providers.catalogue import Entry, Guard
from envfence.providers.common.edges import UNSURE
from envfence.providers.common.facts import MODULE_ARGUMENTS, PROVIDER_VERSION
from envfence.providers.common.versions import surely_at_least, surely_below

PREVENT_DESTROY = "lifecycle.prevent_destroy"
IGNORE_CHANGES = "lifecycle.ignore_changes"
API, TERRAFORM, NONE, UNKNOWN = "api", "terraform", "none", "unknown"
#: What stands for an attribute that is not set.
ABSENT = Fact(state="absent")
#: Words of `guards` edges that stop deletion; others (versioning) only keep what was in it.
_LOCKS = ("lock", "lien", "WORM", "deny policy")


@dataclass(frozen=True, slots=True)
class Offer:
    """A guard that a type offers: the attribute, the guard, and what this node says about it.

    `state` is "on", "off" (set to a value that does not protect), "default" (not set and so not protected) or
    "unknown". `argument` is what sets it in the call of a published module.
    """

    path: str
    guard: Guard
    state: str
    fact: Fact
    argument: str = ""

    @property
    def line(self) -> str:
        """The line that switches the guard on, as it stands in its block or in the call of its module."""
        *blocks, name = (self.argument or self.path).split(".")
        value = terraform(self.guard.protects[0])
        text = f"{name} = {value}" if value else f"{name} {{ … }}"
        for block in reversed(blocks):
            text = f"{block} {{ {text} }}"
        return text


@dataclass(frozen=True, slots=True)
class Protection:
    """What stands between a node and its deletion: `strength` is "api", "terraform", "none" or "unknown"; `by` says
    what.
    """

    strength: str
    by: str = ""
    offers: tuple[Offer, ...] = ()

    def offer(self, side: str) -> Offer | None:
        """The first guard of a side that the type offers and this node does not use."""
        return next((offer for offer in self.offers if offer.guard.side == side and offer.state != "on"), None)

    @property
    def switched_off(self) -> Offer | None:
        """A guard that the provider switches on by default and this node switches off."""
        return next((offer for offer in self.offers if offer.state == "off" and offer.guard.protected_by_default), None)


def protection(node: GraphNode, entry: Entry, graph: Graph) -> Protection:
    """How a node is protected against being deleted."""
    facts = node.node.facts
    offers = tuple(_offers(node, entry))
    for offer in offers:
        if offer.state == "on" and offer.guard.side == API:
            return Protection(API, offer.path, offers)
    lock, sure = _lock(node, graph)
    if lock and sure:
        return Protection(API, lock, offers)
    if facts.get(PREVENT_DESTROY, ABSENT).value is True:
        return Protection(TERRAFORM, "prevent_destroy", offers)
    on = next((offer for offer in offers if offer.state == "on"), None)
    if on is not None:
        return Protection(TERRAFORM, on.path, offers)
    if lock:
        return Protection(UNKNOWN, lock, offers)
    unknown = next((offer for offer in offers if offer.state == "unknown"), None)
    return Protection(UNKNOWN, unknown.path, offers) if unknown else Protection(NONE, "", offers)


def is_copy(node: GraphNode, entry: Entry) -> bool:
    """Whether a node is a replica of another or a mere part of it, or may be one: its own guard matters little."""
    replica = any(facts_state(node, path) != "absent" for path in entry.replica)
    return replica or (bool(entry.member) and entry.member not in entry.replica)


def effective(fact: Fact, default: Any) -> Any:
    """The value that holds: the one that is set, else the default; None where neither is known."""
    if fact.state == "known":
        return fact.value
    return default if fact.state == "absent" else None


def is_ignored(node: GraphNode, path: str) -> bool:
    """Whether the source is told not to be what is there, at this attribute or everywhere."""
    ignored = node.node.facts.get(IGNORE_CHANGES, ABSENT).value or []
    return path.partition(".")[0] in ignored or "all" in ignored


def fact_at(node: GraphNode, path: str) -> Fact:
    """The fact at a path; unknown where it is ignored."""
    if is_ignored(node, path):
        return Fact(state="unknown", reason="ignore_changes")
    return node.node.facts.get(path, ABSENT)


def facts_state(node: GraphNode, path: str) -> str:
    """The state of a fact, "absent" when there is none."""
    return node.node.facts.get(path, ABSENT).state


def is_dangerous(value: Any, when: Iterable[Any]) -> bool:
    """Whether a known value is one of those of a danger; `"<30"` is any number below 30, `">35"` any above 35."""
    values = value if isinstance(value, list) else [value]
    for danger in when:
        if isinstance(danger, str) and danger[:1] in ("<", ">"):
            numbers = [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
            if any(item < float(danger[1:]) if danger[0] == "<" else item > float(danger[1:]) for item in numbers):
                return True
        elif any(same(item, danger) for item in values):
            return True
    return False


def same(value: Any, other: Any) -> bool:
    """Equality as Terraform has it after conversion: `"0"` is 0, but true is not 1."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other or str(value).lower() == str(other).lower()
    return bool(value == other) or str(value) == str(other)


def terraform(value: Any) -> str:
    """A scalar as it is written in Terraform."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "" if value == "<block present>" else f'"{value}"'
    return str(value)


def _offers(node: GraphNode, entry: Entry) -> Iterable[Offer]:
    facts = node.node.facts
    arguments = facts.get(MODULE_ARGUMENTS, ABSENT).value or {}
    version = str(facts.get(PROVIDER_VERSION, ABSENT).value or "")
    for path, guard in entry.guards.items():
        if guard.keeps or path.startswith("replica."):
            continue
        fact = facts.get(path, ABSENT)
        state = _state(fact, guard)
        if state != "on" and is_ignored(node, path):
            state = "unknown"  # what the source says is not what is there
        if fact.state == "absent" and guard.since:
            state = _by_version(state, guard, version)
        if state:
            yield Offer(path, guard, state, fact, arguments.get(path, ""))


def _by_version(state: str, guard: Guard, version: str) -> str:
    """The state of a guard that is not set and that older providers do not have: "" where this one has it not."""
    if surely_below(version, guard.since):
        return ""
    if surely_at_least(version, guard.since):
        return state
    if guard.universal:
        return ""  # nothing is lost: the provider's default does not stop a deletion, and no line can be named
    return "unknown" if version and guard.protected_by_default else state


def _state(fact: Fact, guard: Guard) -> str:
    if fact.state == "unknown":
        return "unknown"
    if fact.state == "absent":
        return "on" if guard.protected_by_default else "default"
    if "<block present>" in guard.protects:
        return "on"
    values = fact.value if isinstance(fact.value, list) else [fact.value]
    accepted = (*guard.protects, *guard.abandons)
    return "on" if all(any(same(value, good) for good in accepted) for value in values) else "off"


def _lock(node: GraphNode, graph: Graph) -> tuple[str, bool]:
    """What locks a node, and whether it surely does."""
    unsure = ""
    for edge in graph.into.get(node.id, ()):
        if edge.kind == "guards" and any(word in edge.says for word in _LOCKS):
            address = graph.nodes[edge.source].node.address
            if not edge.says.startswith(UNSURE):
                return address, True
            unsure = unsure or address
    return unsure, False
