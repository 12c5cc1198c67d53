"""Are the backups of a store switched off, kept too short, or without what makes them useful?

In: a node, its catalogue entry, the graph, the parameters of a rule. Out: cases. Must not know tiers or environments.

A value that is not set is judged by the provider's default where the catalogue has it; an unknown one is never judged.
What is backed up by something else in the repository (a plan's selection, a copy) is no case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.cases import Case, expiring, place, said
from envfence.judge.edits import kept_longer
from envfence.judge.present import Present
from envfence.judge.protection import ABSENT, effective, fact_at, is_dangerous, terraform
from envfence.judge.temporary import is_temporary
from envfence.model import Fact
from envfence.providers.catalogue import Entry, Retention

_ONE_DAY = 1


def short_of_backups(node: GraphNode, entry: Entry, graph: Graph, parameters: dict[str, Any]) -> Iterator[Case]:
    """Backups that are off, or kept for fewer than `minimum` days; with `above`, only those kept for more than that."""
    if is_backed_up(node, graph):
        return
    for path, retention in entry.retention.items():
        if retention.about != "days" and (not retention.unsafe or "absent" in retention.unsafe or retention.about):
            continue
        if any(fact_at(node, other).value not in values for other, values in retention.only.items()):
            continue
        fact = fact_at(node, path)
        value = effective(fact, None if _is_made_otherwise(node, retention) else retention.default)
        if fact.state == "absent" and value is None and retention.about == "days" and "absent" in retention.unsafe:
            value = 0  # nothing is kept unless it is asked for
        if value is not None and _too_few(value, fact.state == "known", retention, parameters):
            text = _short_text(value, retention)
            yield Case(
                node,
                place(node, fact, _words(path, fact, value)),
                f"{path} = {terraform(value)}",
                f"{text}: {_words(path, fact, value)}",
                edit=kept_longer(node, entry, path, fact, value),
            )
            return


def _short_text(value: Any, retention: Retention) -> str:
    if not value:
        return "keeps no backups"
    if is_dangerous(value, [limit for limit in retention.unsafe if str(limit).startswith(">")]):
        return "asks for more days of backups than the platform keeps, and gets none"
    return "keeps backups for too few days"


def _is_made_otherwise(node: GraphNode, retention: Retention) -> bool:
    """Whether the default does not hold, because what is made is a copy with settings of its own."""
    return any(fact_at(node, path).state != "absent" for path in retention.unless)


def lacking(node: GraphNode, entry: Entry, graph: Graph, about: str) -> Iterator[Case]:
    """A way back that the type offers and that is off, by what it is `about`: "recovery", "copy" or "versions"."""
    if is_backed_up(node, graph) or (about == VERSIONS and (is_temporary(node) or _keeps_versions(node, graph))):
        return
    for path, retention in entry.retention.items():
        if retention.about == about and not _given_otherwise(node, retention):
            fact = fact_at(node, path)
            value = effective(fact, retention.default)
            missing = fact.state == "absent" and retention.default is None and "absent" in retention.unsafe
            if missing or (value is not None and is_dangerous(value, retention.unsafe)):
                says = f"{_SAYS[about]}: {_words(path, fact, value)}"
                cause = place(node, fact, _words(path, fact, value))
                edit = kept_longer(node, entry, path, fact, value) if about == "recovery" else None
                yield Case(node, cause, f"{about} {path}", says, expiring(node, entry), edit)
                return


VERSIONS = "versions"
_SAYS = {
    "recovery": "cannot be taken back to a point in time",
    "copy": "keeps its backups in one place only",
    VERSIONS: "keeps nothing of what is deleted or overwritten in it",
}


def _given_otherwise(node: GraphNode, retention: Retention) -> bool:
    """Whether another attribute gives the same, or the attribute means nothing here."""
    others = (fact_at(node, other) for other in retention.instead)
    if any(fact.state != "absent" and fact.value is not False for fact in others):
        return True
    return any(fact_at(node, other).value not in values for other, values in retention.only.items())


def _keeps_versions(node: GraphNode, graph: Graph) -> bool:
    """Whether another resource surely or perhaps keeps versions of what is in a store, or locks it."""
    return any(edge.kind == "guards" for edge in graph.into.get(node.id, ()))


# ---------------------------------------------------------------- plans


def in_no_plan(node: GraphNode, entry: Entry, graph: Graph, present: Present) -> Iterator[Case]:
    """A store that nothing here backs up: for sure where its deployment has plans of that kind, and none covers it.

    What keeps backups of its own is judged only beside a plan that covers others.
    """
    ways = [name for name, helper in entry.helpers.items() if "backup" in helper.effect]
    attributes = [path for path, retention in entry.retention.items() if retention.about == "plan"]
    if not (ways or attributes) or is_backed_up(node, graph) or is_temporary(node) or present.is_asked_for(node):
        return
    if any(fact_at(node, path).state != "absent" for path in attributes):
        return
    here = [name for name in ways if present.beside(node, name)]
    own = _keeps_own(node, entry)
    if not here and own:
        return
    says = f"is covered by no {here[0]} of this deployment" if here else _no_way(ways, attributes)
    doubts = (*_plan_doubts(here, ways, own, present), *_tagged(node))
    yield Case(node, place(node, ABSENT, "is in no plan"), "in no plan", says, doubts, group="in no plan")


def _tagged(node: GraphNode) -> tuple[str, ...]:
    """What a tag says about backups: a plan elsewhere may ask for it, or it was left out on purpose."""
    for name, fact in sorted(node.node.facts.items()):
        key = name.removeprefix("tags.")
        if key != name and _ABOUT_BACKUPS.search(key.lower()):
            return (f"what makes backups by the tag {key} = {terraform(fact.value) if fact.value else '?'}",)
    return ()


_ABOUT_BACKUPS = re.compile(r"back[-_ ]?up|snapshot")

#: What has no backups unless somebody makes them.
_UNKEPT = ("volume", "file system")


def _keeps_own(node: GraphNode, entry: Entry) -> bool:
    """Whether a store keeps backups of its own, or may: those of a database that the catalogue says nothing about are
    asked for only where the provider has a resource for them."""
    if entry.noun in _UNKEPT:
        return False
    if (
        any(retention.about == "recovery" for retention in entry.retention.values())
        or "aws_backup_selection" in entry.helpers
    ):
        return True
    days = {path: retention for path, retention in entry.retention.items() if retention.about == "days"}
    return any(effective(fact_at(node, path), retention.default) not in (0, "0") for path, retention in days.items())


def _no_way(ways: list[str], attributes: list[str]) -> str:
    offered = " or ".join((*attributes, *sorted(ways)[:2]))
    return f"is backed up by nothing in this repository ({offered} would)"


def _plan_doubts(here: list[str], ways: list[str], own: bool, present: Present) -> tuple[str, ...]:
    if own:
        return ("whether its own automated backups are enough",)
    if here and not any(present.anywhere(name) for name in ways if name not in here):
        return ()
    return ("whether something outside of this deployment backs it up",)


def is_backed_up(node: GraphNode, graph: Graph) -> bool:
    """Whether something in the repository surely or perhaps makes backups of a node."""
    return any(edge.kind == "backs-up" for edge in graph.into.get(node.id, ()))


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
