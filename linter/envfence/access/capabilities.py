"""The bulk door: everything one principal can do to one resource, fast.

Comes in: a principal with its grants, a resource with its own. Goes out: the capabilities (`model.CAPABILITIES`) that
it surely or possibly has, each with the statement and action that give it. Must not know: the graph, environments.

Work is cut down in this order: statements that speak of no action of the resource's service; patterns that cannot match
the ARN (remembered); account and resource policy; conditions; and only for what is left, the reasons.

A placeholder for an identity policy that could not be read gives no capability: it is a gap, reported on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from envfence.access.aws.compiled import Asked, Compiled, asked
from envfence.access.aws.context import Ends
from envfence.access.aws.engine import Applied, Setting, applied, outcome
from envfence.access.decide import Engine, account_in, is_untouchable, with_account
from envfence.access.match import NO, OPAQUE
from envfence.access.tables import Action, Service, service
from envfence.access.views import ALLOWED, POSSIBLE, Capability, PrincipalView, ResourceView
from envfence.model import CAPABILITIES, Grant
from envfence.values import has_holes

#: Services whose actions are about resources with another service's ARN.
_ALSO = {
    "kafka": ("kafka-cluster",),
    "rds": ("rds-data",),
    "redshift": ("redshift-data",),
    "iam": ("sts",),
}
#: Parts of a resource that actions name beside it: Terraform type to what follows the ARN.
_PARTS = {
    "aws_s3_bucket": "/",
    "aws_s3_access_point": "/object/",
    "aws_elasticsearch_domain": "/",
    "aws_opensearch_domain": "/",
    "aws_cloudwatch_log_group": ":",
}
_MAX_PARTS = 16
#: Actions that people know, before others that come to the same.
_PLAIN = frozenset(
    (
        "PutBucketPolicy",
        "PutBucketVersioning",
        "PutKeyPolicy",
        "DeleteObject",
        "DeleteTable",
        "ModifyDBInstance",
        "ModifyDBCluster",
        "PutResourcePolicy",
        "UpdateAssumeRolePolicy",
        "AssumeRole",
        "SendMessage",
        "Publish",
    )
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One ARN that stands for the resource, with the actions to ask about, strongest first, by service."""

    arn: str
    service: str
    question: Asked
    actions: tuple[Action, ...]
    #: Where the free part of the ARN begins; 0 when it has none.
    free: int = 0


