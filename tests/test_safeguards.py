"""Every safeguard of the mended companies, taken away alone: the finding that it kept away must come, and no other."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from envfence.model import Report
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOTES = frozenset({"expected.txt", "README.md"})


def report_of(files: dict[str, str]) -> Report:
    return check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))


def files_of(company: str) -> dict[str, str]:
    """The files of an example, by their paths."""
    root = FIXTURES / company
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.name not in NOTES)
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def without(text: str, head: str) -> str:
    """A text without the one block that begins with `head`."""
    start = text.index(head)
    line = text[text.rindex("\n", 0, start) + 1 : start]
    end = text.index(f"\n{line}}}", start) + len(line) + 2
    return text[:start] + text[end:]


def found_after(company: str, path: str, change: tuple[str, str]) -> set[str]:
    """The rules that have a finding when a text in one file is another one (or the block it begins is gone)."""
    files = files_of(company)
    old, new = change
    assert files[path].count(old) == 1, "the safeguard stands in one place"
    files[path] = files[path].replace(old, new) if new != GONE else without(files[path], old)
    return {finding.rule for finding in report_of(files).findings}


GONE = "(the block is gone)"
DATABASE, WATCH = "infra/production/database.tf", "infra/production/monitoring.tf"
SCRIPT_LINE = 'RAILWAY_API_TOKEN="7d0f3a52-61c4-4b8e-9a07-5e2c1f9b83d6"'
BACKUPS = "production/backups.tf"
COURSES, AGENT = "terraform/courses/main.tf", ".claude/settings.json"
BOUNDARY, STAGING = "infra/boundary.tf", "infra/staging.tf"
DEPLOY = ".github/workflows/deploy.yml"
PRODUCTION_URL = "postgres://builds:kR7vQ2mZx9LwT4pB@db.production.builds.internal:5432/builds"
REFERENCE = "arn:aws:secretsmanager:eu-west-1:%s:secret:app/database-url-%s"

#: (company, file, what is there, what is there instead, the rules that must speak)
ALONE = [
    # The incident of April 2026, safeguard by safeguard.
    ("pocketos", DATABASE, "deletion_protection       = true", "", {"production-store-without-deletion-guard"}),
    ("pocketos", DATABASE, 'resource "aws_backup_vault_lock_configuration"', GONE, {"backup-vault-without-lock"}),
    ("pocketos", DATABASE, "copy_action {", GONE, {"backups-in-one-account"}),
    ("pocketos", DATABASE, 'Backup = "daily"', 'Backup = "none"', {"store-in-no-backup-plan"}),
    ("pocketos", WATCH, 'resource "aws_cloudtrail"', GONE, {"production-audit-trail-missing"}),
    ("pocketos", WATCH, "enable_log_file_validation = true", "", {"production-audit-trail-can-be-altered"}),
    ("pocketos", WATCH, "is_multi_region_trail      = true", "", {"production-audit-trail-of-one-region"}),
    ("pocketos", WATCH, 'resource "aws_cloudwatch_event_rule"', GONE, {"production-destruction-not-alerted"}),
    ("pocketos", WATCH, 'resource "aws_cloudwatch_event_target"', GONE, {"production-alarm-reaches-nobody"}),
    ("pocketos", WATCH, 'resource "aws_backup_vault_notifications"', GONE, {"production-backup-failure-not-alerted"}),
    (
        "pocketos",
        "scripts/add-domain.sh",
        ': "${RAILWAY_TOKEN:?a project token, from the password manager}"',
        SCRIPT_LINE,
        {"account-wide-platform-token", "literal-secret-in-source"},
    ),
    ("pocketos", ".cursor/cli.json", "Shell(npm)", "Shell(terraform)", {"agent-may-destroy-without-asking"}),
    ("pocketos", "infra/production/main.tf", '["109876543210"]', '["210987654321"]', {"shared-boundary"}),
    (
        "pocketos",
        "infra/production/main.tf",
        "pocketos-production-state",
        "pocketos-staging-state",
        {"shared-state-backend", "state-key-used-twice"},
    ),
    (
        "pocketos",
        "infra/production/main.tf",
        "value          = var.signing_key_production",
        'value          = "xT7kQ2vNf9LwR4pBzE1uHs"',
        {"literal-secret-in-source"},
    ),
    ("datatalks", COURSES, "deletion_protection         = true", "", {"guard-only-in-terraform"}),
    ("datatalks", "terraform/shipping/main.tf", "Enabled", "Suspended", {"bucket-keeps-no-versions"}),
    (
        "datatalks",
        AGENT,
        '"deny": ["Bash(terraform apply:*)", "Bash(terraform destroy:*)"]',
        '"defaultMode": "bypassPermissions"',
        {"agent-may-destroy-without-asking"},
    ),
    (
        "replit",
        "infra/development/main.tf",
        REFERENCE % ("222222222222", "Ef3Gh4"),
        REFERENCE % ("111111111111", "Ab1Cd2"),
        {"secret-shared-by-reference"},
    ),
    ("replit", "infra/development/main.tf", '["222222222222"]', '["111111111111"]', {"shared-boundary"}),
    (
        "replit",
        "infra/production/main.tf",
        "deletion_protection         = true",
        "",
        {"production-store-without-deletion-guard"},
    ),
    (
        "travisci",
        ".env.development",
        "postgres://postgres@localhost:5432/builds_test",
        PRODUCTION_URL,
        {"database-shared-with-production", "literal-secret-in-source", "nonproduction-points-at-production"},
    ),
    ("codespaces", BACKUPS, 'resource "aws_backup_vault_lock_configuration"', GONE, {"backup-vault-without-lock"}),
    ("codespaces", BACKUPS, "copy_action {", GONE, {"backups-in-one-account"}),
    ("codespaces", BACKUPS, 'resource "aws_backup_selection"', GONE, {"store-in-no-backup-plan"}),
    (
        "nest",
        DEPLOY,
        "bootstrap/${{ inputs.environment }}",
        "bootstrap/production",
        {"lower-environment-job-applies-production"},
    ),
    (
        "nest",
        "infrastructure/bootstrap/staging/main.tf",
        "nest-staging-terraform-state",
        "nest-production-terraform-state",
        {"shared-state-backend", "state-key-used-twice"},
    ),
    (
        "datahub",
        STAGING,
        "  permissions_boundary = aws_iam_policy.boundary.arn\n",
        "",
        {"nonproduction-can-destroy-production"},
    ),
    (
        "datahub",
        BOUNDARY,
        '  statement {\n    sid     = "NothingOfProduction"',
        GONE,
        {"nonproduction-can-destroy-production"},
    ),
    ("datahub", BOUNDARY, '  statement {\n    sid    = "NoWayOut"', GONE, {"nonproduction-can-destroy-production"}),
]


@pytest.mark.parametrize(
    ("company", "path", "old", "new", "rules"), ALONE, ids=[f"{case[0]}: {case[2].strip()[:50]}" for case in ALONE]
)
def test_a_safeguard_taken_away_alone(company: str, path: str, old: str, new: str, rules: set[str]) -> None:
    assert found_after(f"{company}-fixed", path, (old, new)) == rules


#: What one safeguard covers is heard of when the other is gone as well.
TOGETHER = [
    (("skip_final_snapshot         = false", "skip_final_snapshot         = true"), {"final-snapshot-skipped"}),
    (
        ("delete_automated_backups    = false", "delete_automated_backups    = true"),
        {"automated-backups-deleted-with-store"},
    ),
]


@pytest.mark.parametrize(("change", "rules"), TOGETHER)
def test_a_safeguard_behind_the_deletion_guard(change: tuple[str, str], rules: set[str]) -> None:
    files = files_of("datatalks-fixed")
    for old, new in (("deletion_protection         = true", ""), ("prevent_destroy = true", ""), change):
        assert old in files[COURSES]
        files[COURSES] = files[COURSES].replace(old, new)
    found = {finding.rule for finding in report_of(files).findings}
    assert found == {"production-store-without-deletion-guard", *rules}


def test_the_whole_incident_is_one_path() -> None:
    """From the agent's settings over the token in an unrelated file to the volume of production."""
    [finding] = [each for each in report_of(files_of("pocketos")).findings if each.severity == "critical"]
    hops = [(hop.end.file, hop.says) for hop in finding.path]
    assert hops == [
        (".cursor/cli.json", "can read and use"),
        ("scripts/add-domain.sh", "opens the whole account, with"),
        ("infra/database.tf", ""),
    ]


def test_an_agent_that_has_to_ask_is_not_on_it() -> None:
    files = files_of("pocketos")
    files[".cursor/cli.json"] = files[".cursor/cli.json"].replace("Shell(curl)", "Shell(ls)")
    found = {finding.rule for finding in report_of(files).findings}
    assert "agent-can-use-token-on-production" not in found
    assert "token-in-repository-opens-production" in found


def test_that_nobody_is_told_is_said_and_not_assumed() -> None:
    def unseen(company: str) -> set[str]:
        return {problem.reason for problem in report_of(files_of(company)).problems if problem.stage == "judge"}

    assert "no alarm about deleted data is declared here" in unseen("pocketos")
    assert unseen("pocketos-fixed") == set()
