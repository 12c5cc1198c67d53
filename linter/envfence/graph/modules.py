"""Edges of what a module that is not in the repository makes: who its arguments let in.

In: nodes that stand for a module call, the statements that its arguments contain, who is meant by their principals.
Out: edges, never more than `possible`: what the module does with its arguments is not seen. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from envfence.access.tables import service
from envfence.graph.graph import GraphNode
from envfence.model import CAPABILITIES, Grant

MODULE = "module"


def is_module(node: GraphNode) -> bool:
    """Whether a node stands for all that a module call makes."""
    return node.node.type == MODULE


def doubt(node: GraphNode) -> str:
    """What every edge of such a node depends on."""
    return f"what the module {node.node.provider} does with its arguments, which is not in this repository"


def capabilities(grant: Grant) -> Iterator[tuple[str, str]]:
    """(capability, action) that the actions of a statement come to, strongest first; reading where it names none."""
    if not grant.actions:
        yield "read", "what the module grants"
        return
    found: dict[str, str] = {}
    for pattern in grant.actions:
        for capability, action in _of_pattern(pattern.lower()):
            found.setdefault(capability, action)
    for name in CAPABILITIES:
        if name in found:
            yield name, found[name]


@cache
def _of_pattern(pattern: str) -> tuple[tuple[str, str], ...]:
    prefix, _, name = pattern.partition(":")
    table = service(prefix)
    found: dict[str, str] = {}
    for action in table.actions.values() if table is not None else ():
        if action.capability and fnmatchcase(action.name.lower(), name):
            found.setdefault(action.capability, f"{prefix}:{action.name}")
    return tuple(sorted(found.items()))
