"""Which deployment reads the state of which other, and the order of evaluation that follows.

Comes in: deployments with their state keys. Goes out: the deployments, those that are read first; what each reads; a
problem for each ring. Must not know: what is read out of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envfence.bind.context import Context
from envfence.bind.remote import state_identity, states_read
from envfence.model import Deployment, Problem


def reading_order(
    context: Context,
    deployments: Sequence[Deployment],
    states: Mapping[str, str],
    known: Mapping[str, tuple[str, ...]],
) -> tuple[tuple[Deployment, ...], dict[str, tuple[str, ...]], list[Problem]]:
    """The order, what each deployment reads (by id), and the rings.

    `states` are the owners of states, `known` are reads that finders found themselves.
    """
    reads: dict[str, tuple[str, ...]] = {}
    ids = {deployment.id for deployment in deployments}
    for deployment in deployments:
        # A unit that is deployed once for each environment depends on the same environment's other units.
        named = ({target, f"{target}@{deployment.name}"} & ids for target in known.get(deployment.id, ()))
        found: set[str] = set().union(*named)
        for identity in states_read(context, deployment):
            if identity in states:
                found.add(states[identity])
        found.discard(deployment.id)
        if found:
            reads[deployment.id] = tuple(sorted(found))
    order, rings = _sorted(deployments, reads)
    problems = [_ring(ring) for ring in rings]
    return order, reads, problems


def state_owners(deployments: Sequence[Deployment]) -> dict[str, str]:
    """The id of the deployment that owns each state; what two deployments claim belongs to neither for sure."""
    owners: dict[str, list[str]] = {}
    for deployment in deployments:
        if deployment.backend is not None and deployment.backend.key:
            identity = state_identity(deployment.backend.type, deployment.backend.key)
            owners.setdefault(identity, []).append(deployment.id)
    return {identity: ids[0] for identity, ids in sorted(owners.items()) if len(ids) == 1}


def _sorted(
    deployments: Sequence[Deployment], reads: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[Deployment, ...], list[list[Deployment]]]:
    """Kahn's algorithm over sorted ids, in layers; a ring is broken at its first id."""
    waiting = {deployment.id: set(reads.get(deployment.id, ())) for deployment in deployments}
    by_id = {deployment.id: deployment for deployment in deployments}
    readers: dict[str, list[str]] = {}
    for reader, targets in reads.items():
        for target in targets:
            readers.setdefault(target, []).append(reader)
    order: list[Deployment] = []
    rings: list[list[Deployment]] = []
    ready = sorted(key for key, targets in waiting.items() if not targets)
    while waiting:
        if not ready:
            ring = _find_ring(waiting)
            rings.append([by_id[key] for key in ring])
            ready = [ring[0]]
        following: set[str] = set()
        for key in ready:
            waiting.pop(key)
            order.append(by_id[key])
            for reader in readers.get(key, ()):
                if reader in waiting:
                    waiting[reader].discard(key)
                    if not waiting[reader]:
                        following.add(reader)
        ready = sorted(following)
    return tuple(order), rings


def _find_ring(waiting: Mapping[str, set[str]]) -> list[str]:
    """A ring among deployments that all wait for another: follow the first target until one comes again."""
    path: list[str] = []
    at = min(waiting)
    while at not in path:
        path.append(at)
        at = min(waiting[at])
    ring = path[path.index(at) :]
    first = ring.index(min(ring))
    return ring[first:] + ring[:first]


def _ring(ring: Sequence[Deployment]) -> Problem:
    names = " reads ".join(deployment.id for deployment in (*ring, ring[0]))
    first = ring[0]
    return Problem(
        stage="bind",
        reason=f"states read each other in a circle: {names}",
        span=first.span,
        deployment=first.id,
        hides="outputs of the deployments in the circle",
    )
