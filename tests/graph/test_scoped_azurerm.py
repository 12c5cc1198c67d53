"""Look-ups, groups, locks, vaults and federated credentials of Azure, from source to finding."""

from __future__ import annotations

import pytest

from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree

PROD = """
provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-1111-1111-111111111111"
}
resource "azurerm_resource_group" "main" {
  name     = "rg-prod"
  location = "uksouth"
}
resource "azurerm_mssql_server" "db" {
  name                = "acmeprod"
  resource_group_name = azurerm_resource_group.main.name
  location            = "uksouth"
  version             = "12.0"
}
resource "azurerm_key_vault" "kv" {
  name                = "acme-prod-kv"
  resource_group_name = azurerm_resource_group.main.name
  location            = "uksouth"
  RBAC
}
resource "azurerm_user_assigned_identity" "deploy" {
  name                = "id-deploy-prod"
  location            = "uksouth"
  resource_group_name = azurerm_resource_group.main.name
}
resource "azurerm_role_assignment" "deploy" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "DEPLOYS"
  principal_id         = azurerm_user_assigned_identity.deploy.principal_id
}
"""
DEV = """
provider "azurerm" {
  features {}
  subscription_id = "22222222-2222-2222-2222-222222222222"
}
resource "azurerm_user_assigned_identity" "ci" {
  name                = "id-ci-dev"
  location            = "uksouth"
  resource_group_name = "rg-dev"
}
"""
SCOPE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-prod"
DESTROY, READ = "nonproduction-can-destroy-production", "nonproduction-can-read-production-data"
OF_A_VAULT = "production-secret-readable-by-nonproduction"
BRANCH, TRUSTS = "production-role-open-to-any-branch", "production-trusts-nonproduction"
OWN = "azurerm_user_assigned_identity.ci.principal_id"


def crossings(prod: str = "", dev: str = "", rbac: str = "", deploys: str = "Contributor") -> dict[str, str]:
    """Certainty of the access findings, by rule."""
    source = PROD.replace("RBAC", rbac).replace("DEPLOYS", deploys)
    report = check(DictTree({"prod/main.tf": source + prod, "dev/main.tf": DEV + dev}), Settings())
    return {each.rule: each.certainty for each in report.findings if each.family in ("access", "secrets")}


def assigned(role: str, who: str = OWN, scope: str = SCOPE, type_: str = "azurerm_role_assignment") -> str:
    return f"""
resource "{type_}" "ci" {{
  scope                = "{scope}"
  role_definition_name = "{role}"
  principal_id         = {who}
}}
"""


LOOKED_UP = """
data "azurerm_user_assigned_identity" "ci" {
  name                = "id-ci-NAME"
  resource_group_name = "rg-NAME"
}
data "azuread_service_principal" "ci" {
  display_name = "sp-NAME-ci"
}
"""


@pytest.mark.parametrize(
    "who", ["data.azurerm_user_assigned_identity.ci.principal_id", "data.azuread_service_principal.ci.object_id"]
)
def test_an_identity_that_is_looked_up_by_name_is_who_holds_the_role(who: str) -> None:
    assert crossings(LOOKED_UP.replace("NAME", "dev") + assigned("Contributor", who))[DESTROY] == "possible"
    assert crossings(LOOKED_UP.replace("NAME", "prod") + assigned("Contributor", who)) == {}
    assert crossings(LOOKED_UP.replace("NAME", "shared") + assigned("Contributor", who)) == {}


GROUP = """
resource "azuread_group" "operators" {
  display_name     = "operators"
  security_enabled = true
  MEMBERS
}
"""
MEMBER = """
resource "azuread_group_member" "ci" {
  group_object_id  = azuread_group.operators.object_id
  member_object_id = azurerm_user_assigned_identity.ci.principal_id
}
"""


def test_a_member_has_the_roles_of_its_group() -> None:
    role = assigned("Contributor", "azuread_group.operators.object_id")
    group = GROUP.replace("MEMBERS", "")
    found = crossings(dev=group + MEMBER + role)
    assert found[DESTROY] == "proved"
    inside = GROUP.replace("MEMBERS", "members = [azurerm_user_assigned_identity.ci.principal_id]")
    assert crossings(dev=inside + role)[DESTROY] == "proved"


