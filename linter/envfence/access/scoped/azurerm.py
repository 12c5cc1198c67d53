"""Azure role-based access control: role assignments at a scope, inherited by everything below.

Comes in: assignments of one principal (`actions`: one role, as `role:NAME`, `role-id:ID` or single operations,
`data:` before
those on data and `!` before what the role leaves out; `resources`: one scope as an id, `*:/subscriptions/…`), limits
(`sid` says which), one target. Goes out: three-valued answers. Must not know: the graph, environments.

Rules: https://learn.microsoft.com/azure/role-based-access-control/overview (assignments add up; NotActions is
subtraction inside a role, no denial; a scope holds for everything below), /scope-overview. What built-in roles hold:
`access/data/azure_roles.zip`.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from envfence.access.archives import member
from envfence.access.match import NO, YES, Matcher
from envfence.access.scoped import STORES, Target
from envfence.access.scoped._answers import Applying, answers, decision
from envfence.access.views import Capability, Decision
from envfence.model import Grant

_DATA, _NOT = "data:", "!"
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_IDENTITY = "azurerm_user_assigned_identity"
_UNLOCK = "Microsoft.Authorization/locks/delete"
_UNLOCKING = frozenset({"owner", "user access administrator", "locks contributor"})
_VAULT_DATA = "data:Microsoft.KeyVault/vaults/"
#: What `sid` says of limits, and of statements that come from access policies.
CAN_NOT_DELETE, READ_ONLY, ONLY_ROLES, ONLY_POLICIES = "CanNotDelete", "ReadOnly", "only roles", "only access policies"
ACCESS_POLICY = "access policy"
#: Roles that hold operations of one provider only are roles on its main type of resource.
_MAIN_TYPES = {
    "microsoft.storage": "azurerm_storage_account",
    "microsoft.keyvault": "azurerm_key_vault",
    "microsoft.documentdb": "azurerm_cosmosdb_account",
    "microsoft.containerregistry": "azurerm_container_registry",
}
_GROUPS = "/providers/Microsoft.Management/managementGroups/".lower()

KINDS, STAND_INS = STORES, frozenset[str]()


def capabilities(grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[Capability, ...]:
    """What the principal of `grants` can do to the target."""
    needed: Mapping[str, Sequence[str]] = _table("types.json").get(target.type, {})
    if not needed:
        return ()
    asked = frozenset(operation for listed in needed.values() for operation in listed)
    return answers(needed, _limited(grants, target, matcher, asked))


def becomes(grants: Sequence[Grant], target: Target, matcher: Matcher) -> Decision:
    """Whether the principal can attach a managed identity to what it runs."""
    if target.type != _IDENTITY:
        return Decision("no")
    return decision(answers({"administer": (_ASSIGN,)}, _applying(grants, target, matcher, frozenset((_ASSIGN,)))))


def contains(scope: str, boundary: str) -> bool:
    """Whether a boundary is the scope: subscriptions hold no other."""
    return scope == boundary


def behind(grant: Grant) -> str:
    """The main type of the provider whose operations the role holds, where that is one."""
    role = _role(grant)
    held: Iterable[str] = _table("roles.json").get(role, ()) if role else grant.actions
    providers = {text.removeprefix(_DATA).partition("/")[0].lower() for text in held if not text.startswith(_NOT)}
    return _MAIN_TYPES.get(providers.pop(), "") if len(providers) == 1 else ""


def where(scope: str) -> str:
    """The subscription in which a scope lies, as a boundary; empty for a management group."""
    path = scope.partition(":")[2].split("/")
    return f"azurerm:{path[2]}" if len(path) > 2 and path[1].lower() == "subscriptions" else ""


def holds(permissions: Iterable[Mapping[str, Sequence[str]]], operation: str) -> bool:
    """Whether one of a role's permissions covers an operation (`data:…` for one on data)."""
    data = operation.startswith(_DATA)
    name = operation.removeprefix(_DATA)
    allowed, excluded = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return any(
        any(_fits(pattern, name) for pattern in each.get(allowed) or ())
        and not any(_fits(pattern, name) for pattern in each.get(excluded) or ())
        for each in permissions
    )


