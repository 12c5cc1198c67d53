"""Management locks: a lock on a resource group, server or vault guards what lies in it.

In: the lock resources of a deployment and its nodes. Out: guards edges. Must not know other deployments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import LocalEdge
from envfence.providers.common.values import one, text

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_LOCK = "azurerm_management_lock"
_LEVELS = ("CanNotDelete", "ReadOnly")


def finish(builder: FactsBuilder) -> None:
    """An edge from each lock to every node whose id begins with the lock's scope."""
    locks = [resource for resource in builder.resources if resource.type == _LOCK and resource.mode == "managed"]
    if not locks:
        return
    nodes = [(name.partition(":")[2], node) for node in builder.nodes() for name in node.names]
    for lock in locks:
        scope = text(one(lock.values, "scope")) or ""
        if scope and one(lock.values, "lock_level") in _LEVELS:
            _guard(lock, [node.address for name, node in nodes if name.startswith(f"{scope}/")], builder)


def _guard(lock: Resource, addresses: list[str], builder: FactsBuilder) -> None:
    evidence = builder.evidence(lock, "scope", "locks everything in it")
    for address in addresses:
        builder.add_edge(
            LocalEdge(
                kind="guards", source=lock.address, target=address, evidence=evidence, says="guards (management lock)"
            )
        )
