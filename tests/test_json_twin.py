"""One configuration has the same findings in both syntaxes: in JSON nested blocks look like attributes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

NATIVE = """
resource "google_sql_database_instance" "db" {
  name = "prod-db"
  deletion_protection = false
  settings {
    tier = "db-f1-micro"
    backup_configuration {
      enabled = false
    }
  }
}
resource "aws_s3_bucket" "data" {
  bucket = "prod-data"
  force_destroy = true
  tags = { Environment = "prod" }
  versioning {
    enabled = false
  }
}
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::prod-data", "arn:aws:s3:::prod-data/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::444455556666:role/staging-app"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.p.json
}
"""
PRINCIPALS = {"type": "AWS", "identifiers": ["arn:aws:iam::444455556666:role/staging-app"]}
STATEMENT = {
    "actions": ["s3:*"],
    "resources": ["arn:aws:s3:::prod-data", "arn:aws:s3:::prod-data/*"],
    "principals": PRINCIPALS,
}
SETTINGS = {"tier": "db-f1-micro", "backup_configuration": {"enabled": False}}
TWIN = {
    "resource": {
        "google_sql_database_instance": {"db": {"name": "prod-db", "deletion_protection": False, "settings": SETTINGS}},
        "aws_s3_bucket": {
            "data": {
                "bucket": "prod-data",
                "force_destroy": True,
                "tags": {"Environment": "prod"},
                "versioning": {"enabled": False},
            }
        },
        "aws_s3_bucket_policy": {
            "p": {"bucket": "${aws_s3_bucket.data.id}", "policy": "${data.aws_iam_policy_document.p.json}"}
        },
    },
    "data": {"aws_iam_policy_document": {"p": {"statement": STATEMENT}}},
}


def _findings(directory: Path, name: str, text: str) -> list[tuple[str, str, str]]:
    directory.mkdir()
    (directory / name).write_text(text)
    command = [sys.executable, "-m", "envfence", "check", str(directory), "-f", "json", "--no-config"]
    done = subprocess.run([*command, "--assume", "production"], capture_output=True, text=True, check=False)
    return sorted(
        (finding["rule"], finding["certainty"], finding["fingerprint"])
        for finding in json.loads(done.stdout)["findings"]
    )


def test_findings_do_not_depend_on_the_syntax(tmp_path: Path) -> None:
    native = _findings(tmp_path / "native", "main.tf", NATIVE)
    assert any(rule == "nonproduction-can-destroy-production" for rule, _, _ in native)
    assert _findings(tmp_path / "json", "main.tf.json", json.dumps(TWIN)) == native
