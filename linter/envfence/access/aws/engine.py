"""The decision of AWS: how the statements of all policies that take part add up.

Comes in: who asks, for which actions, for what; the statements of every policy. Goes out: the actions that are surely,
and those that are possibly allowed. Must not know: which actions are worth asking about.

Every step is monotone in the statements that allow and antitone in those that deny, so a pair of bit masks (surely,
possibly) is exact: "surely" assumes the worst of every unknown, "possibly" the best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from envfence.access.aws.compiled import NONE, Asked, Compiled, Masks
from envfence.access.aws.context import Ends
from envfence.access.aws.principals import Match, match
from envfence.access.match import MAYBE, NO, YES, Matcher
from envfence.access.tables import resource_controlled
from envfence.access.views import PrincipalView
from envfence.model import Grant

RESOURCE_KINDS = frozenset({"resource", "trust", "grant"})
_ASSUME = "sts:assumerole"
_SERVICE_LINKED_FREE = frozenset({"scp", "rcp"})


@dataclass(frozen=True, slots=True)
class Applied:
    """A statement and the actions to which it applies in this request, and how it names the principal."""

    statement: Compiled
    masks: Masks
    who: Match

    def only(self, index: int) -> Applied:
        """The same for one action of the question alone."""
        return Applied(self.statement, (self.masks[0] >> index & 1, self.masks[1] >> index & 1), self.who)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the decision needs beside the statements."""

    principal: PrincipalView
    ends: Ends
    arn: str
    account: str
    policy_known: bool = True
    #: KMS keys and roles to assume: their own policy must let the caller, or the caller's account, in.
    own_policy_decides: bool = False
    #: A KMS key without a policy has the default one, which leaves the decision to the account.
    default_policy: bool = False
    #: Whether the caller has a permissions boundary: a Deny with NotPrincipal then hits it whatever the list says.
    bounded: bool = False
    #: Whether caller and resource are in one account, where that is assumed for the sake of the argument.
    same_account: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Which limits a caller has at all: one that allows nothing of the question still limits. `levels` are the nodes
    of the organization, from its root to the account, that have a service control policy."""

    boundary: bool = False
    session: bool = False
    levels: tuple[str, ...] = ()


def limits_of(grants: Iterable[Grant]) -> Limits:
    """The limits that statements make."""
    kinds = set()
    levels = set()
    for grant in grants:
        kinds.add(grant.policy)
        if grant.policy == "scp":
            levels.add(level_of(grant))
    return Limits("boundary" in kinds, "session" in kinds, tuple(sorted(levels)))


def level_of(grant: Grant) -> str:
    """The node of the organization that an organization policy is attached to."""
    return grant.attached_to or grant.holder


def both(left: Masks, right: Masks) -> Masks:
    """AND."""
    return left[0] & right[0], left[1] & right[1]


def either(left: Masks, right: Masks) -> Masks:
    """OR."""
    return left[0] | right[0], left[1] | right[1]


def scaled(masks: Masks, verdict: int) -> Masks:
    """AND with one verdict for all actions."""
    if verdict == YES:
        return masks
    return (0, masks[1]) if verdict == MAYBE else NONE


def applied(matcher: Matcher, statements: Iterable[Compiled], question: Asked, setting: Setting) -> list[Applied]:
    """The statements that apply, surely or possibly, to some of the actions."""
    result = []
    for statement in statements:
        found = _apply(matcher, statement, question, setting)
        if found is not None:
            result.append(found)
    return result


def _apply(matcher: Matcher, statement: Compiled, question: Asked, setting: Setting) -> Applied | None:
    if statement.grant.unknown:
        masks: Masks = (0, question.full)
        who = Match(MAYBE, MAYBE, MAYBE, MAYBE) if statement.kind in RESOURCE_KINDS else Match(named=YES)
        return Applied(statement, masks, who)
    masks = statement.masks(matcher, question)
    if not masks[1]:
        return None
    masks = scaled(masks, statement.resource(matcher, setting.arn, setting.ends))
    if not masks[1]:
        return None
    who = _who(matcher, statement, setting)
    if who.any() == NO:
        return None
    masks = statement.narrowed(matcher, masks, question, setting.ends)
    return Applied(statement, masks, who) if masks[1] else None


def _who(matcher: Matcher, statement: Compiled, setting: Setting) -> Match:
    if statement.kind not in RESOURCE_KINDS:
        return Match(named=YES)
    grant, principal = statement.grant, setting.principal
    if grant.not_principals:
        listed = match(matcher, grant.not_principals, principal)
        # A session whose name is not known may be the one that is listed.
        return Match(named=YES if not statement.allow and setting.bounded else YES - listed.any())
    return match(matcher, grant.principals, principal)


def outcome(matcher: Matcher, found: Sequence[Applied], question: Asked, setting: Setting, limits: Limits) -> Masks:
    """The actions that are allowed."""
    who = setting.principal
    every: Masks = (question.full, question.full)
    boundary = _allowed(found, "boundary") if limits.boundary else every
    session = _allowed(found, "session") if limits.session else every
    scp = every
    if limits.levels and not _outside_organisation(who):
        for level in limits.levels:
            scp = both(scp, _service_control(found, level))
    allowed = both(both(boundary, session), scp)
    admits = _admits(found)
    # What a policy gives to everybody, to a user or to one session by name, no boundary takes away.
    direct = both(both(admits.everyone, session), scp)
    named = both(admits.named, allowed)
    if who.kind != "role":
        named = _beside_session(both(admits.named, scp), session)
    direct = either(direct, either(named, _beside_session(both(admits.session, scp), session)))
    account = every if setting.default_policy else admits.account
    identity = both(_identity(found, question, who), allowed)
    raw = Admitted(admits.everyone, either(admits.named, admits.session), account)
    # A policy that nobody sees may let the caller in by name, whatever its own policies and boundary say.
    outside: Masks = NONE if setting.policy_known else (0, scp[1])
    result = _by_account(matcher, setting, identity, direct, raw, outside)
    denied = _denied(found, question, who)
    return result[0] & ~denied[1], result[1] & ~denied[0]


def _beside_session(given: Masks, session: Masks) -> Masks:
    """What is given to a session by name comes on top of its session policy, says the documentation of AWS; as others
    read it differently, it is sure only within that."""
    return given[0] & session[0], given[1]


def _by_account(
    matcher: Matcher, setting: Setting, identity: Masks, direct: Masks, raw: Admitted, outside: Masks
) -> Masks:
    who = setting.principal
    if who.kind in ("service", "federated", "public"):
        return either(direct, outside)
    direct = either(direct, outside)
    same = either(direct, both(identity, raw.account) if setting.own_policy_decides else identity)
    # The default policy of a key speaks of the key's own account only.
    admitted = either(raw.everyone, raw.named)
    admitted = admitted if setting.default_policy else either(admitted, raw.account)
    cross = both(identity, either(admitted, outside))
    verdict = accounts_equal(matcher, setting)
    if verdict == YES:
        return same
    if verdict == NO:
        return cross
    return same[0] & cross[0], same[1] | cross[1]


def accounts_equal(matcher: Matcher, setting: Setting) -> int:
    """Whether caller and resource are in one account."""
    if setting.same_account is not None:
        return setting.same_account
    one, other = setting.principal.account, setting.account
    return matcher.equal(one, other) if one and other else matcher.undecided("accounts")


def _identity(found: Sequence[Applied], question: Asked, who: PrincipalView) -> Masks:
    if who.kind == "account":
        return question.full, question.full  # its administrator can give anybody there any permission
    allowed = _allowed(found, "identity")
    return allowed if who.identity_known else (allowed[0], question.full)


def _allowed(found: Sequence[Applied], kind: str) -> Masks:
    result = NONE
    for each in found:
        if each.statement.allow and each.statement.kind == kind:
            result = either(result, each.masks)
    return result


def _service_control(found: Sequence[Applied], level: str) -> Masks:
    """What one level allows: an Allow is needed at each."""
    result = NONE
    for each in found:
        if each.statement.allow and each.statement.kind == "scp" and level_of(each.statement.grant) == level:
            result = either(result, each.masks)
    return result


class Admitted(NamedTuple):
    """Whom the resource's own policies allow what: everybody, the caller by name, its account, its very session."""

    everyone: Masks = NONE
    named: Masks = NONE
    account: Masks = NONE
    session: Masks = NONE


