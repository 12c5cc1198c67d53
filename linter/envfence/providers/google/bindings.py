"""Allow bindings of Google Cloud IAM: who holds which role on which project, folder, organization or resource.

Comes in: `google_*_iam_member`, `_binding` and `_policy`. Goes out: a grant for each member and role, attached to the
member. Must not know: what roles allow, environments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from envfence.providers.common.boundaries import boundary_of
from envfence.providers.common.values import one, text, texts
from envfence.providers.google.hierarchy import container
from envfence.providers.google.statements import Given, statement
from envfence.values import Mapping, Sequence, Value, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: Family of binding resources: (attribute that names the scope, its form, its path where only a name is given).
_FAMILIES = {
    "project": ("project", "google", ""),
    "folder": ("folder", "google_folder", ""),
    "organization": ("org_id", "google_organization", ""),
    "artifact_registry_repository": ("repository", "", "locations/{location}/repositories/{name}"),
    "bigquery_dataset": ("dataset_id", "", "datasets/{name}"),
    "bigquery_table": ("table_id", "", "datasets/{dataset_id}/tables/{name}"),
    "bigtable_instance": ("instance", "", "instances/{name}"),
    "bigtable_table": ("table", "", "instances/{instance}/tables/{name}"),
    "cloud_run_service": ("service", "", "locations/{location}/services/{name}"),
    "cloud_run_v2_service": ("name", "", "locations/{location}/services/{name}"),
    "cloudfunctions2_function": ("cloud_function", "", "locations/{location}/functions/{name}"),
    "cloudfunctions_function": ("cloud_function", "", "locations/{region}/functions/{name}"),
    "compute_disk": ("name", "", "zones/{zone}/disks/{name}"),
    "compute_instance": ("instance_name", "", "zones/{zone}/instances/{name}"),
    "dns_managed_zone": ("managed_zone", "", "managedZones/{name}"),
    "kms_crypto_key": ("crypto_key_id", "", ""),
    "kms_key_ring": ("key_ring_id", "", ""),
    "pubsub_subscription": ("subscription", "", "subscriptions/{name}"),
    "pubsub_topic": ("topic", "", "topics/{name}"),
    "secret_manager_secret": ("secret_id", "", "secrets/{name}"),
    "service_account": ("service_account_id", "", ""),
    "spanner_database": ("database", "", "instances/{instance}/databases/{name}"),
    "spanner_instance": ("instance", "", "instances/{name}"),
    "storage_bucket": ("bucket", "", ""),
}
_SHAPES = ("member", "binding", "policy")
TYPES = tuple(f"google_{family}_iam_{shape}" for family in _FAMILIES for shape in _SHAPES)
_FIELD = re.compile(r"\{(\w+)\}")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The grants of one binding resource."""
    if resource.mode != "managed":
        return
    family, _, shape = resource.type.removeprefix("google_").rpartition("_iam_")
    scope = _scope(resource, builder, family)
    if not scope:
        return
    for binding in _bindings(resource, shape):
        grant = statement(resource, builder, binding, scope)
        if grant is not None:
            builder.add_grant(grant)


def _bindings(resource: Resource, shape: str) -> Iterator[Given]:
    values = resource.values
    role = text(one(values, "role")) or ""
    condition = text(one(values, "condition.expression")) or ""
    if shape == "policy":
        yield from _of_policy(text(one(values, "policy_data")) or "")
    elif shape == "member":
        yield Given(role, text(one(values, "member")) or "", "member", condition)
    else:
        for member in texts(one(values, "members")):
            yield Given(role, member, "members", condition)


def _of_policy(data: str) -> Iterator[Given]:
    """The bindings of a whole policy, as `data.google_iam_policy` renders it."""
    try:
        document: Any = json.loads(data)
    except ValueError:
        return
    for item in document.get("bindings", ()) if isinstance(document, dict) else ():
        expression = (item.get("condition") or {}).get("expression", "")
        for member in item.get("members", ()):
            yield Given(str(item.get("role", "")), str(member), "policy_data", expression)


def _scope(resource: Resource, builder: FactsBuilder, family: str) -> str:
    attribute, form, path = _FAMILIES[family]
    value = text(one(resource.values, attribute)) or ""
    if form == "google":
        project = value.removeprefix("projects/")
        return f"google:{project}" if project else boundary_of(resource.type, resource.values, builder.place(resource))
    if not value:
        return ""
    if form:
        return container(builder, form, value)
    if path and "/" not in value:
        boundary = boundary_of(resource.type, resource.values, builder.place(resource))
        fields = {"name": value}
        known = _FIELD.sub(lambda match: fields.get(match[1]) or text(one(resource.values, match[1])) or "-", path)
        value = f"projects/{boundary.partition(':')[2]}/{known}"
    return f"google_{family}:{value}"


def policy_data(values: Mapping) -> str | None:
    """The `policy_data` of `data.google_iam_policy`; None when a part of it is not known."""
    bindings = []
    for item in _blocks(values, "binding"):
        role, members = text(one(item, "role")), one(item, "members")
        if role is None or not isinstance(members, Sequence):
            return None
        entry: dict[str, Any] = {"members": list(texts(members)), "role": role}
        expression = text(one(item, "condition.expression"))
        if expression is not None:
            entry["condition"] = {"expression": expression}
        bindings.append(entry)
    return json.dumps({"bindings": bindings}, ensure_ascii=False)


def _blocks(values: Mapping, name: str) -> Iterator[Mapping]:
    found: Value = values.items.get(name)
    for item in as_blocks(found):
        if isinstance(item, Mapping):
            yield item


def _computed_policy(request: Any) -> dict[str, Value]:
    data = policy_data(request.values)
    return {} if data is None else {"policy_data": data}


COMPUTED = {"google_iam_policy": _computed_policy}
