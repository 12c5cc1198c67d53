"""How a repository uses a signal, seen over all its deployments: whether defaults are meant, whose a state bucket is.

Comes in: the votes of all deployments. Goes out: the same, with the strengths that this repository's habits give them.
Must not know: where votes come from, what they come to.

Mostly the default of `environment` is `dev` for convenience, whatever the directory. Where nearly every directory
has the default that its name says, each root module states its environment there, more exactly than in its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from envfence.environments.names import Names
from envfence.environments.votes import STRENGTH, Vote

_PATH, _DEFAULT, _STATE = STRENGTH["path"], STRENGTH["default"], STRENGTH["state"]
#: So many directories must be compared, in two environments at least, and this share of them must agree.
_ENOUGH, _SHARE = 10, 0.8


def trusted_defaults(votes: Mapping[str, list[Vote]]) -> dict[str, list[Vote]]:
    """The votes of each deployment; where defaults are meant, they count as paths do and paths as defaults do."""
    if not _are_meant(votes):
        return dict(votes)
    return {name: sorted(map(_swapped, each), key=lambda vote: vote.strength) for name, each in votes.items()}


def own_states(votes: Mapping[str, list[Vote]], names: Names) -> dict[str, list[Vote]]:
    """The votes of each deployment without those of places for states (`acme-prod-tfstate`) that also keep states of
    what better signals put in another environment: such a place says nothing of the rest."""
    better: dict[tuple[str, frozenset[str]], set[frozenset[str]]] = defaultdict(set)
    for each in votes.values():
        other = next((vote.keys for vote in each if vote.strength < _STATE and vote.keys), None)
        for vote in each:
            if vote.strength == _STATE and vote.keys and other is not None:
                better[(vote.signal.value, vote.keys)].add(other)
    foreign = {place for place, others in better.items() if any(_differ(place[1], other, names) for other in others)}
    return {
        name: [vote for vote in each if vote.strength != _STATE or (vote.signal.value, vote.keys) not in foreign]
        for name, each in votes.items()
    }


def _differ(one: frozenset[str], other: frozenset[str], names: Names) -> bool:
    if any(names.is_generic(key) for key in (*one, *other)):
        return {names.tier(key) for key in one} != {names.tier(key) for key in other}
    return one != other


def _are_meant(votes: Mapping[str, list[Vote]]) -> bool:
    compared = agreed = 0
    seen: set[frozenset[str]] = set()
    for each in votes.values():
        path = next((vote.keys for vote in each if vote.strength == _PATH and vote.keys), None)
        default = next((vote.keys for vote in each if vote.strength == _DEFAULT and vote.keys), None)
        if path is not None and default is not None:
            compared += 1
            agreed += path == default
            seen.add(default)
    return compared >= _ENOUGH and len(seen) > 1 and agreed >= _SHARE * compared


def _swapped(vote: Vote) -> Vote:
    if vote.strength == _DEFAULT:
        return replace(vote, strength=_PATH)
    return replace(vote, strength=_DEFAULT, whole=False) if vote.strength == _PATH else vote
