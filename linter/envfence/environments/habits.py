"""How a repository uses a signal, seen over all its deployments: whether defaults are meant.

Comes in: the votes of all deployments. Goes out: the same, with the strengths that this repository's habits give them.
Must not know: where votes come from, what they come to.

Mostly the default of `environment` is `dev` for convenience, whatever the directory. Where nearly every directory
has the default that its name says, each root module states its environment there, more exactly than in its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from envfence.environments.votes import STRENGTH, Vote

_PATH, _DEFAULT = STRENGTH["path"], STRENGTH["default"]
#: So many directories must be compared, in two environments at least, and this share of them must agree.
_ENOUGH, _SHARE = 10, 0.8


def trusted_defaults(votes: Mapping[str, list[Vote]]) -> dict[str, list[Vote]]:
    """The votes of each deployment; where defaults are meant, they count as paths do and paths as defaults do."""
    if not _are_meant(votes):
        return dict(votes)
    return {name: sorted(map(_swapped, each), key=lambda vote: vote.strength) for name, each in votes.items()}


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
