"""The generated tables about AWS, read when they are first asked for, one service at a time.

Comes in: names of services, actions, policies. Goes out: what the data say. Must not know: policies, the graph.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from envfence.access.archives import member

#: What a template leaves open; a star stands for any account (`arn:…:backup:…:*:recovery-point:…`).
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|\*")
_TAG_KEY = re.compile(r"(?:\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key).*$")


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `keys` are the condition keys it supports beside the global ones, lower case, a templated key cut at
    its `${`. `capability` is "" where the action does nothing that we judge; `about` the resource types it is about."""

    name: str
    level: str
    types: tuple[str, ...]
    keys: frozenset[str]
    capability: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One service: actions by lower-case name, ARN patterns and condition keys of resource types."""

    prefix: str
    actions: dict[str, Action]
    arns: dict[str, re.Pattern[str]]
    type_keys: dict[str, frozenset[str]]


@cache
def service(prefix: str) -> Service | None:
    """The table of a service by its IAM prefix; None for one that does not exist."""
    raw = member("aws_actions.zip", f"{prefix}.json") if re.fullmatch(r"[a-z0-9-]+", prefix) else None
    if raw is None:
        return None
    keys = [_key(key) for key in raw["k"]]
    type_keys = {name: frozenset(keys[number] for number in row[1]) for name, row in raw["r"].items()}
    actions = {name.lower(): _action(name, row, keys) for name, row in raw["a"].items()}
    arns = {name: _template(row[0]) for name, row in raw["r"].items()}
    return Service(prefix, actions, arns, type_keys)


def action(name: str) -> Action | None:
    """The action `service:Name`, in any case."""
    prefix, _, rest = name.lower().partition(":")
    found = service(prefix)
    return found.actions.get(rest) if found else None


@cache
def lists(prefix: str) -> frozenset[str]:
    """The condition keys of a service that hold a list, in lower case."""
    found = member("aws_actions.zip", "_lists.json")
    return frozenset(key.lower() for key in found.get(prefix, ())) if isinstance(found, dict) else frozenset()


@cache
def resource_controlled() -> frozenset[str]:
    """The services whose resources resource control policies speak of."""
    return frozenset(member("aws_actions.zip", "_rcp.json") or ())


def managed_policy(arn: str) -> tuple[str, list[dict[str, Any]]] | None:
    """Version and statements of a policy that AWS maintains, by its ARN; None when there is none of that name."""
    _, _, rest = arn.partition("::aws:policy/")
    name = rest.rpartition("/")[2]
    if not name:
        return None
    found = _policies("common.json").get(name) or _policies("rest.json").get(name)
    return None if found is None else (found[1], found[2])


@cache
def escalations() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Known ways of becoming another identity: id, category, the actions that are needed together."""
    raw = json.loads(resources.files("envfence.access.data").joinpath("aws_escalation.json").read_bytes())
    return tuple((name, category, tuple(required)) for name, category, required in raw["paths"])


@cache
def _policies(name: str) -> dict[str, Any]:
    found = member("aws_managed_policies.zip", name)
    return found if isinstance(found, dict) else {}


def _action(name: str, row: list[Any], keys: list[str]) -> Action:
    capability, about = (row[3], row[4]) if len(row) > 3 else ("", [])
    supported = frozenset(keys[number] for number in row[2])
    return Action(name, row[0], tuple(row[1]), supported, capability, tuple(about))


def _key(key: str) -> str:
    return _TAG_KEY.sub("", key).lower()


def _template(arn: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(arn)
    return re.compile(".*".join(re.escape(part) for part in parts), re.DOTALL | re.IGNORECASE)
