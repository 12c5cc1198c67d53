"""Rule kind `change`: what this version does to what was there in the version before.

Parameters: `what`, `of` (selector). `store-destroyed`: a node that fits `of` was declared before and is no longer. The
other changes need facts that no stage gives yet and find nothing. Without a version before, there are no findings.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph
from envfence.judge.context import Claim, Context, doubts, header, label, make_finding, root_of
from envfence.judge.fences import sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches
from envfence.model import Finding


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a change rule: each about the node as it was before."""
    before = context.before
    if before is None or rule.parameters["what"] != "store-destroyed":
        return
    tiers = before.environments.tiers
    selector = rule.parameters.get("of", {})
    for node_id, node in before.nodes.items():
        if node_id in graph.nodes or node.node.mode != "managed" or not matches(selector, node, tiers):
            continue
        unknowns = doubts((node,))
        for side in sides_of(node, tiers):
            yield make_finding(
                Claim(
                    rule=rule,
                    message=f"{label(node)} ({side.name}) is no longer declared: the next apply destroys it",
                    target=node,
                    between=("", side.name),
                    certainty="possible" if unknowns else "proved",
                    cause=header(node, "declared here before"),
                    key=cause_key(root_of(before, node), node.node.address, "destroyed"),
                    unknowns=unknowns,
                )
            )
