"""Collects the facts of one deployment while provider files look at its resources.

In: nodes, edges, references, grants, secrets, problems. Out: `Facts`. Must not know any provider, other deployments,
environments.

References whose sought identifier is exactly the name of a node of this deployment become edges; the others are left
to *link*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from envfence.model import (
    BoundaryUse,
    Evidence,
    Fact,
    Facts,
    Grant,
    LocalEdge,
    Node,
    Output,
    Problem,
    Reference,
    Secret,
    Shares,
    Signal,
)
from envfence.providers.catalogue import Catalogue, Entry
from envfence.providers.common.boundaries import Place, place_of
from envfence.providers.common.templates import Subject
from envfence.values import Mapping as MappingValue
from envfence.values import Span, Symbols, Unknown, Value, has_holes, hole_index, holes_in

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated, Resource

Hasher = Callable[[str], str]
#: A sought name of this form fits a node of any type.
ANY_FORM = "*"
_EMPTY = MappingValue({})
#: Unknowns of a provider configuration: `account(aws.replica)`.
_OF_CONFIGURATION = re.compile(r"[a-z]+\([^()]+\)")
#: Policies that say what statements need to be understood, and give nothing to anybody.
_SUPPORTING = frozenset({"member", "role", "below", "limit"})
#: Secrets shorter than this are switches and ports, not secrets.
_SHORTEST_SECRET = 4


@dataclass(slots=True)
class _Draft:
    """A node that provider files may still add to."""

    node: Node
    facts: dict[str, Fact]
    signals: list[Signal]


class FactsBuilder:
    """The facts of one deployment in the making."""

    def __init__(self, evaluated: Evaluated, entries: Catalogue, hasher: Hasher) -> None:
        self.evaluated = evaluated
        self.catalogue = entries
        self.symbols: Symbols = evaluated.symbols
        self.scope: str = evaluated.deployment.id
        #: A place for what a provider file works out once for a deployment.
        self.memo: dict[str, Any] = {}
        self._hasher = hasher
        self._drafts: dict[str, _Draft] = {}
        self._edges: list[LocalEdge] = []
        self._references: list[Reference] = []
        self._grants: list[Grant] = []
        self._secrets: list[Secret] = []
        self._boundaries: list[BoundaryUse] = []
        self._identities: list[Signal] = []
        said = {problem.span for problem in evaluated.problems}
        refused = (_hiding(error) for error in evaluated.errors if error.span not in said)
        self._problems: list[Problem] = [*evaluated.problems, *refused]
        self._outputs: list[Output] = []
        self._places: dict[str, Place] = {}
        self._configurations = {provider.key: provider for provider in evaluated.providers}

    # ------------------------------------------------------------ what provider files ask

    @property
    def resources(self) -> Sequence[Resource]:
        """All resources of the deployment."""
        return self.evaluated.resources

    def configuration(self, key: str) -> MappingValue:
        """The values of a provider configuration (`aws.replica`), empty when there is none."""
        found = self._configurations.get(key)
        return found.values if found is not None else _EMPTY

    def place(self, resource: Resource) -> Place:
        """Where the provider configuration of a resource acts."""
        return self.place_of_key(resource.provider_key or resource.type.partition("_")[0])

    def place_of_key(self, key: str) -> Place:
        """Where a provider configuration acts."""
        if key not in self._places:
            self._places[key] = place_of(key, self.configuration(key), self.symbols, self.scope)
        return self._places[key]

    def subject(self, resource: Resource) -> Subject:
        """The resource as the identifier templates see it."""
        return Subject(resource.address, resource.values, self.place(resource).context, self.symbols, self.scope)

    def entry(self, resource: Resource) -> Entry | None:
        """The catalogue's entry for the type of a resource."""
        return self.catalogue.entry(resource.type)

    def evidence(self, resource: Resource, path: str, says: str) -> tuple[Evidence, ...]:
        """The place of an attribute, then where its value was written, then the module calls on the way."""
        first = Evidence(span=resource.span_of(path) or resource.span, says=says, address=resource.address)
        written = tuple(item for item in resource.origin(path) if item.span != first.span)
        calls = tuple(
            Evidence(span=call.span, says="calls the module", address=call.address) for call in resource.calls
        )
        return (first, *written, *reversed(calls))

    # ------------------------------------------------------------ what provider files add

    def has_node(self, address: str) -> bool:
        """Whether a node with this address was added."""
        return address in self._drafts

    def node(self, address: str) -> Node:
        """The node at an address as it was added. Raises `KeyError` when there is none."""
        return self._drafts[address].node

    def add_node(self, node: Node) -> None:
        """Adds a node; one with the same address replaces it, facts and signals included."""
        self._drafts[node.address] = _Draft(node, dict(node.facts), list(node.signals))

    def change_node(self, address: str, **changes: Any) -> None:
        """Replaces fields of a node other than facts and signals. Raises `KeyError` when it is not there."""
        draft = self._drafts[address]
        draft.node = msgspec.structs.replace(draft.node, **changes)

    def add_fact(self, address: str, path: str, fact: Fact) -> None:
        """Adds a value that rules judge to a node."""
        self._drafts[address].facts[path] = fact

    def add_signal(self, address: str, signal: Signal) -> None:
        """Adds a hint at the environment of a node."""
        self._drafts[address].signals.append(signal)

    def add_edge(self, edge: LocalEdge) -> None:
        """Adds an edge between two nodes of this deployment."""
        self._edges.append(edge)

    def add_reference(self, reference: Reference) -> None:
        """Adds an edge whose other end is sought by name, here first, by *link* otherwise."""
        self._references.append(reference)

    def add_grant(self, grant: Grant) -> None:
        """Adds a statement of a policy."""
        self._grants.append(grant)

    def add_secret(
        self,
        node: str,
        name: str,
        value: Value,
        span: Span,
        literal: bool = True,
        written: tuple[Evidence, ...] = (),
        made: bool = False,
    ) -> None:
        """Adds a secret value met at a node, by its keyed digest: of the value, or of what exactly is unknown in it.

        Equal symbols are the same value, whatever it is. `written` are the places the value came through; `made` says
        that the node issues it.
        """
        if isinstance(value, Unknown):
            text = self._canonical(value.symbol)
        elif isinstance(value, str) and len(value) >= _SHORTEST_SECRET:
            text = self._canonical(value) if has_holes(value) else value
        else:
            return
        known = isinstance(value, str) and not has_holes(value)
        self._secrets.append(
            Secret(
                node=node,
                span=span,
                name=name,
                digest=self._hasher(text if known else f"symbol:{text}"),
                literal=literal and known,
                written=written,
                made=made,
            )
        )

    def knows_secret(self, value: str) -> bool:
        """Whether this very value was added as a secret of this deployment."""
        digest = self._hasher(value)
        return any(secret.digest == digest for secret in self._secrets)

    def seeks(self, kind: str, sought: str) -> bool:
        """Whether something of the deployment is already known to look for that name in that way."""
        return any(reference.kind == kind and reference.sought == sought for reference in self._references)

    def _canonical(self, text: str) -> str:
        """A holed text with every hole spelled out, scope included: no value looks like it."""
        return "".join(self._spelled(char) if hole_index(char) is not None else char for char in text)

    def _spelled(self, char: str) -> str:
        symbol = self.symbols.symbol(char)
        what = symbol.what
        if what.startswith("jsonencode(") and what.endswith(")"):
            what = what[len("jsonencode(") : -1]  # the same value, in quotes
        return f"\0{what}\0{symbol.scope}\0"

    def add_boundary(self, use: BoundaryUse) -> None:
        """Adds a boundary in which the deployment acts."""
        self._boundaries.append(use)

    def add_identity(self, signal: Signal) -> None:
        """Adds what a map of the source says about whose an account, project or subscription is."""
        self._identities.append(signal)

    def add_output(self, output: Output) -> None:
        """Adds an output of the root module."""
        self._outputs.append(output)

    def problem(self, reason: str, span: Span, hides: str = "") -> None:
        """Notes what could not be read or decided."""
        self._problems.append(Problem(stage="extract", reason=reason, span=span, deployment=self.scope, hides=hides))

    # ------------------------------------------------------------ the result

    def nodes(self) -> tuple[Node, ...]:
        """All nodes so far, by address."""
        return tuple(_finished(self._drafts[address]) for address in sorted(self._drafts))

    def finish(self) -> Facts:
        """The facts, everything in a fixed order."""
        nodes = self.nodes()
        edges, references = self._resolve(nodes)
        return Facts(
            deployment=self.evaluated.deployment,
            nodes=nodes,
            edges=_in_order(set(edges), _edge_key),
            references=_in_order(references, _reference_key),
            grants=tuple(self._grants),
            secrets=tuple(sorted(self._secrets, key=lambda secret: (secret.node, secret.name, secret.span))),
            outputs=tuple(self._outputs),
            boundaries=tuple(self._boundaries),
            identities=tuple(sorted(set(self._identities))),
            problems=tuple(sorted(set(self._problems))),
            shares=self._shares(nodes, references, len(edges)),
            symbols=self.symbols.table(),
        )

    def _resolve(self, nodes: Iterable[Node]) -> tuple[list[LocalEdge], list[Reference]]:
        exact, bare = _names(nodes)
        edges, rest = list(self._edges), []
        for reference in self._references:
            form, _, rest_of_name = reference.sought.partition(":")
            found = bare.get(rest_of_name) if form == ANY_FORM else exact.get(reference.sought)
            if found is None or found == reference.node:
                rest.append(reference)
                continue
            ends = (reference.node, found) if reference.outward else (found, reference.node)
            edges.append(
                LocalEdge(
                    kind=reference.kind,
                    source=ends[0],
                    target=ends[1],
                    evidence=reference.evidence,
                    capability=reference.capability,
                    says=reference.says,
                )
            )
        return edges, rest

    def _identified(self, node: Node) -> bool:
        """Whether a node is told from all others: no key is unknown, and some name of it has no hole but those of its
        own making (an id from the server) and of its configuration (an account)."""
        own = f"{node.address}."
        return "[?]" not in node.address and any(self._only(own, name) for name in node.names)

    def _only(self, own: str, name: str) -> bool:
        if name.isascii():
            return True
        whats = (self.symbols.symbol(char).what for char in holes_in(name))
        return all(what.startswith(own) or _OF_CONFIGURATION.match(what) for what in whats)

    def _shares(self, nodes: Sequence[Node], references: Sequence[Reference], edges: int) -> Shares:
        managed = [node for node in nodes if node.mode == "managed"]
        certain = sum(1 for node in managed if node.exists == "yes" and self._identified(node))
        found = sum(1 for reference in references if not has_holes(reference.sought))
        stated = [grant for grant in self._grants if grant.policy not in _SUPPORTING]
        return Shares(
            resources=len(managed),
            resources_known=certain,
            references=len(references) + edges,
            references_known=found + edges,
            grants=len(stated),
            grants_known=sum(1 for grant in stated if not grant.unknown),
        )


