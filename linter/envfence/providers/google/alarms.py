"""Alarms and audit logs of Google Cloud: what they watch, whether they are switched on and reach anybody.

In: log metrics, alert policies, sinks, exclusions, audit configurations. Out: facts of their nodes. Must not know other
deployments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.providers.common.alarms import (
    BACKUP_FAILURE,
    DESTRUCTION,
    SILENT,
    UNRECORDED,
    is_watching,
    switched_off,
    tell,
    tell_silence,
    watch,
)
from envfence.providers.common.values import at, one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_EXCLUSIONS = (
    "google_logging_billing_account_exclusion",
    "google_logging_folder_exclusion",
    "google_logging_organization_exclusion",
    "google_logging_project_exclusion",
)
_SINKS = (
    "google_logging_billing_account_sink",
    "google_logging_folder_sink",
    "google_logging_organization_sink",
    "google_logging_project_sink",
)
TYPES = ("google_logging_metric", "google_monitoring_alert_policy", *_EXCLUSIONS, *_SINKS)
#: The last word of the methods that destroy data: `storage.buckets.delete`, `cloudsql.instances.delete`.
_DELETES = re.compile(
    r"(buckets|instances|databases|tables|datasets|disks|snapshots|backups?)\.?delete|delete\w*backup", re.I
)
_DESTROYS_KEY = re.compile(r"destroycryptokeyversion", re.I)
_BACKUP_FAILED = re.compile(r"backup", re.I)
_ERROR = re.compile(r"severity\s*>?=\s*\"?(ERROR|WARNING)|fail", re.I)
#: An exclusion by this log drops the record of who changed what. Data access logs are left out for their price.
_ACTIVITY = re.compile(
    r"cloudaudit\.googleapis\.com(/|%2F)(activity|system_event)|LOG_ID\(.cloudaudit\.googleapis\.com/activity", re.I
)
_NEGATED = re.compile(r"NOT\s|!=|-log", re.I)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """What one alarm watches and whether it is switched off; what one sink or exclusion leaves unrecorded."""
    if resource.mode != "managed":
        return
    if resource.type in _EXCLUSIONS:
        _exclusion(resource, builder, "filter", "disabled")
    elif resource.type in _SINKS:
        _sink(resource, builder)
    elif resource.type == "google_logging_metric":
        _watch_filter(resource, builder, "filter")
        if switched_off(resource, "disabled", off=True) and is_watching(builder, resource):
            tell(builder, resource, SILENT, "disabled", "the metric is disabled")
    else:
        _policy(resource, builder)


def _watch_filter(resource: Resource, builder: FactsBuilder, path: str) -> None:
    for value in at(resource.values, path):
        pattern = text(value)
        if pattern is not None:
            found = set(_events(pattern))
            watch(builder, resource, path, found if found or not has_holes(pattern) else None)


def _events(pattern: str) -> Iterator[str]:
    if _DELETES.search(pattern) or _DESTROYS_KEY.search(pattern):
        yield DESTRUCTION
    if _BACKUP_FAILED.search(pattern) and _ERROR.search(pattern):
        yield BACKUP_FAILURE


def _policy(resource: Resource, builder: FactsBuilder) -> None:
    _watch_filter(resource, builder, "conditions.condition_matched_log.filter")
    if is_watching(builder, resource):
        tell_silence(builder, resource, "the policy", "notification_channels", "it has no notification channel")


def _exclusion(resource: Resource, builder: FactsBuilder, path: str, off: str) -> None:
    pattern = text(one(resource.values, path)) or ""
    if _ACTIVITY.search(pattern) and not _NEGATED.search(pattern) and not switched_off(resource, off, off=True):
        tell(builder, resource, UNRECORDED, path, "its filter drops the log of administrators' activity")


def _sink(resource: Resource, builder: FactsBuilder) -> None:
    pattern = text(one(resource.values, "filter")) or ""
    if "cloudaudit" in pattern and switched_off(resource, "disabled", off=True):
        tell(builder, resource, UNRECORDED, "disabled", "the sink is disabled")
