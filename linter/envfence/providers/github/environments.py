"""Environments of GitHub repositories: what they wait for before a job goes on.

In: `github_repository_environment`. Out: an approval node with the environment's own name and its rules. Must not know
workflows: which repository it belongs to is only a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact, Signal
from envfence.providers.common.values import Absent, at, one, text, unknown_in
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("github_repository_environment",)
#: Blocks of the resource, by the fact that says whether they are there.
_RULES = {"reviewers": ("reviewers.users", "reviewers.teams"), "branch-policy": ("deployment_branch_policy",)}


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The node of one environment."""
    if resource.mode != "managed":
        return
    builder.change_node(resource.address, kind="approval")
    name = text(one(resource.values, "environment"))
    if name and not has_holes(name):
        span = resource.span_of("environment") or resource.span
        builder.add_signal(
            resource.address, Signal(kind="input", value=name, span=span, says=f"the GitHub environment {name}")
        )
    for fact, paths in _RULES.items():
        builder.add_fact(resource.address, fact, _is_there(resource, paths))


def _is_there(resource: Resource, paths: tuple[str, ...]) -> Fact:
    values = [value for path in paths for value in at(resource.values, path)]
    if any(not isinstance(value, Absent) and unknown_in(value) is not None for value in values):
        return Fact(state="unknown", span=resource.span, reason="depends on an unknown value")
    return Fact(value=any(not isinstance(value, Absent) for value in values), span=resource.span)
