"""Alarms and audit trails of AWS: what they watch, whether they are switched on and reach anybody.

In: event rules, metric filters and alarms, notifications of vaults and databases, trails. Out: facts of their nodes.
Must not know other deployments: whether a boundary lacks an alarm is for a rule to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from envfence.model import Fact
from envfence.providers.common.alarms import (
    ALTERABLE,
    AUDIT,
    BACKUP_FAILURE,
    DELETABLE,
    DESTRUCTION,
    ONE_REGION,
    SILENT,
    UNRECORDED,
    calls_in,
    destroys,
    is_empty,
    is_watching,
    switched_off,
    tell,
    watch,
)
from envfence.providers.common.values import ABSENT, Absent, at, one, text, texts, unknown_in
from envfence.values import Sequence, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = (
    "aws_backup_vault_notifications",
    "aws_cloudtrail",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_metric_alarm",
    "aws_db_event_subscription",
)
#: States of a job that somebody should hear of.
_FAILED = ("FAILED", "ABORTED", "EXPIRED")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """What one alarm watches and whether it is switched off; how much one trail records."""
    if resource.mode == "managed":
        _READERS[resource.type](resource, builder)


def finish(builder: FactsBuilder) -> None:
    """Rules without a target, filters whose alarms tell nobody, trails whose bucket is deleted with what is in it."""
    by_type: dict[str, list[Resource]] = {}
    for each in builder.resources:
        if each.mode == "managed" and each.type in _SPEAKERS:
            by_type.setdefault(each.type, []).append(each)
    for rule in by_type.get("aws_cloudwatch_event_rule", ()):
        if is_watching(builder, rule):
            _without_target(rule, by_type.get("aws_cloudwatch_event_target", []), builder)
    for metric in by_type.get("aws_cloudwatch_log_metric_filter", ()):
        if is_watching(builder, metric):
            _without_alarm(metric, by_type.get("aws_cloudwatch_metric_alarm", []), builder)
    for trail in by_type.get("aws_cloudtrail", ()):
        if is_watching(builder, trail):
            _into_bucket(trail, by_type.get("aws_s3_bucket", []), builder)


_SPEAKERS = (
    "aws_cloudtrail",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_metric_alarm",
    "aws_s3_bucket",
)


# ---------------------------------------------------------------- events


def _event_rule(resource: Resource, builder: FactsBuilder) -> None:
    value = one(resource.values, "event_pattern")
    if value is ABSENT:
        return
    pattern = _parsed(text(value))
    watch(builder, resource, "event_pattern", None if pattern is None else set(_events(pattern)))
    if not is_watching(builder, resource):
        return
    if switched_off(resource, "state", "DISABLED"):
        tell(builder, resource, SILENT, "state", "the rule is disabled")
    elif switched_off(resource, "is_enabled"):
        tell(builder, resource, SILENT, "is_enabled", "the rule is disabled")


def _parsed(source: str | None) -> dict[str, Any] | None:
    """An event pattern as data; None where it is unknown or none."""
    try:
        data = json.loads(source or "")
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _events(pattern: dict[str, Any]) -> Iterator[str]:
    """What a pattern of EventBridge lets through, of what rules ask for."""
    sources, kinds = _wanted(pattern.get("source")), _wanted(pattern.get("detail-type"))
    detail = pattern.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    names = _wanted(detail.get("eventName"))
    if any(destroys(name) for name in names):
        yield DESTRUCTION
    categories = _wanted(detail.get("EventCategories"))
    if any("RDS DB" in kind for kind in kinds) or (sources == ("aws.rds",) and not kinds and not names):
        yield from _database_events(categories)
    jobs = "aws.backup" in sources and not names  # with names of calls, it asks for calls and not for jobs
    if jobs or any(kind.startswith("Backup Job") for kind in kinds):
        states = _wanted(detail.get("state")) or _wanted(detail.get("status"))
        if not states or set(states) & set(_FAILED):
            yield BACKUP_FAILURE


def _wanted(value: Any) -> tuple[str, ...]:
    """The texts that one key of a pattern accepts; `{"prefix": "Delete"}` is `Delete*`."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict) and isinstance(item.get("prefix"), str):
            found.append(item["prefix"] + "*")
    return tuple(found)


def _database_events(categories: tuple[str, ...]) -> Iterator[str]:
    if not categories or "deletion" in categories:
        yield DESTRUCTION
    if not categories or {"backup", "failure"} & set(categories):
        yield BACKUP_FAILURE


def _subscription(resource: Resource, builder: FactsBuilder) -> None:
    categories = one(resource.values, "event_categories")
    known = unknown_in(categories) is None
    watch(builder, resource, "event_categories", _database_events(texts(categories)) if known else None)
    if is_watching(builder, resource) and switched_off(resource, "enabled"):
        tell(builder, resource, SILENT, "enabled", "the subscription is switched off")


def _vault_notifications(resource: Resource, builder: FactsBuilder) -> None:
    events = one(resource.values, "backup_vault_events")
    if unknown_in(events) is not None:
        watch(builder, resource, "backup_vault_events", None)
    elif any(event.startswith(("BACKUP_JOB", "COPY_JOB_FAILED")) for event in texts(events)):
        watch(builder, resource, "backup_vault_events", (BACKUP_FAILURE,))


