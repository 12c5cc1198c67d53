"""What the jobs of pipelines deploy, and what they are given for it.

In: the facts of pipelines, all deployments and where they belong. Out: edges `deploys` from a job to the deployments it
applies, nodes for the pipeline's secrets with `reads-secret` edges; jobs that do not say where they run are placed by
what they apply. Must not know rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from envfence.graph.binding import Binder, Part
from envfence.graph.deployments import ADDRESS
from envfence.graph.externals import PREFIX
from envfence.graph.graph import GraphNode
from envfence.model import Deployment, Edge, Evidence, Fact, Node, Placement
from envfence.sources.workflows.commands import CHANGES, VERBS
from envfence.sources.workflows.jobs import BOUNDARY, MODE
from envfence.sources.workflows.vocabulary import credential_of, is_kept_secret
from envfence.values import Span

#: More deployments than this behind one command are cut off.
_MOST_TARGETS = 60
#: The type of the node of a credential that a pipeline product keeps.
KEPT = "ci_credential"
#: A kind of credential of which a job may hold a second one to fetch something from elsewhere.
_CONNECTION = "service-connection"
#: So many places that give a job one secret are shown.
_MOST_PLACES = 30
#: What a variable of the process is called that Terraform takes as one of its own.
_TERRAFORM_VARIABLE = "TF_VAR_"


def deploying(parts: Sequence[Part], binder: Binder, edges: Iterable[Edge]) -> tuple[list[Edge], list[GraphNode]]:
    """(edges, nodes) of all jobs; the index of `binder` gets the jobs' placements and what else was learned.

    `edges` are those that are known by now: whom jobs run as.
    """
    jobs = [node for node in binder.index.nodes.values() if node.node.mode == MODE]
    if not jobs:
        return [], []
    found: list[Edge] = []
    catalogue = _Deployments(parts, binder)
    for job in jobs:
        targets = list(catalogue.targets(job))
        placed = _placed(job, targets)
        binder.index.nodes[job.id] = placed
        found.extend(_deploys(placed, targets))
        found.extend(catalogue.counterparts(placed, targets))
    _hold_more_than_needed(binder, edges)
    given = _Given(binder)
    for job in jobs:
        found.extend(given.edges(binder.index.nodes[job.id]))
    return found, list(given.made.values())


@dataclasses.dataclass(frozen=True, slots=True)
class _Target:
    """A deployment that a job runs; `doubt` says what that depends on."""

    node: GraphNode
    verb: str
    span: Span
    tool: str
    doubt: str = ""


class _Deployments:
    """All Terraform deployments, by the directory in which somebody would run them."""

    def __init__(self, parts: Sequence[Part], binder: Binder) -> None:
        self._nodes = binder.index.nodes
        self._by_directory: dict[str, list[Deployment]] = {}
        self._insides: dict[str, list[GraphNode]] = {}
        for part in parts:
            deployment = part.facts.deployment
            if deployment.root != deployment.span.path:  # a source file is no root module
                for directory in {deployment.root, deployment.config_dir}:
                    self._by_directory.setdefault(directory or ".", []).append(deployment)

    def targets(self, job: GraphNode) -> Iterator[_Target]:
        """What the commands of a job plan or change."""
        fact = job.node.facts.get("runs")
        for run in fact.value if fact is not None else ():
            if run["verb"] not in VERBS or run["directory"] is None:
                continue
            span = Span(run["path"], run["line"])
            chosen, doubt = self._chosen(run, job)
            for deployment in chosen[:_MOST_TARGETS]:
                node = self._nodes.get(f"{deployment.id}:{ADDRESS}")
                if node is not None:
                    yield _Target(node, run["verb"], span, run["tool"], doubt)

    def _chosen(self, run: dict[str, Any], job: GraphNode) -> tuple[list[Deployment], str]:
        directory = run["directory"] or "."
        if run["every"]:
            inside = "" if directory == "." else directory + "/"
            names = [name for name in sorted(self._by_directory) if name == directory or name.startswith(inside)]
            return [each for name in names for each in self._by_directory[name]], ""
        found = self._by_directory.get(directory, [])
        for fits in (_with_files, _with_workspace):
            if len(found) > 1:
                found = [each for each in found if fits(each, run)] or found
        if len(found) <= 1:
            return found, ""
        places = set(job.placement.environments)
        if places:
            nodes = ((each, self._nodes.get(f"{each.id}:{ADDRESS}")) for each in found)
            found = [each for each, node in nodes if node and places & set(node.placement.environments)]
            return found, "" if len(found) == 1 else f"which deployment of {directory} the job applies"
        return found, f"which deployment of {directory} the job applies"

    def counterparts(self, job: GraphNode, targets: Iterable[_Target]) -> Iterator[Edge]:
        """Edges to what belongs to another environment inside a root that a job applies as a whole."""
        if len(job.placement.environments) != 1 or not job.placement.firm:
            return
        for target in targets:
            if target.verb not in CHANGES or target.doubt or target.node.placement.environments:
                continue
            for node in self._inside(target.node.deployment):
                if not set(node.placement.environments) & set(job.placement.environments):
                    says = f"{target.tool} {target.verb} of the whole root {target.node.deployment}"
                    evidence = (Evidence(span=target.span, says=says, address=job.node.address),)
                    cause = f"{job.deployment}\n{job.node.address}\ndeploys {target.node.deployment}"
                    yield Edge(
                        kind="deploys",
                        source=job.id,
                        target=node.id,
                        says=f"applies, in {target.node.deployment},",
                        evidence=evidence,
                        cause=cause,
                    )

    def _inside(self, deployment: str) -> list[GraphNode]:
        """The managed resources of a deployment that surely are in one environment."""
        if not self._insides:
            for node in self._nodes.values():
                if node.node.mode == "managed" and len(node.placement.environments) == 1 and node.placement.firm:
                    self._insides.setdefault(node.deployment, []).append(node)
        return self._insides.get(deployment, [])


def _with_files(deployment: Deployment, run: dict[str, Any]) -> bool:
    return not run["var_files"] or set(run["var_files"]) <= set(deployment.var_files)


def _with_workspace(deployment: Deployment, run: dict[str, Any]) -> bool:
    return not run["workspace"] or run["workspace"] in (deployment.workspace, deployment.name)


def _placed(job: GraphNode, targets: Sequence[_Target]) -> GraphNode:
    """A job that does not surely say where it runs is where the deployments are that it runs."""
    if job.placement.firm and job.placement.environments:
        return job
    sure = [target.node.placement for target in targets]
    environments = {name for placement in sure for name in placement.environments}
    doubtful = any(target.doubt for target in targets) or any(not placement.environments for placement in sure)
    if not environments or doubtful:
        return job
    tiers = {placement.tier for placement in sure}
    tier = "production" if "production" in tiers else min(tiers)
    placement = Placement(
        environments=tuple(sorted(environments)),
        tier=tier,
        firm=all(placement.firm for placement in sure),
        evidence=tuple(signal for placement in sure[:1] for signal in placement.evidence[:3]),
    )
    return dataclasses.replace(job, placement=placement)


def _deploys(job: GraphNode, targets: Iterable[_Target]) -> Iterator[Edge]:
    for target in targets:
        if target.verb not in CHANGES:
            continue
        says = f"{target.tool} {target.verb} of {target.node.deployment}"
        yield Edge(
            kind="deploys",
            source=job.id,
            target=target.node.id,
            certainty="possible" if target.doubt else "proved",
            says="applies",
            evidence=(Evidence(span=target.span, says=says, address=job.node.address),),
            unknowns=(target.doubt,) if target.doubt else (),
        )


def _hold_more_than_needed(binder: Binder, edges: Iterable[Edge]) -> None:
    """Notes at jobs that only plan whom they share their identity with: a job that applies."""
    nodes = binder.index.nodes
    holders: dict[str, list[tuple[GraphNode, Edge]]] = {}
    for edge in edges:
        source = nodes.get(edge.source)
        if edge.kind == "runs-as" and source is not None and source.node.mode == MODE:
            holders.setdefault(edge.target, []).append((source, edge))
    for identity in sorted(holders):
        changing = [job for job, _ in holders[identity] if "changes" in job.node.facts]
        guarded = [job for job in changing if _fact(job, "gate") == "environment"]
        for job, edge in holders[identity] if changing else ():
            if "only-plans" in job.node.facts:
                span = edge.evidence[0].span if edge.evidence else job.span
                reason = f"{changing[0].deployment}:{changing[0].node.address} changes things as the same"
                _note(nodes, job.id, "holds-changing-identity", Fact(value=True, span=span, reason=reason))
                if len(guarded) == len(changing) and _fact(job, "gate") != "environment":
                    reason = f"{guarded[0].deployment}:{guarded[0].node.address} waits at an environment for the same"
                    _note(nodes, job.id, "holds-guarded-identity", Fact(value=True, span=span, reason=reason))


def _fact(node: GraphNode, name: str) -> str:
    fact = node.node.facts.get(name)
    return str(fact.value) if fact is not None else ""


def _note(nodes: dict[str, GraphNode], node_id: str, name: str, fact: Fact) -> None:
    node = nodes[node_id]
    facts = {**node.node.facts, name: fact}
    nodes[node_id] = dataclasses.replace(node, node=msgspec.structs.replace(node.node, facts=facts))


class _Given:
    """The credentials that the repository's pipelines are given, each a node: kept for the whole repository, or for one
    environment. As with tokens in files, whoever has one is whom it stands for."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self.made: dict[str, GraphNode] = {}

    def edges(self, job: GraphNode) -> Iterator[Edge]:
        """An edge to every secret that a job is given, with all places where that is done; the nodes of the secrets are
        made on the way."""
        fact = job.node.facts.get("secrets")
        edges: dict[str, Edge] = {}
        for use in fact.value if fact is not None else ():
            if credential_of(use["name"], use["key"]) is None and not self._concerns_environment(use):
                continue  # a webhook, an account number, the token of a linter: no environment is opened by it
            span = Span(use["path"], use["line"])
            node = self._node(use, span, job)
            key = f" as {use['key']}" if use["key"] and use["key"] != use["name"] else ""
            here = Evidence(span=span, says=f"gives it {use['name']}{key}", address=job.node.address)
            edge = Edge(
                kind="reads-secret",
                source=job.id,
                target=node.id,
                certainty="proved" if use["sure"] else "possible",
                says="is given",
                evidence=(*_passed(use, job), here),
            )
            edges[node.id] = _joined(edges.get(node.id), edge)
        connections = [each for each in edges if _fact(self.made[each], "credential") == _CONNECTION]
        for target, edge in edges.items():
            if target in connections and len(connections) > 1:
                unknown = f"which of its service connections {job.node.address} changes its environment with"
                edge = msgspec.structs.replace(edge, certainty="possible", unknowns=(unknown,))
            yield edge

    def _concerns_environment(self, use: dict[str, Any]) -> bool:
        """Whether a secret of no known platform is one of an environment: by its name, or because Terraform makes it a
        part of one."""
        if not is_kept_secret(use["name"]):
            return False
        return use["key"].startswith(_TERRAFORM_VARIABLE) or bool(self._named(use).environments)

    def _named(self, use: dict[str, Any]) -> Placement:
        return self._binder.externals.placement(use["name"].replace("_", "-"))

    def _node(self, use: dict[str, Any], span: Span, job: GraphNode) -> GraphNode:
        named = self._named(use)
        elsewhere = named.environments and not set(named.environments) & set(job.placement.environments)
        # Nobody keeps a secret that is named for production among those of staging: it is the whole repository's.
        scope = "" if elsewhere else use["scope"]
        keeper = f"environments.{scope}.secrets" if scope else use["holder"] or "secrets"
        address = f"{keeper}.{use['name']}"
        platform = job.node.type.partition("_")[0]
        node_id = f"{PREFIX}{BOUNDARY}/{platform}/{address}"
        known = self.made.get(node_id)
        if known is not None:
            return known
        facts = {"kept-for": Fact(value="environment" if scope else "repository", span=span)}
        credential = credential_of(use["name"], use["key"])
        if credential is not None:
            facts["credential"] = Fact(value=credential.kind, span=span)
            facts["static"] = Fact(value=credential.static, span=span)
        elif use["key"].startswith(_TERRAFORM_VARIABLE):
            facts["configures"] = Fact(value=True, span=span)
        if named.environments and not scope:
            facts["named"] = Fact(value=named.environments[0], span=span)
        node = Node(
            address=address,
            kind="identity",
            type=KEPT,
            span=span,
            names=(f"{KEPT}:{address}",),
            boundary=BOUNDARY,
            facts=facts,
            mode="external",
        )
        self.made[node_id] = GraphNode(node_id, node, "", job.placement if scope else named)
        return self.made[node_id]


def _passed(use: dict[str, Any], job: GraphNode) -> Iterator[Evidence]:
    """Where a caller hands a secret on to the pipeline of a job: the place to change."""
    if use["passed"] is not None:
        path, line = use["passed"]
        yield Evidence(span=Span(path, line), says=f"hands {use['name']} on", address=job.node.address)


def _joined(first: Edge | None, second: Edge) -> Edge:
    """One edge for two that lead to the same secret, the surer one's places first."""
    if first is None:
        return second
    if first.certainty != "proved" and second.certainty == "proved":
        first, second = second, first
    evidence = dict.fromkeys((*first.evidence, *second.evidence))
    return msgspec.structs.replace(first, evidence=tuple(evidence)[:_MOST_PLACES])
