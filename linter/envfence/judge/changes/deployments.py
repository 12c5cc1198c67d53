"""Which deployment of the later version is which of the version before: renamed directories are the same deployment.

In: two graphs. Out: id before → id now. Must not know rules.

In this order: the same id; the same state; the only one of its root on both sides; mostly the same addresses in the
same environments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from envfence.bind.remote import state_identity
from envfence.graph.graph import Graph
from envfence.model import Deployment

#: So much of two deployments must be the same for the one to be the other under a new name.
_ALIKE = 0.6
_FEWEST = 2
_MOST_PAIRS = 20_000


def match_deployments(before: Graph, after: Graph) -> dict[str, str]:
    """The deployments of `before` that are still there, with their ids in `after`."""
    found = {name: name for name in before.deployments if name in after.deployments}
    for key in (_state, _root):
        _match_by(key, before, after, found)
    _match_by_content(before, after, found)
    return found


def _state(deployment: Deployment) -> Hashable:
    backend = deployment.backend
    return state_identity(backend.type, backend.key) if backend is not None and backend.key else None


def _root(deployment: Deployment) -> Hashable:
    return deployment.config_dir


def _match_by(key: Callable[[Deployment], Hashable], before: Graph, after: Graph, found: dict[str, str]) -> None:
    taken = set(found.values())
    old = _only(key, (each for name, each in before.deployments.items() if name not in found))
    new = _only(key, (each for name, each in after.deployments.items() if name not in taken))
    for wanted, name in old.items():
        if wanted in new:
            found[name] = new[wanted]


def _only(key: Callable[[Deployment], Hashable], deployments: Iterable[Deployment]) -> dict[Hashable, str]:
    """The deployments by a key that no other has."""
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for deployment in deployments:
        value = key(deployment)
        if value is not None:
            groups[value].append(deployment.id)
    return {value: names[0] for value, names in groups.items() if len(names) == 1}


def _match_by_content(before: Graph, after: Graph, found: dict[str, str]) -> None:
    taken = set(found.values())
    old = [name for name in before.deployments if name not in found]
    new = [name for name in after.deployments if name not in taken]
    if not old or not new or len(old) * len(new) > _MOST_PAIRS:
        return
    held, holds = _addresses(before, set(old)), _addresses(after, set(new))
    pairs = sorted(
        (-_likeness(held[one], holds[other]), one, other)
        for one in old
        for other in new
        if _place(before, one) == _place(after, other)
    )
    for likeness, one, other in pairs:
        if -likeness >= _ALIKE and one not in found and other not in taken:
            found[one] = other
            taken.add(other)


def _addresses(graph: Graph, wanted: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in wanted}
    for node in graph.nodes.values():
        if node.deployment in wanted and node.node.mode == "managed":
            found[node.deployment].add(node.node.address)
    return found


def _likeness(one: set[str], other: set[str]) -> float:
    if min(len(one), len(other)) < _FEWEST:
        return 1.0 if one and one == other else 0.0
    return len(one & other) / len(one | other)


def _place(graph: Graph, deployment: str) -> tuple[tuple[str, ...], str]:
    placement = graph.environments.deployments.get(deployment)
    return (placement.environments, placement.tier) if placement is not None else ((), "unknown")
