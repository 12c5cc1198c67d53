"""Alarms and audit logs of Azure: what they watch, whether they are switched on and reach anybody.

In: activity log alerts, alerts of backup vaults, diagnostic settings. Out: facts of their nodes. Must not know other
deployments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.alarms import (
    BACKUP_FAILURE,
    DESTRUCTION,
    UNRECORDED,
    is_watching,
    tell,
    tell_silence,
    watch,
)
from envfence.providers.common.values import one, text
from envfence.values import Mapping, as_blocks, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azurerm_monitor_activity_log_alert", "azurerm_monitor_diagnostic_setting", "azurerm_monitor_metric_alert")
#: Logs that say who did what; metrics and performance logs are no trail.
_TRAILS = frozenset({"Administrative", "AuditEvent", "audit", "SQLSecurityAuditEvents"})
#: Namespaces of Azure's API under which data lies: the deletion of a subnet or an alert destroys none.
_DATA = (
    "microsoft.compute/disks",
    "microsoft.dataprotection/",
    "microsoft.dbforpostgresql/",
    "microsoft.dbformysql/",
    "microsoft.documentdb/",
    "microsoft.keyvault/vaults",
    "microsoft.recoveryservices/",
    "microsoft.resources/subscriptions/resourcegroups",
    "microsoft.sql/",
    "microsoft.storage/storageaccounts",
)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """What one alarm watches and whether it is switched off; what one diagnostic setting leaves unrecorded."""
    if resource.mode != "managed":
        return
    if resource.type == "azurerm_monitor_diagnostic_setting":
        _setting(resource, builder)
        return
    if resource.type == "azurerm_monitor_activity_log_alert":
        _activity(resource, builder)
    else:
        _metric(resource, builder)
    if is_watching(builder, resource):
        tell_silence(builder, resource, "the alert", "action", "it has no action group")


def _activity(resource: Resource, builder: FactsBuilder) -> None:
    operation = (text(one(resource.values, "criteria.operation_name")) or "").lower()
    if operation.endswith("/delete") and operation.startswith(_DATA):
        watch(builder, resource, "criteria.operation_name", (DESTRUCTION,))
    elif has_holes(operation):
        watch(builder, resource, "criteria.operation_name", None)


def _metric(resource: Resource, builder: FactsBuilder) -> None:
    namespace = (text(one(resource.values, "criteria.metric_namespace")) or "").lower()
    if namespace in ("microsoft.recoveryservices/vaults", "microsoft.dataprotection/backupvaults"):
        watch(builder, resource, "criteria.metric_name", (BACKUP_FAILURE,))


def _setting(resource: Resource, builder: FactsBuilder) -> None:
    """A block `log` of older providers that names a trail and switches it off."""
    for index, block in enumerate(as_blocks(resource.values.items.get("log"))):
        if not isinstance(block, Mapping) or block.items.get("category") not in _TRAILS:
            continue
        if block.items.get("enabled") is False:
            reason = f"the category {block.items['category']} is switched off"
            tell(builder, resource, UNRECORDED, f"log[{index}].enabled", reason)
            return
