"""Binds what deployments say of each other: local edges and references become edges of one graph.

In: facts with their translations, the index of names, external nodes. Out: edges. A data source is only a look-up: it
stands for the resource that it names, here or elsewhere. Must not know policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from envfence.graph.externals import Externals
from envfence.graph.graph import GraphNode
from envfence.graph.names import ANY_FORM, NameIndex, parse_arn
from envfence.graph.symbols import Translation, readable
from envfence.model import Edge, Facts, LocalEdge, Reference
from envfence.providers.aws.workloads import RUNS_CODE
from envfence.providers.common.addresses import is_admission
from envfence.values import Symbols, has_holes, hole_index

#: More nodes than this behind one name are cut off.
_MANY = 40


@dataclass(frozen=True, slots=True)
class Part:
    """One deployment's facts with the translation of its holes."""

    facts: Facts
    translation: Translation


@dataclass(slots=True)
class Binder:
    """Makes edges out of facts. `aliases` maps a data source's node to the node it looks up."""

    index: NameIndex
    externals: Externals
    symbols: Symbols
    aliases: dict[str, str] = field(default_factory=dict)
    references: int = 0
    bound: int = 0

    def node(self, node_id: str) -> GraphNode | None:
        """A node by id: declared, or external."""
        return self.index.nodes.get(node_id) or self.externals.made.get(node_id)

    def real(self, node_id: str) -> str:
        """The node that `node_id` stands for."""
        return self.aliases.get(node_id, node_id)

    def add_alias(self, looked_up: GraphNode) -> None:
        """Finds what a data source looks up: a declared resource, or something that another environment owns."""
        for name in looked_up.node.names:
            matches = [match for match in self.index.find(name, looked_up) if match.node != looked_up.id]
            if len(matches) == 1 and not matches[0].unknown:
                self.aliases[looked_up.id] = matches[0].node
                return
        for name in looked_up.node.names:
            if has_holes(name):
                continue
            found = self.externals.placement(name)
            if found.environments and not set(found.environments) & set(looked_up.placement.environments):
                self.aliases[looked_up.id] = self.externals.named(name, looked_up, looked_up.span).id
                return

    def edges(self, part: Part) -> Iterator[Edge]:
        """All edges that one deployment's facts say, policies aside."""
        deployment = part.facts.deployment.id
        for local in part.facts.edges:
            yield self._spelled(self._local(deployment, local), part)
        for reference in part.facts.references:
            for edge in self._reference(part, reference):
                yield self._spelled(edge, part)

    def _spelled(self, edge: Edge, part: Part) -> Edge:
        """An edge whose words, where there is something unknown in them, name it."""
        if edge.says.isascii() and all(each.says.isascii() for each in edge.evidence):
            return edge
        evidence = tuple(msgspec.structs.replace(each, says=self._words(each.says, part)) for each in edge.evidence)
        return msgspec.structs.replace(edge, says=self._words(edge.says, part), evidence=evidence)

    def _words(self, says: str, part: Part) -> str:
        return readable(part.translation.text(says), self.symbols, short=True)

    def _local(self, deployment: str, edge: LocalEdge) -> Edge:
        return Edge(
            kind=edge.kind,
            source=self.real(f"{deployment}:{edge.source}"),
            target=self.real(f"{deployment}:{edge.target}"),
            certainty=edge.certainty,
            capability=edge.capability,
            says=edge.says,
            evidence=edge.evidence,
        )

    def _reference(self, part: Part, reference: Reference) -> Iterator[Edge]:
        asker = self.index.nodes.get(f"{part.facts.deployment.id}:{reference.node}")
        sought = part.translation.text(reference.sought)
        self.references += 1
        if asker is None or reference.says == RUNS_CODE or is_admission(reference):
            return  # code is told in `executed`, by the very object; who is let in, in `networks`
        if reference.kind == "points-at" and self._acts_in(asker, sought):
            return
        span = reference.evidence[0].span if reference.evidence else asker.span
        if not _is_telling(sought):
            unknown = self.externals.unknown(sought, asker, span)
            if unknown is not None:
                yield self._edge(reference, asker.id, unknown.id)
            return
        found = [(match.node, match.unknown) for match in self.index.find(sought, asker)[:_MANY]]
        if not found and not sought.startswith(ANY_FORM):
            found = [(self.externals.named(sought, asker, span).id, "")]
        self.bound += bool(found)
        for node, depends in found:
            yield self._edge(reference, asker.id, node, depends)

    def _acts_in(self, asker: GraphNode, boundary: str) -> bool:
        """Whether a boundary is where the asker's environment lives, perhaps beside others: to name it is no news."""
        known = self.index.environments.identities.get(boundary)
        own = set(asker.placement.environments)
        return known is not None and bool(own) and own <= set(known.environments)

    def _edge(self, reference: Reference, asker: str, node: str, depends: str = "") -> Edge:
        source, target = (asker, node) if reference.outward else (node, asker)
        return Edge(
            kind=reference.kind,
            source=self.real(source),
            target=self.real(target),
            certainty="possible" if depends else "proved",
            capability=reference.capability,
            says=reference.says,
            evidence=reference.evidence,
            unknowns=(readable(depends, self.symbols),) if depends else (),
        )


def _is_telling(sought: str) -> bool:
    """Whether an identifier says anything: not one that is nothing but holes behind its form."""
    arn = parse_arn(sought)
    text = arn.resource if arn is not None else sought.partition(":")[2]
    return any(hole_index(char) is None and char.isalnum() for char in text)
