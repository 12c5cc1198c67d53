"""Alarms and audit trails: what they watch, whether anybody hears them, what is left unrecorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes import FakeEvaluated, facts_of_fake, resource

from envfence.model import Fact
from envfence.providers.common.alarms import ALTERABLE, ONE_REGION, SILENT, UNRECORDED, WATCHES


def facts(address: str, values: dict[str, Any], *others: tuple[str, dict[str, Any]]) -> dict[str, Fact]:
    everything = FakeEvaluated(tuple(resource(name, data) for name, data in ((address, values), *others)))
    return next(node.facts for node in facts_of_fake(everything).nodes if node.address == address)


def watched(address: str, values: dict[str, Any]) -> Any:
    fact = facts(address, values).get(WATCHES)
    return fact.value if fact is not None else None


def pattern(**keys: Any) -> dict[str, Any]:
    return {"name": "r", "event_pattern": json.dumps({key.replace("_", "-"): value for key, value in keys.items()})}


DELETIONS = pattern(source=["aws.rds"], detail={"eventName": ["DeleteDBInstance"]})
RULE, TARGET = "aws_cloudwatch_event_rule.r", "aws_cloudwatch_event_target.t"


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        (RULE, DELETIONS, ["destruction"]),
        (RULE, pattern(detail={"eventName": [{"prefix": "Delete"}]}), ["destruction"]),
        (RULE, pattern(detail={"eventName": ["DeleteNetworkAcl"]}), None),
        (RULE, pattern(source=["aws.guardduty"]), None),
        (RULE, pattern(detail_type=["Backup Job State Change"], detail={"state": ["FAILED"]}), ["backup-failure"]),
        (RULE, pattern(detail_type=["Backup Job State Change"], detail={"state": ["COMPLETED"]}), None),
        (RULE, pattern(detail_type=["RDS DB Instance Event"]), ["backup-failure", "destruction"]),
        (RULE, {"name": "r", "schedule_expression": "rate(1 hour)"}, None),
        (
            "aws_cloudwatch_log_metric_filter.f",
            {"pattern": '{ ($.eventName = DeleteBucket) || ($.eventName = "DeleteTable") }'},
            ["destruction"],
        ),
        ("aws_cloudwatch_log_metric_filter.f", {"pattern": "{ $.eventName = ConsoleLogin }"}, None),
        ("aws_backup_vault_notifications.n", {"backup_vault_events": ["BACKUP_JOB_FAILED"]}, ["backup-failure"]),
        ("aws_backup_vault_notifications.n", {"backup_vault_events": ["RESTORE_JOB_COMPLETED"]}, None),
        ("aws_db_event_subscription.s", {"event_categories": ["deletion"]}, ["destruction"]),
        ("aws_db_event_subscription.s", {"event_categories": ["availability"]}, None),
        ("google_logging_metric.m", {"filter": 'protoPayload.methodName="storage.buckets.delete"'}, ["destruction"]),
        ("google_logging_metric.m", {"filter": "severity>=ERROR"}, None),
        (
            "azurerm_monitor_activity_log_alert.a",
            {"criteria": [{"operation_name": "Microsoft.Sql/servers/databases/delete"}]},
            ["destruction"],
        ),
        (
            "azurerm_monitor_activity_log_alert.a",
            {"criteria": [{"operation_name": "Microsoft.Network/virtualNetworks/subnets/delete"}]},
            None,
        ),
    ],
)
def test_what_an_alarm_watches(address: str, values: dict[str, Any], expected: list[str] | None) -> None:
    assert watched(address, values) == expected


@pytest.mark.parametrize(
    ("address", "values", "others"),
    [
        (RULE, {**DELETIONS, "state": "DISABLED"}, [(TARGET, {"rule": "r"})]),
        (RULE, {**DELETIONS, "is_enabled": False}, [(TARGET, {"rule": "r"})]),
        (RULE, DELETIONS, [(TARGET, {"rule": "another"})]),
        (
            "aws_cloudwatch_log_metric_filter.f",
            {"pattern": "{ $.eventName = DeleteBucket }", "metric_transformation": [{"name": "m"}]},
            [("aws_cloudwatch_metric_alarm.a", {"metric_name": "m", "alarm_actions": []})],
        ),
        ("aws_db_event_subscription.s", {"event_categories": ["deletion"], "enabled": False}, []),
        (
            "azurerm_monitor_activity_log_alert.a",
            {"criteria": [{"operation_name": "Microsoft.Sql/servers/delete"}], "enabled": False},
            [],
        ),
    ],
)
def test_alarms_that_nobody_hears(
    address: str, values: dict[str, Any], others: list[tuple[str, dict[str, Any]]]
) -> None:
    assert facts(address, values, *others)[SILENT].reason


@pytest.mark.parametrize(
    ("address", "values", "others"),
    [
        (RULE, DELETIONS, [(TARGET, {"rule": "r"})]),
        (RULE, {**pattern(source=["aws.guardduty"]), "state": "DISABLED"}, []),
        (
            "aws_cloudwatch_log_metric_filter.f",
            {"pattern": "{ $.eventName = DeleteBucket }", "metric_transformation": [{"name": "m"}]},
            [("aws_cloudwatch_metric_alarm.a", {"metric_name": "m", "alarm_actions": ["arn:aws:sns:::x"]})],
        ),
        (
            "aws_cloudwatch_log_metric_filter.f",
            {"pattern": "{ $.eventName = DeleteBucket }", "metric_transformation": [{"name": "m"}]},
            [],
        ),
    ],
)
def test_alarms_that_are_heard_or_none_of_ours(
    address: str, values: dict[str, Any], others: list[tuple[str, dict[str, Any]]]
) -> None:
    assert SILENT not in facts(address, values, *others)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"enable_logging": False}, {UNRECORDED}),
        ({}, {WATCHES, ALTERABLE, ONE_REGION}),
        ({"enable_log_file_validation": True, "is_multi_region_trail": True}, {WATCHES}),
        ({"include_global_service_events": False}, set()),
        ({"event_selector": [{"include_management_events": False}]}, set()),
    ],
)
def test_how_much_a_trail_records(values: dict[str, Any], expected: set[str]) -> None:
    found = facts("aws_cloudtrail.t", {"name": "t", **values})
    assert found.keys() & {WATCHES, UNRECORDED, ALTERABLE, ONE_REGION} == expected


@pytest.mark.parametrize(
    ("address", "values", "off"),
    [
        ("google_logging_project_exclusion.e", {"filter": 'logName:"cloudaudit.googleapis.com%2Factivity"'}, True),
        ("google_logging_project_exclusion.e", {"filter": 'logName:"cloudaudit.googleapis.com%2Fdata_access"'}, False),
        ("google_logging_project_exclusion.e", {"filter": 'NOT logName:"cloudaudit.googleapis.com%2Factivity"'}, False),
        ("google_logging_project_sink.s", {"filter": "logName:cloudaudit.googleapis.com", "disabled": True}, True),
        ("google_logging_project_sink.s", {"filter": "resource.type=gae_app", "disabled": True}, False),
        ("azurerm_monitor_diagnostic_setting.d", {"log": [{"category": "AuditEvent", "enabled": False}]}, True),
        ("azurerm_monitor_diagnostic_setting.d", {"log": [{"category": "AllMetrics", "enabled": False}]}, False),
    ],
)
def test_what_is_left_unrecorded(address: str, values: dict[str, Any], off: bool) -> None:
    assert (UNRECORDED in facts(address, values)) is off
