"""Of which database a snapshot is that a data source looks up.

In: look-ups of snapshots. Out: copies references from that database's snapshots to the look-up, since what is restored
from it holds that database's data. Must not know environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.common.values import one, text
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The attribute that names the database.
_OF = {"aws_db_snapshot": "db_instance_identifier", "aws_db_cluster_snapshot": "db_cluster_identifier"}
TYPES = tuple(_OF)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The reference of one look-up: a snapshot is named here by its database."""
    path = _OF[resource.type]
    name = text(one(resource.values, path))
    if resource.mode != "data" or not name or has_holes(name) or not builder.has_node(resource.address):
        return
    builder.add_reference(
        Reference(
            kind="copies",
            node=resource.address,
            sought=f"{resource.type}:{name}",
            evidence=builder.evidence(resource, path, "looks up its snapshots"),
            outward=False,
            says="is looked up by",
        )
    )
