"""Who is meant by a principal of a statement: a declared identity, an account, somebody elsewhere, everybody.

In: the texts of principals, the index of names, external nodes. Out: nodes, with what that depends on. Must not know
what the statements allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from envfence.graph.binding import Binder
from envfence.graph.graph import GraphNode
from envfence.graph.names import Arn, Match, parse_arn
from envfence.graph.views import account_of
from envfence.model import Grant
from envfence.values import Span, has_holes

#: The accounts in which Elastic Load Balancing writes access logs, one for each region: services, not people.
_LOAD_BALANCERS = frozenset(
    (
        "127311923021",
        "033677994240",
        "027434742980",
        "797873946194",
        "098369216593",
        "985666609251",
        "054676820928",
        "156460612806",
        "652711504416",
        "635631232127",
        "009996457667",
        "897822967062",
        "754344448648",
        "582318560864",
        "600734575887",
        "383597477331",
        "114774131450",
        "783225319266",
        "589379963580",
        "718504428378",
        "076674570225",
        "507241528517",
    )
)


@dataclass(frozen=True, slots=True)
class Principals:
    """Finds the nodes behind principals."""

    binder: Binder

    def named(self, node: GraphNode, value: str, grant: Grant) -> Iterator[tuple[GraphNode, str]]:
        """(identity, what that depends on) for a principal `value` in the policy of `node`. The resource's own account,
        and one that nothing is known of, is nobody."""
        externals = self.binder.externals
        if value == "*":
            yield externals.anyone(node.span), ""
            return
        account = account_of(value)
        if account is not None:
            if account in _LOAD_BALANCERS:
                return
            if f"aws:{account}" != node.node.boundary and self._is_known(account):
                yield externals.account(account, span_of(grant, value)), ""
            return
        arn = parse_arn(value)
        if arn is None:
            unknown = externals.unknown(value, node, span_of(grant, value), "iam")
            if unknown is not None:
                yield unknown, ""
            return
        if arn.service not in ("iam", "sts"):
            return
        matches = self._fitting(self.binder.index.find(value, node), arn)
        for match in matches:
            yield self.binder.index.nodes[match.node], match.unknown
        if not matches and self._is_known(arn.account) and not self._is_own(node, value, arn):
            yield externals.named(value, node, span_of(grant, value)), ""

    def _is_own(self, node: GraphNode, value: str, arn: Arn) -> bool:
        """Whether a principal that is declared nowhere is of the resource's own account, and its name says no more."""
        own = bool(node.node.boundary) and node.node.boundary == f"aws:{arn.account}"
        return own and not self.binder.externals.placement(value).environments

    def _is_known(self, account: str) -> bool:
        """Whether an account is a number, or came by a name that says whose it is."""
        return account.isdigit() or bool(self.binder.externals.unknown_account(account).environments)

    def _fitting(self, matches: tuple[Match, ...], arn: Arn) -> tuple[Match, ...]:
        """The declared identities that the account allows. Several whose own account is not known come to nobody: the
        name is common, and which of them is in that account nobody says."""
        if has_holes(arn.account):
            wanted = set(self.binder.externals.unknown_account(arn.account).environments)
            return tuple(each for each in matches if not wanted or wanted & self._environments(each))
        sure = tuple(each for each in matches if self._boundary(each) == f"aws:{arn.account}")
        return sure or (matches if len(matches) == 1 else ())

    def _boundary(self, match: Match) -> str:
        return self.binder.index.nodes[match.node].node.boundary

    def _environments(self, match: Match) -> set[str]:
        return set(self.binder.index.nodes[match.node].placement.environments)


def span_of(grant: Grant, element: str) -> Span:
    """Where an element of a statement was written, else the statement."""
    return grant.element_spans.get(element, grant.span)
