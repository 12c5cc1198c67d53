"""Rule kind `change`: what this version does to what was there in the version before.

Parameters: `of` (selector, about the thing as it was before) and `what`:

* `store-destroyed`: it is no longer declared, or declared under another address without a `moved` block;
* `store-replaced`: it is declared before and after, and an attribute differs that no update changes;
* `deleted-in-place`: it was an attribute of something that stays, and the attribute is gone;
* `guard-removed`, `guard-weakened`: nothing, or less, makes its deletion fail;
* `backups-weakened`: its backups are kept for less time, or are off;
* `recording-weakened`: what happens to it, or in it, is recorded no longer, or kept for less time;
* `crossing-escalated`: what could already be done to it across a fence is more now;
* `fence-lowered`: the configuration or the comments of this version silence what that of the version before reported
(made by `judge.changes.lowered`, after all suppressions: this one cannot be suppressed by the change that it is about).

Without a version before, there are no findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from envfence.graph.graph import Graph
from envfence.judge.changes.cases import Change, findings_of
from envfence.judge.changes.destroyed import deleted_in_place, destroyed
from envfence.judge.changes.escalated import escalated
from envfence.judge.changes.recording import recording_weakened
from envfence.judge.changes.replaced import replaced
from envfence.judge.changes.weakened import backups_weakened, guard_removed, guard_weakened
from envfence.judge.context import Context
from envfence.judge.rules import Rule
from envfence.model import Finding

if TYPE_CHECKING:
    from envfence.judge.changes.comparison import Comparison

_STAYING: dict[str, Callable[[Comparison, Graph, Rule], Iterator[Change]]] = {
    "guard-removed": guard_removed,
    "guard-weakened": guard_weakened,
    "backups-weakened": backups_weakened,
    "recording-weakened": recording_weakened,
    "store-replaced": replaced,
}
_GOING: dict[str, Callable[[Comparison, Rule], Iterator[Change]]] = {
    "store-destroyed": destroyed,
    "deleted-in-place": deleted_in_place,
}


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a change rule, in a fixed order."""
    comparison = context.before
    if comparison is None:
        return
    what = rule.parameters["what"]
    if what == "crossing-escalated":
        yield from escalated(comparison, graph, rule, context)
    elif what in _GOING:
        yield from findings_of(comparison.before, rule, _GOING[what](comparison, rule))
    elif what in _STAYING:
        yield from findings_of(comparison.before, rule, _STAYING[what](comparison, graph, rule))
