"""What all makers of access edges share: the statements, how nodes look to `envfence.access`, and the edges themselves.

In: statements by holder, the index of names, external nodes, the decisions. Out: views of nodes, principals behind
statements, edges with their evidence. Must not know which pairs are asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envfence.access import Capability, Decision, PrincipalView, ResourceView
from envfence.graph.binding import Binder
from envfence.graph.causes import cause_of, evidence_of
from envfence.graph.decisions import Decisions
from envfence.graph.demands import EdgeDemands
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.holders import Holders
from envfence.graph.principals import Principals
from envfence.graph.views import guessed_account, in_own_account, may_bring_tags, principal_view, resource_view
from envfence.model import Deployment, Edge, Grant

IDENTITY, RESOURCE, TRUST = "identity", ("resource", "grant"), "trust"


@dataclass(frozen=True, slots=True)
class Asked:
    """Pairs to decide though no statement names them and no fence lies between them: every one of `askers` with every
    one of `targets` (ids of nodes). For questions about one identity or one pair of environments."""

    askers: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()


@dataclass(slots=True)
class Desk:
    """`deployments` is for causes; `accounts` the one account of each environment that has exactly one."""

    binder: Binder
    holders: Holders
    decisions: Decisions
    deployments: dict[str, Deployment]
    accounts: dict[str, tuple[str, bool]] = field(default_factory=dict)
    asked: Asked = Asked()
    demands: EdgeDemands = field(default_factory=EdgeDemands)
    _resources: dict[str, tuple[ResourceView, tuple[str, ...]]] = field(default_factory=dict)

    def principals(
        self, node: GraphNode, linked: Iterable[LinkedGrant]
    ) -> Iterator[tuple[GraphNode, LinkedGrant, str, tuple[str, ...]]]:
        """(principal, statement, its text, what that depends on) for everybody whom the statements admit; own account
        and services left out."""
        known = Principals(self.binder)
        for each in linked:
            if each.grant.effect != "Allow":
                continue
            for principal in each.grant.principals:
                if principal.type not in ("AWS", "*"):
                    continue
                for found, unknown in known.named(node, principal.value, each.grant):
                    yield found, each, principal.value, (unknown,) if unknown else ()

    def as_named(self, node: GraphNode) -> ResourceView:
        """A node as its own policy sees it. In whose account it is does not matter: a policy that names somebody
        admits them from another account, and from its own all the more."""
        linked = self.holders.by_node.get(node.id, ())
        return resource_view(node, tuple(each.grant for each in linked if each.grant.policy in (*RESOURCE, TRUST)))

    def resource(self, node: GraphNode) -> tuple[ResourceView, tuple[str, ...]]:
        """A node as what is asked for, and what that depends on."""
        found = self._resources.get(node.id)
        if found is None:
            linked = self.holders.by_node.get(node.id, ())
            policies = tuple(each.grant for each in linked if each.grant.policy in (*RESOURCE, TRUST))
            account, depends = guessed_account(node, self.accounts)
            view = resource_view(node, in_own_account(node, policies, account), account)
            found = self._resources[node.id] = view, (depends,) if depends else ()
        return found

    def asker(self, node: GraphNode) -> tuple[PrincipalView, tuple[str, ...]]:
        """A node as the one who asks, and what that depends on."""
        account, depends = guessed_account(node, self.accounts)
        trust = (each.grant for each in self.holders.by_node.get(node.id, ()) if each.grant.policy == TRUST)
        retagged = any(may_bring_tags(grant) for grant in trust)
        return principal_view(node, account, retagged=retagged), (depends,) if depends else ()

    def edge(
        self,
        kind: str,
        ends: tuple[GraphNode, GraphNode],
        linked: LinkedGrant,
        capability: str,
        decision: Decision,
        element: str,
        *,
        says: str = "",
        acts: str = "",
    ) -> Edge:
        """The edge that a statement makes; `element` is the action, resource or principal of it that counts. What it
        demands of the unknowns is kept beside."""
        made = Edge(
            kind=kind,
            source=ends[0].id,
            target=ends[1].id,
            certainty="proved" if decision.verdict == "yes" else "possible",
            capability=capability,
            says=says or f"may {acts}",
            evidence=evidence_of(linked.grant, element, self.binder.symbols),
            unknowns=decision.unknowns if decision.verdict != "yes" else (),
            cause=cause_of(linked, self.deployments.get(linked.deployment), self.binder.symbols),
        )
        self.demands.add(made, decision.demands if decision.verdict != "yes" else ())
        return made


def differs(one: GraphNode, other: GraphNode) -> bool:
    """Whether a step from one node to the other may cross a fence: a place is known on both sides, and not the same."""
    left, right = one.placement, other.placement
    if is_nowhere(one) or is_nowhere(other):
        return False
    if left.environments and right.environments:
        return bool(set(right.environments) - set(left.environments))
    mine, theirs = set(left.environments or left.candidates), set(right.environments or right.candidates)
    if mine and theirs:
        return not mine & theirs
    return left.tier != right.tier


def is_nowhere(node: GraphNode) -> bool:
    """Whether nothing at all is known of where a node belongs."""
    return node.placement.tier == "unknown" and not node.placement.environments and not node.placement.candidates


def is_among(capability: Capability, grant: Grant) -> bool:
    """Whether a statement takes part in giving a capability."""
    return any(other is grant for other in capability.grants)


def decision_of(capability: Capability) -> Decision:
    """A capability as the answer to a question."""
    return Decision(capability.verdict, (), capability.unknowns, capability.demands)


def depending(decision: Decision, unknowns: tuple[str, ...]) -> Decision:
    """A decision that holds only if `unknowns` turn out well."""
    if not unknowns or decision.verdict == "no":
        return decision
    reasons = tuple(dict.fromkeys((*decision.unknowns, *unknowns)))
    return Decision("maybe", decision.statements, reasons, decision.demands)
