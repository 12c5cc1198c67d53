"""Workload identity pools: which platform's tokens they take, and on what condition.

Comes in: providers of pools. Goes out: for a member of a pool, a condition for each provider that may have let it in
(test "pool", variable the issuer, value the attribute condition). Must not know: whom a token stands for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.model import Condition
from envfence.providers.common.values import one, text
from envfence.values import has_holes, hole_index

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_PROVIDER, _POOL = "google_iam_workload_identity_pool_provider", "google_iam_workload_identity_pool"
_MEMBER = re.compile(r"principal(?:Set)?://iam\.googleapis\.com/(?P<pool>.+?)/(?:\*|subject/|attribute\.|group/)")
_ID = re.compile(r"workloadIdentityPools/([^/]+)$")


def pool_conditions(member: str, builder: FactsBuilder) -> tuple[Condition, ...]:
    """The providers of this deployment through which a member of a pool may have come in."""
    match = _MEMBER.match(member)
    if match is None:
        return ()
    wanted = _pool_of(match["pool"], builder)
    return tuple(
        _condition(resource)
        for resource in builder.resources
        if resource.type == _PROVIDER
        and resource.mode == "managed"
        and wanted
        and _pool_of(text(one(resource.values, "workload_identity_pool_id")) or "", builder) == wanted
    )


def _condition(resource: Resource) -> Condition:
    issuer = text(one(resource.values, "oidc.issuer_uri")) or ""
    condition = one(resource.values, "attribute_condition")
    said = text(condition) or ""
    return Condition(test="pool", variable=issuer, values=("an unknown condition" if has_holes(said[:1]) else said,))


def _pool_of(name: str, builder: FactsBuilder) -> str:
    """The id of a pool by its whole name, its id, or what stands for either of one resource."""
    match = _ID.search(name)
    text_ = match[1] if match else name
    if len(text_) == 1 and hole_index(text_) is not None:
        address = builder.symbols.symbol(text_).what.rpartition(".")[0]
        for resource in builder.resources:
            if resource.address == address and resource.type == _POOL:
                return text(one(resource.values, "workload_identity_pool_id")) or text_
    return text_
