"""Access policies of key vaults: what each lets its principal do, and one pipeline's principal in several vaults.

In: access policies. Out: a grant each; may references from the principal to the policy, for principals that the policy
or its input calls a pipeline. Must not know environments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.azurerm.assignments import policy_grant
from envfence.providers.common.values import one, text, texts
from envfence.values import has_holes
from envfence.words import tokens

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("azurerm_key_vault_access_policy",)
_PIPELINE = frozenset(
    {"pipeline", "pipelines", "ci", "cicd", "cd", "devops", "deploy", "deployer", "deployment", "github", "gitlab"}
    | {"azdo", "ado", "runner", "agent", "automation", "terraform", "jenkins", "concourse"}
)
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_READING = frozenset({"get", "list", "all"})


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The grant and the reference of one policy."""
    grant = policy_grant(resource, builder)
    if grant is not None:
        builder.add_grant(grant)
    principal = text(one(resource.values, "object_id")) or ""
    if resource.mode != "managed" or has_holes(principal) or not _OBJECT_ID.fullmatch(principal):
        return
    rights = {right.lower() for right in texts(one(resource.values, "secret_permissions"))}
    names = {token for place in _names(resource) for token in tokens(place)}
    if rights & _READING and names & _PIPELINE and builder.has_node(resource.address):
        builder.add_reference(
            Reference(
                kind="may",
                node=resource.address,
                sought=f"azuread_object:{principal}",
                evidence=builder.evidence(resource, "object_id", "admits the pipeline's principal"),
                outward=False,
                capability="read",
                says="may read the secrets of the vault of",
            )
        )


def _names(resource: Resource) -> tuple[str, ...]:
    """The policy's own name and those of the inputs that its principal came through."""
    return (resource.name, *(evidence.address for evidence in resource.origin("object_id")))
