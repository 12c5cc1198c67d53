"""Which questions stand for one resource: its ARNs, the parts of it that actions name, the actions that do something.

Comes in: a resource. Goes out: probes. Must not know: statements, principals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from envfence.access.aws.compiled import Asked, Compiled, asked
from envfence.access.match import NO, OPAQUE, Matcher
from envfence.access.tables import Action, Service, service
from envfence.access.views import ResourceView
from envfence.model import CAPABILITIES
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


def probes_of(resource: ResourceView) -> list[Probe]:
    """The probes that stand for a resource."""
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


@lru_cache(maxsize=20_000)
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


def with_parts(probe: Probe, statements: Sequence[Compiled], matcher: Matcher) -> list[Probe]:
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
            if rest and rest != "*" and matcher.arn(pattern, stem + _instance(rest)) != NO:
                arns[stem + _instance(rest)] = None
        if len(arns) > _MAX_PARTS:
            break
    return [Probe(arn, probe.service, probe.question, probe.actions) for arn in arns]
