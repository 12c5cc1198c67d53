"""docs/configuration.md: every example on the page is one that envfence takes."""

from __future__ import annotations

import datetime
import re
import textwrap
from pathlib import Path

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
ENVIRONMENTS = (
    "version: 1\nenvironments:\n  prod: {tier: production, paths: [live/prod]}\n  staging: {paths: [live/staging]}\n"
)
RULE = (Path(__file__).resolve().parent.parent / "rules/secrets/secret-value-shared.yaml").read_text(encoding="utf-8")
FILES = {
    "live/prod/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-prod"\n}\n',
    "live/staging/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "orders-staging"\n}\n',
    ".envfence/rules/own.yaml": RULE.replace("secret-value-shared", "our-own-rule"),
}


def examples() -> list[str]:
    """The indented blocks of the page."""
    blocks = re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE)
    return [textwrap.dedent(block) for block in blocks]


@pytest.mark.parametrize("example", examples(), ids=lambda text: text.partition(":")[0])
def test_an_example_is_taken(example: str) -> None:
    before = {"version": "", "environments": "version: 1\n"}.get(example.partition(":")[0], ENVIRONMENTS)
    settings = Settings(today=datetime.date(2026, 11, 22), use_baseline=False)
    report = check(DictTree({**FILES, "envfence.yaml": before + example}), settings)
    assert report.deployments
