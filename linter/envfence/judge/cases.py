"""One node at which a rule about guards or backups is broken.

In: a node, a fact of it. Out: `Case`s and the places that decide. Must not know any rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from envfence.graph.graph import GraphNode
from envfence.judge.protection import terraform
from envfence.model import Edit, Evidence, Fact
from envfence.providers.catalogue import Entry
from envfence.providers.common.facts import MODULE_ARGUMENTS


@dataclass(frozen=True, slots=True)
class Case:
    """One node at which the claim is broken: the place that decides, what goes into the fingerprint, the message, what
    a claim about it depends on, and the edit that mends it if one does.

    Cases of one `group` in one directory come from one decision (nothing there is backed up), and are told as one.
    """

    node: GraphNode
    cause: Evidence
    content: str
    says: str
    doubts: tuple[str, ...] = ()
    edit: Edit | None = None
    group: str = ""


def place(node: GraphNode, fact: Fact, says: str) -> Evidence:
    """Where the edit goes: where the value was written, else where it would stand."""
    return Evidence(span=fact.origin or fact.span or node.span, says=says, address=declared_at(node))


def declared_at(node: GraphNode) -> str:
    """The address of what stands at the node's place: itself, or the call of the published module that holds it."""
    call = node.node.facts.get(MODULE_ARGUMENTS)
    return call.reason if call is not None else node.node.address


def said(path: str, fact: Fact) -> str:
    """A known value in the words of a message: who sets it when the source does not."""
    if fact.reason:
        return f"{path} is not given, and {fact.reason} is {terraform(fact.value)}"
    return f"{path} = {terraform(fact.value)}"


def expiring(node: GraphNode, entry: Entry) -> tuple[str, ...]:
    """Why losing a store may cost nothing: what is in it goes away by itself."""
    fact = node.node.facts.get(entry.expires) if entry.expires else None
    if fact is None or fact.state == "absent" or fact.value is False:
        return ()
    return (f"whether everything in {node.node.address} expires by itself ({entry.expires})",)
