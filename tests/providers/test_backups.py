"""AWS Backup selections: what a plan covers, by ARN and by tag."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import FakeEvaluated, facts_of_fake, resource

TABLE = "aws_dynamodb_table.orders"


def covered(selection: dict[str, Any]) -> bool:
    table = resource(TABLE, {"name": "orders", "tags": {"backup": "daily"}})
    facts = facts_of_fake(FakeEvaluated((table, resource("aws_backup_selection.s", selection))))
    return any(edge.kind == "backs-up" and edge.target == TABLE for edge in facts.edges)


@pytest.mark.parametrize(
    "selection",
    [
        {"resources": ["*"]},
        {"resources": ["arn:aws:dynamodb:*:*:table/orders"]},
        {"selection_tag": [{"type": "STRINGEQUALS", "key": "backup", "value": "daily"}]},
        {"resources": ["*"], "condition": [{"string_equals": [{"key": "aws:ResourceTag/backup", "value": "daily"}]}]},
    ],
)
def test_what_a_selection_covers(selection: dict[str, Any]) -> None:
    assert covered(selection)


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"resources": ["arn:aws:dynamodb:*:*:table/other"]},
        {"resources": ["*"], "not_resources": ["arn:aws:dynamodb:*:*:table/*"]},
        {"selection_tag": [{"type": "STRINGEQUALS", "key": "backup", "value": "weekly"}]},
        {"resources": ["*"], "condition": [{"string_equals": [{"key": "aws:ResourceTag/backup", "value": "no"}]}]},
        {"resources": ["*"], "condition": [{"string_like": [{"key": "aws:ResourceTag/backup", "value": "w*"}]}]},
    ],
)
def test_what_it_does_not_cover_or_not_surely(selection: dict[str, Any]) -> None:
    assert not covered(selection)