def _limited(grants: Sequence[Grant], target: Target, matcher: Matcher, asked: frozenset[str]) -> Iterable[Applying]:
    """What applies, without what locks stop and what a vault does not look at.

    A lock stops whoever cannot take it away, on the side of resources only: https://learn.microsoft.com/azure/
    azure-resource-manager/management/lock-resources. A vault asks roles or access policies, never both.
    """
    limits = {grant.sid for grant in grants if grant.policy == "limit" and _surely(grant, target, matcher)}
    held = list(_applying(grants, target, matcher, asked))
    lifted = any(_UNLOCK in each.permissions or _lifts(each.grant) for each in held)
    for each in held:
        kept = each.permissions
        if limits & {CAN_NOT_DELETE, READ_ONLY} and not lifted:
            kept = frozenset(name for name in kept if not _stopped(name, READ_ONLY in limits))
        if (ONLY_ROLES if each.grant.sid == ACCESS_POLICY else ONLY_POLICIES) in limits:
            kept = frozenset(name for name in kept if not name.startswith(_VAULT_DATA))
        yield Applying(each.grant, kept, each.unknowns)


def _stopped(operation: str, read_only: bool) -> bool:
    """Whether a lock stops an operation."""
    return not operation.startswith(_DATA) and (operation.endswith("/delete") or read_only)


def _lifts(grant: Grant) -> bool:
    """Whether a statement allows to take locks away."""
    role = _role(grant)
    return role in _UNLOCKING if role else bool(_held(grant, frozenset((_UNLOCK,))))


def _surely(grant: Grant, target: Target, matcher: Matcher) -> bool:
    covered, unknowns = _covers(grant.resources, target, matcher)
    return covered and not unknowns


def _applying(grants: Sequence[Grant], target: Target, matcher: Matcher, asked: frozenset[str]) -> Iterable[Applying]:
    for grant in grants:
        if grant.policy == "limit" or grant.unknown:
            continue
        covered, unknowns = _covers(grant.resources, target, matcher)
        if covered:
            yield Applying(grant, _held(grant, asked), (*unknowns, *_conditions(grant)))


def _conditions(grant: Grant) -> Iterable[str]:
    for condition in grant.conditions:
        yield condition.values[0] if condition.test == "unknown" else "the condition of the role assignment"


def _held(grant: Grant, asked: frozenset[str]) -> frozenset[str]:
    name = _role(grant)
    if name:
        return frozenset(_table("roles.json").get(name, ())) & asked | _extra(name, asked)
    own: dict[str, list[str]] = {"actions": [], "notActions": [], "dataActions": [], "notDataActions": []}
    for action in grant.actions:
        text = action.removeprefix(_NOT)
        kind = "dataActions" if text.startswith(_DATA) else "actions"
        own["not" + kind[0].upper() + kind[1:] if action.startswith(_NOT) else kind].append(text.removeprefix(_DATA))
    return frozenset(operation for operation in asked if holds([own], operation))


def _role(grant: Grant) -> str:
    """The lower-case name of the role that a grant names; empty for one that lists operations."""
    kind, _, text = (grant.actions[0] if grant.actions else "").partition(":")
    if kind == "role-id":
        return str(_table("ids.json").get(text.lower(), text))
    return text.lower() if kind == "role" else ""


def _extra(role: str, asked: frozenset[str]) -> frozenset[str]:
    """Attaching identities, which the table of stores does not have."""
    able = role in ("owner", "contributor", "managed identity operator", "managed identity contributor")
    return frozenset((_ASSIGN,)) & asked if able else frozenset()


def _covers(scopes: Iterable[str], target: Target, matcher: Matcher) -> tuple[bool, tuple[str, ...]]:
    """Whether the target lies in one of the scopes, and what that depends on."""
    for scope in scopes:
        text = scope.partition(":")[2].rstrip("/")
        if text.lower().startswith(_GROUPS):
            if f"*:{text.lower()}" in target.ancestors:
                return True, ()
            group = text.rpartition("/")[2]
            return True, (f"whether {target.boundary or target.type} lies in management group {group}",)
        for own in (name.partition(":")[2] for name in target.names):
            if _below(text, own):
                return True, ()
        if text == _subscription(target) or matcher.equal(text, _subscription(target)) == YES:
            return True, ()
        if "/resourcegroups/" not in text.lower() and matcher.equal(text, _subscription(target)) != NO:
            return True, (f"whether the scope {text} and {target.boundary} are one subscription",)
    return False, ()


def _below(scope: str, own: str) -> bool:
    mine, theirs = scope.lower(), own.lower()
    return bool(mine) and (theirs == mine or theirs.startswith(mine + "/"))


def _subscription(target: Target) -> str:
    return f"/subscriptions/{target.boundary.partition(':')[2]}"


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.lower().replace("[", "[[]").replace("?", "[?]")))


def _fits(pattern: str, name: str) -> bool:
    return _pattern(pattern).match(name.lower()) is not None


@cache
def _table(name: str) -> Any:
    return member("azure_roles.zip", name)
