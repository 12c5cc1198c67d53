"""Versions of Secret Manager secrets that are looked up.

In: data sources. Out: a node each, named as the secret itself is, in its project. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.boundaries import boundary_of
from envfence.providers.common.lookups import add_looked_up_secret
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("google_secret_manager_secret_version", "google_secret_manager_secret_version_access")
_FORM = "google_secret_manager_secret"
_PARTS = 4


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The node of one look-up."""
    secret = text(one(resource.values, "secret"))
    if resource.mode != "data" or not secret:
        return
    boundary = boundary_of(resource.type, resource.values, builder.place(resource))
    parts = secret.split("/")
    if len(parts) >= _PARTS and parts[0] == "projects" and parts[2] == "secrets":
        boundary, secret = f"google:{parts[1]}", parts[3]
    add_looked_up_secret(resource, builder, f"{_FORM}:{secret}", boundary)