def _names(nodes: Iterable[Node]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The address that answers to each name, whole and without its form. Of several, what is managed comes first."""
    exact: dict[str, str] = {}
    bare: dict[str, str] = {}
    for node in sorted(nodes, key=lambda node: (node.mode != "managed", node.address)):
        for name in node.names:
            exact.setdefault(name, node.address)
            bare.setdefault(name if name.startswith("arn:") else name.partition(":")[2], node.address)
    return exact, bare


def _hiding(error: Problem) -> Problem:
    """What Terraform would refuse, as a gap of ours: in its place stands an unknown."""
    return error if error.hides else msgspec.structs.replace(error, hides="the values that depend on it")


def _finished(draft: _Draft) -> Node:
    """The node of a draft; the same object where nothing was added to it."""
    node = draft.node
    if len(draft.signals) == len(node.signals) and draft.facts == node.facts:
        return node
    return msgspec.structs.replace(node, facts=draft.facts, signals=tuple(draft.signals))


_Row = TypeVar("_Row", LocalEdge, Reference)


def _in_order(rows: Iterable[_Row], key: Callable[[_Row], tuple[str, ...]]) -> tuple[_Row, ...]:
    """Sorted by key, and by the first evidence where keys are equal: few are, and its text is long."""
    known: dict[tuple[str, ...], list[_Row]] = {}
    for row in rows:
        known.setdefault(key(row), []).append(row)
    return tuple(row for _, same in sorted(known.items()) for row in _by_evidence(same))


def _by_evidence(rows: list[_Row]) -> list[_Row]:
    return rows if len(rows) == 1 else sorted(rows, key=lambda row: str(row.evidence[:1]))


def _edge_key(edge: LocalEdge) -> tuple[str, ...]:
    return edge.source, edge.target, edge.kind, edge.capability


def _reference_key(reference: Reference) -> tuple[str, ...]:
    return reference.node, reference.kind, reference.sought
