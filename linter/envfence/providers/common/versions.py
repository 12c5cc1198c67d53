"""Version constraints as Terraform writes them: is a version surely at least this, or surely below it?

In: the text of a constraint (`~> 5.0, != 5.3.1`). Out: bounds, and yes or no about them. Must not know what has
versions.

Only what the constraint itself says counts: no text, or one that cannot be read, has no bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

Version = tuple[int, ...]
_TERM = re.compile(r"\s*(~>|>=|<=|!=|=|>|<)?\s*v?(\d+(?:\.\d+)*)([-+][0-9A-Za-z.+-]+)?\s*")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """The versions that a constraint allows: from `low` (with it) up to `high` (without it); None where it is open."""

    low: Version | None = None
    high: Version | None = None


@lru_cache(maxsize=1024)
def bounds(constraint: str) -> Bounds:
    """The bounds that all terms of a constraint agree on; open ones where a term cannot be read."""
    low: Version | None = None
    high: Version | None = None
    for term in constraint[:_LONGEST].split(","):
        match = _TERM.fullmatch(term)
        if match is None:
            continue
        own = _of_term(match[1] or "=", _parts(match[2]), match[2].count("."))
        low = max(filter(None, (low, own.low)), default=None)
        high = min(filter(None, (high, own.high)), default=None)
    return Bounds(low, high)


def surely_at_least(constraint: str, version: str) -> bool:
    """Whether every version that the constraint allows is `version` or newer."""
    low = bounds(constraint).low
    return low is not None and low >= _parts(version)


def surely_below(constraint: str, version: str) -> bool:
    """Whether every version that the constraint allows is older than `version`."""
    high = bounds(constraint).high
    return high is not None and high <= _parts(version)


def _of_term(operator: str, version: Version, dots: int) -> Bounds:
    if operator == "~>":
        return Bounds(version, _next(version, dots - 1) if dots else None)
    if operator == "=":
        return Bounds(version, _next(version, 2))
    if operator in (">=", ">"):
        return Bounds(version, None)
    if operator == "<":
        return Bounds(None, version)
    return Bounds(None, _next(version, 2)) if operator == "<=" else Bounds()


def _next(version: Version, place: int) -> Version:
    """The first version after all that agree with this one up to `place`."""
    kept = version[: place + 1]
    return (*kept[:-1], kept[-1] + 1, *((0,) * (2 - place)))


def _parts(text: str) -> Version:
    numbers = [int(part) for part in text.split(".")[:3]]
    return tuple((*numbers, 0, 0)[:3])
