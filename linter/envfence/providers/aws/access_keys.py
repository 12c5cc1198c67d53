"""Static access keys and the users they open.

In: access keys. Out: holds references to their users. Must not know what the users may do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("aws_iam_access_key",)
_FORM = "aws_iam_user"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The reference of one key."""
    user = text(one(resource.values, "user"))
    if resource.mode == "managed" and user:
        builder.add_reference(
            Reference(
                kind="holds",
                node=resource.address,
                sought=f"{_FORM}:{user}",
                evidence=builder.evidence(resource, "user", "is a key of the user"),
                says="opens",
            )
        )
