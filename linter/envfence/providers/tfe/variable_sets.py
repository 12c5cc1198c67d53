"""Variable sets of Terraform Cloud: which credentials a set holds, and whether every workspace gets it.

In: `tfe_variable_set`, `tfe_variable`. Out: facts of the set. Must not know workspaces of other roots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact
from envfence.providers.common.values import one, text
from envfence.sources.workflows.vocabulary import credential_of
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("tfe_variable_set",)


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """Whether one set is for all workspaces of the organisation."""
    if resource.mode != "managed":
        return
    if one(resource.values, "global") is True:
        span = resource.span_of("global") or resource.span
        builder.add_fact(resource.address, "global", Fact(value=True, span=span))


def finish(builder: FactsBuilder) -> None:
    """What the sets hold: the first credential of each."""
    sets = {
        builder.subject(each).hole("id"): each
        for each in builder.resources
        if each.mode == "managed" and each.type == "tfe_variable_set"
    }
    for variable in builder.resources if sets else ():
        owner = sets.get(text(one(variable.values, "variable_set_id")) or "")
        if owner is None or variable.type != "tfe_variable":
            continue
        key = text(one(variable.values, "key")) or ""
        credential = credential_of(key) if key and not has_holes(key) else None
        if credential is not None:
            span = variable.span_of("key") or variable.span
            fact = Fact(value=credential.kind, span=span, reason=f"{variable.address} is {key}")
            builder.add_fact(owner.address, "credential", fact)
