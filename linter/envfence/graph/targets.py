"""Which nodes across a fence the resources of a statement mean.

In: a holder and its statements, the index of names, external nodes. Out: nodes. Must not know what is allowed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envfence.graph.desk import RESOURCE, TRUST, Desk, differs
from envfence.graph.externals import is_whole_kind
from envfence.graph.graph import GraphNode
from envfence.graph.names import MOST_MATCHES, literal_prefix, names_exactly, parse_arn
from envfence.graph.principals import span_of
from envfence.model import Grant
from envfence.values import has_holes
from envfence.words import NONPRODUCTION, PRODUCTION

_TARGET_KINDS = frozenset({"store", "backup", "secret", "key", "state", "identity", "compute", "pipeline", "other"})
#: A bare `*` reaches too much to be worth an edge for each thing: these are what matters in a shared account.
_BARE_KINDS = frozenset({"store", "backup", "secret", "key", "state"})
_ROLE = "aws_iam_role"


@dataclass(slots=True)
class Targets:
    """Finds them; keeps what lies in each boundary."""

    desk: Desk
    _in_account: dict[str, list[str]] | None = None

    def of(self, node: GraphNode, grant: Grant) -> Iterator[str]:
        """The nodes across a fence that a statement's resources name."""
        if all(action.lower().startswith("sts:") for action in grant.actions) and grant.actions:
            return
        if grant.not_resources:
            yield from self._neighbours(node)
        for pattern in grant.resources:
            if pattern == "*":
                yield from self._neighbours(node)
                continue
            found = list(self.named(node, pattern))
            yield from found[:MOST_MATCHES]
            if not found:
                yield from self._far(node, pattern, grant)

    def on_both_sides(self, node: GraphNode, grants: Iterable[Grant]) -> frozenset[str]:
        """The declared nodes that the statements of somebody in no environment name, where some of them are
        production's and some another environment's; none else, for then no fence lies between."""
        found = {
            other
            for grant in grants
            for pattern in grant.resources
            if pattern != "*"
            for other in itertools.islice(self.named(node, pattern), MOST_MATCHES)
        }
        nodes = self.desk.binder.index.nodes
        placed = {other: nodes[other].placement for other in found if len(nodes[other].placement.environments) == 1}
        tiers = {placement.tier for placement in placed.values()}
        return frozenset(placed) if tiers >= {PRODUCTION, NONPRODUCTION} else frozenset()

    def of_type(self, node: GraphNode, grant: Grant, type_: str) -> Iterator[GraphNode]:
        """The declared nodes of one type across a fence that a statement's resources name, `*` in the same, known,
        boundary only."""
        patterns = ("*",) if grant.not_resources else grant.resources
        for pattern in patterns:
            listed = self._beside(node) if pattern == "*" else list(self.named(node, pattern))[:MOST_MATCHES]
            for other in listed:
                found = self.desk.binder.index.nodes[other]
                if found.node.type == type_ and found.node.mode == "managed" and differs(node, found):
                    yield found

    def _neighbours(self, node: GraphNode) -> Iterator[str]:
        """What lies in the same, known, boundary."""
        for other in self._beside(node):
            found = self.desk.binder.index.nodes[other]
            if found.node.kind in _BARE_KINDS and found.node.mode == "managed" and differs(node, found):
                yield other

    def _roles_beside(self, node: GraphNode) -> Iterator[GraphNode]:
        """The roles of other environments in the same, known, boundary."""
        for other in self._beside(node):
            found = self.desk.binder.index.nodes[other]
            if found.node.type == _ROLE and found.node.mode == "managed" and differs(node, found):
                yield found

    def _beside(self, node: GraphNode) -> list[str]:
        if self._in_account is None:
            self._in_account = self.desk.binder.index.by_boundary()
        return self._in_account.get(node.node.boundary, [])

    def named(self, node: GraphNode, pattern: str) -> Iterator[str]:
        """Declared nodes that an ARN pattern names, as far as it may mean their account."""
        arn = parse_arn(pattern)
        if arn is None:
            return
        bare = not literal_prefix(arn.resource.rpartition("/")[0] or arn.resource)
        if bare and (not node.node.boundary or has_holes(node.node.boundary)):
            return
        seen = set()
        nodes = self.desk.binder.index.nodes
        matching = list(self.desk.binder.index.matching(pattern))
        own = {found.resource for other, found in matching if nodes[other].deployment == node.deployment}
        for other, found in matching:
            target = nodes[other]
            if other in seen or target.node.kind not in _TARGET_KINDS or target.node.mode == "data":
                continue
            if found.resource in own and target.deployment != node.deployment:
                continue  # the deployment has one of this very name, and means that one
            same = bool(node.node.boundary) and target.node.boundary == node.node.boundary
            if (bare and not same) or not (same or self._may_mean(arn.account, found.account, target)):
                continue
            if not (same or names_exactly(arn.resource, found.resource) or self._admits_others(other)):
                continue
            seen.add(other)
            yield other

    def _admits_others(self, target: str) -> bool:
        """Whether a resource has a policy that names principals: then a pattern may lead to it from another account."""
        return any(
            each.grant.unknown or any(principal.type in ("AWS", "*") for principal in each.grant.principals)
            for each in self.desk.holders.by_node.get(target, ())
            if each.grant.policy in (*RESOURCE, TRUST) and each.grant.effect == "Allow"
        )

    def _may_mean(self, account: str, found: str, target: GraphNode) -> bool:
        """Whether an ARN pattern with `account` may mean a node in another boundary whose ARN has `found` there."""
        if not found:
            return True
        if account == found:
            return True
        if not account or has_holes(account) or not account.isdigit():
            return False
        known = self.desk.binder.index.environments.identities.get(f"aws:{account}")
        return known is not None and bool(set(known.environments) & set(target.placement.environments))

    def _far(self, node: GraphNode, pattern: str, grant: Grant) -> Iterator[str]:
        """The external node that a pattern names, where something of its account or name tells the environment."""
        arn = parse_arn(pattern)
        externals = self.desk.binder.externals
        if arn is None:
            services = {action.partition(":")[0].lower() for action in grant.actions}
            unknown = externals.unknown(pattern, node, span_of(grant, pattern), "".join(services))
            if unknown is not None:
                yield unknown.id
            return
        if arn.account in ("aws", "*"):
            return
        name = arn.resource.rstrip("*").rstrip("/:")
        if arn.service == "s3":
            name = name.partition("/")[0]
        elif is_whole_kind(arn.resource):
            name = arn.resource
        if not name or "*" in name or "?" in name:
            if not self._owner_known(arn.account):
                return
            name = arn.resource  # which of them is open, but whose they are is not
        text = pattern[: len(pattern) - len(arn.resource)] + name
        placement = externals.placement(text)
        if not (placement.environments or placement.candidates or self._owner_known(arn.account)):
            return
        external = externals.named(text, node, span_of(grant, pattern))
        if differs(node, external):
            yield external.id

    def _owner_known(self, account: str) -> bool:
        """Whether it is known whose an account is: by its number, or by the name it came by."""
        if account.isdigit():
            return f"aws:{account}" in self.desk.binder.index.environments.identities
        return bool(self.desk.binder.externals.unknown_account(account).environments)

    def roles(self, node: GraphNode, pattern: str, grant: Grant) -> Iterator[GraphNode]:
        """The roles that a statement about assuming means: declared ones, else the one it names elsewhere."""
        if pattern == "*":
            yield from self._roles_beside(node)
            return
        arn = parse_arn(pattern)
        if arn is None:
            unknown = self.desk.binder.externals.unknown(pattern, node, span_of(grant, pattern), "iam")
            if unknown is not None:
                yield unknown
            return
        if arn.service != "iam":
            return
        declared = [self.desk.binder.index.nodes[each] for each in self.named(node, pattern)]
        roles = [each for each in declared if each.node.type == _ROLE]
        yield from roles[:MOST_MATCHES]
        if roles or not (arn.account.isdigit() or self._owner_known(arn.account)):
            return
        if "*" in arn.resource or "?" in arn.resource:
            if self._owner_known(arn.account) and f"aws:{arn.account}" != node.node.boundary:
                yield self.desk.binder.externals.account(arn.account, span_of(grant, pattern))
        else:
            yield self.desk.binder.externals.named(pattern, node, span_of(grant, pattern))
