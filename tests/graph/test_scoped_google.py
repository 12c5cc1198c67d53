"""Hierarchy, groups, denials, lists and workload identity pools of Google Cloud, from source to finding."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PROD = """
provider "google" {
  project = "acme-prod"
}
resource "google_storage_bucket" "data" {
  name     = "acme-prod-data"
  location = "EU"
}
resource "google_bigquery_dataset" "facts" {
  dataset_id = "facts"
  ACCESS
}
resource "google_service_account" "deploy" {
  account_id = "deploy"
}
resource "google_project_iam_member" "deploy" {
  project = "acme-prod"
  role    = "roles/DEPLOYS"
  member  = google_service_account.deploy.member
}
"""
STAGING = """
provider "google" {
  project = "acme-staging"
}
resource "google_service_account" "ci" {
  account_id = "ci"
}
"""
MEMBER = "serviceAccount:ci@acme-staging.iam.gserviceaccount.com"
DESTROY, READ = "nonproduction-can-destroy-production", "nonproduction-can-read-production-data"
BRANCH, CHANGES = "production-role-open-to-any-branch", "outsider-admitted-to-production"


def crossings(prod: str = "", staging: str = "", access: str = "", deploys: str = "editor") -> dict[str, str]:
    """Certainty of the access findings between two environments, by rule."""
    source = PROD.replace("ACCESS", access).replace("DEPLOYS", deploys)
    report = check(DictTree({"prod/main.tf": source + prod, "staging/main.tf": STAGING + staging}), Settings())
    return {each.rule: each.certainty for each in report.findings if each.family == "access"}


def bound(scope: str, role: str = "roles/storage.admin", member: str = MEMBER) -> str:
    kind, _, rest = scope.partition(" ")
    return f'resource "google_{kind}_iam_member" "ci" {{\n  {rest}\n  role = "{role}"\n  member = "{member}"\n}}\n'


HIERARCHY = """
resource "google_folder" "all" {
  display_name = "all"
  parent       = "organizations/123"
}
resource "google_project" "main" {
  name       = "acme"
  project_id = "acme-prod"
  folder_id  = google_folder.all.name
}
"""


def test_a_role_on_a_folder_reaches_the_projects_that_the_repository_puts_there() -> None:
    found = crossings(HIERARCHY + bound("folder folder = google_folder.all.folder_id"))
    assert found[DESTROY] == "proved"


def test_a_folder_of_which_nothing_is_known_reaches_nothing() -> None:
    assert crossings(HIERARCHY + bound('folder folder = "folders/999"')) == {}
    assert crossings(bound('folder folder = "folders/999"')) == {}


@pytest.mark.parametrize(("organization", "verdict"), [("123", "proved"), ("456", None)])
def test_a_role_on_an_organization_reaches_what_the_repository_puts_there(organization: str, verdict: str) -> None:
    found = crossings(HIERARCHY + bound(f'organization org_id = "{organization}"'))
    assert found.get(DESTROY) == verdict


def test_a_role_on_an_organization_is_open_where_the_hierarchy_is_not_shown() -> None:
    assert crossings(bound('organization org_id = "123"'))[DESTROY] == "possible"


DENIAL = """
resource "google_iam_deny_policy" "stores" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/acme-prod")
  name   = "stores"
  rules {
    deny_rule {
      denied_principals    = ["principalSet://goog/public:all"]
      denied_permissions   = ["storage.googleapis.com/buckets.delete", "storage.googleapis.com/objects.delete"]
      EXCEPTION
    }
  }
}
"""
VIEWING = bound('project project = "acme-prod"', "roles/storage.objectUser")
EXCEPTED = "principal://iam.googleapis.com/projects/-/serviceAccounts/"


def test_a_deny_policy_goes_before_a_binding() -> None:
    assert DESTROY in crossings(VIEWING)
    assert DESTROY not in crossings(VIEWING + DENIAL.replace("EXCEPTION", ""))


def test_whom_a_deny_policy_excepts_is_not_denied() -> None:
    own = f'exception_principals = ["{EXCEPTED}ci@acme-staging.iam.gserviceaccount.com"]'
    assert DESTROY in crossings(VIEWING + DENIAL.replace("EXCEPTION", own))
    other = f'exception_principals = ["{EXCEPTED}ops@acme-staging.iam.gserviceaccount.com"]'
    assert DESTROY not in crossings(VIEWING + DENIAL.replace("EXCEPTION", other))


def test_an_excepted_group_leaves_it_open() -> None:
    group = 'exception_principals = ["principalSet://goog/group/admins@acme.example"]'
    assert crossings(VIEWING + DENIAL.replace("EXCEPTION", group))[DESTROY] == "possible"


def test_an_access_block_of_a_dataset_lets_somebody_in() -> None:
    entry = 'access {\n role = "ROLE"\n user_by_email = "ci@acme-staging.iam.gserviceaccount.com"\n }'
    assert set(crossings(access=entry.replace("ROLE", "READER"))) == {READ}
    assert DESTROY in crossings(access=entry.replace("ROLE", "OWNER"))
    assert crossings(access='access {\n role = "OWNER"\n special_group = "projectOwners"\n }') == {}


def test_an_access_resource_of_a_dataset_lets_somebody_in() -> None:
    entry = """
