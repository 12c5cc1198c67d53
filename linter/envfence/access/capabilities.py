"""The bulk door: everything one principal can do to one resource, fast.

Comes in: a principal with its grants, a resource with its own. Goes out: the capabilities (`model.CAPABILITIES`) that
it surely or possibly has, each with the statement and action that give it. Must not know: the graph, environments.

Work is cut down in this order: statements that speak of no action of the resource's service; patterns that cannot match
the ARN (remembered); then pairs fall into classes: to which resources the principal's statements match alike, to those
it can do the same, and that is decided once. Reasons are put into words when somebody asks for them.

A placeholder for an identity policy that could not be read gives no capability: it is a gap, reported on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from envfence.access.aws.compiled import Asked, Compiled
from envfence.access.aws.context import Ends
from envfence.access.aws.engine import Applied, Limits, Setting, applied, limits_of, outcome
from envfence.access.aws.worlds import Worlds
from envfence.access.decide import Engine, account_in, is_built_in, is_untouchable, with_account
from envfence.access.demands import Demand
from envfence.access.match import ANYTHING, MAYBE, NO, YES, Matcher
from envfence.access.probes import Probe, probes_of, with_parts
from envfence.access.views import ALLOWED, POSSIBLE, Capability, PrincipalView, ResourceView, Why
from envfence.model import CAPABILITIES, Grant
from envfence.values import holes_in

_Class = tuple[object, ...]


class _Relevant(NamedTuple):
    """The statements that may speak of something: each with the patterns of its resources that may, where these are
    all that there is to look at; and whether one of them allows."""

    statements: list[Compiled]
    patterns: list[tuple[str, ...]]
    allows: bool


@dataclass(slots=True)
class _Caller:
    """One principal with its statements: those that matter, by kind of thing asked for; classes decided."""

    principal: PrincipalView
    grants: Sequence[Grant]
    who: PrincipalView
    statements: list[Compiled]
    limits: Limits
    #: Whether only its own statements and those of the resource let it do anything.
    lone: bool
    relevant: dict[int, _Relevant] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    classes: dict[_Class, tuple[_Found, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """One resource made ready: what to ask about it, each with the number of its kind, and the statements of its own
    policies."""

    resource: ResourceView
    probes: tuple[tuple[Probe, int], ...]
    policy: list[Compiled]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a class of pairs has: an action that gives a capability."""

    index: int
    verdict: str
    #: The capability as it is when it is sure.
    sure: Capability


@dataclass(slots=True)
class _Pair:
    """One pair that is open, for whoever wants to know why."""

    engine: Engine
    statements: list[Compiled]
    probe: Probe
    setting: Setting
    limits: Limits

    def single(self, index: int) -> Asked:
        """The question about one action."""
        question = self.probe.question
        return Asked(
            question.names[index : index + 1],
            question.rows[index : index + 1],
            question.type_keys[index : index + 1],
            1,
        )

    def worlds(self, index: int) -> Worlds | None:
        """The answer for one action in all worlds."""
        return self.engine.worlds(self.statements, self.single(index), self.setting, self.limits)

    def why(self, index: int) -> tuple[tuple[str, ...], tuple[Demand, ...]]:
        """What the answer for one action depends on, in words and as demands."""
        question = self.single(index)
        found = applied(self.engine.matcher, self.statements, question, self.setting)
        worlds = self.worlds(index)
        demands = self.engine.own(worlds.demands) if worlds is not None else ()
        return self.engine.unknowns(found, question, self.setting, self.limits), demands


