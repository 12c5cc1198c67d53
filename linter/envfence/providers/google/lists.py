"""Access lists of Google Cloud beside IAM bindings: of BigQuery datasets, of buckets and the objects in them.

Comes in: datasets with `access` blocks, `google_bigquery_dataset_access`, access controls and lists of buckets. Goes
out: a grant for each entry, by the role that it comes to. Must not know: what roles allow, environments.

What entries come to: https://cloud.google.com/bigquery/docs/access-control-basic-roles,
https://cloud.google.com/storage/docs/access-control/iam#acls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.providers.common.boundaries import boundary_of
from envfence.providers.common.values import one, text, texts
from envfence.providers.google.statements import Given, statement
from envfence.values import Mapping, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_DATASET, _ENTRY = "google_bigquery_dataset", "google_bigquery_dataset_access"
_BUCKET_LISTS = ("google_storage_bucket_acl", "google_storage_default_object_acl", "google_storage_object_acl")
_CONTROLS = (
    "google_storage_bucket_access_control",
    "google_storage_default_object_access_control",
    "google_storage_object_access_control",
)
TYPES = (_DATASET, _ENTRY, *_BUCKET_LISTS, *_CONTROLS)
_OF_DATASET = {
    "OWNER": "roles/bigquery.dataOwner",
    "WRITER": "roles/bigquery.dataEditor",
    "READER": "roles/bigquery.dataViewer",
}
_OF_BUCKET = {
    "OWNER": "roles/storage.legacyBucketOwner",
    "WRITER": "roles/storage.legacyBucketWriter",
    "READER": "roles/storage.legacyBucketReader",
}
_OF_OBJECT = {"OWNER": "roles/storage.legacyObjectOwner", "READER": "roles/storage.legacyObjectReader"}
#: Lists by name: (role on the bucket, role on its objects) for everybody.
_PREDEFINED = {"publicRead": "READER", "publicReadWrite": "WRITER", "authenticatedRead": "READER"}


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The grants of one list."""
    if resource.mode != "managed":
        return
    listed = _of_dataset(resource) if resource.type in (_DATASET, _ENTRY) else _of_bucket(resource)
    scope = _scope(resource, builder)
    for given in listed:
        grant = statement(resource, builder, given, scope)
        if grant is not None:
            builder.add_grant(grant)


def _scope(resource: Resource, builder: FactsBuilder) -> str:
    if resource.type not in (_DATASET, _ENTRY):
        bucket = text(one(resource.values, "bucket"))
        return f"google_storage_bucket:{bucket}" if bucket else ""
    dataset = (text(one(resource.values, "dataset_id")) or "").rpartition("/")[2]
    project = boundary_of(resource.type, resource.values, builder.place(resource)).partition(":")[2]
    return f"google_bigquery_dataset:projects/{project}/datasets/{dataset}" if dataset else ""


def _of_dataset(resource: Resource) -> Iterator[Given]:
    entries = [(resource.values, "")]
    if resource.type == _DATASET:
        blocks = as_blocks(resource.values.items.get("access"))
        entries = [(each, f"access[{index}].") for index, each in enumerate(blocks) if isinstance(each, Mapping)]
    for entry, at in entries:
        said = text(one(entry, "role")) or ""
        condition = text(one(entry, "condition.expression")) or ""
        for name, kind in (("user_by_email", "user"), ("group_by_email", "group"), ("iam_member", "")):
            value = text(one(entry, name)) or ""
            if value and said:
                yield Given(_OF_DATASET.get(said, said), _member(kind, value), f"{at}{name}", condition)
        if text(one(entry, "special_group")) in ("allAuthenticatedUsers", "allUsers") and said:
            yield Given(_OF_DATASET.get(said, said), "allUsers", f"{at}special_group", condition)


def _of_bucket(resource: Resource) -> Iterator[Given]:
    roles = _OF_BUCKET if "_bucket_" in resource.type else _OF_OBJECT
    if resource.type in _CONTROLS:
        yield from _entry(roles, text(one(resource.values, "role")), text(one(resource.values, "entity")), "entity")
        return
    for each in texts(one(resource.values, "role_entity")):
        role, _, entity = each.partition(":")
        yield from _entry(roles, role, entity, "role_entity")
    name = text(one(resource.values, "predefined_acl")) or ""
    yield from _entry(roles, _PREDEFINED.get(name), "allUsers", "predefined_acl")


def _entry(roles: dict[str, str], role: str | None, entity: str | None, path: str) -> Iterator[Given]:
    """One entry: `allUsers`, `user-EMAIL`, `group-EMAIL`. Owners, editors and viewers of a project are left out."""
    found = roles.get((role or "").upper())
    kind, dash, name = (entity or "").partition("-")
    if found and entity in ("allUsers", "allAuthenticatedUsers"):
        yield Given(found, "allUsers", path)
    elif found and dash and kind in ("user", "group"):
        yield Given(found, _member(kind, name), path)


def _member(kind: str, name: str) -> str:
    if kind == "user" and name.endswith(".gserviceaccount.com"):
        return f"serviceAccount:{name}"
    return f"{kind}:{name}" if kind else name