LOCK = """
resource "azurerm_management_lock" "all" {
  name       = "all"
  scope      = azurerm_resource_group.main.id
  lock_level = "CanNotDelete"
}
"""
DELETER = """
resource "azurerm_role_definition" "sql" {
  name  = "sql deleter"
  scope = "/subscriptions/11111111-1111-1111-1111-111111111111"
  permissions {
    actions = ["Microsoft.Sql/servers/delete"]
  }
}
"""


def test_a_custom_role_is_found_in_another_deployment() -> None:
    assert crossings(DELETER, assigned("sql deleter"))[DESTROY] == "proved"
    assert crossings(dev=assigned("sql deleter")) == {}


def test_a_lock_stops_whoever_cannot_take_it_away() -> None:
    assert DESTROY not in crossings(DELETER + LOCK, assigned("sql deleter"))
    assert crossings(LOCK, assigned("Owner"))[DESTROY] == "proved"


def test_a_vault_looks_at_roles_or_at_access_policies() -> None:
    role = assigned("Key Vault Secrets User")
    assert crossings(dev=role) == {}
    assert crossings(dev=role, rbac="rbac_authorization_enabled = true") == {OF_A_VAULT: "proved"}
    assert crossings(dev=role, rbac="enable_rbac_authorization = true") == {OF_A_VAULT: "proved"}


def test_an_access_policy_in_the_vault_itself() -> None:
    who = "data.azurerm_user_assigned_identity.ci.principal_id"
    policy = f'access_policy {{\n object_id = {who}\n secret_permissions = ["Get"]\n }}'
    looked_up = LOOKED_UP.replace("NAME", "dev")
    assert set(crossings(looked_up, rbac=policy)) == {OF_A_VAULT}
    assert crossings(looked_up, rbac=policy + "\n  rbac_authorization_enabled = true") == {}


def test_an_eligible_role_is_possible() -> None:
    eligible = assigned("Contributor", type_="azurerm_pim_eligible_role_assignment")
    assert crossings(dev=eligible)[DESTROY] == "possible"


COSMOS = """
resource "azurerm_cosmosdb_account" "main" {
  name                = "acme-prod"
  resource_group_name = azurerm_resource_group.main.name
  location            = "uksouth"
  offer_type          = "Standard"
}
"""
COSMOS_ROLE = """
resource "azurerm_cosmosdb_sql_role_assignment" "ci" {
  resource_group_name = "rg-prod"
  account_name        = "acme-prod"
  role_definition_id  = "ACCOUNT/sqlRoleDefinitions/00000000-0000-0000-0000-00000000000NUMBER"
  principal_id        = azurerm_user_assigned_identity.ci.principal_id
  scope               = "ACCOUNT/dbs/orders"
}
""".replace("ACCOUNT", f"{SCOPE}/providers/Microsoft.DocumentDB/databaseAccounts/acme-prod")


def test_cosmos_has_roles_of_its_own_for_data() -> None:
    assert set(crossings(COSMOS, COSMOS_ROLE.replace("NUMBER", "1"))) == {READ}
    assert DESTROY in crossings(COSMOS, COSMOS_ROLE.replace("NUMBER", "2"))


CREDENTIAL = """
resource "azurerm_federated_identity_credential" "ci" {
  name      = "ci"
  parent_id = azurerm_user_assigned_identity.deploy.id
  audience  = ["api://AzureADTokenExchange"]
  issuer    = "ISSUER"
  subject   = "SUBJECT"
}
"""
GITHUB = "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:acme/shop:environment:staging", {TRUSTS: "proved"}),
        ("repo:acme/shop:environment:production", {}),
        ("repo:acme/shop:pull_request", {BRANCH: "proved"}),
        ("repo:acme/shop:ref:refs/heads/main", {}),
        ("system:serviceaccount:shop-staging:web", {TRUSTS: "possible"}),
        ("system:serviceaccount:shop-prod:web", {}),
    ],
)
def test_a_federated_credential_lets_one_subject_in(subject: str, expected: dict[str, str]) -> None:
    issuer = GITHUB if subject.startswith("repo:") else "https://uksouth.oic.prod-aks.azure.com/1/2/"
    assert crossings(CREDENTIAL.replace("SUBJECT", subject).replace("ISSUER", issuer)) == expected