def _admits(found: Sequence[Applied]) -> Admitted:
    everyone = named = account = session = NONE
    for each in found:
        if each.statement.allow and each.statement.kind in RESOURCE_KINDS:
            everyone = either(everyone, scaled(each.masks, each.who.everyone))
            named = either(named, scaled(each.masks, each.who.named))
            account = either(account, scaled(each.masks, each.who.account))
            session = either(session, scaled(each.masks, each.who.session))
    return Admitted(everyone, named, account, session)


def _denied(found: Sequence[Applied], question: Asked, who: PrincipalView) -> Masks:
    result = NONE
    for each in found:
        kind = each.statement.kind
        if each.statement.allow or (kind in _SERVICE_LINKED_FREE and who.service_linked):
            continue
        if kind == "scp" and _outside_organisation(who):
            continue
        if kind == "rcp" and question.names and question.names[0].partition(":")[0] not in resource_controlled():
            continue
        result = either(result, scaled(each.masks, each.who.any()))
    return result


def _outside_organisation(who: PrincipalView) -> bool:
    return who.service_linked or who.kind in ("service", "public", "federated")


def own_policy_decides(action: str, arn: str) -> bool:
    """Whether the resource's own policy must let the caller in whatever the caller's policies say."""
    name = action.lower()
    return name.startswith(_ASSUME) or (name.startswith("kms:") and ":key/" in arn)
