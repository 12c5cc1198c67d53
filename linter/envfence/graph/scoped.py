"""Edges of roles at scopes: Google Cloud, Azure, Kubernetes and whatever else `access.scoped` has a language for.

In: statements by holder, the index of names, external nodes. Out: edges of kinds may and assumes between places that
differ. Must not know what a role holds, rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from envfence.access.match import Matcher, hole_classes
from envfence.access.scoped import Language, language, languages
from envfence.graph.desk import Desk, decision_of, differs, is_among, is_nowhere
from envfence.graph.federated import ANY_RUN_TYPE
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import MOST_MATCHES
from envfence.graph.scopes import Scopes, boundary_of
from envfence.graph.tokens import is_pool_member, pool_subject, rights, tokens_trusted
from envfence.model import Edge
from envfence.values import has_holes

_IDENTITY = "identity"


@dataclass(slots=True)
class Scoped:
    """Makes the edges; keeps what lies in each boundary."""

    desk: Desk
    _matcher: Matcher | None = None
    _scopes: Scopes | None = None
    _inside: dict[str, list[str]] | None = None

    def edges(self) -> Iterator[Edge]:
        """The edges of all holders, by the id of the holder."""
        for holder in sorted(self.desk.holders.by_node):
            node = self.desk.binder.node(holder)
            linked = self.scopes.statements(holder)
            for name in sorted({each.grant.language for each in linked} & languages()):
                spoken = language(name)
                if node is None or spoken is None:
                    continue
                own = [each for each in linked if each.grant.language == name]
                yield from tokens_trusted(self.desk, node, own)
                stated = [each for each in own if each.grant.policy == _IDENTITY]
                if is_pool_member(node):
                    yield from self._of_pool(node, stated, spoken)
                elif not is_nowhere(node):
                    yield from self._of(node, stated, spoken)

    def _of(self, node: GraphNode, linked: list[LinkedGrant], spoken: Language) -> Iterator[Edge]:
        for other in self._wanted(linked, spoken):
            if other.id != node.id and differs(node, other):
                yield from self._between(node, other, linked, spoken)

    def _of_pool(self, node: GraphNode, linked: list[LinkedGrant], spoken: Language) -> Iterator[Edge]:
        """What whoever has a token from a workload identity pool may do, as each resource admits them."""
        for other in self._wanted(linked, spoken):
            source, unknown = pool_subject(self.desk, node, other, linked[0].grant)
            if source is None or not differs(source, other):
                continue
            for edge in self._between(source, other, linked, spoken, "trust"):
                unknowns = [unknown] if unknown else []
                if source.node.type == ANY_RUN_TYPE and edge.kind == "assumes":
                    able = rights(self.scopes.statements(other.id))
                    if able == "no":
                        continue
                    unknowns += [f"what {other.node.address} may do"] if able == "maybe" else []
                yield depending_on(edge, unknowns)

    def _wanted(self, linked: list[LinkedGrant], spoken: Language) -> Iterator[GraphNode]:
        allows = [each for each in linked if each.grant.effect == "Allow"]
        for target_id in sorted({found for each in allows for found in self._targets(each, spoken)}):
            other = self.desk.binder.node(target_id)
            if other is not None:
                yield other

    def _between(
        self, node: GraphNode, other: GraphNode, linked: list[LinkedGrant], spoken: Language, how: str = "policy"
    ) -> Iterator[Edge]:
        """The edges from one holder to one target. `how` says what makes it an edge of kind assumes."""
        grants = (*(each.grant for each in linked), *self.scopes.limits(node, linked[0].grant.language))
        target = self.scopes.target(other)
        if other.node.kind == _IDENTITY:
            decision = spoken.becomes(grants, target, self.matcher)
            each = next((found for found in linked if any(found.grant is one for one in decision.statements)), None)
            if decision.verdict != "no" and each is not None:
                ends, says = (node, other), "may act as"
                yield self.desk.edge("assumes", ends, each, how, decision, _scope(each), says=says)
        for capability in spoken.capabilities(grants, target, self.matcher):
            each = next(found for found in linked if is_among(capability, found.grant))
            decision = decision_of(capability)
            ends, acts = (node, other), capability.action
            yield self.desk.edge("may", ends, each, capability.name, decision, _scope(each), acts=acts)

    def _targets(self, each: LinkedGrant, spoken: Language) -> Iterator[str]:
        """What the scopes of a statement may mean: what lies in their boundary, and the resource that is named."""
        asker = self.desk.binder.node(f"{each.deployment}:{each.grant.address}")
        if asker is not None and asker.node.type in spoken.STAND_INS:
            yield asker.id
        for scope in each.grant.resources:
            boundary = spoken.where(scope)
            inside = list(self._within(boundary, spoken)) if boundary else list(self._above(scope, spoken))
            yield from inside
            if asker is not None and not inside and scope != boundary:
                found = self.desk.binder.index.find(scope, asker)[:MOST_MATCHES]
                yield from (match.node for match in found)
                behind = self._behind(scope, asker, each, spoken) if not found else None
                if behind is not None:
                    yield behind.id

    def _behind(self, scope: str, asker: GraphNode, each: LinkedGrant, spoken: Language) -> GraphNode | None:
        """What a scope names that is declared nowhere: a known name, or the output of a module that cannot be read,
        with the type that the statement is on; None for any other unknown."""
        externals, span = self.desk.binder.externals, each.grant.span
        if not has_holes(scope):
            return externals.named(scope, asker, span)
        unknown = scope.partition(":")[2]
        if len(unknown) != 1 or not self.desk.binder.symbols.symbol(unknown).what.startswith("module."):
            return None
        kind = spoken.behind(each.grant)
        return externals.made_by(f"{kind}:{unknown}", asker, span) if kind else None

    def _within(self, scope: str, spoken: Language) -> Iterator[str]:
        contained = self._contained()
        for boundary, nodes in contained.items():
            if spoken.contains(scope, boundary):
                yield from self._kept(nodes, spoken)

    def _above(self, scope: str, spoken: Language) -> Iterator[str]:
        """What lies in the projects or subscriptions below a folder, an organization or a management group."""
        contained = self._contained()
        for boundary in self.scopes.boundaries_below(scope, contained):
            yield from self._kept(contained[boundary], spoken)

    def _kept(self, nodes: Iterable[str], spoken: Language) -> Iterator[str]:
        for name in nodes:
            if self.desk.binder.index.nodes[name].node.kind in spoken.KINDS:
                yield name

    def _contained(self) -> dict[str, list[str]]:
        """The nodes in each boundary."""
        if self._inside is None:
            self._inside = {}
            for name, node in sorted(self.desk.binder.index.nodes.items()):
                if node.node.mode == "managed" and node.node.boundary:
                    self._inside.setdefault(boundary_of(node.node), []).append(name)
        return self._inside

    @property
    def scopes(self) -> Scopes:
        """What statements need to be understood: groups, roles, what lies where."""
        if self._scopes is None:
            self._scopes = Scopes(self.desk)
        return self._scopes

    @property
    def matcher(self) -> Matcher:
        """Compares holed texts over the symbols of the whole graph."""
        if self._matcher is None:
            self._matcher = Matcher(hole_classes(self.desk.binder.symbols.table()))
        return self._matcher


def depending_on(edge: Edge, unknowns: list[str]) -> Edge:
    """An edge that is no more than possible while `unknowns` are open."""
    if not unknowns:
        return edge
    listed = tuple(dict.fromkeys((*edge.unknowns, *unknowns)))
    return msgspec.structs.replace(edge, certainty="possible", unknowns=listed)


def _scope(each: LinkedGrant) -> str:
    return each.grant.resources[0] if each.grant.resources else ""
