"""What role assignments of Azure allow: one case for each rule that Microsoft documents."""

from __future__ import annotations

import msgspec
import pytest

from envfence.access.match import Matcher
from envfence.access.scoped import Target, language
from envfence.model import Condition, Grant
from envfence.values import Span

SPAN = Span("roles.tf", 1)
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-prod"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acmeprod"
BOUNDARY = "azurerm:11111111-1111-1111-1111-111111111111"
STORAGE = Target("azurerm_storage_account", (f"azurerm_storage_account:{ACCOUNT}",), BOUNDARY)
VAULT = Target("azurerm_key_vault", (f"azurerm_key_vault:{GROUP}/providers/Microsoft.KeyVault/vaults/kv",), BOUNDARY)


def assignment(scope: str, *actions: str, condition: str = "") -> Grant:
    return Grant(
        language="azurerm",
        policy="identity",
        effect="Allow",
        span=SPAN,
        actions=actions,
        resources=(f"*:{scope}",),
        conditions=(Condition(test="abac", variable="", values=(condition,)),) if condition else (),
    )


def limit(what: str, scope: str) -> Grant:
    return Grant(language="azurerm", policy="limit", effect="Deny", span=SPAN, sid=what, resources=(f"*:{scope}",))


def can(*grants: Grant, target: Target = STORAGE) -> dict[str, str]:
    azure = language("azurerm")
    assert azure is not None
    return {each.name: each.verdict for each in azure.capabilities(grants, target, Matcher())}


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, ACCOUNT, GROUP.upper()])
def test_an_assignment_holds_for_everything_below_its_scope_whatever_the_letter_case(scope: str) -> None:
    assert can(assignment(scope, "role:Storage Blob Data Reader")) == {"read": "yes"}


@pytest.mark.parametrize(
    "scope",
    [
        "/subscriptions/22222222-2222-2222-2222-222222222222",
        f"{SUBSCRIPTION}/resourceGroups/rg-dev",
        f"{SUBSCRIPTION}/resourceGroups/rg-prod-2",
        f"{SUBSCRIPTION}/resourceGroups/rg-pro",
    ],
)
def test_an_assignment_elsewhere_holds_for_nothing_here(scope: str) -> None:
    assert can(assignment(scope, "role:Owner")) == {}


def test_a_management_group_is_open_as_long_as_the_hierarchy_is_not_known() -> None:
    scope = "/providers/Microsoft.Management/managementGroups/acme"
    assert can(assignment(scope, "role:Contributor"))["destroy"] == "maybe"


def test_the_contributor_destroys_but_does_not_grant() -> None:
    found = can(assignment(GROUP, "role:Contributor"))
    assert found["destroy"] == "yes"
    assert "administer" not in found


def test_the_owner_grants_and_the_reader_reads_no_data() -> None:
    assert can(assignment(GROUP, "role:Owner"))["administer"] == "yes"
    assert can(assignment(GROUP, "role:Reader")) == {}


def test_the_contributor_reads_no_secrets_of_a_vault() -> None:
    assert "read" not in can(assignment(GROUP, "role:Contributor"), target=VAULT)
    assert can(assignment(GROUP, "role:Key Vault Secrets User"), target=VAULT) == {"read": "yes"}


def test_a_role_is_known_by_its_id_too() -> None:
    assert can(assignment(GROUP, "role-id:b24988ac-6180-42a0-ab88-20f7382dd24c"))["destroy"] == "yes"
    assert can(assignment(GROUP, "role-id:00000000-0000-0000-0000-000000000000")) == {}


def test_not_actions_are_taken_from_the_role_and_deny_nothing() -> None:
    custom = assignment(GROUP, "Microsoft.Storage/storageAccounts/*", "!Microsoft.Storage/storageAccounts/delete")
    assert "destroy" not in can(custom)
    assert can(custom, assignment(GROUP, "role:Contributor"))["destroy"] == "yes"


def test_actions_on_resources_are_not_actions_on_data() -> None:
    everything = assignment(GROUP, "*")
    assert "read" not in can(everything)
    assert can(assignment(GROUP, "data:*"))["read"] == "yes"


