"""Whom the tokens of other platforms stand for, where identities of Google Cloud and Azure trust them.

In: statements for the members of workload identity pools, federated credentials. Out: nodes that stand for whoever has
such a token, with what that depends on; edges of kind assumes. Must not know rules.

Members: https://cloud.google.com/iam/docs/principal-identifiers. A credential of Azure fits one subject exactly:
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from envfence.access import Decision
from envfence.graph.desk import Desk, differs
from envfence.graph.externals import NOWHERE, OUTSIDE
from envfence.graph.federated import ANY_RUN_TYPE, ANYBODY_TYPE, NAMED_TYPE
from envfence.graph.graph import GraphNode, LinkedGrant
from envfence.graph.subjects import (
    ANY_RUN,
    ANYBODY,
    CLUSTER,
    ENVIRONMENT,
    GITHUB,
    GITLAB,
    NAMED,
    NOTHING,
    WORKSPACE,
    Subject,
    platform_of,
    subject_of,
)
from envfence.model import Edge, Grant
from envfence.values import has_holes

_MEMBER = re.compile(
    r"google_member:principal(?:Set)?://iam\.googleapis\.com/(?P<pool>.+?)/"
    r"(?:(?P<all>\*)|subject/(?P<subject>.+)|attribute\.(?P<attribute>[a-z_]+)/(?P<value>.+))",
    re.DOTALL,
)
_POOL = "pool"
#: What a condition of a provider speaks of that leaves less than every run of a repository, or no run at all.
_NARROW = re.compile(r"\b(?:ref|ref_type|environment|job_workflow_ref|workflow_ref|event_name|actor|sub|subject)\b")
_REPOSITORY = re.compile(r"\brepository(?:_id|_owner|_owner_id)?\b|\bproject_path\b|\bnamespace_path\b")
_BY_SUBJECT = (
    ("repo:", GITHUB),
    ("project_path:", GITLAB),
    ("organization:", WORKSPACE),
    ("system:serviceaccount:", CLUSTER),
)
#: The ends of names of roles that only show things.
_SHOWING = re.compile(r"(?:viewer|reader|monitoring\.metricwriter|logging\.logwriter)$", re.IGNORECASE)


def is_pool_member(node: GraphNode) -> bool:
    """Whether a node is somebody with a token from a workload identity pool, told by what the token says."""
    return "/workforcePools/" not in node.node.address and any(_MEMBER.fullmatch(name) for name in node.node.names)


def pool_subject(desk: Desk, member: GraphNode, target: GraphNode, grant: Grant) -> tuple[GraphNode | None, str]:
    """The node that stands for a member of a pool as one resource admits it, and what that depends on; None where
    nothing says where they belong."""
    match = next((found for name in member.node.names if (found := _MEMBER.fullmatch(name))), None)
    providers = [(each.variable, each.values[0]) for each in grant.conditions if each.test == _POOL]
    if match is None:
        return None, ""
    subject = _subject(match, providers)
    unknown = "" if providers else "the condition of the workload identity pool"
    return (_node(desk, subject, target), unknown) if subject.meaning != NOTHING else (None, "")


def tokens_trusted(desk: Desk, node: GraphNode, linked: Iterable[LinkedGrant]) -> Iterator[Edge]:
    """Who may become an identity by its federated credentials."""
    listed = list(linked)
    for each in listed:
        if each.grant.policy != "trust":
            continue
        for principal in each.grant.principals:
            for text in (value for condition in each.grant.conditions for value in condition.values):
                subject = subject_of(_platform(principal.value, text), text)
                source = _node(desk, subject, node) if subject.meaning != NOTHING else None
                if source is not None and differs(source, node):
                    yield from _edges(desk, (source, node), each, subject, listed)


def rights(linked: Iterable[LinkedGrant]) -> str:
    """Whether statements allow more than showing things: "yes", "no", or "maybe" where there are none."""
    allows = [each.grant for each in linked if each.grant.effect == "Allow" and each.grant.policy == "identity"]
    if any(not _SHOWING.search(action) for grant in allows for action in grant.actions):
        return "yes"
    return "maybe" if not allows or any(grant.unknown for grant in allows) else "no"


def _edges(
    desk: Desk, ends: tuple[GraphNode, GraphNode], each: LinkedGrant, subject: Subject, linked: list[LinkedGrant]
) -> Iterator[Edge]:
    able = rights(linked) if subject.meaning == ANY_RUN else "yes"
    if able != "no":
        unknowns = (f"what {ends[1].node.address} may do",) if able == "maybe" else ()
        decision = Decision("maybe" if unknowns else "yes", (), unknowns)
        yield desk.edge("assumes", ends, each, "trust", decision, "", says="may become")


def _subject(match: re.Match[str], providers: list[tuple[str, str]]) -> Subject:
    """Whom a member of a pool means, whose providers have an issuer and a condition each."""
    platforms = {platform_of(issuer) for issuer, _ in providers}
    platform = platforms.pop() if len(platforms) == 1 else GITHUB if not providers else ""
    conditions = [condition for _, condition in providers]
    if match["subject"]:
        return subject_of(_platform("", match["subject"]) or platform, match["subject"])
    narrowed = any(_NARROW.search(condition) for condition in conditions)
    if platform not in (GITHUB, GITLAB) or narrowed:
        return Subject(NOTHING, "", "")
    if match["all"]:
        return _everybody(conditions)
    return _by_attribute(match["attribute"], match["value"])


def _by_attribute(name: str, value: str) -> Subject:
    if name in ("repository", "project_path"):
        return Subject(ANY_RUN, "", f"any branch of {value}")
    if name == "repository_owner":
        return Subject(ANY_RUN, "", f"any branch of any repository of {value}")
    if name == "environment" and not has_holes(value):
        return Subject(ENVIRONMENT, value, f"the environment {value} of a repository")
    return Subject(NOTHING, "", "")


def _everybody(conditions: list[str]) -> Subject:
    """Whoever the providers of a pool admit at all; of a pool that is declared elsewhere nothing is known."""
    if not conditions:
        return Subject(NOTHING, "", "")
    if all(_REPOSITORY.search(condition) for condition in conditions):
        return Subject(ANY_RUN, "", f"any branch of what {' '.join(conditions[0].split())[:80]} admits")
    if any(not condition.strip() for condition in conditions):
        return Subject(ANYBODY, "", "any pipeline on the platform that the pool trusts")
    return Subject(NOTHING, "", "")


def _platform(issuer: str, subject: str) -> str:
    return platform_of(issuer) or next((name for head, name in _BY_SUBJECT if subject.startswith(head)), "")


def _node(desk: Desk, subject: Subject, asker: GraphNode) -> GraphNode | None:
    externals = desk.binder.externals
    if subject.meaning in (ANY_RUN, ANYBODY):
        type_ = ANY_RUN_TYPE if subject.meaning == ANY_RUN else ANYBODY_TYPE
        return externals.subject(subject.who, type_, asker, OUTSIDE)
    found = externals.placement(subject.name)
    if len(found.environments) != 1 or subject.meaning not in (ENVIRONMENT, NAMED):
        found = NOWHERE
    placed = msgspec.structs.replace(found, firm=subject.meaning == ENVIRONMENT)
    return externals.subject(subject.who, NAMED_TYPE, asker, placed) if placed.environments else None
