"""What limits roles in Azure, for everybody: management locks, and whether a vault asks roles or access policies.

Comes in: locks, key vaults. Goes out: statements of policy "limit", and those of the access policies that a vault has
in itself. Must not know: who has which role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Grant
from envfence.providers.azurerm.assignments import policy_grant
from envfence.providers.common.values import ABSENT, one, text
from envfence.values import Mapping, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_LOCK, _VAULT = "azurerm_management_lock", "azurerm_key_vault"
TYPES = (_LOCK, _VAULT)
_LEVELS = ("CanNotDelete", "ReadOnly")
#: Both names that versions of the provider have for it; access policies count where it is not said.
_BY_ROLES = ("rbac_authorization_enabled", "enable_rbac_authorization")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The limit that one lock or vault makes."""
    if resource.mode != "managed" or resource.exists != "yes":
        return
    if resource.type == _LOCK:
        scope, level = (text(one(resource.values, name)) for name in ("scope", "lock_level"))
        if scope and level in _LEVELS:
            _add(resource, builder, f"*:{scope}", level)
        return
    said = next((found for name in _BY_ROLES if (found := one(resource.values, name)) is not ABSENT), ABSENT)
    node = builder.node(resource.address) if builder.has_node(resource.address) else None
    if node is not None and node.names and (said is ABSENT or isinstance(said, bool)):
        _add(resource, builder, node.names[0], "only roles" if said is True else "only access policies")
    if node is not None and node.names:
        for index, block in enumerate(as_blocks(resource.values.items.get("access_policy"))):
            if isinstance(block, Mapping):
                grant = policy_grant(resource, builder, block, node.names[0], f"access_policy[{index}].")
                if grant is not None:
                    builder.add_grant(grant)


def _add(resource: Resource, builder: FactsBuilder, scope: str, what: str) -> None:
    builder.add_grant(
        Grant(
            language="azurerm",
            policy="limit",
            effect="Deny",
            span=resource.span,
            holder=resource.address,
            sid=what,
            resources=(scope,),
            address=resource.address,
        )
    )