def _without_target(rule: Resource, targets: list[Resource], builder: FactsBuilder) -> None:
    """A rule that no target of the deployment belongs to. A target whose rule is not known may be its."""
    own = {text(one(rule.values, "name")), builder.subject(rule).hole("id"), builder.subject(rule).hole("name")}
    for target in targets:
        named = text(one(target.values, "rule"))
        if named is None or has_holes(named) or named in own or one(rule.values, "name") is ABSENT:
            return
    tell(builder, rule, SILENT, "", "no target belongs to the rule")


# ---------------------------------------------------------------- metrics


def _metric_filter(resource: Resource, builder: FactsBuilder) -> None:
    pattern = text(one(resource.values, "pattern"))
    if pattern is None:
        return
    found = {DESTRUCTION} if any(destroys(name) for name in calls_in(pattern)) else set()
    if "backup.amazonaws.com" in pattern and any(state in pattern for state in _FAILED):
        found.add(BACKUP_FAILURE)
    watch(builder, resource, "pattern", found if found or not has_holes(pattern) else None)


def _metric_alarm(resource: Resource, builder: FactsBuilder) -> None:
    if one(resource.values, "namespace") != "AWS/Backup":
        return
    name = text(one(resource.values, "metric_name")) or ""
    if has_holes(name) or not name or "Failed" in name or "Aborted" in name or "Expired" in name:
        watch(builder, resource, "metric_name", (BACKUP_FAILURE,))
        reason = _mute(resource)
        if reason:
            tell(builder, resource, SILENT, "actions_enabled", reason)


def _mute(alarm: Resource) -> str:
    """Why an alarm tells nobody, if so."""
    if switched_off(alarm, "actions_enabled"):
        return "its actions are switched off"
    if is_empty(one(alarm.values, "alarm_actions")):
        return "it has no alarm_actions"
    return ""


def _without_alarm(metric: Resource, alarms: list[Resource], builder: FactsBuilder) -> None:
    """A filter all of whose alarms tell nobody. Without any here, somebody else may read the metric."""
    names = {text(value) for value in at(metric.values, "metric_transformation.name")}
    own = [alarm for alarm in alarms if text(one(alarm.values, "metric_name")) in names]
    reasons = [_mute(alarm) for alarm in own]
    if own and all(reasons):
        tell(builder, metric, SILENT, "pattern", f"of its alarm {own[0].address}: {reasons[0]}")


# ---------------------------------------------------------------- trails


def _trail(resource: Resource, builder: FactsBuilder) -> None:
    if switched_off(resource, "enable_logging"):
        tell(builder, resource, UNRECORDED, "enable_logging", "enable_logging is false")
        return
    if not _is_audit(resource):
        return
    watch(builder, resource, "name", (AUDIT,))
    if one(resource.values, "enable_log_file_validation") in (ABSENT, False):
        tell(builder, resource, ALTERABLE, "enable_log_file_validation", "enable_log_file_validation is not true")
    if one(resource.values, "is_multi_region_trail") in (ABSENT, False):
        tell(builder, resource, ONE_REGION, "is_multi_region_trail", "is_multi_region_trail is not true")


def _into_bucket(trail: Resource, buckets: list[Resource], builder: FactsBuilder) -> None:
    """A trail whose bucket Terraform empties when it is taken out of the source."""
    name = text(one(trail.values, "s3_bucket_name"))
    for bucket in buckets:
        own = {
            text(one(bucket.values, "bucket")),
            builder.subject(bucket).hole("id"),
            builder.subject(bucket).hole("bucket"),
        }
        if name is not None and name in own and one(bucket.values, "force_destroy") is True:
            span = bucket.span_of("force_destroy") or bucket.span
            reason = f"force_destroy of {bucket.address} is true"
            builder.add_fact(trail.address, DELETABLE, Fact(value=True, span=span, reason=reason))


def _is_audit(trail: Resource) -> bool:
    """Whether a trail is there to record what is done to the account, and not the events of one service only."""
    if one(trail.values, "advanced_event_selector") is not ABSENT:
        fields = "advanced_event_selector.field_selector"
        return "Management" in [text(item) for value in at(trail.values, f"{fields}.equals") for item in _items(value)]
    managed, how = (
        [*at(trail.values, f"event_selector.{name}")] for name in ("include_management_events", "read_write_type")
    )
    if any(value is False or value == "ReadOnly" for value in (*managed, *how)):
        return False
    return True in managed or one(trail.values, "include_global_service_events") is not False


def _items(value: Value | Absent) -> tuple[Value, ...]:
    return value.items if isinstance(value, Sequence) else ()


_READERS = {
    "aws_backup_vault_notifications": _vault_notifications,
    "aws_cloudtrail": _trail,
    "aws_cloudwatch_event_rule": _event_rule,
    "aws_cloudwatch_log_metric_filter": _metric_filter,
    "aws_cloudwatch_metric_alarm": _metric_alarm,
    "aws_db_event_subscription": _subscription,
}
