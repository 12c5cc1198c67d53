"""Roles of Google Cloud and Azure that lead from one environment into another, from source to finding."""

from __future__ import annotations

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

GOOGLE_PROD = """
provider "google" {
  project = "acme-prod"
}
resource "google_storage_bucket" "data" {
  name     = "acme-prod-data"
  location = "EU"
}
"""
GOOGLE_STAGING = """
provider "google" {
  project = "acme-staging"
}
resource "google_service_account" "ci" {
  account_id = "ci"
}
"""
MEMBER = "serviceAccount:ci@acme-staging.iam.gserviceaccount.com"
AZURE_PROD = """
provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}
resource "azurerm_resource_group" "main" {
  name     = "rg-prod"
  location = "uksouth"
}
resource "azurerm_storage_account" "data" {
  name                = "acmeprod"
  resource_group_name = azurerm_resource_group.main.name
  location            = "uksouth"
}
"""
AZURE_DEV = """
provider "azurerm" {
  features {}
  subscription_id = "22222222-2222-2222-2222-222222222222"
}
resource "azurerm_user_assigned_identity" "ci" {
  name                = "ci"
  location            = "uksouth"
  resource_group_name = "rg-dev"
}
"""


def crossings(files: dict[str, str]) -> list[tuple[str, str, str, int]]:
    """(rule, certainty, file and line of the cause) of the access findings between two environments."""
    report = check(DictTree(files), Settings())
    return [
        (found.rule, found.certainty, found.cause.span.path, found.cause.span.line)
        for found in report.findings
        if found.family == "access"
    ]


def test_a_member_of_another_project_reaches_a_bucket() -> None:
    binding = f"""
resource "google_storage_bucket_iam_member" "ci" {{
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectAdmin"
  member = "{MEMBER}"
}}
"""
    found = crossings({"prod/main.tf": GOOGLE_PROD + binding, "staging/main.tf": GOOGLE_STAGING})
    assert ("nonproduction-can-destroy-production", "proved", "prod/main.tf", 12) in found


def test_a_list_of_members_on_a_whole_project_reaches_everything_in_it() -> None:
    binding = f"""
resource "google_project_iam_binding" "viewers" {{
  project = "acme-prod"
  role    = "roles/storage.objectViewer"
  members = [
    "group:ops@acme.example",
    "{MEMBER}",
  ]
}}
"""
    found = crossings({"prod/main.tf": GOOGLE_PROD + binding, "staging/main.tf": GOOGLE_STAGING})
    assert [each[:2] for each in found] == [("nonproduction-can-read-production-data", "proved")]


def test_a_whole_policy_is_read_from_its_data_source() -> None:
    policy = f"""
data "google_iam_policy" "bucket" {{
  binding {{
    role    = "roles/storage.objectViewer"
    members = ["{MEMBER}"]
  }}
}}
resource "google_storage_bucket_iam_policy" "data" {{
  bucket      = google_storage_bucket.data.name
  policy_data = data.google_iam_policy.bucket.policy_data
}}
"""
    found = crossings({"prod/main.tf": GOOGLE_PROD + policy, "staging/main.tf": GOOGLE_STAGING})
    assert [each[:2] for each in found] == [("nonproduction-can-read-production-data", "proved")]


def test_the_same_role_in_the_own_project_is_no_crossing() -> None:
    binding = """
resource "google_project_iam_member" "ci" {
  project = "acme-staging"
  role    = "roles/owner"
  member  = google_service_account.ci.member
}
"""
    assert crossings({"prod/main.tf": GOOGLE_PROD, "staging/main.tf": GOOGLE_STAGING + binding}) == []


def test_agents_of_google_itself_are_nobody() -> None:
    binding = """
resource "google_project_iam_member" "agent" {
  project = "acme-prod"
  role    = "roles/editor"
  member  = "serviceAccount:service-123@gcp-sa-staging.iam.gserviceaccount.com"
}
"""
    assert crossings({"prod/main.tf": GOOGLE_PROD + binding, "staging/main.tf": GOOGLE_STAGING}) == []


def test_a_managed_identity_reaches_the_resource_group_of_another_subscription() -> None:
    assignment = """
resource "azurerm_role_assignment" "ci" {
  scope                = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-prod"
  role_definition_name = "Contributor"
  principal_id         = azurerm_user_assigned_identity.ci.principal_id
}
"""
    found = crossings({"prod/main.tf": AZURE_PROD, "dev/main.tf": AZURE_DEV + assignment})
    assert ("nonproduction-can-destroy-production", "proved", "dev/main.tf", 13) in found


def test_a_managed_identity_in_its_own_group_is_no_crossing() -> None:
    assignment = """
resource "azurerm_role_assignment" "ci" {
  scope                = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-dev"
  role_definition_name = "Owner"
  principal_id         = azurerm_user_assigned_identity.ci.principal_id
}
"""
    assert crossings({"prod/main.tf": AZURE_PROD, "dev/main.tf": AZURE_DEV + assignment}) == []
