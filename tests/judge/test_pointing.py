"""Variables that name another environment's store."""

from __future__ import annotations

import datetime

import pytest

from envfence.model import Finding
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree


def found(name: str, bucket: str, use: str = "${var.NAME}") -> list[Finding]:
    use = use.replace("NAME", name)
    files = {
        "production/main.tf": 'resource "aws_s3_bucket" "orders" {\n  bucket = "shop-orders-7f3a"\n}\n',
        "app/main.tf": (
            f'variable "environment" {{}}\nvariable "{name}" {{}}\n'
            f'module "app" {{\n  source = "acme/app/aws"\n  data = "{use}"\n}}\n'
        ),
        "app/production.tfvars": f'environment = "production"\n{name} = "shop-orders-7f3a"\n',
        "app/staging.tfvars": f'environment = "staging"\n{name} = "{bucket}"\n',
    }
    report = check(DictTree(files), Settings(today=datetime.date(2026, 11, 22)))
    return [finding for finding in report.findings if finding.rule == "nonproduction-points-at-production"]


def test_a_var_file_that_names_productions_bucket() -> None:
    (finding,) = found("orders_bucket", "shop-orders-7f3a")
    assert finding.message.endswith("(staging) is configured to use aws_s3_bucket.orders (production)")
    assert finding.cause.span.path == "app/staging.tfvars"


@pytest.mark.parametrize(
    ("name", "bucket"), [("orders_bucket", "shop-orders-19bc"), ("state_bucket", "shop-orders-7f3a")]
)
def test_a_bucket_of_its_own_and_the_place_of_states(name: str, bucket: str) -> None:
    assert found(name, bucket) == []


@pytest.mark.parametrize("use", ["shop-${var.NAME}", "arn:aws:s3:::${var.environment}-${var.NAME}", "none"])
def test_a_part_of_a_name_names_nothing(use: str) -> None:
    assert found("orders_bucket", "shop-orders-7f3a", use) == []
