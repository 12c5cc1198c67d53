"""Guards and backups that a change takes away or makes weaker, on things that stay.

In: the version before and what became of its nodes. Out: changes. Must not know tiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.cases import declared_at, place, said
from envfence.judge.changes.cases import Change, fitting
from envfence.judge.changes.comparison import KEPT, Comparison
from envfence.judge.context import header, label
from envfence.judge.protection import (
    API,
    NONE,
    TERRAFORM,
    UNKNOWN,
    Protection,
    effective,
    fact_at,
    is_dangerous,
    protection,
    terraform,
)
from envfence.judge.rules import Rule
from envfence.model import Evidence, Fact
from envfence.providers.catalogue import Entry, Retention, catalogue

_RANK = {NONE: 0, TERRAFORM: 1, API: 2}
_AGAINST = {API: "by any caller", TERRAFORM: "by Terraform"}


def guard_removed(comparison: Comparison, after: Graph, rule: Rule) -> Iterator[Change]:
    """Things that were guarded against deletion and no longer are."""
    for node, now, entry in staying(comparison, rule):
        was, is_now = protection(node, entry, comparison.before), protection(now, entry, after)
        if _RANK.get(was.strength, 0) == 0 or is_now.strength not in (NONE, UNKNOWN):
            continue
        unknowns = (f"what {is_now.by} is now",) if is_now.strength == UNKNOWN else ()
        cause, why = _lost(was, is_now, node, now, comparison)
        says = f"loses its guard against deletion {_AGAINST[was.strength]}: {why}"
        yield Change(node, cause, f"guard {was.by}", says, unknowns)


def guard_weakened(comparison: Comparison, after: Graph, rule: Rule) -> Iterator[Change]:
    """Things whose guard held against any caller and now holds against Terraform only; flags that make loss easier."""
    for node, now, entry in staying(comparison, rule):
        was, is_now = protection(node, entry, comparison.before), protection(now, entry, after)
        if was.strength == API and is_now.strength == TERRAFORM:
            cause, why = _lost(was, is_now, node, now, comparison)
            yield Change(
                node,
                cause,
                f"guard {was.by}",
                f"is guarded against Terraform only from now on: {why}; {is_now.by} stays",
            )
        elif is_now.strength != API:
            yield from _flags(node, now, entry)


def backups_weakened(comparison: Comparison, after: Graph, rule: Rule) -> Iterator[Change]:
    """Backups that are kept for less time, or switched off, or no longer made by what stays."""
    for node, now, entry in staying(comparison, rule):
        for path, retention in entry.retention.items():
            before, fact = fact_at(node, path), fact_at(now, path)
            says = _shorter(path, before, fact, retention)
            if says:
                cause = place(now, fact, stated(path, fact, retention.default))
                yield Change(node, cause, f"backups {path}", says)
        lost = _uncovered(node, now, comparison, after)
        if lost is not None:
            says = f"is no longer backed up by {label(lost)}"
            yield Change(node, header(lost, "makes backups of other things"), "backups", says)


def is_left_unguarded(was: GraphNode | None, now: GraphNode, before: Graph, after: Graph) -> bool:
    """Whether something has no guard, though its type offers one, that had one or is new."""
    entry = catalogue().entry(now.node.type)
    if entry is None:
        return False
    is_now = protection(now, entry, after)
    if is_now.strength != NONE or not any(offer.guard.side == API for offer in is_now.offers):
        return False
    return was is None or _RANK.get(protection(was, entry, before).strength, 0) > 0


def staying(comparison: Comparison, rule: Rule) -> Iterator[tuple[GraphNode, GraphNode, Entry]]:
    """What stays, as it was and as it is."""
    entries = catalogue()
    for node in fitting(comparison.before, rule):
        entry = entries.entry(node.node.type)
        fate = comparison.fate(node)
        if entry is not None and fate.kind == KEPT and fate.node is not None:
            yield node, fate.node, entry


def _lost(
    was: Protection, is_now: Protection, node: GraphNode, now: GraphNode, comparison: Comparison
) -> tuple[Evidence, str]:
    """Where the guard went, and in words."""
    offer = next((offer for offer in is_now.offers if offer.path == was.by), None)
    if offer is not None and offer.state in ("off", "unknown"):
        text = said(offer.path, offer.fact) if offer.state == "off" else f"{offer.path} is not known any more"
        return place(now, offer.fact, text), text
    if offer is not None:
        return header(now, f"{was.by} was set here before"), f"{was.by} is not set any more"
    lock = comparison.before.nodes.get(f"{node.deployment}:{was.by}")
    if lock is not None:
        kept = comparison.fate(lock).node
        says = f"{was.by} is not declared any more" if kept is None else f"{was.by} does not guard it any more"
        return header(kept or lock, says), says
    return Evidence(span=now.span, says=f"{was.by} was here before", address=declared_at(now)), f"{was.by} is gone"


def _flags(node: GraphNode, now: GraphNode, entry: Entry) -> Iterator[Change]:
    for path, danger in entry.dangers.items():
        before, fact = fact_at(node, path), fact_at(now, path)
        old, new = effective(before, danger.default), effective(fact, danger.default)
        if old is None and before.state == "absent" and danger.default is None:
            old = False  # a switch that is not set is off, where the catalogue knows no default
        if old is None or new is None or is_dangerous(old, danger.when) or not is_dangerous(new, danger.when):
            continue
        text = stated(path, fact, danger.default)
        yield Change(node, place(now, fact, text), f"{path} = {terraform(new)}", f"is easier to lose: {text}")


def _shorter(path: str, before: Fact, now: Fact, retention: Retention) -> str:
    """How backups became fewer, empty where they did not or nobody knows."""
    if retention.about not in ("days", "recovery", "copy") and not retention.unsafe:
        return ""
    if "unknown" in (before.state, now.state):
        return ""
    old, new = effective(before, retention.default), effective(now, retention.default)
    if retention.about == "days":
        was, is_now = number(old), number(new)
        if was is None or is_now is None or is_now >= was:
            return ""
        return f"keeps backups for {terraform(new)} instead of {terraform(old)} days: {stated(path, now, new)}"
    if _is_lacking(old, before, retention) or not _is_lacking(new, now, retention):
        return ""
    what = {
        "recovery": "can no longer be taken back to a point in time",
        "copy": "is no longer copied to another region",
    }
    return f"{what.get(retention.about, 'keeps fewer backups')}: {stated(path, now, new)}"


def _is_lacking(value: object, fact: Fact, retention: Retention) -> bool:
    if value is None:
        return fact.state == "absent" and ("absent" in retention.unsafe or retention.about == "recovery")
    return is_dangerous(value, retention.unsafe)


def _uncovered(node: GraphNode, now: GraphNode, comparison: Comparison, after: Graph) -> GraphNode | None:
    """What made backups of a node, stays, and does not any more; None where something else does."""
    if any(edge.kind == "backs-up" for edge in after.into.get(now.id, ())):
        return None
    for edge in comparison.before.into.get(node.id, ()):
        if edge.kind == "backs-up" and edge.certainty == "proved":
            fate = comparison.fate(comparison.before.nodes[edge.source])
            if fate.kind == KEPT:
                return fate.node
    return None


def number(value: object) -> float | None:
    """A value as a number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def stated(path: str, fact: Fact, default: object) -> str:
    """What holds at a path, in words."""
    if fact.state == "known":
        return said(path, fact)
    return (
        f"{path} is not set, and the default is {terraform(default)}" if default is not None else f"{path} is not set"
    )
