"""What a reference evaluates to is what the resource answers to; maps of accounts say whose they are."""

from __future__ import annotations

import pytest

from envfence.evaluate import Loader, Options, evaluate
from envfence.model import Deployment, Facts
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract
from envfence.tree import DictTree
from envfence.values import Span, has_holes


def facts_of(source: str) -> Facts:
    deployment = Deployment(id=".", root="", config_dir="", span=Span("main.tf", 1))
    evaluated = evaluate(Loader(DictTree({"main.tf": source})), deployment, Options(computed=computed_functions()))
    return extract(evaluated, catalogue(), str)


KEYS = """
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "replica"
  region = "eu-west-2"
}
"""


@pytest.mark.parametrize("reference", ["arn", "id", "key_id"])
@pytest.mark.parametrize("alias", ["", "provider = aws.replica"])
def test_a_queue_is_encrypted_by_the_key_it_refers_to(reference: str, alias: str) -> None:
    queue = f'resource "aws_sqs_queue" "q" {{\n  name = "q"\n  kms_master_key_id = aws_kms_key.k.{reference}\n}}\n'
    facts = facts_of(f'{KEYS}resource "aws_kms_key" "k" {{\n  {alias}\n}}\n{queue}')
    assert [(edge.source, edge.target) for edge in facts.edges] == [("aws_kms_key.k", "aws_sqs_queue.q")]
    assert facts.references == ()


def test_a_name_from_a_prefix_is_the_same_everywhere() -> None:
    bucket = 'resource "aws_s3_bucket" "b" {\n  bucket_prefix = "acme-"\n}\n'
    versioning = (
        'resource "aws_s3_bucket_versioning" "b" {\n  bucket = aws_s3_bucket.b.bucket\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    )
    facts = facts_of(bucket + versioning)
    assert [edge.kind for edge in facts.edges] == ["guards"]


def test_a_service_account_is_known_by_its_address() -> None:
    source = (
        'provider "google" {\n  project = "acme-prod"\n}\n'
        'resource "google_service_account" "ci" {\n  account_id = "ci"\n}\n'
        'output "email" {\n  value = google_service_account.ci.email\n}\n'
    )
    facts = facts_of(source)
    assert facts.outputs[0].json == '"ci@acme-prod.iam.gserviceaccount.com"'
    assert "google_service_account:ci@acme-prod.iam.gserviceaccount.com" in facts.nodes[0].names


def test_the_account_of_an_unknown_provider_is_a_hole_in_every_arn() -> None:
    facts = facts_of('resource "aws_sns_topic" "t" {\n  name = "t"\n}\n')
    assert has_holes(facts.nodes[0].boundary)
    assert all(has_holes(name) or name == "aws_sns_topic:t" for name in facts.nodes[0].names)


def test_maps_from_environments_to_accounts_are_learnt() -> None:
    source = """
locals {
  account_ids = { staging = "111111111111", production = "222222222222", colour = "333333333333" }
  ports       = { staging = "444444444444" }
}
variable "projects" {
  default = { staging = { project_id = "acme-staging-1" } }
}
"""
    found = [(signal.value, signal.words) for signal in facts_of(source).identities]
    assert found == [
        ("aws:111111111111", ("staging",)),
        ("aws:222222222222", ("production",)),
        ("google:acme-staging-1", ("staging",)),
    ]
