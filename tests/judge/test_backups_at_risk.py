"""Backups that nonproduction may delete, and plans that make them: whole repositories through `check`."""

from __future__ import annotations

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PRODUCTION = """
provider "aws" {
  region              = "eu-west-2"
  allowed_account_ids = ["111111111111"]
}
"""
VAULT = """
resource "aws_backup_vault" "main" {
  name = "orders"
}
"""
CLEANER = """
resource "aws_iam_role" "cleaner" {
  name               = "cleaner"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "cleaner" {
  role = aws_iam_role.cleaner.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ACTION", Resource = "RESOURCE" }]
  })
}
"""
#: Volumes and instances of one deployment, and the plan of another.
STORES = """
resource "aws_instance" "db" {
  ami           = "ami-1"
  instance_type = "m5.large"
  tags          = TAGS
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-2a"
  size              = 100
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdb"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.db.id
}
"""
PLAN = """
resource "aws_backup_selection" "daily" {
  name         = "daily"
  plan_id      = "p"
  iam_role_arn = "arn:aws:iam::111111111111:role/backup"
  selection_tag {
    type  = "STRINGEQUALS"
    key   = "plan"
    value = "daily"
  }
}
"""
UNPLANNED = "store-in-no-backup-plan"


def findings(rule: str, files: dict[str, str]) -> list[Finding]:
    tree = {f"environments/{name}/main.tf": PRODUCTION + text for name, text in files.items()}
    return [found for found in check(DictTree(tree), Settings()).findings if found.rule == rule]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("backup:DeleteRecoveryPoint", "*"),
        ("backup:DeleteRecoveryPoint", "arn:aws:backup:eu-west-2:111111111111:recovery-point:*"),
        ("backup:DeleteBackupVault", "arn:aws:backup:eu-west-2:111111111111:backup-vault:orders"),
        ("backup:DeleteBackupVaultLockConfiguration", "*"),
        ("backup:*", "*"),
    ],
)
def test_nonproduction_that_may_delete_production_backups_is_found(action: str, resource: str) -> None:
    cleaner = CLEANER.replace("ACTION", action).replace("RESOURCE", resource)
    (found,) = findings("nonproduction-can-destroy-production", {"production": VAULT, "staging": cleaner})
    assert found.certainty == "proved"
    assert found.target.address == "aws_backup_vault.main" or "recovery-point" in found.target.address


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("backup:ListRecoveryPointsByBackupVault", "*"),
        ("backup:DeleteBackupVault", "arn:aws:backup:eu-west-2:222222222222:backup-vault:orders"),
        ("backup:DeleteRecoveryPoint", "arn:aws:backup:eu-west-2:222222222222:recovery-point:*"),
    ],
)
def test_what_deletes_no_backup_of_production_is_not_found(action: str, resource: str) -> None:
    cleaner = CLEANER.replace("ACTION", action).replace("RESOURCE", resource)
    assert findings("nonproduction-can-destroy-production", {"production": VAULT, "staging": cleaner}) == []


def test_the_backup_of_an_instance_holds_the_volumes_that_are_attached_to_it() -> None:
    tagged = STORES.replace("TAGS", '{ plan = "daily" }')
    assert findings(UNPLANNED, {"production": tagged + PLAN, "staging": ""}) == []
    (found,) = findings(UNPLANNED, {"production": STORES.replace("TAGS", "{}") + PLAN, "staging": ""})[:1]
    assert found.target.address == "aws_ebs_volume.data"


def test_what_has_a_tag_that_nobody_knows_may_be_selected_by_it() -> None:
    unknown = STORES.replace("TAGS", "var.tags") + 'variable "tags" {}\n'
    assert findings(UNPLANNED, {"production": unknown + PLAN, "staging": ""}) == []


def test_a_plan_of_another_deployment_selects_by_tag_too() -> None:
    disk = 'resource "aws_efs_file_system" "files" {\n  tags = { plan = "PLAN" }\n}\n'
    covered = {"production/app": disk.replace("PLAN", "daily"), "production/backup": PLAN, "staging/app": ""}
    assert findings(UNPLANNED, covered) == []
    (found,) = findings(UNPLANNED, {**covered, "production/app": disk.replace("PLAN", "weekly")})
    assert found.certainty == "possible"


def test_volumes_of_one_directory_that_nothing_backs_up_are_one_finding() -> None:
    disks = "".join(
        f'resource "aws_ebs_volume" "d{number}" {{\n  availability_zone = "eu-west-2a"\n}}\n' for number in range(4)
    )
    (found,) = findings(UNPLANNED, {"production": disks, "staging": ""})
    assert found.also_total == 3
    assert "as 3 more beside it" in found.message
