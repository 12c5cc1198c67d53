"""What lies in what, as statements of policy "below": scopes inside of folders, groups and organizations.

In: a scope and the one above it. Out: a statement in the builder. Must not know any provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Evidence, Grant

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder


def add_below(
    builder: FactsBuilder,
    resource: Resource,
    language: str,
    own: str,
    above: str,
    evidence: tuple[Evidence, ...] = (),
) -> None:
    """States that the scope `own` lies in the scope `above`, as `resource` says."""
    builder.add_grant(
        Grant(
            language=language,
            policy="below",
            effect="Allow",
            span=resource.span,
            holder=resource.address,
            actions=(own,),
            resources=(above,),
            evidence=evidence,
            address=resource.address,
        )
    )
