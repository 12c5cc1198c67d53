"""Edges of platform tokens: what a token that opens a whole account can do to what the repository keeps on that
platform, and which agents can take such a token from the repository and use it.

In: the nodes of the graph. Out: may- and reads-secret-edges. Must not know how tokens are found. Which account a token
belongs to is not in its text, so may-edges are possible, never proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envfence.graph.graph import GraphNode
from envfence.model import Edge, Evidence

_MODE = "token"
#: What an agent is called whose settings let it call a platform without asking; it can read every file beside them.
_AGENT, _CALLS = "agent", "calls"
_TARGETS = frozenset({"store", "secret", "backup", "boundary"})
#: A narrow token cannot leave its environment; of an unknown scope nothing is said.
_WIDE = frozenset({"account", "workspace"})


def token_edges(nodes: Iterable[GraphNode]) -> Iterator[Edge]:
    """An edge from every account-wide token to every store, secret and boundary of its platform."""
    listed = tuple(nodes)
    for token in listed:
        if token.node.mode != _MODE or _fact(token, "scope") not in _WIDE:
            continue
        platform = _fact(token, "platform")
        for target in listed:
            if target.node.kind in _TARGETS and target.node.type.partition("_")[0] == platform:
                yield _edge(token, target, platform)


def agent_edges(nodes: Iterable[GraphNode]) -> Iterator[Edge]:
    """An edge from every agent that may call a platform without asking to every token in the repository."""
    listed = tuple(nodes)
    tokens = [node for node in listed if node.node.mode == _MODE]
    for agent in listed if tokens else ():
        fact = agent.node.facts.get(_CALLS)
        if agent.node.mode != _AGENT or fact is None:
            continue
        allowed = Evidence(
            span=fact.span or agent.span,
            says="runs programs that call a platform, without asking",
            address=agent.node.address,
        )
        for token in tokens:
            found = Evidence(span=token.span, says="stands in a file that it can read", address=token.node.address)
            yield Edge(
                kind="reads-secret",
                source=agent.id,
                target=token.id,
                says="can read and use",
                evidence=(allowed, found),
            )


def _edge(token: GraphNode, target: GraphNode, platform: str) -> Edge:
    evidence = Evidence(span=token.span, says=f"a token for the whole {platform} account", address=token.node.address)
    return Edge(
        kind="may",
        source=token.id,
        target=target.id,
        certainty="possible",
        capability="administer",
        says="opens the whole account, with",
        evidence=(evidence,),
        unknowns=(f"whether {token.node.address} is a token of the account that holds {target.node.address}",),
    )


def _fact(node: GraphNode, name: str) -> str:
    fact = node.node.facts.get(name)
    return str(fact.value) if fact is not None else ""
