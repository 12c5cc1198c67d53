"""Small configurations that stand in production, as facts, as a graph and judged by one rule."""

from __future__ import annotations

from collections.abc import Mapping

from envfence.evaluate import Loader, Options, evaluate
from envfence.graph.graph import Graph, GraphNode, make_graph
from envfence.judge.context import Context
from envfence.judge.kinds.guard import judge
from envfence.judge.rules import Rule
from envfence.model import Deployment, Edge, Environments, Facts, Finding, Placement
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract
from envfence.tree import DictTree
from envfence.values import Span

PRODUCTION = Placement(environments=("production",), tier="production", firm=True)
STAGING = Placement(environments=("staging",), tier="nonproduction", firm=True)
BOTH = Placement(environments=("production", "staging"), tier="production", firm=True)


def facts_of(files: Mapping[str, str], root: str = "") -> Facts:
    deployment = Deployment(id=root or ".", root=root, config_dir=root, span=Span("main.tf", 1))
    evaluated = evaluate(Loader(DictTree(dict(files))), deployment, Options(computed=computed_functions()))
    return extract(evaluated, catalogue(), lambda text: f"digest {len(text)}")


def graph_of(*facts: Facts, placement: Placement = PRODUCTION) -> Graph:
    nodes, edges = [], []
    for each in facts:
        name = each.deployment.id
        nodes += [GraphNode(f"{name}:{node.address}", node, name, placement) for node in each.nodes]
        for edge in each.edges:
            ends = f"{name}:{edge.source}", f"{name}:{edge.target}"
            edges.append(Edge(kind=edge.kind, source=ends[0], target=ends[1], says=edge.says, evidence=edge.evidence))
    tiers = {"production": "production", "staging": "nonproduction"}
    environments = Environments(deployments={}, nodes={}, identities={}, tiers=tiers)
    return make_graph(nodes, edges, environments, deployments={each.deployment.id: each.deployment for each in facts})


def check_with(rule: Rule, source: str, placement: Placement = PRODUCTION) -> list[Finding]:
    return list(judge(graph_of(facts_of({"main.tf": source}), placement=placement), rule, Context()))
