"""Brings the statements of all deployments to the nodes they are attached to.

In: grants of facts. Out: statements by node: those of identities, of resources, of trust. A policy that stands on its
own gives its statements to whom it is attached, in whatever deployment; policies that several deployments attach to one
role add up. Must not know what statements allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from envfence.access import attach
from envfence.access.attachments import statements_of
from envfence.access.organization import is_control
from envfence.graph.binding import Binder, Part
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.model import Grant

MANAGED = "managed"


@dataclass(slots=True)
class Holders:
    """All statements, by the id of the node that holds them. `unattached` are policies that nothing attaches,
    `controls` the statements of an organization's policies, which reach accounts."""

    binder: Binder
    by_node: dict[str, list[LinkedGrant]] = field(default_factory=dict)
    managed: dict[str, list[LinkedGrant]] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)
    controls: list[Grant] = field(default_factory=list)
    _attachments: list[LinkedGrant] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Takes up the grants of one deployment. Call `finish` after the last."""
        deployment = part.facts.deployment.id
        for raw in part.facts.grants:
            grant = part.translation.grant(raw)
            if is_control(grant):
                self.controls.append(grant)
                continue
            for holder in self._holders(grant, deployment):
                linked = LinkedGrant(grant, holder, deployment)
                if grant.policy == MANAGED:
                    self.managed.setdefault(holder, []).append(linked)
                elif grant.document:
                    self._attachments.append(linked)
                else:
                    self.by_node.setdefault(holder, []).append(linked)
                    self.attached.add(f"{deployment}:{grant.address}")

    def finish(self) -> None:
        """Gives the statements of attached policies to their holders."""
        for linked in self._attachments:
            statements = list(self._statements(linked))
            for statement in statements or [linked]:
                self.by_node.setdefault(linked.holder, []).append(statement)

    def all(self) -> tuple[LinkedGrant, ...]:
        """Every statement with its holder, ordered by holder."""
        return tuple(linked for holder in sorted(self.by_node) for linked in self.by_node[holder])

    def unattached(self) -> Iterator[tuple[str, list[LinkedGrant]]]:
        """Policies that stand on their own and are attached to nothing that we see."""
        for policy in sorted(self.managed):
            if policy not in self.attached:
                yield policy, self.managed[policy]

    def _holders(self, grant: Grant, deployment: str) -> tuple[str, ...]:
        if grant.holder:
            return (self.binder.real(f"{deployment}:{grant.holder}"),)
        asker = self._asker(grant, deployment)
        if not grant.attached_to or asker is None:
            return ()
        if grant.attached_to == "*":
            return (self.binder.externals.anyone(grant.span).id,)
        matches = self.binder.index.find(grant.attached_to, asker)
        if matches:
            return tuple(match.node for match in matches)
        return (self.binder.externals.named(grant.attached_to, asker, grant.span).id,)

    def _asker(self, grant: Grant, deployment: str) -> GraphNode | None:
        return self.binder.node(f"{deployment}:{grant.address}") or self.binder.node(f"{deployment}:terraform")

    def _statements(self, linked: LinkedGrant) -> Iterator[LinkedGrant]:
        """The statements behind an attachment: of a policy in another deployment, or of one that the vendor
        maintains."""
        asker = self._asker(linked.grant, linked.deployment)
        if asker is None:
            return
        known = False
        for match in self.binder.index.find(linked.grant.document, asker):
            self.attached.add(match.node)
            for found in self.managed.get(match.node, ()):
                (grant,) = attach(linked.grant, [found.grant])
                yield LinkedGrant(grant, linked.holder, found.deployment)
                known = True
        if not known and not linked.grant.unknown:
            for grant in statements_of(linked.grant):
                yield LinkedGrant(msgspec.structs.replace(grant, document=""), linked.holder, linked.deployment)
