"""All facts and environments → one graph.

In: the facts of every deployment, where they belong. Out: the graph: names bound, data sources replaced by what they
look up, statements brought to their holders, access decided for the pairs that matter. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from envfence.access.organization import controls
from envfence.environments import place_external
from envfence.graph.binding import Binder, Part
from envfence.graph.confirmed import confirmed
from envfence.graph.decisions import Decisions, make_decisions
from envfence.graph.deploying import deploying
from envfence.graph.deployments import (
    ADDRESS,
    boundary_edges,
    deployment_node,
    reading_edges,
    secret_edges,
    state_edges,
    store_edges,
)
from envfence.graph.desk import Asked, Desk
from envfence.graph.executed import executed
from envfence.graph.externals import Externals
from envfence.graph.federated import with_takers
from envfence.graph.graph import Graph, GraphNode, LinkedSecret, make_graph
from envfence.graph.halves import joined, paired
from envfence.graph.hints import only_accounts
from envfence.graph.holders import Holders
from envfence.graph.keys import mark_mail_keys
from envfence.graph.names import NameIndex
from envfence.graph.networks import network_edges
from envfence.graph.platforms import agent_edges, token_edges
from envfence.graph.rights import Rights
from envfence.graph.scoped import Scoped
from envfence.graph.symbols import Translation
from envfence.graph.views import with_own_account
from envfence.model import Edge, Environments, Facts, Node, Placement, Secret
from envfence.values import Symbols


def link(
    facts: Iterable[Facts],
    environments: Environments,
    *,
    decisions: Decisions | None = None,
    asked: Asked | None = None,
) -> Graph:
    """The graph of a whole repository.

    `decisions` decides access; by default `envfence.access` does. `asked` are pairs to decide beyond those that matter
    to every rule. The order of `facts` does not matter.
    """
    facts = tuple(facts)
    symbols = Symbols()
    parts = [Part(each, Translation(each, symbols)) for each in sorted(facts, key=lambda each: each.deployment.id)]
    binder = _binder(environments, symbols)
    index = binder.index
    accounts = only_accounts(environments)
    looked_up = _add_nodes(parts, index, environments, accounts)
    for node in looked_up:
        binder.add_alias(node)
    edges, made = _plain_edges(parts, binder)
    edges.extend(token_edges(index.nodes.values()))
    edges.extend(agent_edges(index.nodes.values()))
    edges.extend(secret_edges(looked_up, binder))
    edges.extend(store_edges(looked_up, binder))
    edges.extend(network_edges(parts, binder))
    deployed, given = deploying(parts, binder, edges)
    edges.extend(deployed)
    made.update((node.id, node) for node in given)
    holders = _holders(parts, binder)
    mark_mail_keys(index.nodes, holders, edges)
    deployments = {part.facts.deployment.id: part.facts.deployment for part in parts}
    decided = decisions or make_decisions(symbols, controls(holders.controls))
    desk = Desk(binder, holders, decided, deployments, accounts, asked or Asked())
    rights = Rights(desk, tuple(executed(parts, binder)))
    edges.extend(Scoped(desk).edges())
    admitted, loose = list(rights.edges()), list(rights.unattached())
    known = {**index.nodes, **binder.externals.made}
    edges.extend(paired(joined(list(with_takers(admitted, edges, known)), loose, known), known))
    secrets, homeless = _secrets(parts, index)
    far = confirmed(binder.externals.made, index.nodes, edges, binder.externals.placement)
    return make_graph(
        [*index.nodes.values(), *far.values(), *made.values(), *homeless],
        edges,
        environments,
        deployments=deployments,
        grants=holders.all(),
        secrets=secrets,
        symbols=symbols,
        demands=desk.demands,
    )


def _binder(environments: Environments, symbols: Symbols) -> Binder:
    def place(text: str) -> Placement:
        return place_external(text, environments.identities, environments.tiers, environments.spellings)

    return Binder(NameIndex(environments), Externals(environments, place, symbols), symbols)


def _holders(parts: Sequence[Part], binder: Binder) -> Holders:
    holders = Holders(binder)
    for part in parts:
        holders.add(part)
    holders.finish()
    return holders


def _add_nodes(
    parts: Sequence[Part], index: NameIndex, environments: Environments, accounts: dict[str, tuple[str, bool]]
) -> list[GraphNode]:
    """Adds what is declared to the index, and gives the data sources, which only look up."""
    looked_up = []
    for part in parts:
        deployment = part.facts.deployment
        home = environments.deployments.get(deployment.id, Placement())
        own = deployment_node(deployment, home, part.facts.outputs)
        index.nodes[own.id] = own
        for raw in part.facts.nodes:
            node_id = f"{deployment.id}:{raw.address}"
            placement = environments.nodes.get(node_id, home)
            node = GraphNode(node_id, _translated(raw, part.translation), deployment.id, placement)
            node = with_own_account(node, accounts)
            if raw.mode == "data":
                looked_up.append(node)
            else:
                index.add(node)
    for node in looked_up:
        index.nodes[node.id] = node
    return looked_up


def _translated(node: Node, translation: Translation) -> Node:
    if node.boundary.isascii() and all(name.isascii() for name in node.names):
        return node
    return msgspec.structs.replace(node, boundary=translation.text(node.boundary), names=translation.texts(node.names))


def _plain_edges(parts: Sequence[Part], binder: Binder) -> tuple[list[Edge], dict[str, GraphNode]]:
    """The edges that no policy makes, and the boundaries and containers of states they end at."""
    edges: list[Edge] = []
    made: dict[str, GraphNode] = {}
    known = {part.facts.deployment.id: part.facts.deployment for part in parts}
    for part in parts:
        edges.extend(binder.edges(part))
        for node, edge in (*boundary_edges(part, binder), *state_edges(part, binder)):
            made.setdefault(node.id, node)
            edges.append(edge)
        edges.extend(reading_edges(part, known, binder))
    return [edge for edge in edges if edge.source != edge.target], made


def _secrets(parts: Sequence[Part], index: NameIndex) -> tuple[list[LinkedSecret], list[GraphNode]]:
    """Secret values with their nodes; one that stands at no resource gets a node of its own."""
    found: list[LinkedSecret] = []
    homeless: dict[str, GraphNode] = {}
    for part in parts:
        deployment = part.facts.deployment
        for secret in part.facts.secrets:
            node_id = f"{deployment.id}:{secret.node or ADDRESS}"
            if node_id not in index.nodes and node_id not in homeless:
                home = index.nodes[f"{deployment.id}:{ADDRESS}"].placement
                homeless[node_id] = _home_of(secret, node_id, deployment.id, home)
            found.append(LinkedSecret(secret, node_id, deployment.id))
    return found, list(homeless.values())


def _home_of(secret: Secret, node_id: str, deployment: str, placement: Placement) -> GraphNode:
    node = Node(address=secret.node, kind="other", type=secret.node.partition(".")[0], span=secret.span)
    return GraphNode(node_id, node, deployment, placement)
