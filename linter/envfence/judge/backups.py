"""Are the backups of a store switched off, kept too short, or without what makes them useful?

In: a node, its catalogue entry, the graph, the parameters of a rule. Out: cases. Must not know tiers or environments.

A value that is not set is judged by the provider's default where the catalogue has it; an unknown one is never judged.
What is backed up by something else in the repository (a plan's selection, a copy) is no case.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.cases import Case, expiring, place, said
from envfence.judge.protection import IGNORE_CHANGES, effective, is_dangerous, terraform
from envfence.model import Fact
from envfence.providers.catalogue import Entry, Retention

_ABSENT = Fact(state="absent")
_ONE_DAY = 1


def short_of_backups(node: GraphNode, entry: Entry, graph: Graph, parameters: dict[str, Any]) -> Iterator[Case]:
    """Backups that are off, or kept for fewer than `minimum` days; with `above`, only those kept for more than that."""
    if is_backed_up(node, graph):
        return
    for path, retention in entry.retention.items():
        if retention.about != "days" and (not retention.unsafe or "absent" in retention.unsafe or retention.about):
            continue
        if any(_fact(node, other).value not in values for other, values in retention.only.items()):
            continue
        fact = _fact(node, path)
        value = effective(fact, retention.default)
        if value is not None and _too_few(value, fact.state == "known", retention, parameters):
            text = "keeps no backups" if not value else "keeps backups for too few days"
            yield Case(
                node,
                place(node, fact, _words(path, fact, value)),
                f"{path} = {terraform(value)}",
                f"{text}: {_words(path, fact, value)}",
            )
            return


def lacking(node: GraphNode, entry: Entry, graph: Graph, about: str) -> Iterator[Case]:
    """A way back that the type offers and that is off, by what it is `about`: "recovery" or "copy"."""
    if is_backed_up(node, graph):
        return
    for path, retention in entry.retention.items():
        if retention.about != about:
            continue
        fact = _fact(node, path)
        value = effective(fact, retention.default)
        if any(
            _fact(node, other).state != "absent" and _fact(node, other).value is not False
            for other in retention.instead
        ):
            continue
        missing = fact.state == "absent" and retention.default is None and "absent" in retention.unsafe
        if missing or (value is not None and is_dangerous(value, retention.unsafe)):
            says = f"{_SAYS[about]}: {_words(path, fact, value)}"
            cause = place(node, fact, _words(path, fact, value))
            yield Case(node, cause, f"{about} {path}", says, expiring(node, entry))
            return


_SAYS = {
    "recovery": "cannot be taken back to a point in time",
    "copy": "keeps its backups in one region only",
}


def is_backed_up(node: GraphNode, graph: Graph) -> bool:
    """Whether something in the repository surely or perhaps makes backups of a node."""
    return any(edge.kind == "backs-up" for edge in graph.into.get(node.id, ()))


def _fact(node: GraphNode, path: str) -> Fact:
    """The fact at a path; unknown where the source is told not to be what is there."""
    facts = node.node.facts
    ignored = facts.get(IGNORE_CHANGES, _ABSENT).value or []
    if path.partition(".")[0] in ignored or "all" in ignored:
        return Fact(state="unknown", reason="ignore_changes")
    return facts.get(path, _ABSENT)


def _too_few(value: Any, given: bool, retention: Retention, parameters: dict[str, Any]) -> bool:
    """A default of a day or two counts with what is above that: nobody decided on it."""
    numbers = not isinstance(value, bool) and isinstance(value, int | float | str)
    days = _number(value) if retention.about == "days" and numbers else None
    if "above" in parameters:
        lowest = parameters["above"] if given else 0
        return days is not None and lowest < days < parameters["minimum"]
    short = given and days is not None and days < parameters.get("minimum", 0)
    return is_dangerous(value, retention.unsafe) or short


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _words(path: str, fact: Fact, value: Any) -> str:
    if fact.state == "known":
        return said(path, fact)
    if value is None or isinstance(value, bool):
        return f"{path} is not set"
    unit = " day" if value == _ONE_DAY else " days" if isinstance(value, int) else ""
    return f"{path} is not set, and the provider's default is {terraform(value)}{unit}"
