"""What protects production and is kept outside of the sources: said once, so that silence is not taken for an answer.

In: the graph. Out: problems, with their places: the rules of an environment at which production's jobs wait, and alarms
or an audit trail of which the repository has none at all. A finding would be a guess: most companies keep these in the
settings of a platform or in another repository. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.fences import PRODUCTION
from envfence.judge.selectors import tiers_of
from envfence.model import Problem
from envfence.providers.common.alarms import AUDIT, BACKUP_FAILURE, DESTRUCTION, WATCHES
from envfence.sources.workflows.jobs import MODE

_STAGE = "judge"
_ALARMS = {
    DESTRUCTION: (
        "no alarm about deleted data is declared here",
        "whether anybody is told when production's data is deleted",
    ),
    BACKUP_FAILURE: (
        "no alarm about failed backups is declared here",
        "whether anybody is told when production's backups fail",
    ),
    AUDIT: ("no audit trail is declared here", "whether it is recorded who changes or deletes what in production"),
}
#: An environment of a pipeline as a resource, with its rules.
_DECLARED = "github_repository_environment"


def kept_elsewhere(graph: Graph) -> tuple[Problem, ...]:
    """What cannot be seen, in a fixed order."""
    return tuple(sorted({*_gates(graph), *_unwatched(graph)}))


def _gates(graph: Graph) -> Iterator[Problem]:
    """One for each environment of a pipeline file at which jobs wait that change production."""
    known = (node.node.signals for node in graph.nodes.values() if node.node.type == _DECLARED)
    declared = {signal.value for signals in known for signal in signals}
    seen = set()
    for node in graph.nodes.values():
        facts = node.node.facts
        if node.node.mode != MODE or "changes" not in facts or not _is_production(node, graph):
            continue
        name = facts["environment"].value if "environment" in facts else ""
        if facts["gate"].value != "environment" or not name or name in declared or (node.span.path, name) in seen:
            continue
        seen.add((node.span.path, name))
        shown = "" if name == "?" else f" {name}"
        yield Problem(
            stage=_STAGE,
            reason=f"the rules of the pipeline environment{shown} are not in this repository",
            span=node.span,
            hides=f"whether a person approves what {node.node.address} does to production",
        )


def _unwatched(graph: Graph) -> Iterator[Problem]:
    """One for each kind of alarm that stands nowhere, at the first store of production."""
    stores = (node for node in graph.nodes.values() if node.node.kind == "store" and node.node.mode == "managed")
    first = next((node for node in stores if _is_production(node, graph)), None)
    if first is None:
        return
    facts = [fact for node in graph.nodes.values() if (fact := node.node.facts.get(WATCHES)) is not None]
    for what, (reason, hides) in _ALARMS.items():
        if not any(fact.state != "known" or what in fact.value for fact in facts):
            yield Problem(stage=_STAGE, reason=reason, span=first.span, hides=hides)


def _is_production(node: GraphNode, graph: Graph) -> bool:
    return PRODUCTION in tiers_of(node, graph.environments.tiers)