def test_pull_requests_that_may_only_look_are_let_be() -> None:
    credential = CREDENTIAL.replace("SUBJECT", "repo:acme/shop:pull_request").replace("ISSUER", GITHUB)
    assert crossings(credential, deploys="Reader") == {}


APPLICATION = """
resource "azuread_application" "deploy" {
  display_name = "deploy"
}
resource "azuread_service_principal" "deploy" {
  client_id = azuread_application.deploy.client_id
}
resource "azurerm_role_assignment" "application" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Contributor"
  principal_id         = azuread_service_principal.deploy.object_id
}
resource "azuread_application_federated_identity_credential" "ci" {
  application_id = azuread_application.deploy.id
  display_name   = "ci"
  audiences      = ["api://AzureADTokenExchange"]
  issuer         = "https://token.actions.githubusercontent.com"
  subject        = "repo:acme/shop:environment:NAME"
}
"""


def test_a_credential_of_an_application_is_one_of_its_service_principal() -> None:
    found = crossings(APPLICATION.replace("NAME", "staging"))
    assert found == {TRUSTS: "proved"}
    assert crossings(APPLICATION.replace("NAME", "production")) == {}


UNREAD = """
module "uploads" {
  source = "git::https://github.com/acme/storage.git"
}
data "azurerm_user_assigned_identity" "jobs" {
  name                = "id-jobs-NAME"
  resource_group_name = "rg-NAME"
}
resource "azurerm_role_assignment" "jobs" {
  scope                = module.uploads.account_id
  role_definition_name = "ROLE"
  principal_id         = data.azurerm_user_assigned_identity.jobs.principal_id
}
"""


@pytest.mark.parametrize("role", ["Storage Account Contributor", "Storage Blob Data Contributor"])
def test_a_role_on_what_an_unread_module_makes_is_on_the_type_that_the_role_tells(role: str) -> None:
    unread = UNREAD.replace("ROLE", role)
    assert crossings(unread.replace("NAME", "dev"))[DESTROY] == "possible"
    assert crossings(unread.replace("NAME", "prod")) == {}


def test_a_role_for_everything_does_not_tell_what_an_unread_module_makes() -> None:
    assert crossings(UNREAD.replace("NAME", "dev").replace("ROLE", "Contributor")) == {}
    # An unknown that is no output of a module may be anything, also something of the identity's own environment.
    variable = UNREAD.replace("module.uploads.account_id", "var.account").replace("ROLE", "Storage Account Contributor")
    assert crossings('variable "account" {}\n' + variable.replace("NAME", "dev")) == {}


def test_a_role_on_what_an_unread_module_makes_that_may_not_exist() -> None:
    unread = UNREAD.replace("ROLE", "Storage Account Contributor").replace("NAME", "dev")
    counted = unread.replace(
        '"azurerm_role_assignment" "jobs" {', '"azurerm_role_assignment" "jobs" {\n  count = var.on ? 1 : 0'
    )
    assert crossings('variable "on" {}\n' + counted).get(DESTROY) == "possible"


HUB = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/GROUP/providers/Microsoft.Network/"


@pytest.mark.parametrize(("group", "shown"), [("hub-prod", "hub-prod"), ("net-prod", "net-prod/hub-prod")])
def test_a_message_names_a_resource_by_group_and_name(group: str, shown: str) -> None:
    peering = f"""
resource "azurerm_virtual_network_peering" "hub" {{
  name                      = "to-hub"
  resource_group_name       = "rg-dev"
  virtual_network_name      = "vnet-dev"
  remote_virtual_network_id = "{HUB.replace("GROUP", group)}virtualNetworks/hub-prod"
}}
"""
    report = check(DictTree({"prod/main.tf": PROD.replace("RBAC", ""), "dev/main.tf": DEV + peering}), Settings())
    (found,) = (each for each in report.findings if each.rule == "networks-peered")
    assert f"azurerm_virtual_network:{shown} (" in found.message
    assert "/subscriptions/" not in found.message
