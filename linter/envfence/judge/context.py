"""What every rule kind needs to make a finding: the fences, and builders of ends, hops and findings.

In: graph nodes and edges. Out: records of the report. Must not know what a rule claims.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.fences import Fences, Side
from envfence.judge.fingerprints import fingerprints
from envfence.judge.rules import Rule
from envfence.model import Edge, Edit, End, Evidence, Finding, Hop
from envfence.values import Span
from envfence.words import word_of_value

if TYPE_CHECKING:
    from envfence.judge.changes.comparison import Comparison

#: The most other ends that a finding lists.
MOST_ALSO = 50


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for a whole run of *judge*: the fences, today's date, and the comparison with the version before, if
    there is one."""

    fences: Fences = field(default_factory=Fences)
    today: datetime.date = datetime.date(2000, 1, 1)
    before: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a kind found out: the parts of a finding that are its own."""

    rule: Rule
    message: str
    target: GraphNode
    cause: Evidence
    key: str
    source: GraphNode | None = None
    between: tuple[str, str] = ("", "")
    severity: str = ""
    certainty: str = "proved"
    path: tuple[Hop, ...] = ()
    also: tuple[tuple[End | None, End], ...] = ()
    also_total: int = 0
    unknowns: tuple[str, ...] = ()
    cut: int | None = None
    edit: Edit | None = None


def make_finding(claim: Claim) -> Finding:
    """The finding of a claim, with its fingerprints and the rule's texts."""
    fingerprint, loose = fingerprints(claim.rule.name, claim.between, claim.key)
    return Finding(
        rule=claim.rule.name,
        family=claim.rule.family,
        severity=claim.severity or claim.rule.severity,
        certainty=claim.certainty,
        message=claim.message,
        fingerprint=fingerprint,
        loose=loose,
        source=end_of(claim.source) if claim.source else None,
        target=end_of(claim.target),
        cause=claim.cause,
        path=claim.path,
        also=claim.also[:MOST_ALSO],
        also_total=claim.also_total or len(claim.also),
        unknowns=claim.unknowns,
        fix=" ".join(claim.rule.fix.split()),
        cut=claim.cut,
        between=claim.between,
        edit=claim.edit,
    )


def end_of(node: GraphNode) -> End:
    """A node as the report shows it."""
    return End(
        address=node.node.address,
        deployment=node.deployment,
        environments=tuple(sorted(node.placement.environments)),
        candidates=tuple(sorted(node.placement.candidates)),
        tier=node.placement.tier,
        file=node.span.path,
        line=node.span.line,
    )


def hops_of(graph: Graph, path: Iterable[Edge]) -> tuple[Hop, ...]:
    """A path as the report shows it: each node with the edge that leaves it."""
    edges = tuple(path)
    if not edges:
        return ()
    hops = [
        Hop(
            end=end_of(graph.nodes[edge.source]),
            edge=edge_name(edge),
            says=edge.says or edge_name(edge),
            evidence=edge.evidence,
        )
        for edge in edges
    ]
    return (*hops, Hop(end=end_of(graph.nodes[edges[-1].target])))


def edge_name(edge: Edge) -> str:
    """`may[destroy]`, `runs-as`."""
    return f"{edge.kind}[{edge.capability}]" if edge.capability else edge.kind


def label(node: GraphNode) -> str:
    """A node in the words of a message."""
    text = _without_scope(node)
    if node.node.mode == "agent":
        return f"the agent of {node.span.path}" if text == "permissions" else f"{text} of {node.span.path}"
    if node.node.type == "settings" and text == "variables":
        return node.span.path
    if node.node.kind == "deployment":
        return f"deployment {node.deployment}"
    if node.node.mode != "external":
        return text
    form, _, rest = text.partition(":")
    if form == "aws" and (rest.isdigit() or rest.startswith("${")):
        return f"AWS account {rest}" if node.node.kind == "boundary" else f"any identity of AWS account {rest}"
    return "anyone" if text == "*" else text


def _without_scope(node: GraphNode) -> str:
    """The address; of something elsewhere that was looked up by name, the name alone."""
    address = node.node.address
    form = next(iter(node.node.names), "").partition(":")[0]
    at = address.rfind(f"/{form}:") if node.node.mode == "external" and form else -1
    return address[at + 1 :] if at > 0 else address


def placed(node: GraphNode, side: Side) -> str:
    """A node and the side it stands on, for a message: `aws_iam_role.ci (staging)`. Of what stands in a file and in no
    environment, the file says more; of what nothing is known, nothing does."""
    if node.node.mode == "token":
        return f"{label(node)} ({node.span.path})"
    if node.node.mode == "agent" or side.name in ("unknown", ""):
        return label(node)
    return f"{label(node)} ({side.name})"


def header(node: GraphNode, says: str) -> Evidence:
    """Evidence that points at a node's own block."""
    return Evidence(span=node.span, says=says, address=node.node.address)


def doubts(nodes: Iterable[GraphNode], sides: Mapping[str, Side] | None = None) -> tuple[str, ...]:
    """Why a claim about `nodes` is only possible: ends that may not exist, environments that rest on weak evidence."""
    found = []
    for node in nodes:
        name = label(node).removeprefix("any identity of ")
        if not node.exists:
            found.append(f"whether {name} exists")
        side = (sides or {}).get(node.id)
        if (side and not side.sure) or (node.placement.candidates and not node.placement.environments):
            found.append(f"which environment {name} is in")
        elif not node.placement.firm and node.placement.tier == "outside":
            found.append(f"whose {name} is")
        elif not node.placement.firm:
            found.append(_place_doubt(name, node, side))
    return tuple(dict.fromkeys(found))


def _place_doubt(name: str, node: GraphNode, side: Side | None) -> str:
    assumed = [each for each in node.placement.environments if word_of_value(each) is None]
    if assumed and any(signal.kind in ("input", "path", "default") for signal in node.placement.evidence):
        return f"whether {assumed[0]} is an environment, and outside of production (nothing but its neighbours says so)"
    place = side.name if side else node.placement.tier
    return f"whether {name} is really in {place} (a name says so, nothing else)"


def root_of(graph: Graph, node: GraphNode) -> str:
    """The root module's directory of a node, for fingerprints."""
    deployment = graph.deployments.get(node.deployment)
    return deployment.root if deployment else node.deployment.partition("@")[0]


def first_span(evidence: Iterable[Evidence], otherwise: Span) -> Evidence:
    """The nearest evidence, or a place-holder at `otherwise`."""
    for item in evidence:
        return item
    return Evidence(span=otherwise, says="")