class Capabilities:
    """Answers for many pairs; keeps an engine, probes and the statements of the last principals."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._resources: dict[int, _Known] = {}
        self._kinds: dict[tuple[int, str], int] = {}
        self._callers: dict[tuple[int, int], _Caller] = {}
        self._last: _Caller | None = None

    def of(
        self, principal: PrincipalView, grants_of_principal: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """The capabilities of `principal`, strongest first; at most one for each name. Pass the same objects for the
        same principal, grants and resource: each is prepared once."""
        caller = self._last
        if caller is None or caller.principal is not principal or caller.grants is not grants_of_principal:
            caller = self._last = self._caller(principal, grants_of_principal)
        known = self._resources.get(id(resource)) or self._known(resource)
        policy = known.policy
        lone = caller.lone and not policy
        best: dict[str, Capability] = {}
        asked = 0
        for probe, kind in known.probes:
            found = caller.relevant.get(kind)
            if found is None:
                found = caller.relevant[kind] = self._relevant(caller, probe)
            if lone and not found.allows:
                continue
            if policy:
                found = _Relevant([*found.statements, *policy], [*found.patterns, *((),) * len(policy)], True)
            for one in with_parts(probe, found.statements, self.engine.matcher) if probe.free else (probe,):
                asked += 1
                self._ask(best, caller, resource, one, found, lone)
        if not best:
            return ()
        if asked < 2:
            return tuple(best.values())
        return tuple(best[name] for name in CAPABILITIES if name in best)

    def _ask(
        self,
        best: dict[str, Capability],
        caller: _Caller,
        resource: ResourceView,
        probe: Probe,
        relevant: _Relevant,
        lone: bool,
    ) -> None:
        statements = relevant.statements
        matches, allows, special = self._matches(relevant, probe.arn)
        if lone and not allows:
            return
        alike: _Class
        if special or not lone:
            alike = (probe.question.serial, probe.arn, id(resource))
        else:
            account = resource.account or account_in(probe.arn)
            same = caller.accounts.get(account)
            if same is None:
                mine = caller.who.account
                same = self.engine.matcher.equal(mine, account) if mine and account else MAYBE
                caller.accounts[account] = same
            alike = (probe.question.serial, matches, same, resource.policy_known)
        found = caller.classes.get(alike)
        if found is None:
            setting = _setting(caller, resource, probe, statements)
            found = caller.classes[alike] = tuple(self._decided(caller, probe, statements, setting))
        built_in = is_built_in(probe.arn)
        why: Why | None = None
        for one in found:
            name = one.sure.name
            known = best.get(name)
            if known is not None and (known.verdict == ALLOWED or one.verdict == POSSIBLE):
                continue
            if built_in and is_untouchable(probe.question.names[one.index], probe.arn):
                continue
            if one.verdict == ALLOWED:
                best[name] = one.sure
            else:
                why = why or partial(self._why, caller, resource, probe, statements)
                best[name] = Capability(name, POSSIBLE, one.sure.action, one.sure.grant, (), one.sure.grants, why=why)

    def _why(
        self, caller: _Caller, resource: ResourceView, probe: Probe, statements: list[Compiled], action: str
    ) -> tuple[tuple[str, ...], tuple[Demand, ...]]:
        index = probe.question.names.index(action.lower())
        setting = _setting(caller, resource, probe, statements)
        return _Pair(self.engine, statements, probe, setting, caller.limits).why(index)

    def _matches(self, relevant: _Relevant, arn: str) -> tuple[tuple[int, ...], bool, bool]:
        """How each statement matches an ARN, whether one that allows does, and whether conditions or variables make
        the pair one of its own."""
        matcher = self.engine.matcher
        row = matcher.row_of(arn)
        known = row.known
        result = []
        allows = special = False
        for statement, patterns in zip(relevant.statements, relevant.patterns, strict=True):
            best = 0
            if patterns:
                bit = 4
                for pattern in patterns:
                    verdict = known.get(pattern)
                    if verdict is None:
                        verdict = matcher.settle(pattern, row, arn)
                    if verdict == YES:
                        best = YES
                        break
                    if verdict:
                        best |= bit | MAYBE  # which of them may match is part of the class
                    bit <<= 1
            else:
                best = MAYBE if statement.variables else statement.resource(matcher, arn, None)
            if best:
                allows = allows or statement.gives
                special = special or statement.special
            result.append(best)
        return tuple(result), allows, special

    def _decided(self, caller: _Caller, probe: Probe, statements: list[Compiled], setting: Setting) -> list[_Found]:
        """For each capability the first action that surely gives it, and those before that possibly do."""
        matcher, question = self.engine.matcher, probe.question
        found = applied(matcher, statements, question, setting)
        if caller.lone and not any(each.statement.allow for each in found):
            return []
        sure, possible = outcome(matcher, found, question, setting, caller.limits)
        result: dict[str, _Found] = {}
        for index, action in enumerate(probe.actions):
            bit = 1 << index
            known = result.get(action.capability)
            if not possible & bit or (known is not None and (known.verdict == ALLOWED or not sure & bit)):
                continue
            verdict = ALLOWED if sure & bit else POSSIBLE
            if verdict == POSSIBLE:
                taking_part = [each for each in found if each.masks[1] & bit]
                pair = _Pair(self.engine, statements, probe, setting, caller.limits)
                verdict = self._open(taking_part, pair, index)
                if not verdict:
                    continue
            grants = _allowing(found, bit)
            name, what = action.capability, f"{probe.service}:{action.name}"
            capability = Capability(name, ALLOWED, what, grants[0] if grants else None, (), grants)
            result[name] = _Found(index, verdict, capability)
        return list(result.values())

    def _open(self, found: list[Applied], pair: _Pair, index: int) -> str:
        """What seems open for one action, looked at more closely; empty for what cannot be."""
        undecided = [each for each in found if not each.masks[0] >> index & 1 or each.who.any() == MAYBE]
        if not _is_entangled(undecided, pair.setting):
            return POSSIBLE
        if not any(each.statement.special or not each.statement.plain for each in undecided):
            return POSSIBLE if self._come_together(found, undecided, pair, index) else ""
        worlds = pair.worlds(index)
        if worlds is None:
            return POSSIBLE
        return ALLOWED if worlds.sure else POSSIBLE if worlds.possible else ""

    def _come_together(self, found: list[Applied], undecided: list[Applied], pair: _Pair, index: int) -> bool:
        """Whether open patterns of all policies that must allow can match one name, and none that denies covers it."""
        matcher, arn = self.engine.matcher, pair.setting.arn
        groups: dict[str, list[str]] = {}
        for each in undecided:
            kind = each.statement.kind if each.statement.allow else "deny"
            groups.setdefault(kind, []).extend(
                pattern for pattern in each.statement.plain if matcher.arn(pattern, arn) == MAYBE
            )
        denied = groups.pop("deny", [])
        for each in found:
            if each.statement.allow and each.masks[0] >> index & 1:
                groups.pop(each.statement.kind, None)  # what is surely allowed needs no pattern
        left = [
            [one for one in patterns if not any(matcher.arn(other, _as_text(one)) == YES for other in denied)]
            for patterns in groups.values()
        ]
        return all(
            any(matcher.arn(one, _as_text(other)) != NO for one in first for other in second)
            for number, first in enumerate(left)
            for second in left[number:]
        )

    def _caller(self, principal: PrincipalView, grants: Sequence[Grant]) -> _Caller:
        known = self._callers.get((id(principal), id(grants)))
        if known is not None:
            return known
        # Statements that could not be read and would give something are left out; limits are not.
        compiled = [each for each in self.engine.compiled(grants) if not (each.grant.unknown and each.gives)]
        who = with_account(principal)
        lone = who.identity_known and who.kind != "account"
        made = _Caller(principal, grants, who, compiled, limits_of(grants), lone)
        if len(self._callers) >= _MOST_CALLERS:
            self._callers.clear()
        self._callers[(id(principal), id(grants))] = made
        return made

    def _relevant(self, caller: _Caller, probe: Probe) -> _Relevant:
        """The statements that speak of an action of the question, and may speak of something of the probe's service."""
        matcher = self.engine.matcher
        service = _service(probe.arn)
        statements, patterns = [], []
        for each in caller.statements:
            if not each.grant.unknown and not each.masks(matcher, probe.question)[1]:
                continue
            listed = tuple(text for text in each.plain if _may_be_of(matcher, text, service))
            if listed or not each.plain:
                statements.append(each)
                patterns.append(listed)
        return _Relevant(statements, patterns, any(each.gives for each in statements))

    def _known(self, resource: ResourceView) -> _Known:
        probes = tuple((probe, self._kind(probe)) for probe in probes_of(resource))
        found = self._resources[id(resource)] = _Known(resource, probes, self.engine.compiled(resource.policy))
        return found

    def _kind(self, probe: Probe) -> int:
        return self._kinds.setdefault((probe.question.serial, _service(probe.arn)), len(self._kinds))


