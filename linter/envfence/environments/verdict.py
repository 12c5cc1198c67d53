"""Votes → one placement: the strongest kind decides, strong kinds that disagree give no verdict.

Comes in: votes. Goes out: a placement in keys. Must not know: where votes come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from envfence.environments.names import Names
from envfence.environments.votes import FIRM, STRENGTH, STRONG, Vote
from envfence.model import Placement, Signal
from envfence.words import SHARED, canonical_name

_MAX_EVIDENCE = 12
_NUMBER = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the votes come to. `strength` is that of the deciding vote, past the weakest where nothing decided."""

    keys: frozenset[str] = frozenset()
    candidates: frozenset[str] = frozenset()
    hub: bool = False
    firm: bool = False
    strength: int = 99
    conflict: bool = False
    votes: tuple[Vote, ...] = ()

    def placement(self, names: Names) -> Placement:
        """The verdict with the names that people read, evidence strongest first."""
        tier = SHARED if self.hub else names.tier_of_all(self.keys) if self.keys else "unknown"
        if self.candidates:
            tier = names.tier_of_one(self.candidates)
        return Placement(
            environments=names.show_all(self.keys),
            candidates=names.show_all(self.candidates),
            tier=tier,
            firm=self.firm,
            evidence=evidence_of(self.votes, self.keys),
        )


def evidence_of(votes: Iterable[Vote], keys: frozenset[str] = frozenset()) -> tuple[Signal, ...]:
    """The signals behind votes: strongest first, those that say what was decided (`keys`) before others of their kind,
    each once, a readable number of them."""
    seen: dict[tuple[str, str, str, int], Signal] = {}
    for vote in sorted(votes, key=lambda vote: (vote.strength, vote.keys != keys)):
        signal = vote.signal
        seen.setdefault((signal.kind, signal.value, signal.span.path, signal.span.line), signal)
    return tuple(seen.values())[:_MAX_EVIDENCE]


def decide(votes: Sequence[Vote], names: Names, alone: bool = False) -> Verdict:
    """The verdict of all votes on one thing (in any order within a kind, except that inner paths come first).

    `alone` is set for the only deployment of its directory: then a directory that its siblings confirm speaks of this
    very deployment, and an input of another tier contradicts it.
    """
    ordered = tuple(sorted(votes, key=lambda vote: vote.strength))
    declared = [vote for vote in ordered if vote.strength == STRENGTH["declared"]]
    strong = declared or [vote for vote in ordered if vote.strength <= STRONG]
    if strong:
        if alone and not declared:
            strong += [vote for vote in ordered if vote.strength == STRENGTH["path"] and vote.keys][:1]
        return _strong(strong, ordered, names)
    for strength in sorted({vote.strength for vote in ordered}):
        verdict = _weak([vote for vote in ordered if vote.strength == strength], ordered, names)
        if verdict is not None:
            return verdict
    return Verdict(votes=ordered)


def _strong(strong: list[Vote], ordered: tuple[Vote, ...], names: Names) -> Verdict:
    naming = [vote for vote in strong if vote.keys]
    hubs = [vote for vote in strong if vote.hub]
    if not naming or (hubs and hubs[0].strength < naming[0].strength):
        return Verdict(hub=True, firm=True, strength=strong[0].strength, votes=ordered)
    specific = [vote for vote in naming if not _is_generic(vote, names)]
    chosen = (specific or naming)[0]
    against = [vote for vote in naming if not _compatible(chosen, vote, names)]
    if against:
        keys = frozenset().union(*(vote.keys for vote in naming if not _is_generic(vote, names) or not specific))
        keys |= frozenset().union(*(vote.keys for vote in against))
        return Verdict(candidates=keys, strength=chosen.strength, conflict=True, votes=ordered)
    keys = chosen.keys if specific else _refined(chosen, ordered, names)
    firm = chosen.strength == STRENGTH["declared"] or not _is_assumed(keys, names)
    return Verdict(keys=keys, firm=firm, strength=naming[0].strength, votes=ordered)


def _weak(votes: list[Vote], ordered: tuple[Vote, ...], names: Names) -> Verdict | None:
    naming = [vote for vote in votes if vote.keys]
    strength = votes[0].strength
    firm = strength <= FIRM
    if not naming:
        return Verdict(hub=True, firm=firm, strength=strength, votes=ordered)
    specific = [vote for vote in naming if not _is_generic(vote, names)]
    chosen = (specific or naming)[0]
    if any(not _compatible(chosen, vote, names) for vote in naming):
        keys = frozenset().union(*(vote.keys for vote in (specific or naming)))
        if len({names.tier(key) for key in keys}) > 1 or strength != STRENGTH["path"]:
            return Verdict(candidates=keys, strength=strength, votes=ordered)
        # Nested directories of one tier (`training/uat`): the innermost is where the root module stands.
    firm = firm or (strength == STRENGTH["path"] and chosen.whole) or _corroborated(chosen, ordered)
    keys = chosen.keys if specific else _refined(chosen, ordered, names)
    return Verdict(keys=keys, firm=firm and not _is_assumed(keys, names), strength=strength, votes=ordered)


def _is_assumed(keys: Iterable[str], names: Names) -> bool:
    """Whether a word is taken for an environment only because it stands where others are: `rollover` beside `staging`
    is one, `publisher` beside it may be a thing of production's."""
    return any(names.is_assumed(key) for key in keys)


def _corroborated(chosen: Vote, ordered: tuple[Vote, ...]) -> bool:
    """A confirmed path and an input's default or state key that say the same by themselves are no mere name."""
    if chosen.strength != STRENGTH["path"]:
        return False
    witnesses = (STRENGTH["default"], STRENGTH["state"])
    return any(vote.strength in witnesses and vote.keys == chosen.keys for vote in ordered)


def _is_generic(vote: Vote, names: Names) -> bool:
    return all(names.is_generic(key) for key in vote.keys)


def _compatible(one: Vote, other: Vote, names: Names) -> bool:
    """Equal, one within the other's generic name, or a weaker strong signal that differs within one tier.

    The last: an account or tag called `dev` in what an input calls `uat` is a matter of naming, not of safety; so is a
    number (`dev01` for `dev`).
    """
    if _families(one) == _families(other):
        return True
    tiers_one = {names.tier(key) for key in one.keys}
    tiers_other = {names.tier(key) for key in other.keys}
    if _is_generic(one, names) or _is_generic(other, names):
        return tiers_one == tiers_other
    return one.strength < other.strength and tiers_one == tiers_other


def _families(vote: Vote) -> set[str]:
    return {_NUMBER.sub("", canonical_name(key)) for key in vote.keys}


def _refined(generic: Vote, ordered: tuple[Vote, ...], names: Names) -> frozenset[str]:
    """The specific environment that a weaker signal gives in a generic one (`nonprod` account, `staging` path)."""
    tiers = {names.tier(key) for key in generic.keys}
    for vote in ordered:
        if vote.strength >= generic.strength and vote.keys and not _is_generic(vote, names):
            if {names.tier(key) for key in vote.keys} == tiers and len(vote.keys) == 1:
                return vote.keys
            break
    return generic.keys
