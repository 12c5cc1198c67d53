"""What a plan cannot show.

In: findings about the sides of a plan. Out: the same, some possible only. Must not know files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import msgspec

from envfence.model import Finding
from envfence.providers.catalogue import catalogue

_UNSEEN = "whether its source has `prevent_destroy`, which no plan shows"


def without_blind_spots(
    findings: Iterable[Finding], types: dict[tuple[str, str], str], seen: Set[tuple[str, str]] = frozenset()
) -> Iterator[Finding]:
    """A guard that only the source could show may be there: then a missing guard is possible at most.

    `types` are the resource types by (deployment, address), `seen` the places of which the source is known.
    """
    for finding in findings:
        place = (finding.target.deployment, finding.target.address)
        blind = finding.family == "guards" and finding.certainty == "proved" and place not in seen
        if blind and not _has_own_guard(types.get(place, "")):
            finding = msgspec.structs.replace(finding, certainty="possible", unknowns=(*finding.unknowns, _UNSEEN))
        yield finding


def _has_own_guard(type_: str) -> bool:
    """Whether the platform itself offers a guard, so that its absence is seen in the values."""
    entry = catalogue().entry(type_)
    return entry is not None and any(guard.side == "api" and not guard.keeps for guard in entry.guards.values())
