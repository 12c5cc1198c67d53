"""Secrets that Terraform writes into GitHub: for a repository, an environment, an organisation.

In: `github_actions_*_secret` and its relatives. Out: secrets, the environment of those that have one, and for whom an
organisation's secret is visible. Must not know workflows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact, Signal
from envfence.providers.common.secrets import add_secret_value
from envfence.providers.common.values import Absent, one, text
from envfence.sources.workflows.vocabulary import credential_of
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = (
    "github_actions_secret",
    "github_actions_environment_secret",
    "github_actions_organization_secret",
    "github_dependabot_secret",
    "github_dependabot_organization_secret",
    "github_codespaces_secret",
)
_VALUES = ("plaintext_value", "value")


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """One secret."""
    if resource.mode != "managed":
        return
    builder.change_node(resource.address, kind="secret")
    name = text(one(resource.values, "secret_name")) or ""
    environment = text(one(resource.values, "environment"))
    if environment and not has_holes(environment):
        span = resource.span_of("environment") or resource.span
        says = f"kept for the GitHub environment {environment}"
        builder.add_signal(resource.address, Signal(kind="input", value=environment, span=span, says=says))
    visibility = text(one(resource.values, "visibility"))
    if visibility is not None and not has_holes(visibility):
        span = resource.span_of("visibility") or resource.span
        builder.add_fact(resource.address, "visibility", Fact(value=visibility, span=span))
    credential = credential_of(name) if not has_holes(name) else None
    if credential is not None:
        builder.add_fact(resource.address, "credential", Fact(value=credential.kind))
    for path in _VALUES:
        value = one(resource.values, path)
        if not isinstance(value, Absent):
            add_secret_value(resource, path, value, builder, name if not has_holes(name) else path)
