"""The table "who may touch whom": which crossings are findings, and how loud.

In: the sides (environments or tiers) at both ends and the severity of the rule. Out: the severity of the finding, or
None when the crossing is none. Must not know rules, edges or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from envfence.config import Fence
from envfence.graph.graph import GraphNode
from envfence.model import SEVERITIES

PRODUCTION, NONPRODUCTION, SHARED, OUTSIDE, UNKNOWN = "production", "nonproduction", "shared", "outside", "unknown"
_LOUDEST_BELOW_PRODUCTION = "low"


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """One side of a fence that a node stands on: an environment, several of which it is one (`sure` is False), or a
    tier."""

    name: str
    tier: str
    sure: bool = True
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fences:
    """The table, with the repository's own lines before the built-in ones."""

    own: tuple[Fence, ...] = ()

    def severity(self, source: Side, target: Side, wanted: str) -> str | None:
        """How loud a crossing from `source` to `target` is under a rule of severity `wanted`; None: no finding."""
        for fence in self.own:
            if _names(source, fence.source) and _names(target, fence.target):
                return {"off": None, "rule": wanted}.get(fence.severity, fence.severity)
        return built_in(source, target, wanted)


def built_in(source: Side, target: Side, wanted: str) -> str | None:
    """The table of the design, without the repository's own lines."""
    if SHARED in (source.tier, target.tier):
        return None
    if target.tier == PRODUCTION:
        return wanted
    if source.tier == PRODUCTION:
        return None
    if target.tier == NONPRODUCTION and source.tier == NONPRODUCTION:
        return _quieter(wanted, _LOUDEST_BELOW_PRODUCTION)
    return None if UNKNOWN in (source.tier, target.tier) else _quieter(wanted, _LOUDEST_BELOW_PRODUCTION)


def sides_of(node: GraphNode, tiers: Mapping[str, str]) -> tuple[Side, ...]:
    """The sides a node stands on: each of its environments, else its candidates as one unsure side, else its tier."""
    placement = node.placement
    if placement.environments:
        return tuple(
            Side(name, tiers.get(name, placement.tier), members=(name,)) for name in sorted(placement.environments)
        )
    if placement.candidates:
        name = "|".join(sorted(placement.candidates))
        return (Side(name, placement.tier, sure=False, members=tuple(sorted(placement.candidates))),)
    return (Side(placement.tier, placement.tier, sure=placement.tier != UNKNOWN),)


def crosses(source: Side, target: Side) -> bool:
    """Whether a step from one side to the other crosses a fence: no environment may be the same at both ends."""
    if source.members and target.members:
        return not set(source.members) & set(target.members)
    return source.name != target.name


def _names(side: Side, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(side.name, pattern) or side.tier == pattern for pattern in patterns)


def _quieter(one: str, other: str) -> str:
    return max(one, other, key=SEVERITIES.index)
