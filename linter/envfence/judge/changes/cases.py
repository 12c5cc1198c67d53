"""Findings about what changed, one for each place and environment.

In: a rule, what a change rule found out about single nodes. Out: findings. Must not know what the rules claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import Claim, doubts, end_of, label, make_finding, root_of
from envfence.judge.fences import Side, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.rules import Rule
from envfence.judge.selectors import selected
from envfence.model import Evidence, Finding


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one node: the place of the edit, what goes into the fingerprint, the message, and what the claim
    depends on. `node` is as it was before."""

    node: GraphNode
    cause: Evidence
    content: str
    says: str
    unknowns: tuple[str, ...] = ()
    severity: str = ""


@dataclass(slots=True)
class _Group:
    side: Side
    changes: list[Change] = field(default_factory=list)


def fitting(graph: Graph, rule: Rule) -> Iterator[GraphNode]:
    """The managed nodes that the rule is about."""
    return (node for node in selected(rule.parameters.get("of", {}), graph) if node.node.mode == "managed")


def findings_of(graph: Graph, rule: Rule, changes: Iterable[Change]) -> Iterator[Finding]:
    """One finding for each root, block and environment: the instances of a block are the others of it."""
    groups: dict[tuple[str, str], _Group] = {}
    for change in changes:
        root = root_of(graph, change.node)
        for side in _sides(change.node, rule, graph):
            key = (side.name, cause_key(root, change.node.node.address, change.content))
            groups.setdefault(key, _Group(side)).changes.append(change)
    for key in sorted(groups):
        yield _finding(rule, key[1], groups[key])


def _sides(node: GraphNode, rule: Rule, graph: Graph) -> Iterator[Side]:
    """The sides of a node that the rule is about."""
    wanted = rule.parameters.get("of", {}).get("tier")
    tiers = (wanted,) if isinstance(wanted, str) else wanted
    for side in sides_of(node, graph.environments.tiers):
        if tiers is None or side.tier in tiers:
            yield side


def _finding(rule: Rule, key: str, group: _Group) -> Finding:
    def rank(change: Change) -> tuple[bool, bool, str]:
        return bool(change.unknowns), not change.node.exists, change.node.id

    first, *others = sorted(group.changes, key=rank)
    unknowns = (*doubts((first.node,), {first.node.id: group.side}), *first.unknowns)
    return make_finding(
        Claim(
            rule=rule,
            message=f"{label(first.node)} ({group.side.name}) {first.says}",
            target=first.node,
            between=("", group.side.name),
            severity=first.severity,
            certainty="possible" if unknowns else "proved",
            cause=first.cause,
            key=key,
            also=tuple((None, end_of(other.node)) for other in others),
            unknowns=unknowns,
        )
    )
