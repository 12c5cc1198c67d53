"""`check --since`: what a change adds, destroys and weakens, and what it does not."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envfence.comparison import compare
from envfence.model import Finding, Report
from envfence.pipeline import check, new_hasher, survey
from envfence.settings import Settings
from envfence.sharing import Shared
from envfence.tree import DictTree

TODAY = datetime.date(2026, 11, 22)
CONFIG = """
version: 1
environments:
  production: {paths: ["production/**", "live/production/**"]}
  staging: {paths: ["staging/**"]}
"""
DATABASE = """
resource "aws_db_instance" "orders" {
  identifier              = "orders"
  deletion_protection     = true
  skip_final_snapshot     = false
  backup_retention_period = 14
}
"""


def report(before: dict[str, str], after: dict[str, str]) -> Report:
    trees = [DictTree({"envfence.yaml": CONFIG, **files}) for files in (before, after)]
    return compare(trees[0], trees[1], Settings(today=TODAY))


def new(before: dict[str, str], after: dict[str, str]) -> list[Finding]:
    return [finding for finding in report(before, after).findings if finding.status == "new"]


def rules(before: str, after: str, place: str = "production/main.tf") -> list[str]:
    return [finding.rule for finding in new({place: before}, {place: after})]


def test_nothing_is_new_in_a_version_that_changes_nothing() -> None:
    bare = {"production/main.tf": DATABASE.replace("true", "false")}
    found = report(bare, bare).findings
    assert found
    assert {finding.status for finding in found} == {"known"}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("", ["production-store-destroyed"]),
        (DATABASE.replace('"orders" {', '"main" {'), ["production-store-destroyed"]),
        (DATABASE.replace("protection     = true", "protection     = false"), ["production-guard-removed"]),
        (DATABASE.replace("  deletion_protection     = true\n", ""), ["production-guard-removed"]),
        (DATABASE.replace("= 14", "= 7"), ["production-backups-weakened"]),
        (DATABASE.replace("= 14", "= 30"), []),
        (DATABASE.replace('"orders"\n', '"orders-2"\n'), []),
    ],
)
def test_what_a_change_does_to_a_store(after: str, expected: list[str]) -> None:
    assert rules(DATABASE, after + '\nresource "aws_sns_topic" "a" {}\n') == expected


@pytest.mark.parametrize(
    "after",
    [
        DATABASE.replace('"orders" {', '"main" {')
        + "moved {\n from = aws_db_instance.orders\n to = aws_db_instance.main\n}",
        "removed {\n from = aws_db_instance.orders\n lifecycle {\n destroy = false\n }\n}",
        DATABASE.replace("identifier  ", "count = 1\n  identifier  "),
        DATABASE.replace("identifier  ", "count = var.unheard_of\n  identifier  "),
        "# moved lines\n\n\n" + DATABASE,
    ],
)
def test_what_terraform_is_told_is_not_destruction(after: str) -> None:
    assert rules(DATABASE, after) == []


def test_a_moved_module_takes_everything_in_it_along() -> None:
    call = 'module "db" {\n source = "../modules/db"\n}\n'
    files = {"modules/db/main.tf": DATABASE}
    renamed = call.replace('"db"', '"orders"')
    before = {**files, "production/main.tf": call}
    assert [each.rule for each in new(before, {**files, "production/main.tf": renamed})] == [
        "production-store-destroyed"
    ]
    moved = renamed + "moved {\n from = module.db\n to = module.orders\n}"
    assert new(before, {**files, "production/main.tf": moved}) == []


def test_a_module_that_cannot_be_read_is_not_taken_for_destruction() -> None:
    call = 'module "db" {\n source = "../modules/db"\n}\n'
    before = {"modules/db/main.tf": DATABASE, "production/main.tf": call}
    after = {"production/main.tf": call.replace("../modules/db", "example.com/acme/db/aws")}
    assert new(before, after) == []


def test_renaming_a_directory_changes_nothing() -> None:
    bucket = 'resource "aws_s3_bucket" "a" {\n  bucket = "acme-orders"\n}\n'
    text = DATABASE.replace("true", "false") + bucket
    found = report({"production/db/main.tf": text}, {"live/production/db/main.tf": text}).findings
    assert {finding.status for finding in found} == {"known"}


def test_a_deleted_directory_destroys_nothing_by_itself() -> None:
    other = {"production/other/main.tf": 'resource "aws_sns_topic" "a" {}'}
    assert new({**other, "production/db/main.tf": DATABASE}, other) == []


def test_staging_may_lose_its_stores() -> None:
    assert rules(DATABASE, 'resource "aws_sns_topic" "a" {}', "staging/main.tf") == []


def test_a_second_store_in_a_known_finding_is_new() -> None:
    module = {"modules/db/main.tf": DATABASE.replace("protection     = true", "protection     = false")}
    call = 'module "NAME" {\n source = "../modules/db"\n}\n'
    one, two = call.replace("NAME", "a"), call.replace("NAME", "b")
    found = new({**module, "production/main.tf": one}, {**module, "production/main.tf": one + two})
    assert {finding.target.address for finding in found} == {"module.b.aws_db_instance.orders"}
    assert all(finding.message.startswith("module.b.aws_db_instance.orders ") for finding in found)


def test_a_broken_configuration_before_does_not_stop_the_run() -> None:
    trees = [DictTree({"envfence.yaml": text, "production/main.tf": DATABASE}) for text in ("version: 9", CONFIG)]
    assert compare(trees[0], trees[1], Settings(today=TODAY)).findings is not None


@pytest.mark.parametrize(
    ("changed", "severity"),
    [
        (CONFIG + "rules:\n  production-store-without-deletion-guard: off\n", "high"),
        (CONFIG + "rules:\n  nonproduction-can-destroy-production: low\n", "high"),
        (CONFIG + "exclude: ['production/**']\n", "high"),
        (CONFIG.replace("production: {", "production: {tier: nonproduction, "), "high"),
        (CONFIG + "fences:\n  - {from: staging, to: production, severity: low}\n", "high"),
        (CONFIG + "allow:\n  - {from: staging, to: production, reason: OPS-1, until: 2026-12-01}\n", "medium"),
    ],
)
def test_the_judge_cannot_be_made_less_strict_in_silence(changed: str, severity: str) -> None:
    files = {"production/main.tf": DATABASE, "staging/main.tf": DATABASE}
    off = changed + ("rules:\n  fence-lowered: off\n" if "rules:" not in changed else "  fence-lowered: off\n")
    for text in (changed, off):
        trees = (DictTree({"envfence.yaml": CONFIG, **files}), DictTree({"envfence.yaml": text, **files}))
        found = [f for f in compare(*trees, Settings(today=TODAY)).findings if f.rule == "fence-lowered"]
        assert severity in {finding.severity for finding in found}
        assert {finding.status for finding in found} == {"new"}


def test_a_new_comment_is_shown_and_an_old_one_is_not() -> None:
    comment = "# envfence: ignore[production-store-without-deletion-guard] until=2026-12-31 -- OPS-1\n"
    bare = DATABASE.replace("protection     = true", "protection     = false").lstrip()
    assert rules(bare, comment + bare) == ["fence-lowered"]
    assert rules(comment + bare, "\n" + comment + bare) == []
    assert rules(comment + bare, bare) == ["production-store-without-deletion-guard"]


def test_what_is_shared_is_what_would_have_been_made_anew() -> None:
    common = {"modules/db/main.tf": DATABASE, "envfence.yaml": CONFIG}
    call = 'module "db" {\n source = "../modules/db"\n}\n'
    after = {**common, "production/main.tf": call, "staging/main.tf": call}
    before = {**common, "production/main.tf": call + 'resource "aws_sns_topic" "a" {}', "staging/main.tf": call}
    hasher, shared = new_hasher(), Shared()
    now = survey(DictTree(after), Settings(), hasher, shared)
    then = survey(DictTree(before), Settings(), hasher, shared, first=False)
    assert then.facts == survey(DictTree(before), Settings(), hasher).facts
    assert [any(one is other for other in now.facts) for one in then.facts] == [False, True]


# ---------------------------------------------------------------- git


def git(place: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=place, check=True, capture_output=True)


def envfence(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envfence", *arguments],
        capture_output=True,
        text=True,
        cwd=place,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    (place / "production").mkdir(parents=True)
    (place / "envfence.yaml").write_text(CONFIG)
    (place / "production" / "main.tf").write_text(DATABASE)
    git(place.parent, "init", "-q", "-b", "main", str(place))
    git(place, "add", ".")
    git(place, "commit", "-qm", "one")
    return place


def test_the_hook_says_one_line_when_nothing_matters(repository: Path) -> None:
    (repository / "README.md").write_text("words")
    result = envfence(repository, "check", "--since", "HEAD")
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 1)
    (repository / "production" / "more.tf").write_text('resource "aws_sns_topic" "a" {}')
    result = envfence(repository, "check", "--since", "HEAD")
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 1)


def test_the_hook_fails_on_what_the_working_directory_weakens(repository: Path) -> None:
    (repository / "production" / "main.tf").write_text(DATABASE.replace("= true", "= false"))
    result = envfence(repository, "check", "--since", "HEAD", "-f", "concise")
    assert result.returncode == 1
    assert "production-guard-removed" in result.stdout


def test_a_branch_answers_for_its_own_changes_only(repository: Path) -> None:
    git(repository, "checkout", "-qb", "branch")
    git(repository, "checkout", "-q", "main")
    (repository / "production" / "queue.tf").write_text(DATABASE.replace("orders", "carts"))
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "two")
    git(repository, "checkout", "-q", "branch")
    assert envfence(repository, "check", "--since", "main").returncode == 0
    assert "carts" in envfence(repository, "check", "--since", "main..branch", "-f", "concise").stdout


def test_mistakes_with_git_say_what_to_do(repository: Path, tmp_path: Path) -> None:
    assert "no commit of this repository" in envfence(repository, "check", "--since", "nowhere").stderr
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    assert "fetch-depth: 0" in envfence(tmp_path / "shallow", "check", "--since", "HEAD~1").stderr
    (tmp_path / "plain").mkdir()
    result = envfence(tmp_path / "plain", "check", "--since", "HEAD")
    assert (result.returncode, "not a git repository" in result.stderr) == (2, True)


def test_filters_of_the_repository_are_never_run(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "filter.evil.clean", f"touch {tmp_path / 'ran'}; cat")
    (repository / ".gitattributes").write_text("*.tf filter=evil\n")
    (repository / "production" / "main.tf").write_text(DATABASE + "\n")
    assert envfence(repository, "check", "--since", "HEAD").returncode == 0
    assert not (tmp_path / "ran").exists()


def test_a_run_without_since_has_no_findings_of_change() -> None:
    found = check(DictTree({"envfence.yaml": CONFIG, "production/main.tf": DATABASE}), Settings(today=TODAY)).findings
    assert not [finding for finding in found if finding.family == "change"]


CLUSTER = """
resource "aws_rds_cluster" "orders" {
  cluster_identifier      = "orders"
  engine                  = "aurora-mysql"
  deletion_protection     = true
  backup_retention_period = 14
}
"""


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (CLUSTER.replace("aurora-mysql", "aurora-postgresql"), "proved high"),
        (CLUSTER.replace('er = "orders"', 'er = "orders-2"').replace('ier      = "o', 'ier      = "x'), "proved high"),
        (CLUSTER.replace("  engine ", "  storage_encrypted = true\n  engine "), "possible high"),
        (CLUSTER.replace("  engine ", "  storage_encrypted = false\n  engine "), ""),
        (CLUSTER.replace("= 14", "= 21"), ""),
        (CLUSTER.replace('"aurora-mysql"', "var.engine") + 'variable "engine" {}\n', ""),
        (CLUSTER.replace("  engine ", "  lifecycle {\n    ignore_changes = [engine]\n  }\n  engine "), ""),
        (
            CLUSTER.replace("aurora-mysql", "x").replace(
                "  engine ", "  lifecycle {\n    prevent_destroy = true\n  }\n  engine "
            ),
            "proved medium",
        ),
    ],
)
def test_an_attribute_that_no_update_changes(after: str, expected: str) -> None:
    found = [
        each
        for each in new({"production/main.tf": CLUSTER}, {"production/main.tf": after})
        if each.rule == "production-store-replaced"
    ]
    assert [f"{each.certainty} {each.severity}" for each in found] == ([expected] if expected else [])


def test_a_renamed_environment_is_another_one() -> None:
    before = 'resource "railway_environment" "main" {\n  name = "production"\n  project_id = "p"\n}\n'
    after = before.replace('"production"', '"production-eu"')
    assert "production-store-replaced" in rules(before, after)


LOG = 'resource "aws_cloudwatch_log_group" "%s" {\n  name = "/aws/%s"\n%s}\n'


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("cloudtrail", "", "  retention_in_days = 30\n", True),
        ("audit", "  retention_in_days = 365\n", "  retention_in_days = 30\n", True),
        ("audit", "  retention_in_days = 30\n", "  retention_in_days = 365\n", False),
        ("audit", "  retention_in_days = 30\n", "  retention_in_days = 0\n", False),
        ("checkout", "  retention_in_days = 365\n", "  retention_in_days = 30\n", False),
    ],
)
def test_audit_logs_that_are_kept_for_less_time(name: str, before: str, after: str, expected: bool) -> None:
    found = rules(LOG % (name, name, before), LOG % (name, name, after))
    assert ("production-audit-trail-weakened" in found) is expected
