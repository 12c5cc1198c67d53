"""`envfence plan`: plans and states, acknowledgements, files that are none."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envfence.config.acknowledgements import FILE, parse_acknowledgements, with_entry
from envfence.planning import PlanReport, check_plans
from envfence.settings import Settings
from envfence.sources.plans import PlanError, read_plans
from envfence.tree import DictTree

TODAY = datetime.date(2026, 11, 22)
HIDDEN = "hunter2-hunter2-hunter2"
DATABASE = {
    "id": "orders",
    "arn": "arn:aws:rds:eu-west-1:111111111111:db:orders",
    "identifier": "orders",
    "deletion_protection": True,
    "skip_final_snapshot": False,
    "backup_retention_period": 14,
    "password": HIDDEN,
}
OPEN = {**DATABASE, "deletion_protection": False}


def change(actions: list[str], before: Any, after: Any, address: str = "aws_db_instance.orders", **more: Any) -> Any:
    *_, type_, name = address.partition("[")[0].split(".")
    body = {
        "actions": actions,
        "before": before,
        "after": after,
        "before_sensitive": {"password": True},
        "after_sensitive": {"password": True},
        "after_unknown": more.pop("after_unknown", {}),
        "replace_paths": more.pop("replace_paths", []),
    }
    return {"address": address, "mode": "managed", "type": type_, "name": name, "change": body, **more}


def plan(*changes: Any, environment: str = "production", **more: Any) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"environment": {"value": environment}},
        "resource_changes": list(changes),
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {}},
        **more,
    }


def judged(document: Any, acknowledgements: str = "", **wanted: Any) -> PlanReport:
    tree = DictTree({FILE: acknowledgements} if acknowledgements else {})
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return check_plans(read_plans("plan.json", text), tree, Settings(today=TODAY, **wanted))


def rules(document: Any, acknowledgements: str = "", **wanted: Any) -> list[str]:
    found = judged(document, acknowledgements, **wanted).report.findings
    return [finding.rule for finding in found if finding.status == "new" and finding.certainty == "proved"]


DESTROYED = plan(change(["delete"], DATABASE, None))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (DESTROYED, ["production-store-destroyed"]),
        (plan(change(["delete", "create"], DATABASE, DATABASE)), ["production-store-destroyed"]),
        (plan(change(["create", "delete"], DATABASE, DATABASE)), ["production-store-destroyed"]),
        (
            plan(change(["delete"], DATABASE, None, "aws_db_instance.gone"), change(["update"], DATABASE, OPEN)),
            ["production-guard-removed", "production-store-destroyed"],
        ),
        (plan(change(["update"], DATABASE, OPEN)), ["production-guard-removed"]),
        (
            plan(change(["update"], DATABASE, {**DATABASE, "backup_retention_period": 7})),
            ["production-backups-weakened"],
        ),
        (plan(change(["create"], None, OPEN)), ["production-store-without-deletion-guard"]),
        (plan(change(["no-op"], OPEN, OPEN)), []),
        (plan(change(["update"], OPEN, {**OPEN, "tags": {"a": "b"}})), []),
        (plan(change(["forget"], DATABASE, None)), []),
        (plan(change(["delete"], DATABASE, None, deposed="1234")), None),
        (plan(change(["no-op"], DATABASE, DATABASE, "aws_db_instance.b", previous_address="aws_db_instance.a")), []),
        (plan(change(["delete"], DATABASE, None), environment="staging"), []),
    ],
)
def test_what_a_plan_does_to_a_store(document: Any, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(Exception, match="nothing to check"):
            rules(document)
    else:
        assert rules(document) == expected


def test_the_user_may_name_the_environment() -> None:
    document = plan(change(["delete"], DATABASE, None), variables={})
    assert rules(document) == []
    assert rules(document, environment="production") == ["production-store-destroyed"]


def test_the_account_of_the_resources_names_it_too() -> None:
    config = "version: 1\nenvironments:\n  production: {accounts: ['111111111111']}\n"
    data = json.dumps(plan(change(["delete"], DATABASE, None), variables={})).encode()
    found = check_plans(read_plans("plan.json", data), DictTree({"envfence.yaml": config}), Settings(today=TODAY))
    assert [finding.rule for finding in found.report.findings] == ["production-store-destroyed"]


def test_a_value_that_is_not_known_yet_is_no_missing_guard() -> None:
    after = {**DATABASE, "deletion_protection": None}
    found = judged(plan(change(["update"], DATABASE, after, after_unknown={"deletion_protection": True})))
    assert {finding.certainty for finding in found.report.findings} == {"possible"}


def test_a_lock_that_the_plan_leaves_alone_still_guards() -> None:
    account = {"id": "/subscriptions/1/x", "name": "orders"}
    lock = {"id": "lock", "scope": "/subscriptions/1/x", "lock_level": "CanNotDelete", "name": "keep"}
    before = change(["delete"], lock, None, "azurerm_management_lock.orders")
    store = change(["no-op"], account, account, "azurerm_storage_account.orders")
    assert judged(plan(store, before)).report.findings is not None


def test_several_plans_in_one_file_and_states() -> None:
    line = json.dumps(DESTROYED)
    for text in (f"{line}\n{line}", json.dumps(DESTROYED, indent=2) * 2):
        found = judged(text.encode()).report
        assert len(found.deployments) == 2
        assert [finding.rule for finding in found.findings] == ["production-store-destroyed"] * 2
    instance = {"attributes": OPEN, "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]]}
    resource = {"mode": "managed", "type": "aws_db_instance", "name": "orders", "instances": [instance]}
    state = {"version": 4, "lineage": "x", "resources": [resource]}
    assert "production-store-without-deletion-guard" in rules(state, environment="production")
    values = {"root_module": {"resources": [{**resource, "address": "aws_db_instance.orders", "values": OPEN}]}}
    shown = {"format_version": "1.0", "values": values}
    assert "production-store-without-deletion-guard" in rules(shown, environment="production")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\x00", "binary"),
        (b"Terraform will perform the following actions", "not JSON"),
        (json.dumps(DESTROYED).encode()[:-30], "truncated"),
        (json.dumps(DESTROYED).encode() + b"{", "truncated|complete"),
        (b'{"a": 1}', "no format_version"),
        (b'{"format_version": "2.0"}', "2.0 is not known"),
        (b'{"version": 3, "resources": []}', "version 3"),
        (b'{"format_version": "1.0", "resource_changes": {}}', "not a plan"),
        (b'{"format_version": "1.0",\n "resource_changes": [,]}', "plan.json:2"),
        (b"[" * 200_000, "plan.json"),
    ],
)
def test_files_that_are_no_plan(data: bytes, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        read_plans("plan.json", data)


@given(st.binary(max_size=200) | st.integers(0, 500).map(lambda at: json.dumps(DESTROYED).encode()[:at]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_end_in_a_plan_or_an_error(data: bytes) -> None:
    with contextlib.suppress(PlanError):
        assert read_plans("plan.json", data)[0].path == "plan.json"


# ---------------------------------------------------------------- acknowledgements


def entry(digest: str, address: str = "aws_db_instance.orders", until: str = "2026-12-31") -> str:
    return with_entry("", address, digest, 'moved: "OPS-1" # yes', datetime.date.fromisoformat(until))


def test_an_acknowledgement_holds_for_this_plan_and_this_address() -> None:
    (digest,) = judged(DESTROYED).digests
    assert rules(DESTROYED, entry(digest.digest)) == []
    assert rules(DESTROYED, entry(digest.digest, until="2026-11-21")) == [
        "production-store-destroyed",
        "acknowledgement-without-effect",
    ]
    assert rules(DESTROYED, entry("0" * 64)) == ["production-store-destroyed", "acknowledgement-without-effect"]
    assert rules(DESTROYED, entry(digest.digest, "aws_db_instance.b")) == [
        "production-store-destroyed",
        "acknowledgement-without-effect",
    ]
    assert rules(DESTROYED, "version: 1\nacknowledgements:\n  - address: a\n") == [
        "production-store-destroyed",
        *["acknowledgement-without-effect"] * 3,
    ]


def test_the_digest_does_not_see_what_does_not_matter() -> None:
    (one,) = judged(DESTROYED).digests
    noise = change(["update"], {"name": "a"}, {"name": "b"}, "aws_sns_topic.a")
    retagged = change(
        ["delete"], {**DATABASE, "tags": {"a": "b"}}, None, action_reason="delete_because_no_resource_config"
    )
    for same in (
        plan(noise, retagged, timestamp="2026"),
        plan(change(["delete"], {**DATABASE, "password": "x"}, None)),
    ):
        assert judged(json.dumps(same, indent=3).encode()).digests[0].digest == one.digest
    elsewhere = {**DATABASE, "arn": "arn:aws:rds:eu-west-1:222222222222:db:orders"}
    more = change(["delete"], {**DATABASE, "arn": "x"}, None, "aws_db_instance.carts")
    replaced = change(["delete", "create"], DATABASE, DATABASE)
    for other in (
        plan(change(["delete"], elsewhere, None)),
        plan(*DESTROYED["resource_changes"], more),
        plan(replaced),
    ):
        assert judged(other).digests[0].digest != one.digest


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_what_is_written_is_read_back(address: str, reason: str) -> None:
    text = with_entry("", address, "0" * 64, reason, TODAY)
    read = parse_acknowledgements(text)
    if address.strip() and reason.strip() and address.isprintable() and reason.isprintable():
        assert [(each.address, each.reason) for each in read.entries] == [(address, " ".join(reason.split()))]


def envfence(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envfence", *arguments],
        capture_output=True,
        text=True,
        cwd=place,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", "SOURCE_DATE_EPOCH": "1795305600"},
        check=False,
    )


def test_the_two_steps(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(DESTROYED))
    first = envfence(tmp_path, "plan", "plan.json")
    assert first.returncode == 1
    assert "--acknowledge 'aws_db_instance.orders'" in first.stderr
    nothing = envfence(tmp_path, "plan", "plan.json", "--acknowledge", "a.b", "--reason", "x", "--until", "2026-12-31")
    assert (nothing.returncode, "neither destroys" in nothing.stderr) == (2, True)
    words = ("--acknowledge", "aws_db_instance.orders", "--reason", "moved", "--until", "2026-12-31")
    assert envfence(tmp_path, "plan", "plan.json", *words).returncode == 0
    assert envfence(tmp_path, "plan", "plan.json").returncode == 0
    staging = json.dumps(DESTROYED).replace("111111111111", "222222222222")
    (tmp_path / "plan.json").write_text(staging)
    assert envfence(tmp_path, "plan", "plan.json").returncode == 1


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "concise"])
def test_no_value_that_is_sensitive_is_ever_shown(tmp_path: Path, format_: str) -> None:
    hidden = {**OPEN, "identifier": HIDDEN, "id": HIDDEN, "arn": HIDDEN, "bucket": HIDDEN}
    document = plan(change(["delete"], hidden, None), change(["create"], None, hidden, "aws_s3_bucket.orders"))
    for each in document["resource_changes"]:
        marks = dict.fromkeys(("password", "identifier", "id", "arn", "bucket"), True)
        each["change"] |= {"before_sensitive": marks, "after_sensitive": marks}
    (tmp_path / "plan.json").write_text(json.dumps(document))
    result = envfence(tmp_path, "plan", "plan.json", "--audit", "-f", format_)
    assert result.returncode == 1
    assert HIDDEN not in result.stdout + result.stderr


def test_a_report_on_a_plan_never_asks_for_a_comment(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(DESTROYED))
    result = envfence(tmp_path, "plan", "plan.json")
    assert "envfence: ignore[" not in result.stdout
    assert "--acknowledge 'aws_db_instance.orders'" in result.stdout
