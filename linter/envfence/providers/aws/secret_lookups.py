"""Values of Secrets Manager secrets that are looked up by name or ARN, without a look-up of the secret itself.

In: data sources. Out: a node each, named as the secret is. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Node
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("aws_secretsmanager_secret_version",)
_FORM = "aws_secretsmanager_secret"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The node of one look-up; a holed name is what another look-up, or a resource, gave: that one counts."""
    secret = text(one(resource.values, "secret_id"))
    if resource.mode != "data" or not secret or has_holes(secret):
        return
    builder.add_node(
        Node(
            address=resource.address,
            kind="secret",
            type=resource.type,
            span=resource.span,
            names=(secret if secret.startswith("arn:") else f"{_FORM}:{secret}",),
            boundary=builder.place(resource).boundary,
            mode="data",
            calls=resource.calls,
            exists=resource.exists,
            provider="aws",
        )
    )