def _service(arn: str) -> str:
    return arn.split(":", 3)[2].lower()


def _may_be_of(matcher: Matcher, pattern: str, service: str) -> bool:
    """Whether a pattern may speak of things whose ARN has this service."""
    parts = pattern.split(":", 5)
    return len(parts) < 6 or matcher.text(parts[2].lower(), service) != NO


#: Callers that are kept ready: whoever asks in order of principals needs only the last.
_MOST_CALLERS = 64


def _allowing(found: list[Applied], bit: int) -> tuple[Grant, ...]:
    allowing = [each for each in found if each.masks[1] & bit and each.statement.allow]
    allowing.sort(key=lambda each: (not each.masks[0] & bit, each.statement.kind != "identity", -each.who.any()))
    return tuple(each.statement.grant for each in allowing)


def _is_entangled(undecided: list[Applied], setting: Setting) -> bool:
    """Whether open statements of different roles may hang on the same unknown, so that not all of their answers go
    together: an Allow and a Deny, an identity policy and a boundary, or several parts of one statement."""
    groups: dict[tuple[bool, str], set[str]] = {}
    about = holes_in(setting.arn)
    for each in undecided:
        statement = each.statement
        if statement.special or statement.grant.not_resources:
            return True
        holes = about | statement.holes
        if any(group != (statement.allow, statement.kind) and holes & others for group, others in groups.items()):
            return True
        groups.setdefault((statement.allow, statement.kind), set()).update(holes)
    return False


def _as_text(pattern: str) -> str:
    """A pattern as a text whose wildcards are unknown."""
    return pattern.replace("*", ANYTHING).replace("?", ANYTHING)


def _setting(caller: _Caller, resource: ResourceView, probe: Probe, statements: list[Compiled]) -> Setting:
    account = resource.account or account_in(probe.arn)
    ends = Ends(
        principal=caller.who,
        resource=probe.arn,
        resource_account=account,
        tags=resource.tags,
        tags_complete=resource.tags_complete,
        abac=resource.abac,
    )
    key = probe.service == "kms" and ":key/" in probe.arn
    has_policy = any(statement.kind in ("resource", "trust") for statement in resource_policy(statements))
    default = key and not has_policy and resource.policy_known
    decides = key or probe.service == "sts"
    bounded = caller.limits.boundary
    return Setting(caller.who, ends, probe.arn, account, resource.policy_known, decides, default, bounded)


def resource_policy(statements: list[Compiled]) -> list[Compiled]:
    """The statements that stand at the resource."""
    return [each for each in statements if each.kind in ("resource", "trust", "grant")]