resource "google_bigquery_dataset_access" "ci" {
  dataset_id    = google_bigquery_dataset.facts.dataset_id
  role          = "roles/bigquery.dataViewer"
  user_by_email = "ci@acme-staging.iam.gserviceaccount.com"
}
"""
    assert set(crossings(entry)) == {READ}


@pytest.mark.parametrize(("entry", "expected"), [("WRITER:allUsers", {CHANGES}), ("READER:allUsers", set())])
def test_a_bucket_that_everybody_may_write(entry: str, expected: set[str]) -> None:
    acl = f'resource "google_storage_bucket_acl" "a" {{\n bucket = "acme-prod-data"\n role_entity = ["{entry}"]\n}}'
    assert set(crossings(acl)) == expected


GROUP = """
resource "google_cloud_identity_group" "ops" {
  parent = "customers/C01"
  group_key {
    id = "ops@acme.example"
  }
}
resource "google_cloud_identity_group_membership" "ci" {
  group = google_cloud_identity_group.ops.id
  preferred_member_key {
    id = "ci@acme-staging.iam.gserviceaccount.com"
  }
  roles {
    name = "MEMBER"
  }
}
"""


def test_a_member_has_the_roles_of_its_group() -> None:
    binding = bound('project project = "acme-prod"', member="group:ops@acme.example")
    assert crossings(binding) == {}
    assert crossings(binding, GROUP)[DESTROY] == "proved"


CUSTOM = """
resource "google_project_iam_custom_role" "wipe" {
  project     = "acme-prod"
  role_id     = "wipe"
  title       = "wipe"
  permissions = ["storage.buckets.delete"]
}
"""


def test_a_custom_role_is_found_in_another_deployment() -> None:
    binding = bound('project project = "acme-prod"', "projects/acme-prod/roles/wipe")
    assert crossings(staging=binding) == {}
    assert crossings(CUSTOM, binding)[DESTROY] == "proved"
    assert crossings(CUSTOM, binding.replace("roles/wipe", "roles/other")) == {}


def test_a_workload_of_a_cluster_acts_as_a_service_account() -> None:
    binding = """
resource "google_service_account_iam_member" "web" {
  service_account_id = google_service_account.deploy.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:acme-shared.svc.id.goog[NAMESPACE/web]"
}
"""
    assert "nonproduction-can-become-production" in crossings(binding.replace("NAMESPACE", "shop-staging"))
    assert crossings(binding.replace("NAMESPACE", "shop-prod")) == {}


POOL = """
resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "github"
}
resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  CONDITION
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
resource "google_service_account_iam_member" "github" {
  service_account_id = google_service_account.deploy.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "WHO"
}
"""
REPOSITORY = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}"
SUBJECT = REPOSITORY.replace("principalSet", "principal")


def pool(who: str, condition: str = "assertion.repository_owner == 'acme'") -> str:
    said = f'attribute_condition = "{condition}"' if condition else ""
    return POOL.replace("WHO", who).replace("CONDITION", said)


def test_a_service_account_that_every_branch_of_a_repository_may_use() -> None:
    assert crossings(pool(f"{REPOSITORY}/attribute.repository/acme/shop")) == {BRANCH: "proved"}


def test_a_condition_on_branch_or_environment_closes_the_pool() -> None:
    condition = "assertion.ref == 'refs/heads/main'"
    assert crossings(pool(f"{REPOSITORY}/attribute.repository/acme/shop", condition)) == {}


def test_a_service_account_that_only_shows_things_may_be_open() -> None:
    assert crossings(pool(f"{REPOSITORY}/attribute.repository/acme/shop"), deploys="viewer") == {}


@pytest.mark.parametrize(
    ("name", "expected"), [("staging", {"production-trusts-nonproduction"}), ("production", set())]
)
def test_a_subject_of_one_environment(name: str, expected: set[str]) -> None:
    assert set(crossings(pool(f"{SUBJECT}/subject/repo:acme/shop:environment:{name}"))) == expected


def test_a_pool_that_takes_every_repository_there_is() -> None:
    assert set(crossings(pool(f"{REPOSITORY}/*", ""))) == {"production-trusts-nonproduction"}
    assert set(crossings(pool(f"{REPOSITORY}/*"))) == {BRANCH}


def test_a_pool_that_is_declared_elsewhere_leaves_its_condition_open() -> None:
    member = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/g/attribute.repository/acme/a"
    assert crossings(pool(member)) == {BRANCH: "possible"}
