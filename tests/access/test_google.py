"""What bindings of Google Cloud IAM allow: one case for each rule that Google documents."""

from __future__ import annotations

import pytest

from envfence.access.match import Matcher
from envfence.access.scoped import Target, language
from envfence.model import Condition, Grant
from envfence.values import Span

SPAN = Span("iam.tf", 1)
BUCKET = Target("google_storage_bucket", ("google_storage_bucket:acme-prod-data",), "google:acme-prod")
SECRET = Target(
    "google_secret_manager_secret",
    ("google_secret_manager_secret:projects/acme-prod/secrets/db", "google_secret_manager_secret:db"),
    "google:acme-prod",
)
RING = "google_kms_key_ring:projects/acme-prod/locations/eu/keyRings/ring"
KEY = Target(
    "google_kms_crypto_key",
    ("google_kms_crypto_key:projects/acme-prod/locations/eu/keyRings/ring/cryptoKeys/key",),
    "google:acme-prod",
)
ACCOUNT = Target(
    "google_service_account",
    ("google_service_account:ci@acme-prod.iam.gserviceaccount.com",),
    "google:acme-prod",
)


def binding(role: str, scope: str, *, effect: str = "Allow", condition: str = "") -> Grant:
    return Grant(
        language="google",
        policy="identity",
        effect=effect,
        span=SPAN,
        actions=(role,),
        resources=(scope,),
        conditions=(Condition(test="cel", variable="", values=(condition,)),) if condition else (),
    )


def can(*grants: Grant, target: Target) -> dict[str, str]:
    google = language("google")
    assert google is not None
    return {each.name: each.verdict for each in google.capabilities(grants, target, Matcher())}


def test_a_role_on_the_resource_itself_holds_for_it() -> None:
    found = can(binding("roles/storage.objectViewer", "google_storage_bucket:acme-prod-data"), target=BUCKET)
    assert found == {"read": "yes"}


def test_a_role_on_another_resource_holds_for_nothing_here() -> None:
    assert can(binding("roles/storage.admin", "google_storage_bucket:acme-staging-data"), target=BUCKET) == {}


def test_a_role_on_the_project_holds_for_everything_in_it() -> None:
    found = can(binding("roles/storage.admin", "google:acme-prod"), target=BUCKET)
    assert found == {"administer": "yes", "destroy": "yes", "weaken": "yes", "write": "yes", "read": "yes"}


def test_a_role_on_another_project_holds_for_nothing_here() -> None:
    assert can(binding("roles/owner", "google:acme-staging"), target=BUCKET) == {}


def test_a_role_on_a_key_ring_holds_for_its_keys() -> None:
    assert can(binding("roles/cloudkms.cryptoKeyDecrypter", RING), target=KEY) == {"decrypt": "yes"}


def test_a_role_on_an_organization_is_open_as_long_as_the_hierarchy_is_not_known() -> None:
    assert can(binding("roles/storage.objectViewer", "google_organization:123"), target=BUCKET) == {"read": "maybe"}


def test_reading_a_secret_needs_more_than_the_viewer_role() -> None:
    assert can(binding("roles/viewer", "google:acme-prod"), target=SECRET) == {}
    assert can(binding("roles/secretmanager.secretAccessor", "google:acme-prod"), target=SECRET) == {"read": "yes"}


def test_the_editor_destroys_but_does_not_grant() -> None:
    found = can(binding("roles/editor", "google:acme-prod"), target=SECRET)
    assert found["destroy"] == "yes"
    assert "administer" not in found


def test_single_permissions_are_those_of_a_custom_role() -> None:
    assert can(binding("storage.buckets.delete", "google:acme-prod"), target=BUCKET) == {"destroy": "yes"}


def test_bindings_add_up() -> None:
    found = can(
        binding("roles/storage.objectViewer", "google:acme-prod"),
        binding("roles/storage.objectCreator", "google_storage_bucket:acme-prod-data"),
        target=BUCKET,
    )
    assert found == {"write": "yes", "read": "yes"}


def test_a_deny_rule_goes_before_every_binding() -> None:
    found = can(
        binding("roles/storage.admin", "google:acme-prod"),
        binding("storage.googleapis.com/buckets.delete", "google:acme-prod", effect="Deny"),
        binding("storage.googleapis.com/objects.delete", "google:acme-prod", effect="Deny"),
        target=BUCKET,
    )
    assert "destroy" not in found
    assert found["read"] == "yes"


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ('resource.name.startsWith("projects/_/buckets/acme-prod-data/objects/exports/")', "yes"),
        ('resource.name == "projects/_/buckets/acme-prod-data"', "yes"),
        ('resource.name.startsWith("projects/_/buckets/acme-staging")', None),
        ('request.time < timestamp("2027-01-01T00:00:00Z")', "maybe"),
        ('resource.name.startsWith("projects/_/buckets/acme-staging") || request.time > timestamp("…")', "maybe"),
    ],
)
def test_a_condition_on_the_name_is_decided_and_any_other_is_open(condition: str, verdict: str | None) -> None:
    grant = binding("roles/storage.objectViewer", "google:acme-prod", condition=condition)
    assert can(grant, target=BUCKET).get("read") == verdict


@pytest.mark.parametrize(
    "role", ["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/editor"]
)
def test_a_role_on_the_project_lets_somebody_act_as_every_service_account_in_it(role: str) -> None:
    google = language("google")
    assert google is not None
    assert google.becomes((binding(role, "google:acme-prod"),), ACCOUNT, Matcher()).verdict == "yes"
    assert google.becomes((binding(role, "google:acme-staging"),), ACCOUNT, Matcher()).verdict == "no"


def test_viewing_a_service_account_is_not_acting_as_it() -> None:
    google = language("google")
    assert google is not None
    viewer = binding("roles/iam.serviceAccountViewer", "google:acme-prod")
    assert google.becomes((viewer,), ACCOUNT, Matcher()).verdict == "no"