class Capabilities:
    """Answers for many pairs; keeps an engine, probes and the statements of each principal by service."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._probes: dict[int, tuple[ResourceView, tuple[Probe, ...]]] = {}
        self._identity: dict[int, tuple[Sequence[Grant], list[Compiled], frozenset[str]]] = {}
        self._relevant: dict[tuple[int, int], tuple[list[Compiled], bool]] = {}
        self._callers: dict[int, tuple[PrincipalView, PrincipalView]] = {}

    def of(
        self, principal: PrincipalView, grants_of_principal: Sequence[Grant], resource: ResourceView
    ) -> tuple[Capability, ...]:
        """The capabilities of `principal`, strongest first; at most one for each name. Pass the same objects for the
        same principal, grants and resource: each is prepared once."""
        statements, kinds = self._statements(grants_of_principal)
        if resource.policy:
            kinds = kinds | {grant.policy for grant in resource.policy}
        policy = self.engine.compiled(resource.policy) if resource.policy else []
        who = self._caller(principal)
        lone = who.identity_known and who.kind != "account" and not policy
        best: dict[str, Capability] = {}
        for probe in self._probes_of(resource):
            relevant, allows = self._relevant_to(grants_of_principal, statements, probe)
            if lone and not allows:
                continue
            for one in self._with_parts(probe, (*relevant, *policy)):
                self._ask(best, who, resource, one, relevant, policy, kinds)
        return tuple(best[name] for name in CAPABILITIES if name in best)

    def _ask(
        self,
        best: dict[str, Capability],
        who: PrincipalView,
        resource: ResourceView,
        probe: Probe,
        relevant: list[Compiled],
        policy: list[Compiled],
        kinds: frozenset[str],
    ) -> None:
        setting = _setting(who, resource, probe, policy, kinds)
        found = applied(self.engine.matcher, [*relevant, *policy], probe.question, setting)
        if not any(each.statement.allow for each in found) and who.identity_known and who.kind != "account":
            return
        sure, possible = outcome(self.engine.matcher, found, probe.question, setting, kinds)
        for index, action in enumerate(probe.actions):
            bit = 1 << index
            if not possible & bit or is_untouchable(probe.question.names[index], probe.arn):
                continue
            verdict = ALLOWED if sure & bit else POSSIBLE
            known = best.get(action.capability)
            if known is None or (known.verdict == POSSIBLE and verdict == ALLOWED):
                best[action.capability] = self._capability(action, verdict, found, probe, index, setting, kinds)

    def _capability(
        self,
        action: Action,
        verdict: str,
        found: list[Applied],
        probe: Probe,
        index: int,
        setting: Setting,
        kinds: frozenset[str],
    ) -> Capability:
        bit = 1 << index
        taking_part = [each for each in found if each.masks[1] & bit]
        allowing = sorted(
            (each for each in taking_part if each.statement.allow),
            key=lambda each: (not each.masks[0] & bit, each.statement.kind != "identity", -each.who.any()),
        )
        unknowns: tuple[str, ...] = ()
        if verdict == POSSIBLE:
            single = Asked(
                probe.question.names[index : index + 1],
                probe.question.rows[index : index + 1],
                probe.question.type_keys[index : index + 1],
                1,
            )
            unknowns = self.engine.unknowns([each.only(index) for each in taking_part], single, setting, kinds)
        grants = tuple(each.statement.grant for each in allowing)
        name = f"{probe.service}:{action.name}"
        return Capability(action.capability, verdict, name, grants[0] if grants else None, unknowns, grants)

    def _statements(self, grants: Sequence[Grant]) -> tuple[list[Compiled], frozenset[str]]:
        """The statements of a principal that can be read, and the kinds of all its policies."""
        found = self._identity.get(id(grants))
        if found is None:
            compiled = [each for each in self.engine.compiled(grants) if not each.grant.unknown or not each.allow]
            kinds = frozenset(grant.policy for grant in grants)
            found = self._identity[id(grants)] = (grants, compiled, kinds)
        return found[1], found[2]

    def _caller(self, principal: PrincipalView) -> PrincipalView:
        found = self._callers.get(id(principal))
        if found is None:
            found = self._callers[id(principal)] = (principal, with_account(principal))
        return found[1]

    def _relevant_to(
        self, grants: Sequence[Grant], statements: list[Compiled], probe: Probe
    ) -> tuple[list[Compiled], bool]:
        """The statements that speak of an action of the probe, and whether one of them allows."""
        key = (id(grants), probe.question.serial)
        found = self._relevant.get(key)
        if found is None:
            matcher = self.engine.matcher
            listed = [each for each in statements if each.masks(matcher, probe.question)[1]]
            found = self._relevant[key] = (listed, any(each.allow for each in listed))
        return found

    def _probes_of(self, resource: ResourceView) -> tuple[Probe, ...]:
        found = self._probes.get(id(resource))
        if found is None:
            found = self._probes[id(resource)] = (resource, tuple(_probes(resource)))
        return found[1]

    def _with_parts(self, probe: Probe, statements: Sequence[Compiled]) -> list[Probe]:
        """The probe, and for one with a free part the parts that Allow statements name."""
        if not probe.free:
            return [probe]
        stem = probe.arn[: probe.free]
        mark = stem[-1]
        arns = {probe.arn: None}
        for statement in statements:
            if not statement.allow:
                continue
            for pattern in statement.grant.resources:
                rest = _rest(pattern, mark)
                if rest and rest != "*" and self.engine.matcher.arn(pattern, stem + _instance(rest)) != NO:
                    arns[stem + _instance(rest)] = None
            if len(arns) > _MAX_PARTS:
                break
        return [Probe(arn, probe.service, probe.question, probe.actions) for arn in arns]


def _setting(
    who: PrincipalView, resource: ResourceView, probe: Probe, policy: list[Compiled], kinds: frozenset[str]
) -> Setting:
    account = resource.account or account_in(probe.arn)
    ends = Ends(
        principal=who,
        resource=probe.arn,
        resource_account=account,
        tags=resource.tags,
        tags_complete=resource.tags_complete,
        abac=resource.abac,
    )
    key = probe.service == "kms" and ":key/" in probe.arn
    decides = key or probe.service == "sts"
    has_policy = any(statement.kind in ("resource", "trust") for statement in policy)
    default = key and not has_policy and resource.policy_known
    bounded = "boundary" in kinds
    return Setting(who, ends, probe.arn, account, resource.policy_known, decides, default, bounded)


def _probes(resource: ResourceView) -> list[Probe]:
    result: list[Probe] = []
    for arn in resource.arns:
        parts = arn.split(":", 5)
        if len(parts) < 6 or has_holes(parts[2]):
            continue
        for prefix in (parts[2], *_ALSO.get(parts[2], ())):
            table = service(prefix)
            if table is not None:
                result.extend(_probes_in(resource, arn, table))
    return result


def _probes_in(resource: ResourceView, arn: str, table: Service) -> list[Probe]:
    part = _PARTS.get(resource.type)
    if resource.type == "aws_backup_vault":
        head = ":".join(arn.split(":", 5)[:5])
        return [*_probe(arn, table, 0), *_probe(f"{head}:recovery-point:{OPAQUE}", table, 0)]
    probes = _probe(arn, table, 0, whole=part == "/")
    if part is not None:
        probes += _probe(arn + part + OPAQUE, table, len(arn) + len(part))
    return probes


def _probe(arn: str, table: Service, free: int, whole: bool = False) -> list[Probe]:
    if table.prefix == "sts" and ":role/" not in arn:
        return []
    question, actions = _question(table.prefix, tuple(sorted(_types_of(arn, table, whole))))
    return [Probe(arn, table.prefix, question, actions, free)] if actions else []


@cache
def _question(prefix: str, kinds: tuple[str, ...]) -> tuple[Asked, tuple[Action, ...]]:
    """The actions to ask about for resource types of a service, strongest first; the same object each time."""
    table = service(prefix)
    listed = table.actions.values() if table is not None else ()
    actions = [each for each in listed if each.capability and not set(each.about).isdisjoint(kinds)]
    if prefix == "sts":
        actions = [each for each in actions if each.name == "AssumeRole"]
    ordered = sorted(actions, key=lambda each: (CAPABILITIES.index(each.capability), *_typical(each)))
    return asked([(f"{prefix}:{each.name}", each) for each in ordered]), tuple(ordered)


def _typical(action: Action) -> tuple[bool, int, str]:
    """Which action shows a capability best: the plain one, with the shortest name."""
    if action.name in _PLAIN:
        return False, 0, action.name
    return not action.name.startswith(("Delete", "Put", "Get")), len(action.name), action.name


def _types_of(arn: str, table: Service, whole: bool) -> set[str]:
    """The resource types whose ARN this is: those with the most specific template. `whole` is set for a bucket or
    domain, whose name surely holds no slash."""
    found = {name: pattern for name, pattern in table.arns.items() if pattern.fullmatch(arn)}
    if whole and "bucket" in found:
        return {"bucket"}
    longest = max((len(pattern.pattern) for pattern in found.values()), default=0)
    return {name for name, pattern in found.items() if len(pattern.pattern) == longest}


def _rest(pattern: str, mark: str) -> str:
    """What a pattern says behind the first mark of its last ARN segment."""
    parts = pattern.split(":", 5)
    tail = parts[5] if len(parts) > 5 else pattern if has_holes(pattern) else ""
    if mark == ":" and tail.startswith("log-group:"):
        tail = tail.removeprefix("log-group:")
    return tail.partition(mark)[2]


def _instance(rest: str) -> str:
    """One text that a pattern matches: its stars are free parts."""
    return rest.replace("*", OPAQUE).replace("?", "x")
