"""What the next apply destroys: things that are no longer declared, were renamed, or lose the attribute they are.

In: the version before and what became of its nodes. Out: changes. Must not know tiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.changes.cases import Change, fitting
from envfence.judge.changes.comparison import GONE, KEPT, REPLACED, Comparison, Fate
from envfence.judge.context import header, label
from envfence.judge.protection import API, is_ignored, protection
from envfence.judge.rules import Rule
from envfence.model import SEVERITIES
from envfence.providers.catalogue import catalogue

#: What the evidence of something says that is no longer there: no comment can stand at its line.
BEFORE = "declared here before"


def destroyed(comparison: Comparison, rule: Rule) -> Iterator[Change]:
    """Things that are gone or made anew, with what holds it up."""
    for node in fitting(comparison.before, rule):
        fate = comparison.fate(node)
        if fate.kind not in (GONE, REPLACED) or _owner(node, comparison) is not None:
            continue
        says = f"is destroyed {fate.how}" if fate.kind == GONE else f"is destroyed and made anew {fate.how}"
        if "verb" in rule.parameters:
            says += f", and {rule.parameters['verb']}"
        because = f"; {fate.because}" if fate.because else ""
        guard = _guard(node, comparison.before)
        held = f"; {guard} refuses that until somebody lifts it" if guard else ""
        yield Change(
            node,
            header(node, BEFORE),
            "destroyed",
            says + because + held,
            fate.doubts,
            _quieter(rule.severity) if guard else "",
        )


def deleted_in_place(comparison: Comparison, rule: Rule) -> Iterator[Change]:
    """Things that were an attribute of another, which stays: the plan shows an update of that other."""
    for node in fitting(comparison.before, rule):
        owner = _owner(node, comparison)
        if owner is None or comparison.fate(node).kind != GONE:
            continue
        now = comparison.fate(owner).node
        attribute = node.node.address.rpartition(".")[2]
        if now is None or is_ignored(now, attribute):
            continue
        says = (
            f"is deleted in place {comparison.fate(node).how}: the `{attribute}` attribute of {label(owner)} was taken "
            "out, and the plan shows an update"
        )
        yield Change(node, header(now, f"`{attribute}` was set here before"), "deleted in place", says)


def _owner(node: GraphNode, comparison: Comparison) -> GraphNode | None:
    """The thing that a node is an attribute of, while that thing stays."""
    if "." not in node.node.type:
        return None
    owner = comparison.before.nodes.get(f"{node.deployment}:{node.node.address.rpartition('.')[0]}")
    return owner if owner is not None and _stays(comparison.fate(owner)) else None


def _stays(fate: Fate) -> bool:
    return fate.kind == KEPT and fate.node is not None


def _guard(node: GraphNode, graph: Graph) -> str:
    """What makes the platform refuse the deletion; what holds against Terraform goes with its block."""
    entry = catalogue().entry(node.node.type)
    if entry is None:
        return ""
    found = protection(node, entry, graph)
    return found.by if found.strength == API else ""


def _quieter(severity: str) -> str:
    return SEVERITIES[min(SEVERITIES.index(severity) + 1, len(SEVERITIES) - 1)]
