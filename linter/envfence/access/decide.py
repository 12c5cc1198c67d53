"""May this principal do this action to this resource? In three values, with the statements and unknowns that decide.

Comes in: a request and the statements of all policies that take part (`model.Grant`, language "aws"). Goes out: a
`Decision`. Must not know: the graph, environments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from envfence.access.attachments import expand
from envfence.access.aws.compiled import Asked, Compiled, Masks, asked
from envfence.access.aws.context import Ends
from envfence.access.aws.engine import (
    Applied,
    Limits,
    Setting,
    accounts_equal,
    applied,
    limits_of,
    outcome,
    own_policy_decides,
)
from envfence.access.aws.worlds import Worlds, explore
from envfence.access.demands import Demand, holes_of
from envfence.access.match import ANYTHING, MAYBE, NO, OPAQUE, YES, Matcher, hole_classes
from envfence.access.tables import action as find_action
from envfence.access.views import ALLOWED, DENIED, POSSIBLE, Decision, PrincipalView, Request
from envfence.model import Condition, Grant
from envfence.secretness import without_secrets
from envfence.steps import last_steps
from envfence.values import Symbol, hole_index

_HARMLESS = ("iam:get", "iam:list", "iam:passrole", "kms:describe")
#: What nobody can be kept from.
_ALWAYS = frozenset({"sts:getcalleridentity"})
_BUILT_IN = ("aws:policy/", ":role/aws-reserved/", ":role/aws-service-role/", ":alias/aws/")


class Engine:
    """Decides, and remembers what it compiled and matched. One serves one table of symbols."""

    def __init__(self, symbols: Sequence[Symbol] = ()) -> None:
        self.symbols = symbols
        self.matcher = Matcher(hole_classes(symbols))
        self._compiled: dict[int, tuple[Grant, Compiled]] = {}
        self._readable: dict[str, str] = {}
        self._asked: dict[str, Asked] = {}
        self._patterns: dict[tuple[int, str], frozenset[str]] = {}

    def compiled(self, grants: Iterable[Grant]) -> list[Compiled]:
        """The grants made ready, attachments of policies that AWS maintains replaced by their statements."""
        result = []
        for grant in expand(grants):
            found = self._compiled.get(id(grant))
            if found is None:
                found = self._compiled[id(grant)] = (grant, Compiled(grant))
            result.append(found[1])
        return result

    def decide(self, request: Request, statements: Sequence[Grant]) -> Decision:
        """The decision about one request. `statements` are those of the principal (identity, boundary, session, scp)
        and of the resource (resource, trust, grant, rcp) together."""
        name = request.action.lower()
        if name in _ALWAYS:
            return Decision(ALLOWED)
        row = find_action(request.action)
        arn = "*" if row is not None and not row.types and not _is_role(request.action) else request.resource
        question = self._asked.get(name)
        if question is None:
            question = self._asked[name] = asked([(name, row)])
        compiled = self.compiled(statements)
        setting = setting_of(request, arn, compiled)
        limits = limits_of(each.grant for each in compiled)
        found = applied(self.matcher, compiled, question, setting)
        sure, possible = outcome(self.matcher, found, question, setting, limits)
        if not possible or is_untouchable(request.action, request.resource):
            return Decision(DENIED, tuple(each.statement.grant for each in found if not each.statement.allow))
        allowing = tuple(each.statement.grant for each in found if each.statement.allow)
        if sure:
            return Decision(ALLOWED, allowing)
        return self._open(compiled, found, question, setting, limits, allowing)

    def _open(
        self,
        compiled: Sequence[Compiled],
        found: Sequence[Applied],
        question: Asked,
        setting: Setting,
        limits: Limits,
        allowing: tuple[Grant, ...],
    ) -> Decision:
        """What seems open at first, looked at in every world that is possible."""
        worlds = self.worlds(compiled, question, setting, limits)
        if worlds is not None and not worlds.possible:
            return Decision(DENIED, tuple(each.statement.grant for each in found if not each.statement.allow))
        if worlds is not None and worlds.sure:
            return Decision(ALLOWED, allowing)
        demands = self.own(worlds.demands) if worlds is not None else ()
        return Decision(POSSIBLE, allowing, self.unknowns(found, question, setting, limits), demands)

    def worlds(self, compiled: Sequence[Compiled], question: Asked, setting: Setting, limits: Limits) -> Worlds | None:
        """The answer in all worlds; None when there are too many."""

        def answer(matcher: Matcher) -> Masks:
            return outcome(matcher, applied(matcher, compiled, question, setting), question, setting, limits)

        return explore(self.matcher, answer)

    def own(self, demands: Iterable[Demand]) -> tuple[Demand, ...]:
        """The demands on symbols of the table; not those on keys of this one request."""
        most = len(self.symbols)
        return tuple(each for each in demands if all((hole_index(hole) or 0) < most for hole in holes_of(each)))

    def unknowns(self, found: Sequence[Applied], question: Asked, setting: Setting, limits: Limits) -> tuple[str, ...]:
        """What a decision that is not sure depends on, in words, sorted."""
        reasons: set[str] = set()
        for each in found:
            reasons |= self._reasons(each, question, setting)
        who = setting.principal
        if self._account_matters(found, question, setting, limits):
            if who.account and setting.account:
                one, other = self.readable(who.account), self.readable(setting.account)
                reasons.add(f"whether {one} and {other} are one account")
            else:
                reasons.add("which account each is in")
        if not who.identity_known and who.kind in ("role", "user") and not _may_everything(found, question):
            reasons.add(f"the policies of {self.readable(who.arn)}, which are not in the repository")
        if not setting.policy_known:
            reasons.add("the resource's own policy, which is not in the repository")
        return tuple(sorted(reasons))

    def _account_matters(self, found: Sequence[Applied], question: Asked, setting: Setting, limits: Limits) -> bool:
        """Whether it is open if both are in one account, and the answer would be another one."""
        if setting.principal.kind not in ("role", "user", "account") or accounts_equal(self.matcher, setting) != MAYBE:
            return False
        worlds = (replace(setting, same_account=YES), replace(setting, same_account=NO))
        same, cross = (outcome(self.matcher, found, question, world, limits) for world in worlds)
        return same != cross

    def readable(self, text: str) -> str:
        """A holed text for people: `${var.region}` for a hole."""
        if text.isascii():
            return text
        found = self._readable.get(text)
        if found is None:
            found = self._readable[text] = "".join(self._shown(char) for char in text)
        return found

    def _shown(self, char: str) -> str:
        index = hole_index(char)
        if index is None:
            return "*" if char == OPAQUE else char
        if char == ANYTHING or index >= len(self.symbols):
            return "${?}"
        return f"${{{last_steps(without_secrets(self.symbols[index].what))}}}"

    def _reasons(self, each: Applied, question: Asked, setting: Setting) -> set[str]:
        grant = each.statement.grant
        if grant.unknown:
            return {grant.unknown}
        reasons = set(self._pattern_reasons(each, setting))
        if each.who.any() not in (NO, YES):
            reasons |= {f"whether {self.readable(who.value)} is the caller" for who in grant.principals}
        for index, row in enumerate(question.rows):
            open_ones = each.statement.open_conditions(self.matcher, row, question.type_keys[index], setting.ends)
            reasons |= {self._condition(one) for one in open_ones}
        return reasons

    def _pattern_reasons(self, each: Applied, setting: Setting) -> frozenset[str]:
        key = (id(each.statement), setting.arn)
        found = self._patterns.get(key)
        if found is None:
            patterns = each.statement.grant.resources or each.statement.grant.not_resources
            undecided = [text for text in patterns if self.matcher.arn(text, setting.arn) not in (NO, YES)]
            if each.statement.resource(self.matcher, setting.arn, setting.ends) in (NO, YES):
                undecided = []
            what = self.readable(setting.arn)
            found = frozenset(f"whether {self.readable(text)} is {what}" for text in undecided)
            if not each.statement.variables:
                self._patterns[key] = found
        return found

    def _condition(self, condition: Condition) -> str:
        values = ", ".join(self.readable(value) for value in condition.values[:3])
        return f"the condition {condition.test} {self.readable(condition.variable)} {values}".rstrip()


def setting_of(request: Request, arn: str, compiled: Sequence[Compiled]) -> Setting:
    """The surroundings of one request."""
    account = request.resource_account or account_in(request.resource)
    ends = Ends(
        principal=with_account(request.principal),
        resource=request.resource,
        resource_account=account,
        tags=request.tags,
        tags_complete=request.tags_complete,
        abac=request.abac,
        given={key.lower(): values for key, values in request.context.items()},
        complete=request.context_complete,
        unknown=frozenset(key.lower() for key in request.context_unknown),
    )
    decides = own_policy_decides(request.action, request.resource)
    has_policy = any(statement.kind in ("resource", "trust") for statement in compiled)
    default = decides and request.action.lower().startswith("kms:") and not has_policy and request.policy_known
    bounded = any(statement.kind == "boundary" for statement in compiled)
    return Setting(ends.principal, ends, arn, account, request.policy_known, decides, default, bounded)


def with_account(principal: PrincipalView) -> PrincipalView:
    """The principal with the account that its ARN says; a session as its role."""
    if principal.kind not in ("role", "user", "account"):
        return principal
    arn, session = principal.arn, principal.session
    if ":assumed-role/" in arn:
        head, _, rest = arn.partition(":assumed-role/")
        name, _, session = rest.partition("/")
        arn = f"{head.replace(':sts:', ':iam:', 1)}:role/{name}"
    account = principal.account or account_in(arn)
    if (arn, session, account) == (principal.arn, principal.session, principal.account):
        return principal
    return replace(principal, arn=arn, session=session, account=account)


def account_in(arn: str) -> str:
    """The account segment of an ARN, empty when it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) > 5 else ""


def is_untouchable(action: str, arn: str) -> bool:
    """What AWS maintains cannot be changed by anybody."""
    name = action.lower()
    changes = name.startswith(("iam:", "kms:")) and not name.startswith(_HARMLESS)
    return changes and is_built_in(arn)


@lru_cache(maxsize=20_000)
def is_built_in(arn: str) -> bool:
    """Whether an ARN is of something that AWS maintains."""
    return any(part in arn for part in _BUILT_IN)


def _may_everything(found: Sequence[Applied], question: Asked) -> bool:
    """Whether an identity statement surely allows all that is asked."""
    return any(
        each.statement.allow and each.statement.kind == "identity" and each.masks[0] == question.full for each in found
    )


def _is_role(action: str) -> bool:
    return action.lower().startswith("sts:")


def decide(request: Request, statements: Sequence[Grant], symbols: Sequence[Symbol] = ()) -> Decision:
    """One decision without an engine to keep: for tests and single questions."""
    return Engine(symbols).decide(request, statements)
