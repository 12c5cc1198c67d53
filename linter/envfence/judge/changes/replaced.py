"""Things that a change makes anew: an attribute that no update changes has another value.

In: the version before and what became of its nodes. Out: changes. Must not know tiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph
from envfence.judge.cases import place, said
from envfence.judge.changes.cases import Change
from envfence.judge.changes.comparison import Comparison
from envfence.judge.changes.weakened import staying
from envfence.judge.protection import ABSENT, PREVENT_DESTROY, fact_at, same, terraform
from envfence.judge.rules import Rule
from envfence.model import SEVERITIES, Fact


def replaced(comparison: Comparison, after: Graph, rule: Rule) -> Iterator[Change]:
    """Things that the next apply destroys and makes anew, though they are declared before and after. A plan knows that
    itself."""
    if comparison.knows_actions:
        return
    for node, now, entry in staying(comparison, rule):
        for path in entry.replaces:
            before, fact = fact_at(node, path), fact_at(now, path)
            doubts = _doubts(path, before, fact)
            if doubts is None:
                continue
            old = f" instead of {terraform(before.value)}" if before.state == "known" else ""
            held = now.node.facts.get(PREVENT_DESTROY, ABSENT).value is True
            says = (
                f"is destroyed and made anew by the next apply: {said(path, fact)}{old}, and no update changes that"
                f"{'; prevent_destroy refuses it until somebody takes it out' if held else ''}"
            )
            severity = SEVERITIES[min(SEVERITIES.index(rule.severity) + 1, len(SEVERITIES) - 1)] if held else ""
            yield Change(node, place(now, fact, said(path, fact)), f"replaced {path}", says, doubts, severity)
            break


def _doubts(path: str, before: Fact, now: Fact) -> tuple[str, ...] | None:
    """What a replacement depends on; None where there is none. What is no longer set stays as it is."""
    if now.state != "known" or before.state == "unknown":
        return None
    if before.state == "absent":
        return None if now.value in (False, "", []) else (f"what {path} is now, where nothing set it",)
    return None if same(before.value, now.value) else ()
