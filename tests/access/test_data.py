"""The tables about AWS fit together, and with what is written by hand about actions."""

from __future__ import annotations

import json
import zipfile
from importlib import resources
from pathlib import Path

import pytest

from envfence.access.tables import action, escalations, lists, managed_policy, resource_controlled, service
from envfence.model import CAPABILITIES

HERE = Path(__file__).resolve().parent
BY_HAND = json.loads((HERE.parent.parent / "tools" / "aws_capabilities.json").read_text())


def services() -> list[str]:
    data = resources.files("envfence.access.data").joinpath("aws_actions.zip")
    with data.open("rb") as file, zipfile.ZipFile(file) as archive:
        return sorted(name.removesuffix(".json") for name in archive.namelist() if not name.startswith("_"))


def listed() -> list[tuple[str, str]]:
    return [
        (capability, f"{prefix}:{name}")
        for capability, by_service in BY_HAND.items()
        if capability != "_meta"
        for prefix, names in by_service.items()
        for name in names
    ]


def test_every_action_that_is_judged_by_hand_exists_and_has_that_capability() -> None:
    wrong = []
    for capability, name in listed():
        row = action(name)
        if row is None or row.capability != ("" if capability == "none" else capability):
            wrong.append((capability, name, row.capability if row else "does not exist"))
    assert not wrong


def test_no_action_is_judged_twice() -> None:
    names = [name for _, name in listed()]
    assert len(names) == len(set(names))


def test_tables_name_only_what_they_hold() -> None:
    for prefix in services():
        table = service(prefix)
        assert table is not None
        for row in table.actions.values():
            assert set(row.types) <= set(table.arns), f"{prefix}:{row.name}"
            assert set(row.about) <= set(row.types), f"{prefix}:{row.name}"
            assert row.capability in ("", *CAPABILITIES), f"{prefix}:{row.name}"
            assert row.level.strip("rlwtp") == "", f"{prefix}:{row.name}"


def test_escalations_name_actions_that_exist() -> None:
    needed = {name for _, _, required in escalations() for name in required}
    assert not sorted(name for name in needed if "*" not in name and action(name) is None)


def test_services_of_resource_control_policies_and_lists_exist() -> None:
    known = set(services())
    assert {"s3", "sqs", "kms", "sts"} <= resource_controlled()
    assert len(resource_controlled() - known) <= len(resource_controlled()) // 4
    assert "dynamodb:leadingkeys" in lists("dynamodb")
    assert not lists("no-such-service")


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("s3:DeleteObject", "destroy"),
        ("rds:DeleteDBInstance", "destroy"),
        ("kms:ScheduleKeyDeletion", "destroy"),
        ("ec2:TerminateInstances", "destroy"),
        ("s3:PutLifecycleConfiguration", "destroy"),
        ("rds:ModifyDBInstance", "weaken"),
        ("s3:PutBucketPolicy", "administer"),
        ("kms:PutKeyPolicy", "administer"),
        ("dynamodb:PutItem", "write"),
        ("secretsmanager:GetSecretValue", "read"),
        ("kms:Decrypt", "decrypt"),
        ("redshift:DeleteSnapshotCopyGrant", ""),
        ("sagemaker:DeleteNotebookInstanceLifecycleConfig", ""),
    ],
)
def test_what_actions_do(name: str, capability: str) -> None:
    row = action(name)
    assert row is not None
    assert row.capability == capability


def test_the_policies_that_everybody_attaches_are_there() -> None:
    for name in ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "AmazonS3FullAccess"):
        found = managed_policy(f"arn:aws:iam::aws:policy/{name}")
        assert found is not None
        assert found[1]
