"""Edges of roles that trust web identity tokens: workflows, workspaces, service accounts may become them.

In: trust statements whose principal is an identity provider. Out: edges of kind assumes, from nodes that stand for
whoever holds such a token. Must not know rules.

A subject that names an environment is in it. One that admits every branch, or everybody who uses the platform, stands
outside of every environment. A branch's or namespace's name is only a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from envfence.access import Decision
from envfence.access.attachments import expand
from envfence.graph.desk import RESOURCE, TRUST, Desk, differs
from envfence.graph.externals import NOWHERE, OUTSIDE
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.names import covers
from envfence.graph.subjects import ANY_RUN, ANYBODY, ENVIRONMENT, NOTHING, Subject, platform_of, subject_of
from envfence.model import Condition, Edge, Evidence, Grant, Placement
from envfence.sources.workflows.jobs import MODE

_ACTION = "sts:assumerolewithwebidentity"
_TESTS = frozenset({"stringequals", "stringlike"})
#: Types of the nodes: rules tell whoever runs a project's pipelines from everybody.
ANY_RUN_TYPE, ANYBODY_TYPE, NAMED_TYPE = "oidc_any_run", "oidc_anybody", "oidc_subject"
#: So many jobs that take a role are named.
_MOST_TAKERS = 10
_READING = (
    *("get", "list", "describe", "head", "batchget", "view", "lookup", "search", "select", "query", "scan", "check"),
    *("read", "download", "preview", "simulate", "generate", "test", "validate"),
)


@dataclass(slots=True)
class Federated:
    """Makes the edges."""

    desk: Desk

    def of_trust(self, node: GraphNode, linked: list[LinkedGrant]) -> Iterator[Edge]:
        """Who may become a role through an identity provider."""
        if any(each.grant.effect == "Deny" for each in linked):
            return  # what a Deny leaves over is not told by the statement that allows
        for each in linked:
            for principal in each.grant.principals:
                platform = platform_of(principal.value) if principal.type == "Federated" else ""
                if platform and any(covers(action.lower(), _ACTION) for action in each.grant.actions):
                    yield from self._admitted(node, each, platform)

    def _admitted(self, node: GraphNode, each: LinkedGrant, platform: str) -> Iterator[Edge]:
        patterns, other = _conditions(each.grant.conditions)
        if patterns is None:
            if other or platform not in ("github", "gitlab"):
                return
            patterns = ("*",)
        for text in patterns:
            subject = subject_of(platform, text)
            source = self._node(subject, node) if subject.meaning != NOTHING else None
            if source is None or not differs(source, node):
                continue
            unknowns = [f"the condition {each_one.test} {each_one.variable}" for each_one in other]
            if subject.meaning == ANY_RUN:
                rights = self._rights(node)
                if rights == "no":
                    continue
                unknowns += [f"what {node.node.address} may do"] if rights == "maybe" else []
            decision = Decision("maybe", (), tuple(unknowns)) if unknowns else Decision("yes")
            edge = self.desk.edge("assumes", (source, node), each, "trust", decision, text, says="may assume")
            yield msgspec.structs.replace(edge, evidence=_with_subject(edge.evidence, text, each.grant))

    def _node(self, subject: Subject, asker: GraphNode) -> GraphNode | None:
        """The node that stands for whoever has such a token; None where nothing says in which environment they are."""
        externals = self.desk.binder.externals
        if subject.meaning in (ANY_RUN, ANYBODY):
            type_ = ANY_RUN_TYPE if subject.meaning == ANY_RUN else ANYBODY_TYPE
            return externals.subject(subject.who, type_, asker, OUTSIDE)
        found = self._placement(subject)
        return externals.subject(subject.who, NAMED_TYPE, asker, found) if found.environments else None

    def _placement(self, subject: Subject) -> Placement:
        found = self.desk.binder.externals.placement(subject.name)
        if len(found.environments) != 1:
            return NOWHERE
        return msgspec.structs.replace(found, firm=subject.meaning == ENVIRONMENT)

    def _rights(self, role: GraphNode) -> str:
        """Whether a role may do more than read: "yes", "no", or "maybe" where its policies are not known."""
        linked = self.desk.holders.by_node.get(role.id, ())
        grants = expand(each.grant for each in linked if each.grant.policy not in (*RESOURCE, TRUST))
        allows = [grant for grant in grants if grant.effect == "Allow"]
        if any(_changes(grant) for grant in allows if not grant.unknown):
            return "yes"
        return "maybe" if not allows or any(grant.unknown for grant in allows) else "no"


def with_takers(admitted: Iterable[Edge], edges: Iterable[Edge], nodes: Mapping[str, GraphNode]) -> Iterator[Edge]:
    """The admitted edges; one from any run of a repository to a role also says which jobs of this repository take that
    role, and what starts them. `edges` are those that are known by now: whom jobs run as."""
    takers: dict[str, list[Evidence]] = {}
    for edge in edges:
        job = nodes.get(edge.source)
        if edge.kind == "runs-as" and job is not None and job.node.mode == MODE and edge.evidence:
            says = f"{job.node.address} takes it, started by {_started_by(job)}"
            takers.setdefault(edge.target, []).append(
                Evidence(span=edge.evidence[0].span, says=says, address=job.node.address)
            )
    for edge in admitted:
        source, found = nodes.get(edge.source), takers.get(edge.target, ())
        if found and edge.kind == "assumes" and source is not None and source.node.type == ANY_RUN_TYPE:
            yield msgspec.structs.replace(edge, evidence=(*edge.evidence, *sorted(found)[:_MOST_TAKERS]))
        else:
            yield edge


def _started_by(job: GraphNode) -> str:
    fact = job.node.facts.get("triggers")
    return ", ".join(fact.value) if fact is not None else "something else"


def _conditions(conditions: tuple[Condition, ...]) -> tuple[tuple[str, ...] | None, tuple[Condition, ...]]:
    """(the subjects that are allowed, or None where none is asked for; other conditions than on the audience)."""
    patterns: list[str] | None = None
    other = []
    for condition in conditions:
        key = condition.variable.rpartition(":")[2].lower()
        test = condition.test.lower().removeprefix("foranyvalue:").removesuffix("ifexists")
        if key == "sub" and test in _TESTS:
            values = [value for value in condition.values if test == "stringlike" or "*" not in value]
            patterns = values if patterns is None else [each for each in patterns if each in values]
        elif key != "aud":
            other.append(condition)
    return (tuple(patterns) if patterns is not None else None), tuple(other)


def _with_subject(evidence: tuple[Evidence, ...], subject: str, grant: Grant) -> tuple[Evidence, ...]:
    """The places of a statement, the first of which says which subject it allows."""
    if not evidence or evidence[0].says == subject:
        return evidence
    span = grant.element_spans.get(subject, evidence[0].span)
    return (Evidence(span=span, says=f"allows the subject {subject}", address=evidence[0].address), *evidence[1:])


def _changes(grant: Grant) -> bool:
    """Whether a statement allows an action that is more than reading."""
    if grant.not_actions:
        return True
    return any(not action.lower().partition(":")[2].startswith(_READING) for action in grant.actions)
