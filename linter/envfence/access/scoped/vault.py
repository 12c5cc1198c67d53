"""Policies of Vault: capabilities on paths, of which the most specific path counts.

Comes in: rules of one token (`sid`: the path, with `+` for one segment and `*` at the end for the rest; `actions`:
capabilities; `resources`: the server), one target that answers to the paths of the API (`vault_path:PATH`). Goes out:
three-valued answers. Must not know: the graph, environments.

Rules: https://developer.hashicorp.com/vault/docs/concepts/policies (rules for one path add up over the policies of a
token, and deny goes before all; of the paths that fit, the most specific one alone counts, by the order that is given
there). Paths of secrets: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from envfence.access.match import Matcher
from envfence.access.scoped import STORES, Target
from envfence.access.scoped._answers import Applying, answers, decision
from envfence.access.views import Capability, Decision
from envfence.model import Grant
from envfence.values import has_holes, hole_index

KINDS, STAND_INS = STORES, frozenset[str]()
_FORM = "vault_path:"
_CHANGE = ("create", "update", "patch")
#: Who may write policies gives himself whatever there is.
_POLICIES = tuple(f"{verb} sys/{name}/x" for verb in ("create", "update") for name in ("policy", "policies/acl"))
_SECRETS = frozenset({"vault_generic_secret", "vault_kv_secret", "vault_kv_secret_v2"})
_MOUNTS = frozenset({"vault_mount", "vault_kv_secret_backend_v2", "vault_database_secrets_mount"})
_IDENTITIES = frozenset({"vault_aws_secret_backend_role"})


def capabilities(grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[Capability, ...]:
    """What the holder of a token with these rules can do to the target."""
    needed = _needed(target)
    return answers(needed, _applying(grants, target, needed)) if needed else ()


def becomes(grants: Sequence[Grant], target: Target, matcher: Matcher) -> Decision:
    """Whether the holder can have credentials made for a role of a cloud."""
    if target.type not in _IDENTITIES:
        return Decision("no")
    making = tuple(f"{verb} {path}" for path in _paths(target) for verb in ("read", "create", "update"))
    needed = {"administer": (*making, *_POLICIES)}
    return decision(answers(needed, _applying(grants, target, needed)))


def behind(grant: Grant) -> str:
    """Nothing: scopes here are named, or patterns."""
    return ""


def where(scope: str) -> str:
    """The server itself: it is a boundary."""
    return scope


def contains(scope: str, boundary: str) -> bool:
    """Whether a boundary is the scope: servers hold no other."""
    return scope == boundary


def _needed(target: Target) -> dict[str, tuple[str, ...]]:
    paths = _paths(target)
    if target.type in _MOUNTS:
        mounted = tuple(f"delete sys/mounts/{path}" for path in paths)
        return {"administer": _POLICIES, "destroy": mounted}
    if target.type not in _SECRETS:
        return {}
    ways: dict[str, list[str]] = {"destroy": [], "write": [], "read": []}
    for path in paths:
        mount, data, name = path.partition("/data/")
        ways["read"].append(f"read {path}")
        ways["write"] += [f"{verb} {path}" for verb in _CHANGE]
        ways["destroy"].append(f"delete {path}")
        if data:
            ways["destroy"] += [f"delete {mount}/metadata/{name}", f"update {mount}/destroy/{name}"]
    return {"administer": _POLICIES, **{name: tuple(listed) for name, listed in ways.items()}}


def _paths(target: Target) -> tuple[str, ...]:
    return tuple(name.removeprefix(_FORM) for name in target.names if name.startswith(_FORM))


def _applying(grants: Sequence[Grant], target: Target, needed: dict[str, tuple[str, ...]]) -> Iterator[Applying]:
    rules = [grant for grant in grants if target.boundary in grant.resources]
    for operation in dict.fromkeys(each for listed in needed.values() for each in listed):
        verb, _, path = operation.partition(" ")
        winning, unknowns = _winning(rules, path)
        if winning and not any("deny" in grant.actions for grant in winning):
            for grant in winning:
                if verb in grant.actions:
                    open_ones = (each.values[0] for each in grant.conditions)
                    yield Applying(grant, frozenset((operation,)), (*unknowns, *open_ones))


def _winning(rules: Sequence[Grant], path: str) -> tuple[list[Grant], tuple[str, ...]]:
    """The rules of the most specific path that fits, and what that depends on: paths that might fit instead."""
    fitting = [grant for grant in rules if _pattern(grant.sid, exact=True).fullmatch(path)]
    if not fitting:
        return [], ()
    best = max(_rank(grant.sid) for grant in fitting)
    unsure = (
        "what paths with unknown parts stand for"
        for grant in rules
        if has_holes(grant.sid) and grant not in fitting and _pattern(grant.sid, exact=False).fullmatch(path)
    )
    return [grant for grant in fitting if _rank(grant.sid) == best], tuple(unsure)[:1]


def _rank(path: str) -> tuple[bool, int, bool, int, int, str]:
    """The order of paths: later wins. A path without wildcards wins over all."""
    first = next((index for index, char in enumerate(path) if char == "+" or (char == "*" and path.endswith("*"))), -1)
    plain = first < 0
    return (plain, first, not path.endswith("*"), -path.split("/").count("+"), len(path), path)


@lru_cache(maxsize=4096)
def _pattern(path: str, *, exact: bool) -> re.Pattern[str]:
    """A path as a pattern; an unknown part fits itself alone, or anything."""
    whole, star = (path[:-1], ".*") if path.endswith("*") else (path, "")
    parts = ("[^/]+" if part == "+" else _part(part, exact=exact) for part in whole.split("/"))
    return re.compile("/".join(parts) + star, re.DOTALL)


def _part(part: str, *, exact: bool) -> str:
    return "".join(".*" if not exact and hole_index(char) is not None else re.escape(char) for char in part)
