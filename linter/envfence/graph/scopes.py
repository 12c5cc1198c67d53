"""What statements of roles at scopes need to be understood, from all deployments together: who is in which group, what
custom roles allow, what lies below which folder or organization, and what holds for everybody.

In: grants of the policies member, role, below and limit (see `envfence.access.scoped`). Out: the statements of a holder
with those of its groups, targets with what they lie in, limits. Must not know what a role holds, rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from envfence.access.scoped import Target
from envfence.graph.desk import Desk
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import ANY_FORM
from envfence.model import Condition, Grant, Node

MEMBER, ROLE, BELOW, LIMIT = "member", "role", "below", "limit"
_ORGANIZATION, _NAMESPACE = "google_organization:", "kubernetes:"
#: Groups in groups, and folders in folders, are followed so far.
_DEPTH = 10


@dataclass(slots=True)
class Scopes:
    """Looks the statements of all deployments up."""

    desk: Desk
    _parents: dict[str, set[str]] = field(default_factory=dict)
    _roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _limits: dict[str, list[Grant]] = field(default_factory=dict)
    _containers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for linked in self.desk.holders.all():
            grant = linked.grant
            if grant.policy == BELOW:
                self._parents.setdefault(grant.actions[0], set()).update(grant.resources)
                self._containers.update(grant.resources)
            elif grant.policy == ROLE:
                self._roles[grant.sid] = grant.actions
            elif grant.policy == LIMIT:
                self._limits.setdefault(grant.language, []).append(grant)

    def statements(self, holder: str) -> list[LinkedGrant]:
        """The statements of a holder, custom roles spelled out, and those of the groups it is in."""
        found, seen = [], {holder}
        level: list[tuple[str, LinkedGrant | None]] = [(holder, None)]
        for _ in range(_DEPTH):
            above: list[tuple[str, LinkedGrant | None]] = []
            for group, membership in level:
                for linked in self.desk.holders.by_node.get(group, ()):
                    if linked.grant.policy == MEMBER:
                        above += [(each, linked) for each in self._groups(linked) if each not in seen]
                    elif linked.grant.policy not in (ROLE, BELOW, LIMIT):
                        found.append(self._spelled(linked, membership, holder))
            seen.update(group for group, _ in above)
            level = above
        return found

    def target(self, node: GraphNode) -> Target:
        """A node as what is asked for."""
        boundary = boundary_of(node.node)
        above = tuple(self._above(boundary))
        rooted = any(each.startswith(_ORGANIZATION) for each in above)
        return Target(node.node.type, node.node.names, boundary, above, rooted)

    def boundaries_below(self, scope: str, boundaries: Iterable[str]) -> Iterator[str]:
        """Those that lie below a folder, organization or management group, or may lie below an organization."""
        whole = scope.startswith(_ORGANIZATION)
        scope = scope.lower() if scope.startswith(ANY_FORM) else scope
        if not whole and scope not in self._containers:
            return
        for boundary in boundaries:
            above = set(self._above(boundary))
            rooted = any(each.startswith(_ORGANIZATION) for each in above)
            if scope in above or (whole and not rooted and boundary.startswith("google:")):
                yield boundary

    def limits(self, node: GraphNode, language: str) -> Iterator[Grant]:
        """What limits whatever a node is allowed; one that depends on who is in a group has a condition for it."""
        for grant in self._limits.get(language, ()):
            if _named(grant.not_principals, node) or not (not grant.principals or _named(grant.principals, node)):
                continue
            unsure = [each.value for each in grant.not_principals if each.type == "group"]
            if unsure:
                condition = Condition(test="unknown", variable="", values=(f"whether it is in {unsure[0]}",))
                grant = msgspec.structs.replace(grant, conditions=(*grant.conditions, condition))
            yield grant

    def _groups(self, membership: LinkedGrant) -> Iterator[str]:
        asker = self.desk.binder.node(f"{membership.deployment}:{membership.grant.address}")
        for group in membership.grant.resources if asker is not None else ():
            matches = self.desk.binder.index.find(group, asker) if asker is not None else ()
            yield from (match.node for match in matches)
            if not matches and asker is not None:
                yield self.desk.binder.externals.named(group, asker, membership.grant.span).id

    def _spelled(self, linked: LinkedGrant, membership: LinkedGrant | None, holder: str) -> LinkedGrant:
        grant = linked.grant
        allowed = self._roles.get(grant.sid) if grant.sid else None
        if allowed:
            grant = msgspec.structs.replace(grant, actions=allowed, unknown="")
        if membership is not None:
            grant = msgspec.structs.replace(grant, evidence=(*grant.evidence, *membership.grant.evidence))
        return linked if grant is linked.grant else LinkedGrant(grant, holder, linked.deployment)

    def _above(self, scope: str) -> Iterator[str]:
        seen = {scope}
        level = [scope]
        for _ in range(_DEPTH):
            level = sorted({each for one in level for each in self._parents.get(one, ())} - seen)
            seen.update(level)
            yield from level


def boundary_of(node: Node) -> str:
    """The boundary in which a node lies: the namespace of its own cluster where it is also known by its name alone."""
    return next((name for name in node.names if name.startswith(_NAMESPACE)), node.boundary)


def _named(principals: Iterable[object], node: GraphNode) -> bool:
    texts = {getattr(each, "value", "") for each in principals}
    return "*" in texts or bool(texts & set(node.node.names))
