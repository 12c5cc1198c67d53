"""What two environments share: the thing, each use of it, and whose it is.

In: graph nodes, what uses them. Out: `Thing` and `Use`, the sides that a thing belongs to, the store it lies in. Must
not know rules, fences or findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import end_of
from envfence.judge.fences import NONPRODUCTION, PRODUCTION, Side
from envfence.model import End, Evidence
from envfence.words import Word, words_in_name

#: So many parts of an ARN name the store: partition, service, region, account.
_STORE_PARTS = 5
_HOME_AND_OTHER = 2
_TERRAFORM = "terraform"
_MODULE = re.compile(r"\bmodule\.[\w-]+(?:\[[^\]]*\])?\.")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a thing: who uses it, on which side, and what shows it."""

    side: Side
    user: GraphNode
    evidence: tuple[Evidence, ...]
    says: str
    unknowns: tuple[str, ...] = ()
    proved: bool = True
    issues: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """What is shared. `node` is None for a value, which is known only by being the same."""

    name: str
    key: str
    uses: tuple[Use, ...]
    node: GraphNode | None = None


def owners_of_value(graph: Graph, uses: Iterable[Use]) -> frozenset[Side]:
    """Whose a secret value is: of the sides that issue it, else of the environment whose deployment writes it to one
    other. Empty when nothing says so: who writes a value to many is rather a hub."""
    uses = tuple(uses)
    issuers = frozenset(use.side for use in uses if use.issues)
    home = graph.environments.deployments.get(_home(graph, {use.user.deployment for use in uses}))
    if issuers or home is None or len(home.environments) != 1 or len({use.side for use in uses}) != _HOME_AND_OTHER:
        return issuers
    return frozenset(use.side for use in uses if use.side.members == tuple(home.environments))


def _home(graph: Graph, deployments: set[str]) -> str:
    """The deployment that a value comes from: the only one, or the one whose state all others read."""
    for home in sorted(deployments):
        state = f"{home}:{_TERRAFORM}"
        readers = {edge.source for edge in graph.into.get(state, ()) if edge.kind == "reads-state"}
        if all(f"{other}:{_TERRAFORM}" in readers for other in deployments - {home}):
            return home
    return ""


def owners_by_name(name: str, uses: Iterable[Use]) -> frozenset[Side]:
    """Whose a thing is that bears the name of an environment: `/prod/mail/api-key`. Empty where it bears none, or some
    that are not all on one side of production's fence."""
    words = sure_words(name)
    if not words or len({word.tier == PRODUCTION for word in words}) > 1:
        return frozenset()
    sides = {use.side for use in uses}
    if words[0].tier == PRODUCTION:
        return frozenset(side for side in sides if side.tier == PRODUCTION)
    named = {word.canonical for word in words}
    return frozenset(side for side in sides if named & {_canonical(member) for member in side.members})


def _canonical(environment: str) -> str:
    return next((word.canonical for word in words_in_name(environment)), environment)


def is_for_another(name: str, side: Side) -> bool:
    """Whether a secret by its own name is a lower environment's, though production holds it: not production's own."""
    words = sure_words(name) if side.tier == PRODUCTION else ()
    return bool(words) and all(word.tier == NONPRODUCTION for word in words)


def sure_words(name: str) -> tuple[Word, ...]:
    """The environments in a name, as far as they are no mere nouns."""
    return tuple(word for word in words_in_name(name) if word.sure)


def store_of(node: GraphNode) -> str:
    """The store that a secret lies in which is declared nowhere, by the name under which it is sought: its vault, or
    account and region; of a bare name only its form. Empty for a secret that is declared."""
    address, name = node.node.address, next(iter(node.node.names), "")
    if node.node.mode != "external":
        return ""
    if name and address.endswith(f"/{name}"):
        return address.removesuffix(f"/{name}")
    parts = address.split(":")
    return ":".join(parts[:_STORE_PARTS] if parts[0] == "arn" else parts[:1])


def block_of(node: GraphNode) -> str:
    """The block that declares a node, whatever module instance it belongs to."""
    return _MODULE.sub("", node.node.address)


def used_at(use: Use) -> End:
    """Who uses a thing, shown where it does so."""
    end = end_of(use.user)
    if not use.evidence:
        return end
    here = use.evidence[0]
    address = here.address if use.user.node.kind == "deployment" and here.address else end.address
    return msgspec.structs.replace(end, address=address, file=here.span.path, line=here.span.line)
