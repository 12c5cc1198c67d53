"""One finding for what has one cause: several secrets of one store, several instances of one block.

In: findings that have the same fingerprint, what each is about. Out: the one that is shown, with the ends of the others
in `also` and their names in its message. Must not know the graph or rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

import msgspec

from envfence.judge.context import MOST_ALSO
from envfence.model import SEVERITIES, End, Finding

#: So many of the others are named in a message.
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A finding about one thing: its name, where both sides use it, and whether it is production's own."""

    finding: Finding
    name: str
    ends: tuple[End, End]
    is_production_s: bool = False


def gathered(parts: Iterable[Part]) -> Finding:
    """The finding of all parts: that of the worst one, which names the others."""
    lead, *others = sorted(parts, key=_rank)
    if not others:
        return lead.finding
    also = (
        *(part.ends for part in others),
        *lead.finding.also,
        *(pair for part in others for pair in part.finding.also),
    )
    return msgspec.structs.replace(
        lead.finding,
        message=lead.finding.message + _and_more(lead, others),
        also=tuple(dict.fromkeys(also))[:MOST_ALSO],
        also_total=sum(part.finding.also_total for part in (lead, *others)) + len(others),
    )


def capped(severity: str, loudest: str) -> str:
    """`severity`, or `loudest` where that is quieter."""
    return max(severity, loudest, key=SEVERITIES.index)


def _rank(part: Part) -> tuple[bool, int, bool]:
    """Worst first; of equals the first."""
    finding = part.finding
    return finding.certainty != "proved", SEVERITIES.index(finding.severity), not part.is_production_s


def _and_more(lead: Part, others: list[Part]) -> str:
    """What the message says about the other things. What is less certain than the finding is left to `also`."""
    names = {part.name: part for part in others if part.finding.certainty == lead.finding.certainty}
    names.pop(lead.name, None)
    if not names:
        return ""
    shown = ", ".join(_within(lead.name, name) for name in list(names)[:_MOST_NAMED])
    return f", and {len(names)} more: {shown}" + (" …" if len(names) > _MOST_NAMED else "")


def _within(lead: str, name: str) -> str:
    """The name of a secret without the names of what both it and the one before it lie in."""
    both = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lead, name, strict=False)))
    return name[max(name.rfind("/", 0, both), name.rfind(":", 0, both)) + 1 :]
