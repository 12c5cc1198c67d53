"""The diff that `fix` shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envfence.fixes.diff import diff
from envfence.fixes.plan import Fixed
from envfence.snippets import careful

VALUE = "kR7Lq4wZx91Q2x"
BEFORE = f"""\
resource "aws_db_instance" "orders" {{
  identifier   = "orders"
  username     = "app"
  password     = "{VALUE}"
  skip_final_snapshot = true
  port         = 5432
  engine       = "postgres"
}}
"""


def shown(before: str, after: str) -> str:
    return diff(Fixed("main.tf", before.encode(), after.encode(), ()), careful)


def test_a_secret_beside_an_edit_is_not_shown() -> None:
    text = shown(BEFORE, BEFORE.replace("= true", "= false"))
    assert VALUE not in text
    assert "+  skip_final_snapshot = false\n   port         = 5432\n" in text
    assert "username" not in text


def test_a_secret_on_the_edited_line_is_masked() -> None:
    line = f'resource "x" "y" {{ password = "{VALUE}", protected = true }}\n'
    assert VALUE not in shown(line, line.replace("true", "false"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= true", "= false"),
        ('"postgres"\n', '"postgres"\n\n  deletion_protection = true\n'),
        ("  identifier", "  protected = true\n  identifier"),
        ("  port         = 5432\n", ""),
        ("\n", "\r\n"),
    ],
)
def test_git_takes_it(old: str, new: str, tmp_path: Path) -> None:
    before = BEFORE.replace(VALUE, "${var.password}") if old == "\n" else BEFORE
    after = before.replace(old, new)
    (tmp_path / "main.tf").write_bytes(before.encode())
    subprocess.run(["git", "apply", "-"], input=shown(before, after).encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "main.tf").read_bytes() == after.encode()
