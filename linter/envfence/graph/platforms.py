"""Edges of platform tokens: what a token that opens a whole account can do to what the repository keeps on that
platform.

In: the nodes of the graph. Out: may-edges. Must not know how tokens are found. Which account a token belongs to is
not in its text, so these edges are possible, never proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envfence.graph.graph import GraphNode
from envfence.model import Edge, Evidence

_MODE = "token"
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
