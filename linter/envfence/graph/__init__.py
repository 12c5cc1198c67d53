"""The resource graph: one for the whole repository.

`link(facts, environments)` binds what deployments say of each other and decides who may do what across fences; `Graph`
is the result.
"""

from __future__ import annotations

from envfence.graph.graph import Graph, GraphNode, LinkedGrant, LinkedSecret, make_graph
from envfence.graph.link import link

__all__ = ["Graph", "GraphNode", "LinkedGrant", "LinkedSecret", "link", "make_graph"]
