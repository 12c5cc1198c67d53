"""`envfence fix`: shows and writes the edits that add protection, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STORES = Path(__file__).resolve().parent.parent.parent / "fixtures" / "stores"

DATABASE = """resource "aws_docdb_cluster" "orders" {
  cluster_identifier  = "orders"
  skip_final_snapshot = var.skip
  tags                = { Environment = var.environment }
}

variable "environment" {}

variable "skip" {
  default = false
}
"""


def fix(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envfence", "fix", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def repository(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The stores of the fixture, mended, and the diff that was shown before."""
    root = tmp_path_factory.mktemp("stores") / "stores"
    shutil.copytree(STORES, root)
    before = contents(root)
    shown = fix(root)
    assert shown.returncode == 1
    assert "run again with --write" in shown.stderr
    assert contents(root) == before
    assert fix(root, "--write").returncode == 0
    return root, shown.stdout


def test_what_is_shown_is_what_is_written(written: tuple[Path, str], tmp_path: Path) -> None:
    root, diff = written
    shutil.copytree(STORES, tmp_path / "patched")
    subprocess.run(["git", "apply", "--unsafe-paths", "-"], input=diff, text=True, cwd=tmp_path / "patched", check=True)
    assert contents(tmp_path / "patched") == contents(root)


def test_only_production_is_touched_and_only_protection_is_added(written: tuple[Path, str]) -> None:
    changed = [line for line in written[1].splitlines() if line[:1] in "+-"]
    assert all("/environments/production/" in line for line in changed if line[:4] in ("--- ", "+++ "))
    removed = {line[1:].split("=")[0].strip() for line in changed if line.startswith("-") and line[:4] != "--- "}
    added = {line[1:].split("=")[0].strip() for line in changed if line.startswith("+") and line[:4] != "+++ "}
    assert removed == {
        "skip_final_snapshot",
        "force_destroy",
        "is_delete_protected",
        "persistent_volume_reclaim_policy",
    }
    assert removed < added


def test_a_second_run_has_nothing_to_do(written: tuple[Path, str]) -> None:
    again = fix(written[0])
    assert (again.returncode, again.stdout) == (0, "")
    assert "nothing to fix" in again.stderr


def test_a_value_is_changed_where_it_is_written(tmp_path: Path) -> None:
    values = 'environment = "{}"\nskip        = true # for now\n'
    root = repository(
        tmp_path,
        {
            "main.tf": DATABASE,
            "production.tfvars": values.format("production"),
            "staging.tfvars": values.format("staging"),
        },
    )
    result = fix(root, "--write", "--select", "final-snapshot-skipped")
    assert result.returncode == 0, result.stderr
    assert (root / "main.tf").read_text() == DATABASE
    assert (root / "production.tfvars").read_text() == 'environment = "production"\nskip        = false # for now\n'
    assert (root / "staging.tfvars").read_text() == values.format("staging")


def test_a_place_that_another_tier_reads_is_left_alone(tmp_path: Path) -> None:
    files = {
        "main.tf": DATABASE,
        "production.tfvars": 'environment = "production"\n',
        "staging.tfvars": 'environment = "staging"\n',
    }
    root = repository(tmp_path, files)
    result = fix(root, "--write", "--select", "production-store-without-deletion-guard")
    assert "main.tf:1: not fixed (production-store-without-deletion-guard): the same place serves staging" in (
        result.stderr
    )
    assert contents(root) == {name: text.encode() for name, text in files.items()}


def test_an_input_that_may_decide_more_is_left_alone(tmp_path: Path) -> None:
    source = DATABASE.replace("var.skip", "var.ephemeral").replace('"skip"', '"ephemeral"')
    values = 'environment = "production"\nephemeral   = true\n'
    root = repository(tmp_path, {"main.tf": source, "production.tfvars": values})
    result = fix(root, "--select", "final-snapshot-skipped")
    assert "`ephemeral` may decide more than skip_final_snapshot" in result.stderr
    assert result.stdout == ""


def test_a_published_module_is_mended_in_its_call(tmp_path: Path) -> None:
    call = """module "orders" {
  source     = "terraform-aws-modules/rds/aws"
  version    = "6.5.0"
  identifier = "orders"
  tags       = { Environment = "production" }
}
"""
    root = repository(tmp_path, {"main.tf": call})
    assert fix(root, "--write").returncode == 0
    assert "\n  deletion_protection     = true\n" in (root / "main.tf").read_text()


def test_a_suppressed_finding_is_not_mended(tmp_path: Path) -> None:
    source = (
        "# envfence: ignore[production-store-with-destroy-flag] -- emptied every night\n"
        'resource "aws_s3_bucket" "drop" {\n'
        '  bucket        = "drop"\n  force_destroy = true\n  tags          = { Environment = "production" }\n}\n'
    )
    root = repository(tmp_path, {"main.tf": source})
    assert fix(root).stdout == ""


def test_writing_needs_a_directory(tmp_path: Path) -> None:
    root = repository(tmp_path, {"main.tf": DATABASE})
    result = fix(root / "main.tf", "--write")
    assert (result.returncode, "takes a directory" in result.stderr) == (2, True)
