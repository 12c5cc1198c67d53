"""Splits what is open into the worlds that are possible, so that one unknown is the same in every statement.

Comes in: a question that can be answered under assumptions. Goes out: whether the answer is the same in all worlds that
do not contradict themselves, and what those in which it is yes have in common. Must not know: policies.

A world is a set of assumptions: this pattern matches that text, this key is in the request. They are made as the
answer needs them; both sides of each are followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from envfence.access.demands import Demand, contradictory
from envfence.access.match import ANYTHING, MAYBE, NO, YES, Matcher

#: Beyond so many worlds the answer stays open.
MOST_WORLDS = 96

#: About what, and the texts it is about.
Atom = tuple[str, ...]
Assumption = tuple[Atom, bool]
Masks = tuple[int, int]


class Assuming(Matcher):
    """Answers as the matcher below does, and where that is open by an assumption."""

    assumes = True

    def __init__(self, base: Matcher, planned: tuple[Assumption, ...]) -> None:
        super().__init__()
        self._base = base
        self._assumed = dict(planned)
        #: All assumptions in the order in which they were made; the planned ones first.
        self.trail: list[Assumption] = list(planned)
        #: Whether the other side of an assumption is possible too, for those that were not planned.
        self.other: dict[Atom, bool] = {}

    def text(self, pattern: str, target: str) -> int:
        """A pattern against a text."""
        found = self._base.text(pattern, target)
        return found if found != MAYBE else self._assume("text", pattern, target)

    def equal(self, left: str, right: str) -> int:
        """Two texts without wildcards."""
        found = self._base.equal(left, right)
        return found if found != MAYBE else self._assume("equal", left, right)

    def fold(self, left: str, right: str) -> int:
        """The same without regard to letter case."""
        found = self._base.fold(left, right)
        return found if found != MAYBE else self._assume("fold", left, right)

    def arn(self, pattern: str, target: str) -> int:
        """A pattern against an ARN; what is assumed is about single segments."""
        found = self._base.arn(pattern, target)
        return found if found != MAYBE else self._arn(pattern, target)

    def undecided(self, *about: str) -> int:
        """What texts cannot settle."""
        return self._assume(*about)

    def key_hole(self, key: str) -> str:
        """The hole of a condition key."""
        return self._base.key_hole(key)

    def is_account(self, hole: str) -> bool:
        """Whether a hole is known to be an account number."""
        return self._base.is_account(hole)

    def _segment(self, index: int, pattern: str, target: str) -> int:
        if index == 5 or pattern.isdigit() or target.isdigit():
            return self.text(pattern, target)
        found = self._base.text(pattern, target)
        return found if found != MAYBE else self._assume("fold", pattern, target)

    def _assume(self, *atom: str) -> int:
        if any(ANYTHING in text for text in atom):
            return MAYBE  # two of these are never surely the same
        known = self._assumed.get(atom)
        if known is None:
            yes, no = self._possible(atom, True), self._possible(atom, False)
            known = yes or not no
            self.other[atom] = yes and no
            self._assumed[atom] = known
            self.trail.append((atom, known))
        return YES if known else NO

    def _possible(self, atom: Atom, holds: bool) -> bool:
        wanted = demand(atom, holds)
        if wanted is None:
            return True
        others = [each for one in self.trail if (each := demand(*one)) is not None]
        return not contradictory([*others, wanted], self._base)


@dataclass(frozen=True, slots=True)
class Worlds:
    """The answer over all worlds: surely and possibly yes; what the worlds with a yes have in common."""

    sure: bool
    possible: bool
    demands: tuple[Demand, ...] = ()


def explore(base: Matcher, answer: Callable[[Matcher], Masks]) -> Worlds | None:
    """Asks in every world; None when there are too many."""
    waiting: list[tuple[Assumption, ...]] = [()]
    common: set[Assumption] | None = None
    sure = True
    for _ in range(MOST_WORLDS):
        if not waiting:
            demands = [each for one in sorted(common or ()) if (each := demand(*one)) is not None]
            return Worlds(sure, common is not None, tuple(demands))
        planned = waiting.pop()
        world = Assuming(base, planned)
        surely, possibly = answer(world)
        sure = sure and bool(surely)
        if possibly:
            common = set(world.trail) if common is None else common & set(world.trail)
        trail = tuple(world.trail)
        for index in range(len(planned), len(trail)):
            atom, known = trail[index]
            if world.other[atom]:
                waiting.append((*trail[:index], (atom, not known)))
    return None


def demand(atom: Atom, holds: bool) -> Demand | None:
    """What an assumption says about the contents of holes."""
    if atom[0] not in ("text", "equal"):
        return None
    return Demand(atom[1], atom[2], holds, exact=atom[0] == "equal")
