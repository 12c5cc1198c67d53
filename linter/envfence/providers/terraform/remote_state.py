"""Look-ups of other states: which state a `terraform_remote_state` reads, and where in the source.

In: data sources. Out: a node each, with the identity of the state as the fact `state`. Must not know whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.bind.remote import identity_of
from envfence.model import Fact, Node

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("terraform_remote_state",)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The node of one look-up; none where the state is not known."""
    identity = identity_of(resource.type, resource.values, builder.evaluated.deployment.root)
    if not identity:
        return
    builder.add_node(
        Node(
            address=resource.address,
            kind="other",
            type=resource.type,
            span=resource.span,
            facts={"state": Fact(value=identity, span=resource.span)},
            mode="data",
            calls=resource.calls,
            exists=resource.exists,
            provider="terraform",
        )
    )
