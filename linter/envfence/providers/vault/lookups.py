"""Secrets that are read from Vault.

In: data sources. Out: a node each, named by its path, in the server of its provider configuration. Must not know
environments. A server that is not known keeps equal paths of two deployments apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.providers.common.lookups import add_looked_up_secret
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("vault_generic_secret", "vault_kv_secret", "vault_kv_secret_v2")
_FORM = "vault_secret"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The node of one look-up."""
    path = _path(resource)
    if resource.mode != "data" or not path:
        return
    configuration = builder.configuration(resource.provider_key or "vault")
    address = text(one(configuration, "address"))
    namespace = text(one(configuration, "namespace")) or ""
    known = address and not has_holes(address + namespace)
    boundary = f"vault:{address}/{namespace}".rstrip("/") if known else ""
    add_looked_up_secret(resource, builder, f"{_FORM}:{path}", boundary)


def _path(resource: Resource) -> str:
    if resource.type == "vault_kv_secret_v2":
        mount, name = text(one(resource.values, "mount")), text(one(resource.values, "name"))
        return f"{mount}/{name}" if mount and name else ""
    return text(one(resource.values, "path")) or ""
