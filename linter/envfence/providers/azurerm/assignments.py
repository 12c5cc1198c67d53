"""Role assignments and access policies of key vaults: who holds which role where.

Comes in: role assignments, custom roles, access policies. Goes out: a grant for each, attached to the principal by its
object id; the object ids that identities answer to. Must not know: what roles allow, environments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.model import Condition, Grant
from envfence.providers.azuread.names import owner_of
from envfence.providers.azurerm.holders import holder_of
from envfence.providers.common.values import one, text, texts
from envfence.values import Mapping, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_ASSIGNMENT, _ELIGIBLE = "azurerm_role_assignment", "azurerm_pim_eligible_role_assignment"
_CUSTOM = "azurerm_role_definition"
_COSMOS = "azurerm_cosmosdb_sql_role_assignment"
TYPES = (_ASSIGNMENT, _ELIGIBLE, "azurerm_pim_active_role_assignment", _CUSTOM, _COSMOS)
#: What `sid` says of a grant that comes from an access policy: it counts only where a vault does not ask roles.
ACCESS_POLICY = "access policy"
_ITEMS = "data:Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items"
#: The two roles for data that every Cosmos DB account has, by the ends of their ids.
_COSMOS_ROLES = {
    "00000000-0000-0000-0000-000000000001": (f"{_ITEMS}/read",),
    "00000000-0000-0000-0000-000000000002": (f"{_ITEMS}/read", f"{_ITEMS}/upsert", f"{_ITEMS}/delete"),
}
_COSMOS_SCOPE = re.compile(r"/(?:dbs|colls)/.*$", re.DOTALL)
_VAULT = "data:Microsoft.KeyVault/vaults"
#: Permissions of access policies as operations of roles; what lists or shows nothing secret is left out.
_PERMISSIONS = {
    "secret": {
        "get": f"{_VAULT}/secrets/getSecret/action",
        "set": f"{_VAULT}/secrets/setSecret/action",
        "delete": f"{_VAULT}/secrets/delete",
        "purge": f"{_VAULT}/secrets/delete",
    },
    "key": {
        "decrypt": f"{_VAULT}/keys/decrypt/action",
        "unwrapkey": f"{_VAULT}/keys/unwrap/action",
        "delete": f"{_VAULT}/keys/delete",
        "purge": f"{_VAULT}/keys/delete",
    },
}


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The grant of one role assignment; what a custom role allows, for assignments elsewhere."""
    if resource.mode != "managed":
        return
    if resource.type == _CUSTOM:
        _define(resource, builder)
        return
    scope, principal = _scope(resource), text(one(resource.values, "principal_id"))
    if not scope or not principal:
        return
    actions, said, name = _role(resource, builder)
    conditions = []
    if condition := text(one(resource.values, "condition")):
        conditions.append(Condition(test="abac", variable="", values=(condition,)))
    if resource.type == _ELIGIBLE:
        conditions.append(Condition(test="unknown", variable="", values=("whether the eligible role is activated",)))
    builder.add_grant(
        Grant(
            language="azurerm",
            policy="identity",
            effect="Allow",
            span=resource.span_of("role_definition_name") or resource.span,
            attached_to=holder_of(principal, builder),
            sid=name,
            actions=actions,
            resources=(f"*:{scope}",),
            conditions=tuple(conditions),
            evidence=(
                *builder.evidence(resource, "scope", f"assigns {said}"),
                *builder.evidence(resource, "principal_id", "to this principal")[:1],
            ),
            unknown="" if actions else f"what {said} allows",
            address=resource.address,
        )
    )


def policy_grant(
    resource: Resource, builder: FactsBuilder, policy: Mapping | None = None, vault: str = "", at: str = ""
) -> Grant | None:
    """The grant of one access policy of a vault: a resource of its own, or a block `policy` at the path `at` in the
    vault called `vault`. None for one that gives nothing secret away."""
    values = policy if policy is not None else resource.values
    scope = vault or f"*:{text(one(values, 'key_vault_id')) or ''}"
    principal = text(one(values, "object_id"))
    actions = tuple(
        operation
        for kind, table in _PERMISSIONS.items()
        for right in texts(one(values, f"{kind}_permissions"))
        for operation in ([table[right.lower()]] if right.lower() in table else table.values() if _all(right) else ())
    )
    if resource.mode != "managed" or scope == "*:" or not principal or not actions:
        return None
    return Grant(
        language="azurerm",
        policy="identity",
        effect="Allow",
        span=resource.span_of(f"{at}object_id") or resource.span,
        attached_to=holder_of(principal, builder),
        sid=ACCESS_POLICY,
        actions=tuple(dict.fromkeys(actions)),
        resources=(scope,),
        evidence=builder.evidence(resource, f"{at}object_id", "access policy of the vault"),
        address=resource.address,
    )


def _all(right: str) -> bool:
    return right.lower() == "all"


def _scope(resource: Resource) -> str:
    """The scope of an assignment; that of Cosmos DB's own roles is taken as the whole account."""
    scope = text(one(resource.values, "scope")) or ""
    return _COSMOS_SCOPE.sub("", scope) if resource.type == _COSMOS else scope


def _role(resource: Resource, builder: FactsBuilder) -> tuple[tuple[str, ...], str, str]:
    """The role as a grant names it, for people, and by the name under which it may be declared elsewhere; no actions
    for a custom role that this deployment does not have."""
    name = text(one(resource.values, "role_definition_name"))
    if name and name.isascii():
        custom = _custom(builder, "name", name)
        return custom or (f"role:{name}",), f'the role "{name}"', f"azurerm role {name}"
    identifier = text(one(resource.values, "role_definition_id")) or ""
    end = identifier.rpartition("/")[2]
    if resource.type == _COSMOS:
        return _COSMOS_ROLES.get(end, ()), f"the role {end}", ""
    if identifier.isascii() and identifier:
        return (f"role-id:{end}",), f"the role {end}", ""
    found = owner_of(identifier, builder, _CUSTOM)
    shown = text(one(found.values, "name")) or "" if found is not None else ""
    if found is not None and found.mode == "data" and shown.isascii() and shown:
        return (f"role:{shown}",), f'the role "{shown}"', f"azurerm role {shown}"
    actions = tuple(_operations(found.values)) if found is not None and found.mode == "managed" else ()
    return actions, f'the role "{shown}"' if shown else "a role that is not declared here", f"azurerm role {shown}"


def _define(resource: Resource, builder: FactsBuilder) -> None:
    name, actions = text(one(resource.values, "name")), tuple(_operations(resource.values))
    if name and name.isascii() and actions:
        builder.add_grant(
            Grant(
                language="azurerm",
                policy="role",
                effect="Allow",
                span=resource.span,
                holder=resource.address,
                sid=f"azurerm role {name}",
                actions=actions,
                address=resource.address,
            )
        )


def _custom(builder: FactsBuilder, attribute: str, value: str) -> tuple[str, ...]:
    for role in builder.resources:
        if role.type == _CUSTOM and role.mode == "managed" and text(one(role.values, attribute)) == value:
            return tuple(_operations(role.values))
    return ()


def _operations(values: Mapping) -> list[str]:
    found = []
    blocks = values.items.get("permissions")
    for block in as_blocks(blocks):
        if isinstance(block, Mapping):
            for attribute, mark in (("actions", ""), ("data_actions", "data:")):
                found += [mark + each for each in texts(one(block, attribute))]
                found += [f"!{mark}{each}" for each in texts(one(block, f"not_{attribute}"))]
    return found
