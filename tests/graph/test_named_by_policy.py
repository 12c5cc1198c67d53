"""Who and what a policy means by a name: the own bucket, the own account, a principal that is given elsewhere."""

from __future__ import annotations

from envfence.graph import Graph, link
from envfence.model import Edge
from envfence.pipeline import survey
from envfence.settings import Settings
from envfence.tree import DictTree

ACCOUNTS = """\
version: 1
environments:
  production: {paths: ["production/**"], accounts: ["310000000001"]}
  staging: {paths: ["staging/**"], accounts: ["320000000002"]}
"""
PROVIDER = 'provider "aws" {{\n  region              = "eu-west-1"\n  allowed_account_ids = ["{account}"]\n}}\n'


def linked(files: dict[str, str]) -> Graph:
    found = survey(DictTree(dict(files)), Settings())
    return link(found.facts, found.environments)


def rights(graph: Graph) -> list[Edge]:
    return [edge for edge in graph.edges() if edge.kind == "may"]


ONE_FOR_ALL = """\
variable "environment" { type = string }

resource "aws_s3_bucket" "transfer" {
  bucket = "orders-transfer"
}

resource "aws_iam_policy" "transfer" {
  name   = "transfer-${var.environment}"
  policy = data.aws_iam_policy_document.transfer.json
}

data "aws_iam_policy_document" "transfer" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.transfer.arn}/*"]
  }
}
"""


def test_a_bucket_of_one_name_in_each_deployment_is_its_own() -> None:
    inputs = {f"{name}.tfvars": f'environment = "{name}"\n' for name in ("staging", "production")}
    assert rights(linked({"main.tf": ONE_FOR_ALL, **inputs})) == []


ADMITS = """\
resource "aws_s3_bucket" "orders" {
  bucket = "orders"
}

resource "aws_s3_bucket_policy" "orders" {
  bucket = aws_s3_bucket.orders.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::310000000001:role/NAME"] }
      Action    = "s3:*"
      Resource  = "arn:aws:s3:::orders/*"
    }]
  })
}
"""


def test_a_role_of_the_own_account_is_no_outsider() -> None:
    own = PROVIDER.format(account="310000000001")
    assert rights(linked({"production/main.tf": own + ADMITS.replace("NAME", "clerk")})) == []
    config = {"envfence.yaml": ACCOUNTS, "production/main.tf": own + ADMITS.replace("NAME", "clerk")}
    assert rights(linked(config)) == []


GIVEN_ELSEWHERE = """\
variable "staging_account_root_arn" {
  type    = string
  default = ""
}

resource "aws_s3_bucket" "orders" {
  bucket = "orders"
}

resource "aws_s3_bucket_policy" "orders" {
  bucket = aws_s3_bucket.orders.id
  policy = data.aws_iam_policy_document.orders.json
}

data "aws_iam_policy_document" "orders" {
  statement {
    principals {
      type        = "AWS"
      identifiers = [var.staging_account_root_arn]
    }
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::orders/*"]
  }
}
"""


def test_a_principal_that_is_empty_by_default_is_given_elsewhere_and_its_variable_tells_whose_it_is() -> None:
    own = PROVIDER.format(account="310000000001")
    other = PROVIDER.format(account="320000000002")
    graph = linked({"envfence.yaml": ACCOUNTS, "production/main.tf": own + GIVEN_ELSEWHERE, "staging/main.tf": other})
    (edge,) = rights(graph)
    source = graph.nodes[edge.source]
    assert source.node.address == "${var.staging_account_root_arn}"
    assert source.placement.environments == ("staging",)
    assert not source.placement.firm
    assert edge.capability == "read"
    assert edge.evidence[0].span.line == 23


def test_a_principal_whose_variable_names_no_environment_says_nothing() -> None:
    text = PROVIDER.format(account="310000000001") + GIVEN_ELSEWHERE.replace("staging_account", "partner")
    graph = linked({"envfence.yaml": ACCOUNTS, "production/main.tf": text})
    assert rights(graph) == []


SHARED = """\
resource "aws_rds_cluster" "orders" {
  cluster_identifier = "orders"
}

resource "aws_subnet" "private" {
  vpc_id     = "vpc-1"
  cidr_block = "10.0.0.0/24"
}

resource "aws_ram_resource_share" "orders" {
  name = "orders"
}

resource "aws_ram_resource_association" "orders" {
  resource_arn       = aws_rds_cluster.orders.arn
  resource_share_arn = aws_ram_resource_share.orders.arn
}

resource "aws_ram_resource_association" "subnet" {
  resource_arn       = aws_subnet.private.arn
  resource_share_arn = aws_ram_resource_share.orders.arn
}

resource "aws_ram_principal_association" "other" {
  principal          = "PRINCIPAL"
  resource_share_arn = aws_ram_resource_share.orders.arn
}
"""


def shared_with(principal: str) -> Graph:
    text = PROVIDER.format(account="310000000001") + SHARED.replace("PRINCIPAL", principal)
    return linked({"envfence.yaml": ACCOUNTS, "production/main.tf": text})


def test_a_cluster_in_a_share_can_be_cloned_by_whom_it_is_lent_to() -> None:
    (edge,) = rights(shared_with("320000000002"))
    assert (edge.source, edge.target) == ("external:aws:320000000002", "production:aws_rds_cluster.orders")
    assert (edge.capability, edge.certainty) == ("read", "proved")


def test_a_share_with_the_own_organization_names_nobody() -> None:
    assert rights(shared_with("arn:aws:organizations::310000000001:organization/o-1")) == []
