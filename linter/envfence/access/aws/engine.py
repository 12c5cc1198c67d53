"""The decision of AWS: how the statements of all policies that take part add up.

Comes in: who asks, for which actions, for what; the statements of every policy. Goes out: the actions that are surely,
and those that are possibly allowed. Must not know: which actions are worth asking about.

Every step is monotone in the statements that allow and antitone in those that deny, so a pair of bit masks (surely,
possibly) is exact: "surely" assumes the worst of every unknown, "possibly" the best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envfence.access.aws.compiled import NONE, Asked, Compiled, Masks
from envfence.access.aws.context import Ends
from envfence.access.aws.principals import Match, match
from envfence.access.match import MAYBE, NO, YES, Matcher
from envfence.access.views import PrincipalView

_RESOURCE_KINDS = frozenset({"resource", "trust", "grant"})
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
        who = Match(named=MAYBE, account=MAYBE) if statement.kind in _RESOURCE_KINDS else Match(named=YES)
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
    if statement.kind not in _RESOURCE_KINDS:
        return Match(named=YES)
    grant, principal = statement.grant, setting.principal
    if grant.not_principals:
        found = YES - match(matcher, grant.not_principals, principal).any()
        if statement.allow:
            return Match(everyone=found)
        if setting.bounded:
            found = max(found, matcher.equal(principal.account, setting.account))
        return Match(named=found)
    return match(matcher, grant.principals, principal)


def outcome(
    matcher: Matcher, found: Sequence[Applied], question: Asked, setting: Setting, kinds: frozenset[str]
) -> Masks:
    """The actions that are allowed. `kinds` are the kinds of policy that exist at all: a boundary that allows nothing
    of the question still limits."""
    who = setting.principal
    every: Masks = (question.full, question.full)
    identity = _identity(found, question, who)
    limits = every
    for kind in ("boundary", "session"):
        if kind in kinds:
            limits = both(limits, _allowed(found, kind))
    scp = every
    if "scp" in kinds and not _outside_organisation(who):
        scp = _service_control(found)
    limits = both(limits, scp)
    identity = both(identity, limits)
    free, named, account = _resource(found, who)
    named = both(named, limits)
    free = both(free, scp)
    if setting.default_policy:
        account = every
    result = _by_account(matcher, setting, identity, either(free, named), account, every)
    denied = _denied(found, who)
    return result[0] & ~denied[1], result[1] & ~denied[0]


def _by_account(
    matcher: Matcher, setting: Setting, identity: Masks, direct: Masks, account: Masks, every: Masks
) -> Masks:
    who = setting.principal
    if who.kind in ("service", "federated", "public"):
        return either(direct, scaled(every, NO if setting.policy_known else MAYBE))
    outside: Masks = NONE if setting.policy_known else (0, every[1])
    if setting.own_policy_decides:
        same = either(direct, both(identity, either(account, outside)))
    else:
        same = either(identity, direct)
    # The default policy of a key speaks of the key's own account only.
    admitted = direct if setting.default_policy else either(direct, account)
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
    return matcher.equal(one, other) if one and other else MAYBE


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


def _service_control(found: Sequence[Applied]) -> Masks:
    """Every organization policy node that has an Allow at all must allow; a policy of Denies only adds no limit."""
    return _allowed(found, "scp")


def _resource(found: Sequence[Applied], who: PrincipalView) -> tuple[Masks, Masks, Masks]:
    """What the resource's own policies allow: outside the caller's limits, within them, and to the account."""
    free = named = account = NONE
    for each in found:
        if not each.statement.allow or each.statement.kind not in _RESOURCE_KINDS:
            continue
        free = either(free, scaled(each.masks, each.who.everyone))
        exact = scaled(each.masks, each.who.named)
        if who.kind == "role":
            named = either(named, exact)
        else:
            free = either(free, exact)
        account = either(account, scaled(each.masks, each.who.account))
    return free, named, account


def _denied(found: Sequence[Applied], who: PrincipalView) -> Masks:
    result = NONE
    for each in found:
        if each.statement.allow:
            continue
        if each.statement.kind in _SERVICE_LINKED_FREE and who.service_linked:
            continue
        if each.statement.kind == "scp" and _outside_organisation(who):
            continue
        result = either(result, scaled(each.masks, each.who.any()))
    return result


def _outside_organisation(who: PrincipalView) -> bool:
    return who.service_linked or who.kind in ("service", "public", "federated")


def own_policy_decides(action: str, arn: str) -> bool:
    """Whether the resource's own policy must let the caller in whatever the caller's policies say."""
    name = action.lower()
    return name.startswith(_ASSUME) or (name.startswith("kms:") and ":key/" in arn)
