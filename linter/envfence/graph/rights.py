"""Edges that policies make: who may do what to whom across a fence, and who may become whom.

In: statements by holder, the index of names, external nodes, the decisions of `envfence.access`. Out: edges of kind
may and assumes. Only pairs that a statement names are decided: an identity with what its statements name (or, for
`*`, with what shares its account), a resource with the principals that its policy names. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from envfence.access import Capability, Decision, PrincipalView, ResourceView
from envfence.graph.binding import Binder
from envfence.graph.causes import cause_of, evidence_of, pattern_of
from envfence.graph.decisions import Decisions
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.holders import Holders
from envfence.graph.modules import capabilities, doubt, is_module
from envfence.graph.names import MOST_MATCHES, literal_prefix, names_exactly, parse_arn
from envfence.graph.principals import Principals, span_of
from envfence.graph.views import EVERYTHING, guessed_account, named_account, principal_view, resource_view
from envfence.model import Deployment, Edge, Grant
from envfence.values import has_holes

IDENTITY, RESOURCE, TRUST = "identity", ("resource", "grant"), "trust"
_TARGET_KINDS = frozenset({"store", "backup", "secret", "key", "state", "identity", "compute", "pipeline", "other"})
#: A bare `*` reaches too much to be worth an edge for each thing: these are what matters in a shared account.
_BARE_KINDS = frozenset({"store", "backup", "secret", "key", "state"})
_ASSUME = "sts:assumerole"


@dataclass(slots=True)
class Rights:
    """Makes the edges. `deployments` is for causes."""

    binder: Binder
    holders: Holders
    decisions: Decisions
    deployments: dict[str, Deployment]
    accounts: dict[str, tuple[str, bool]] = field(default_factory=dict)
    _in_account: dict[str, list[str]] | None = None

    @property
    def principals(self) -> Principals:
        """Who is meant by the principals of statements."""
        return Principals(self.binder)

    def edges(self) -> Iterator[Edge]:
        """All edges but those of policies that nothing attaches, identity policies first."""
        for holder in sorted(self.holders.by_node):
            linked = self.holders.by_node[holder]
            node = self.binder.node(holder)
            if node is None:
                continue
            yield from self._of_identity(node, [each for each in linked if each.grant.policy not in (*RESOURCE, TRUST)])
            yield from self._of_resource(node, [each for each in linked if each.grant.policy in RESOURCE])
            yield from self._of_trust(node, [each for each in linked if each.grant.policy == TRUST])

    def unattached(self) -> Iterator[Edge]:
        """The edges of policies that stand on their own and that nothing attaches, never more than `possible`."""
        for policy, statements in self.holders.unattached():
            node = self.binder.node(policy)
            if node is not None:
                given = [
                    replace(each, grant=msgspec.structs.replace(each.grant, policy=IDENTITY)) for each in statements
                ]
                yield from self._of_identity(node, given, attached=False)

    # ------------------------------------------------------------ identities

    def _of_identity(self, node: GraphNode, linked: list[LinkedGrant], *, attached: bool = True) -> Iterator[Edge]:
        allows = [each for each in linked if each.grant.effect == "Allow"]
        if not allows:
            return
        grants = tuple(each.grant for each in linked)
        view, depends = self._asker(node)
        if attached:
            yield from self._assuming(node, linked, view, grants)
        if _is_nowhere(node):
            return
        targets = sorted({target for each in allows for target in self._targets(node, each.grant)})
        for target_id in targets:
            target = self.binder.node(target_id)
            if target is None or not differs(node, target):
                continue
            resource, more = self._resource(target)
            for capability in self.decisions.capabilities(view, grants, resource):
                if capability.action.lower() == _ASSUME:
                    continue
                unknowns = (*depends, *more, *(() if attached else (_whose(node),)))
                yield from self._may(node, target, capability, linked, unknowns)

    def _targets(self, node: GraphNode, grant: Grant) -> Iterator[str]:
        """The nodes across a fence that a statement's resources name."""
        if all(action.lower().startswith("sts:") for action in grant.actions) and grant.actions:
            return
        for pattern in grant.resources:
            if pattern == "*":
                yield from self._neighbours(node)
                continue
            found = list(self._named(node, pattern))
            yield from found[:MOST_MATCHES]
            if not found:
                yield from self._far(node, pattern, grant)

    def _neighbours(self, node: GraphNode) -> Iterator[str]:
        """What lies in the same, known, boundary."""
        if self._in_account is None:
            self._in_account = self.binder.index.by_boundary()
        for other in self._in_account.get(node.node.boundary, ()):
            found = self.binder.index.nodes[other]
            if found.node.kind in _BARE_KINDS and found.node.mode == "managed" and differs(node, found):
                yield other

    def _named(self, node: GraphNode, pattern: str) -> Iterator[str]:
        """Declared nodes that an ARN pattern names, as far as it may mean their account."""
        arn = parse_arn(pattern)
        if arn is None:
            return
        bare = not literal_prefix(arn.resource.rpartition("/")[0] or arn.resource)
        if bare and (not node.node.boundary or has_holes(node.node.boundary)):
            return
        seen = set()
        for other, found in self.binder.index.matching(pattern):
            target = self.binder.index.nodes[other]
            if other in seen or target.node.kind not in _TARGET_KINDS or target.node.mode == "data":
                continue
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
            for each in self.holders.by_node.get(target, ())
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
        known = self.binder.index.environments.identities.get(f"aws:{account}")
        return known is not None and bool(set(known.environments) & set(target.placement.environments))

    def _far(self, node: GraphNode, pattern: str, grant: Grant) -> Iterator[str]:
        """The external node that a pattern names, where something of its account or name tells the environment."""
        arn = parse_arn(pattern)
        if arn is None or arn.account in ("aws", "*"):
            return
        externals = self.binder.externals
        name = arn.resource.rstrip("*").rstrip("/:")
        if arn.service == "s3":
            name = name.partition("/")[0]
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
            return f"aws:{account}" in self.binder.index.environments.identities
        return bool(self.binder.externals.unknown_account(account).environments)

    def _assuming(
        self, node: GraphNode, linked: list[LinkedGrant], view: PrincipalView, grants: tuple[Grant, ...]
    ) -> Iterator[Edge]:
        """Roles that the identity's own policy lets it assume."""
        for each in linked:
            grant = each.grant
            if grant.effect != "Allow" or not _names_assume(grant):
                continue
            for pattern in grant.resources:
                for role in self._roles(node, pattern, grant):
                    decision = self._assume(view, grants, role)
                    if decision.verdict != "no" and role.id != node.id:
                        yield self._edge(
                            "assumes",
                            node,
                            role,
                            each,
                            "policy",
                            decision,
                            pattern,
                            says="may assume",
                            acts="sts:AssumeRole",
                        )

    def _roles(self, node: GraphNode, pattern: str, grant: Grant) -> Iterator[GraphNode]:
        arn = parse_arn(pattern)
        if arn is None or arn.service != "iam":
            return
        declared = [self.binder.index.nodes[each] for each in self._named(node, pattern)]
        roles = [each for each in declared if each.node.type == "aws_iam_role"]
        yield from roles[:MOST_MATCHES]
        if roles or not (arn.account.isdigit() or self._owner_known(arn.account)):
            return
        if "*" in arn.resource or "?" in arn.resource:
            if self._owner_known(arn.account) and f"aws:{arn.account}" != node.node.boundary:
                yield self.binder.externals.account(arn.account, span_of(grant, pattern))
        else:
            yield self.binder.externals.named(pattern, node, span_of(grant, pattern))

    def _assume(self, view: PrincipalView, grants: tuple[Grant, ...], role: GraphNode) -> Decision:
        if role.node.mode == "external":
            unknown = f"whether the trust policy of {role.node.address}, which is not in this repository, admits it"
            return Decision("maybe", (), (unknown,))
        resource, depends = self._resource(role)
        return _depending(self.decisions.may_assume(view, grants, resource), depends)

    # ------------------------------------------------------------ resources

    def _of_resource(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """What a resource's own policy lets principals of other environments do, whatever their own policies say."""
        if not linked or is_module(node):
            yield from self._of_module(node, linked)
            return
        resource = self._as_named(node)
        for principal, each, text, depends in self._principals(node, linked):
            if not (differs(principal, node) or _is_nowhere(node)):
                continue
            view = principal_view(principal, named_account(text))
            for capability in self.decisions.capabilities(view, EVERYTHING, resource):
                if not _is_among(capability, each.grant) or (view.kind == "public" and capability.verdict != "yes"):
                    continue
                decision = _depending(_decision(capability), depends)
                yield self._edge("may", principal, node, each, capability.name, decision, text, acts=capability.action)

    def _of_module(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """Whom the arguments of a module that is not in the repository let in, or let become its role."""
        for principal, each, text, depends in self._principals(node, linked):
            if not differs(principal, node) or text == "*":
                continue
            unknowns = (*depends, doubt(node), *(f"the condition {c.test} {c.variable}" for c in each.grant.conditions))
            decision = Decision("maybe", (), tuple(dict.fromkeys(unknowns)))
            if each.grant.policy == TRUST:
                yield self._edge(
                    "assumes", principal, node, each, "trust", decision, text, says="may assume", acts="sts:AssumeRole"
                )
                continue
            for capability, action in capabilities(each.grant):
                yield self._edge("may", principal, node, each, capability, decision, text, acts=action)

    def _of_trust(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """Who a role's trust policy lets become it."""
        if not linked or is_module(node):
            yield from self._of_module(node, linked)
            return
        resource = self._as_named(node)
        for principal, each, text, depends in self._principals(node, linked):
            if principal.id == node.id:
                continue
            view = principal_view(principal, named_account(text))
            decision = _depending(self.decisions.may_assume(view, EVERYTHING, resource), depends)
            if decision.verdict != "no" and not (view.kind == "public" and decision.verdict != "yes"):
                yield self._edge(
                    "assumes", principal, node, each, "trust", decision, text, says="may assume", acts="sts:AssumeRole"
                )

    def _principals(
        self, node: GraphNode, linked: Iterable[LinkedGrant]
    ) -> Iterator[tuple[GraphNode, LinkedGrant, str, tuple[str, ...]]]:
        """(principal, statement, its text, what that depends on) for everybody whom the statements admit; own account
        and services left out."""
        for each in linked:
            if each.grant.effect != "Allow":
                continue
            for principal in each.grant.principals:
                if principal.type not in ("AWS", "*"):
                    continue
                for found, unknown in self.principals.named(node, principal.value, each.grant):
                    yield found, each, principal.value, (unknown,) if unknown else ()

    def _as_named(self, node: GraphNode) -> ResourceView:
        """A node as its own policy sees it. In whose account it is does not matter: a policy that names somebody
        admits them from another account, and from its own all the more."""
        linked = self.holders.by_node.get(node.id, ())
        return resource_view(node, tuple(each.grant for each in linked if each.grant.policy in (*RESOURCE, TRUST)))

    def _resource(self, node: GraphNode) -> tuple[ResourceView, tuple[str, ...]]:
        """A node as what is asked for, and what that depends on."""
        linked = self.holders.by_node.get(node.id, ())
        policies = tuple(each.grant for each in linked if each.grant.policy in (*RESOURCE, TRUST))
        account, depends = guessed_account(node, self.accounts)
        return resource_view(node, policies, account), (depends,) if depends else ()

    def _asker(self, node: GraphNode) -> tuple[PrincipalView, tuple[str, ...]]:
        """A node as the one who asks, and what that depends on."""
        account, depends = guessed_account(node, self.accounts)
        return principal_view(node, account), (depends,) if depends else ()

    # ------------------------------------------------------------ edges

    def _may(
        self,
        node: GraphNode,
        target: GraphNode,
        capability: Capability,
        linked: list[LinkedGrant],
        unknowns: tuple[str, ...],
    ) -> Iterator[Edge]:
        each = next((found for found in linked if _is_among(capability, found.grant)), None)
        if each is None:
            return
        decision = _depending(_decision(capability), unknowns)
        pattern = pattern_of(each.grant.resources, target)
        yield self._edge("may", node, target, each, capability.name, decision, pattern, acts=capability.action)

    def _edge(
        self,
        kind: str,
        source: GraphNode,
        target: GraphNode,
        linked: LinkedGrant,
        capability: str,
        decision: Decision,
        element: str,
        *,
        says: str = "",
        acts: str = "",
    ) -> Edge:
        grant = linked.grant
        return Edge(
            kind=kind,
            source=source.id,
            target=target.id,
            certainty="proved" if decision.verdict == "yes" else "possible",
            capability=capability,
            says=says or f"may {acts}",
            evidence=evidence_of(grant, element, self.binder.symbols),
            unknowns=decision.unknowns if decision.verdict != "yes" else (),
            cause=cause_of(linked, self.deployments.get(linked.deployment), self.binder.symbols),
        )


def differs(one: GraphNode, other: GraphNode) -> bool:
    """Whether a step from one node to the other may cross a fence: a place is known on both sides, and not the same."""
    left, right = one.placement, other.placement
    if _is_nowhere(one) or _is_nowhere(other):
        return False
    if left.environments and right.environments:
        return bool(set(right.environments) - set(left.environments))
    mine, theirs = set(left.environments or left.candidates), set(right.environments or right.candidates)
    if mine and theirs:
        return not mine & theirs
    return left.tier != right.tier


def _is_nowhere(node: GraphNode) -> bool:
    return node.placement.tier == "unknown" and not node.placement.environments and not node.placement.candidates


def _is_among(capability: Capability, grant: Grant) -> bool:
    return any(other is grant for other in capability.grants)


def _decision(capability: Capability) -> Decision:
    return Decision(capability.verdict, (), capability.unknowns)


def _depending(decision: Decision, unknowns: tuple[str, ...]) -> Decision:
    """A decision that holds only if `unknowns` turn out well."""
    if not unknowns or decision.verdict == "no":
        return decision
    return Decision("maybe", decision.statements, tuple(dict.fromkeys((*decision.unknowns, *unknowns))))


def _whose(policy: GraphNode) -> str:
    return f"which identity {policy.node.address} is attached to"


def _names_assume(grant: Grant) -> bool:
    return any(
        action in ("*", "sts:*") or action.lower() == _ASSUME or action.lower() == "sts:assume*"
        for action in grant.actions
    )
