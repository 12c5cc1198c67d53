"""What all readers of Google's IAM share: members, holders, and one statement for one member and role.

Comes in: texts of members and roles, with their places. Goes out: identifiers, grants. Must not know: which resource
says it, what roles allow.

Forms of members: https://cloud.google.com/iam/docs/principal-identifiers. Agents of Google's own services are left out:
nobody acts as them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from envfence.model import Condition, Grant
from envfence.providers.common.values import ABSENT, one, text, texts
from envfence.providers.google.pools import pool_conditions
from envfence.sources.rbac import service_account
from envfence.values import has_holes
from envfence.words import words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

LANGUAGE = "google"
_AGENT = re.compile(r"^service-\d+@|@gcp-sa-|@cloudservices\.gserviceaccount\.com$|@system\.gserviceaccount\.com$")
#: A service account of a GKE cluster: `PROJECT.svc.id.goog[NAMESPACE/NAME]`.
_WORKLOAD = re.compile(r"[^\[\]]+\.svc\.id\.goog\[([^/\[\]]+)/([^/\[\]]+)\]")
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_CUSTOM_ROLES = ("google_project_iam_custom_role", "google_organization_iam_custom_role")


@dataclass(frozen=True, slots=True)
class Given:
    """One role for one member; `path` is the attribute that names the member."""

    role: str
    member: str
    path: str
    condition: str = ""


def holder_of(member: str) -> str:
    """The identifier of a member: `google_service_account:EMAIL`, `kubernetes_service_account:NAMESPACE/NAME` for one
    of a cluster whose name or namespace speaks of an environment, `*` for everybody, `google_member:KIND:TEXT` for
    people, groups and workloads; empty for agents of Google's services, and for who was deleted."""
    kind, _, name = member.partition(":")
    if member in _EVERYBODY:
        return "*"
    if kind == "serviceAccount":
        workload = _WORKLOAD.fullmatch(name)
        if workload is not None and not has_holes(workload[1]) and words_in_name(f"{workload[1]}/{workload[2]}"):
            return service_account(workload[1], workload[2])
        return "" if _AGENT.search(name) else f"google_service_account:{name}"
    if kind in ("user", "group", "domain", "principal", "principalSet"):
        return f"google_member:{member}"
    return ""


def statement(resource: Resource, builder: FactsBuilder, given: Given, scope: str) -> Grant | None:
    """The grant of one role for one member on a scope; None for one that nobody has."""
    holder = holder_of(given.member)
    if not holder or not scope:
        return None
    span = resource.span_of(given.path) or resource.span
    written = resource.origin_of_leaf(given.path, given.member)
    role = given.role
    custom = "/roles/" in role
    actions = _custom(builder, role) if custom else (role,) if role else ()
    conditions = [Condition(test="cel", variable="", values=(given.condition,))] if given.condition else []
    return Grant(
        language=LANGUAGE,
        policy="identity",
        effect="Allow",
        span=span,
        attached_to=holder,
        sid=role if custom else "",
        actions=actions,
        resources=(scope,),
        conditions=(*conditions, *pool_conditions(given.member, builder)),
        evidence=(*builder.evidence(resource, "role", f"grants {role} on {_said(scope)}"), *written),
        element_spans={given.member: written[0].span} if written else {},
        unknown="" if actions else f"what the role {role or 'of this binding'} allows",
        address=resource.address,
    )


def role_name(resource: Resource, builder: FactsBuilder) -> str:
    """How bindings call a custom role: `projects/PROJECT/roles/ID`; empty where its id is not known."""
    own = text(one(resource.values, "role_id"))
    if not own:
        return ""
    if resource.type == _CUSTOM_ROLES[1]:
        return f"organizations/{text(one(resource.values, 'org_id')) or ''}/roles/{own}"
    project = text(one(resource.values, "project")) or builder.place(resource).boundary.partition(":")[2]
    return f"projects/{project}/roles/{own}"


def _custom(builder: FactsBuilder, role: str) -> tuple[str, ...]:
    """The permissions of a custom role of this deployment; none for one that is declared elsewhere."""
    name = role.rpartition("/")[2]
    for resource in builder.resources:
        if resource.type in _CUSTOM_ROLES:
            own = one(resource.values, "role_id")
            if own is not ABSENT and text(own) == name:
                return texts(one(resource.values, "permissions"))
    return ()


def _said(scope: str) -> str:
    form, _, name = scope.partition(":")
    return f"project {name}" if form == "google" else f"{form.removeprefix('google_').replace('_', ' ')} {name}"
