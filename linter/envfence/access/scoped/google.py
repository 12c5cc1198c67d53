"""Google Cloud IAM: allow bindings on a resource and all that contains it, deny policies before them.

Comes in: bindings of one member (`actions`: roles or permissions; `resources`: one scope, `google:PROJECT`,
`google_folder:ID`, `google_organization:ID` or the identifier of a resource), one target. Goes out: three-valued
answers. Must not know: the graph, environments.

Rules: https://cloud.google.com/iam/docs/allow-policies (bindings add up, and hold for everything below),
https://cloud.google.com/iam/docs/deny-overview (deny first; names of permissions with `SERVICE.googleapis.com/`),
https://cloud.google.com/iam/docs/conditions-overview. What predefined roles hold: `access/data/google_roles.zip`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from envfence.access.archives import member, members
from envfence.access.match import NO, YES, Matcher
from envfence.access.scoped import STORES, Target
from envfence.access.scoped._answers import Applying, answers, decision
from envfence.access.views import Capability, Decision
from envfence.model import Grant

_CONTAINERS = ("google_folder:", "google_organization:")
_PROJECT = "google:"
_ARCHIVE = "google_roles.zip"
#: The parts of a condition that we decide; everything else stays open.
_ATOM = re.compile(
    r'resource\.(name|type|service)(?:\.(startsWith|endsWith)\(\s*(["\'])(.*?)\3\s*\)|\s*==\s*(["\'])(.*?)\5)'
)
#: How `resource.name` begins in conditions, for services that fill it in with the name that Terraform has.
_CONDITION_NAMES = {"google_storage_bucket": "projects/_/buckets/"}

KINDS, STAND_INS = STORES, frozenset[str]()


def capabilities(grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[Capability, ...]:
    """What the member of `grants` can do to the target."""
    needed = _table("types.json").get(target.type, {})
    return answers(needed, *_applying(grants, target, matcher)) if needed else ()


def contains(scope: str, boundary: str) -> bool:
    """Whether a boundary is the scope: projects hold no other."""
    return scope == boundary


def becomes(grants: Sequence[Grant], target: Target, matcher: Matcher) -> Decision:
    """Whether the member can make tokens or keys of a service account, or hand it to what it starts."""
    needed = {"administer": _table("becoming.json")}
    return decision(answers(needed, *_applying(grants, target, matcher)))


def behind(grant: Grant) -> str:
    """The form of the scope: bindings name the type of what they are on."""
    form = (grant.resources[0] if grant.resources else "").partition(":")[0]
    return form if form in _table("types.json") else ""


def where(scope: str) -> str:
    """The project in which a scope lies, as a boundary; empty for what is above projects, and for global names."""
    if scope.startswith(_PROJECT):
        return scope
    path = scope.partition(":")[2].split("/")
    return f"{_PROJECT}{path[1]}" if path[0] == "projects" and len(path) > 1 else ""


def _applying(grants: Sequence[Grant], target: Target, matcher: Matcher) -> tuple[list[Applying], list[Applying]]:
    allowing: list[Applying] = []
    denying: list[Applying] = []
    for grant in grants:
        covered, unknowns = _covers(grant.resources, target, matcher)
        if not covered or grant.unknown:
            continue
        held, condition = _conditions(grant, target)
        if held == NO:
            continue
        each = Applying(grant, _permissions(grant), (*unknowns, *condition))
        (allowing if grant.effect == "Allow" else denying).append(each)
    return allowing, denying


def _covers(scopes: Iterable[str], target: Target, matcher: Matcher) -> tuple[bool, tuple[str, ...]]:
    """Whether the target lies in one of the scopes, and what that depends on."""
    doubts = []
    for scope in scopes:
        if scope.startswith(_CONTAINERS):
            form, _, text = scope.partition(":")
            if scope in target.ancestors:
                return True, ()
            if target.rooted and form == "google_organization":
                continue
            doubts.append(f"whether {target.boundary or target.type} lies in {form.removeprefix('google_')} {text}")
            continue
        for own in (target.boundary,) if scope.startswith(_PROJECT) else target.names:
            verdict = matcher.equal(scope, own) if own else NO
            if verdict == YES or _inside(scope, own):
                return True, ()
            if verdict != NO and own == target.boundary:
                doubts.append(f"whether {scope} and {own} are one project")
    return bool(doubts), tuple(doubts[:1])


def _inside(scope: str, own: str) -> bool:
    """Whether one resource contains another by its path: a key ring and its keys, an instance and its databases."""
    text, mine = scope.partition(":")[2], own.partition(":")[2]
    return text.startswith("projects/") and mine.startswith(text + "/")


def _permissions(grant: Grant) -> frozenset[str]:
    """What roles and single permissions of a binding allow; those of a deny rule in the form that roles have."""
    found: set[str] = set()
    for action in grant.actions:
        if action.startswith("roles/"):
            found |= _of_role(action.removeprefix("roles/"))
        elif "/" in action:
            service, _, rest = action.partition("/")
            found.add(f"{service.removesuffix('.googleapis.com')}.{rest}")
        else:
            found.add(action)
    return frozenset(found)


@cache
def _of_role(name: str) -> frozenset[str]:
    held = ((service, _table(service_file(service)).get(name, ())) for service in _services())
    return frozenset(f"{service}.{permission}" for service, permissions in held for permission in permissions)


def _conditions(grant: Grant, target: Target) -> tuple[int, tuple[str, ...]]:
    """Whether the conditions hold for the target, as far as they speak of its name, and what is left open."""
    open_ones = [text for each in grant.conditions if each.test == "unknown" for text in each.values]
    for condition in (each for each in grant.conditions if each.test == "cel"):
        for expression in condition.values:
            verdicts = list(_atoms(expression, target))
            if "||" not in expression and "!" not in expression and NO in verdicts:
                return NO, ()
            if _ATOM.sub("", expression).strip(" &()\n") or not all(each == YES for each in verdicts):
                open_ones.append(f"the condition {' '.join(expression.split())[:120]}")
    return YES, tuple(open_ones)


def _atoms(expression: str, target: Target) -> Iterator[int | None]:
    """The verdict of each comparison of the resource's name; None where we cannot tell."""
    prefix = _CONDITION_NAMES.get(target.type)
    names = [prefix + name.partition(":")[2] for name in target.names] if prefix is not None else []
    for part, operation, _, argument, _, literal in _ATOM.findall(expression):
        if part != "name" or not names or not all(name.isascii() for name in names):
            yield None
        elif operation == "startsWith":
            yield YES if any(name.startswith(argument) or argument.startswith(name + "/") for name in names) else NO
        elif operation == "endsWith":
            yield YES if any(name.endswith(argument) for name in names) else None
        else:
            yield YES if literal in names or any(literal.startswith(name + "/") for name in names) else NO


def service_file(service: str) -> str:
    """The member of the data file that holds the roles of a service."""
    return f"service/{service}.json"


@cache
def _services() -> tuple[str, ...]:
    names = (name for name in members(_ARCHIVE) if name.startswith("service/"))
    return tuple(name.removeprefix("service/").removesuffix(".json") for name in names)


@cache
def _table(name: str) -> Any:
    return member(_ARCHIVE, name)
