"""Records of what happens that a change switches off, or lets go sooner.

In: the version before and what became of its nodes. Out: changes. Must not know tiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.cases import place
from envfence.judge.changes.cases import Change
from envfence.judge.changes.comparison import Comparison
from envfence.judge.changes.weakened import number, stated, staying
from envfence.judge.protection import effective, fact_at, terraform
from envfence.judge.rules import Rule
from envfence.model import Fact
from envfence.providers.catalogue import Entry

_LOGS = "log archive"
#: Attributes with the days that records are kept, and the value that stands for ever.
_DAYS = {"retention_in_days": 0, "retention_period": None, "retention_days": None}
#: Names of logs that say who did what; those of programs may go when they like.
_AUDIT = re.compile(r"(^|[^a-z])(audit|cloud-?trail|trail|flow-?logs?|vpc-?flow|guard-?duty|security)([^a-z]|$)")


def recording_weakened(comparison: Comparison, after: Graph, rule: Rule) -> Iterator[Change]:
    """Trails and detectors that are switched off, audit logs that are kept for less time."""
    for node, now, entry in staying(comparison, rule):
        for path in entry.records:
            before, fact = fact_at(node, path), fact_at(now, path)
            if effective(before, True) is True and effective(fact, True) is False:
                text = stated(path, fact, True)
                yield Change(node, place(now, fact, text), f"off {path}", f"records nothing any more: {text}")
        yield from _shorter(node, now, entry)


def _shorter(node: GraphNode, now: GraphNode, entry: Entry) -> Iterator[Change]:
    if entry.noun != _LOGS or not _is_audit(node):
        return
    for path, for_ever in _DAYS.items():
        before, fact = fact_at(node, path), fact_at(now, path)
        old, new = _days(before, for_ever), _days(fact, for_ever)
        if path in entry.retention and old is not None and new is not None and new < old:
            was = "for ever" if old == float("inf") else f"for {terraform(before.value)} days"
            says = f"keeps what it recorded for {terraform(fact.value)} days, and kept it {was}"
            yield Change(node, place(now, fact, stated(path, fact, None)), f"shorter {path}", says)


def _days(fact: Fact, for_ever: int | None) -> float | None:
    """The days; None where nobody knows. `for_ever` is also what an attribute means that is not set."""
    if for_ever is not None and (fact.state == "absent" or fact.value == for_ever) and fact.state != "unknown":
        return float("inf")
    return number(fact.value) if fact.state == "known" else None


def _is_audit(node: GraphNode) -> bool:
    """Whether a log is by its type or its names one of what people did."""
    texts = (node.node.address, *(name.rpartition(":")[2] for name in node.node.names))
    return node.node.type == "aws_cloudtrail_event_data_store" or any(
        _AUDIT.search(text.lower().replace("_", "-")) for text in texts
    )