def test_a_condition_leaves_it_open() -> None:
    grant = assignment(GROUP, "role:Storage Blob Data Reader", condition="@Resource[…] StringEquals 'a'")
    assert can(grant) == {"read": "maybe"}


def test_attaching_an_identity_is_becoming_it() -> None:
    azure = language("azurerm")
    assert azure is not None
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ci"
    identity = Target("azurerm_user_assigned_identity", (f"azurerm_user_assigned_identity:{path}",), BOUNDARY)
    verdicts = {
        role: azure.becomes((assignment(GROUP, f"role:{role}"),), identity, Matcher()).verdict
        for role in ("Contributor", "Managed Identity Operator", "Reader")
    }
    assert verdicts == {"Contributor": "yes", "Managed Identity Operator": "yes", "Reader": "no"}


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, ACCOUNT])
def test_a_lock_on_it_or_above_it_stops_deletion(scope: str) -> None:
    contributor = assignment(GROUP, "Microsoft.Storage/*")
    assert can(contributor)["destroy"] == "yes"
    assert "destroy" not in can(contributor, limit("CanNotDelete", scope))


def test_a_lock_elsewhere_stops_nothing() -> None:
    lock = limit("CanNotDelete", f"{SUBSCRIPTION}/resourceGroups/rg-dev")
    assert can(assignment(GROUP, "Microsoft.Storage/*"), lock)["destroy"] == "yes"


def test_a_lock_does_not_stop_actions_on_data() -> None:
    owner = assignment(GROUP, "role:Storage Blob Data Owner")
    assert can(owner, limit("CanNotDelete", ACCOUNT))["destroy"] == "yes"


def test_a_read_only_lock_stops_changes_too() -> None:
    contributor = assignment(GROUP, "Microsoft.Storage/*")
    assert can(contributor)["write"] == "yes"
    assert can(contributor, limit("CanNotDelete", ACCOUNT))["write"] == "yes"
    assert can(contributor, limit("ReadOnly", ACCOUNT)) == {}


@pytest.mark.parametrize(
    ("role", "verdict"), [("role:Owner", "yes"), ("role:Contributor", None), ("Microsoft.Authorization/locks/*", None)]
)
def test_who_can_take_a_lock_away_is_not_stopped(role: str, verdict: str | None) -> None:
    lock = limit("CanNotDelete", GROUP)
    assert can(assignment(GROUP, role), lock).get("destroy") == verdict
    both = (assignment(GROUP, "Microsoft.Authorization/locks/*"), assignment(GROUP, "role:Contributor"), lock)
    assert can(*both)["destroy"] == "yes"


def test_a_vault_that_asks_policies_does_not_look_at_roles_for_its_data() -> None:
    reader = assignment(GROUP, "role:Key Vault Secrets User")
    vault = VAULT.names[0].partition(":")[2]
    assert can(reader, limit("only access policies", vault), target=VAULT) == {}
    assert can(reader, limit("only roles", vault), target=VAULT) == {"read": "yes"}


def test_a_vault_that_asks_roles_does_not_look_at_policies() -> None:
    policy = assignment(GROUP, "data:Microsoft.KeyVault/vaults/secrets/getSecret/action")
    policy = msgspec.structs.replace(policy, sid="access policy")
    vault = VAULT.names[0].partition(":")[2]
    assert can(policy, limit("only access policies", vault), target=VAULT) == {"read": "yes"}
    assert can(policy, limit("only roles", vault), target=VAULT) == {}


def test_a_management_group_that_the_repository_puts_the_subscription_in_is_sure() -> None:
    scope = "/providers/Microsoft.Management/managementGroups/acme"
    inside = Target(STORAGE.type, STORAGE.names, STORAGE.boundary, (f"*:{scope.lower()}",))
    assert can(assignment(scope, "role:Contributor"), target=inside)["destroy"] == "yes"


def test_an_eligible_role_is_open() -> None:
    grant = assignment(GROUP, "role:Contributor")
    eligible = msgspec.structs.replace(
        grant, conditions=(Condition(test="unknown", variable="", values=("whether it is activated",)),)
    )
    assert can(eligible)["destroy"] == "maybe"
