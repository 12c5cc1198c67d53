"""Nodes of data sources that look a secret up: it lives elsewhere, its name says which one it is.

In: a data source, what it names. Out: a node. Must not know any provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Node
from envfence.providers.catalogue import prefix_of

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder


def add_looked_up_secret(resource: Resource, builder: FactsBuilder, name: str, boundary: str) -> None:
    """The node of one look-up, which answers to `name` (as `FORM:TEXT`) within `boundary`."""
    builder.add_node(
        Node(
            address=resource.address,
            kind="secret",
            type=resource.type,
            span=resource.span,
            names=(name,),
            boundary=boundary,
            mode="data",
            calls=resource.calls,
            exists=resource.exists,
            provider=prefix_of(resource.type),
        )
    )
