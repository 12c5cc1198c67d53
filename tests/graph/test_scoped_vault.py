"""Policies of Vault that lead from one environment into another, from source to finding."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

SOURCE = """
provider "vault" {
  address = "https://vault.acme.example"
}
resource "vault_mount" "apps" {
  path    = "apps"
  type    = "kv"
  options = { version = "2" }
}
resource "vault_kv_secret_v2" "prod" {
  mount     = vault_mount.apps.path
  name      = "prod/db"
  data_json = "{}"
}
data "vault_policy_document" "staging" {
  rule {
    path         = "apps/data/SECRET/*"
    capabilities = ["CAPABILITY"]
  }
}
resource "vault_policy" "staging" {
  name   = "staging"
  policy = POLICY
}
ROLE
"""
KUBERNETES = """
resource "vault_kubernetes_auth_backend_role" "app" {
  role_name                        = "staging-app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["shop-staging"]
  token_policies                   = ["staging"]
}
"""
READ, DESTROY = "production-secret-readable-by-nonproduction", "nonproduction-can-destroy-production"
DOCUMENT = "data.vault_policy_document.staging.hcl"
TEXT = """<<-EOT
    # what the application needs
    path "apps/data/SECRET/*" {
      capabilities = ["CAPABILITY", "list"]
    }
  EOT
"""


def crossings(secret: str, capability: str = "read", policy: str = DOCUMENT, role: str = KUBERNETES) -> set[str]:
    source = SOURCE.replace("POLICY", policy).replace("SECRET", secret).replace("CAPABILITY", capability)
    report = check(DictTree({"vault/main.tf": source.replace("ROLE", role)}), Settings())
    return {each.rule for each in report.findings if each.family in ("access", "secrets")}


@pytest.mark.parametrize("policy", [DOCUMENT, TEXT])
def test_a_role_of_staging_reads_a_secret_of_production(policy: str) -> None:
    assert crossings("prod", policy=policy) == {READ}
    assert crossings("staging", policy=policy) == set()


def test_and_destroys_it() -> None:
    assert DESTROY in crossings("prod", "delete")


def test_a_role_with_another_policy_reads_nothing() -> None:
    assert crossings("prod", role=KUBERNETES.replace('["staging"]', '["other"]')) == set()


WORKFLOW = """
resource "vault_jwt_auth_backend_role" "ci" {
  backend        = "github"
  role_name      = "prod-ci"
  role_type      = "jwt"
  user_claim     = "sub"
  token_policies = ["staging"]
  bound_claims   = { CLAIMS }
}
"""


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ('repository = "acme/shop"', {"production-role-open-to-any-branch"}),
        ('repository = "acme/shop", environment = "production"', set()),
        ('repository = "acme/shop", environment = "staging"', {"production-trusts-nonproduction"}),
        ('repository = "acme/shop", ref = "refs/heads/main"', set()),
    ],
)
def test_claims_say_who_may_log_in(claims: str, expected: set[str]) -> None:
    assert crossings("prod", role=WORKFLOW.replace("CLAIMS", claims)) == expected


AWS = """
resource "vault_aws_secret_backend_role" "deploy" {
  backend         = "aws"
  name            = "prod-deploy"
  credential_type = "assumed_role"
  role_arns       = ["arn:aws:iam::310000000001:role/deploy-prod"]
}
resource "vault_policy" "creds" {
  name   = "creds"
  policy = "path \\"aws/creds/*\\" { capabilities = [\\"read\\"] }"
}
"""


def test_credentials_of_a_cloud_lead_to_its_role() -> None:
    role = AWS + KUBERNETES.replace('["staging"]', '["creds"]')
    assert "nonproduction-can-become-production" in crossings("staging", role=role)
