"""What a repository's own comments and places say of accounts that nothing else explains.

In: statements with the places of their elements, comments, the identity map. Out: the identity map with more accounts
in it: `"440000000001", # Staging` says whose account that is, firmly where several places say the same; and the one
account that deployments of an environment act in when they do not say it themselves. Must not know edges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from envfence.model import Comment, Environments, Facts, Placement, Signal
from envfence.words import words_in_name

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_LONGEST = 60
#: So many comments in different places that agree, and none that does not, are no slip.
_ENOUGH = 2


def with_comments(environments: Environments, facts: Iterable[Facts], comments: Iterable[Comment]) -> Environments:
    """The environments with accounts that a trailing comment names, wherever all such comments agree."""
    by_line = {(each.span.path, each.span.line): each for each in comments if len(each.text) <= _LONGEST}
    found: dict[str, dict[str, set[Signal]]] = {}
    for each in facts if by_line else ():
        for grant in each.grants:
            for text, span in grant.element_spans.items():
                comment = by_line.get((span.path, span.line))
                match = _ACCOUNT.search(text)
                if comment is None or match is None or comment.span.column <= span.column:
                    continue
                for name in _named(comment.text, environments):
                    signal = Signal(
                        kind="name", value=comment.text.strip(), span=comment.span, says="the comment beside it"
                    )
                    found.setdefault(f"aws:{match.group()}", {}).setdefault(name, set()).add(signal)
    added = {
        account: Placement(
            environments=(name,),
            tier=environments.tiers[name],
            firm=len(signals) >= _ENOUGH,
            evidence=tuple(sorted(signals)),
        )
        for account, names in found.items()
        if len(names) == 1 and account not in environments.identities
        for name, signals in names.items()
    }
    if not added:
        return environments
    return msgspec.structs.replace(environments, identities=dict(sorted({**environments.identities, **added}.items())))


def _named(text: str, environments: Environments) -> set[str]:
    """The environments of the repository that a comment names."""
    words = {word.canonical for word in words_in_name(text, frozenset(environments.tiers))}
    plain = text.strip().lower()
    return {name for name in environments.tiers if name in words or name == plain}


def only_accounts(environments: Environments) -> dict[str, tuple[str, bool]]:
    """The one AWS account of each environment that has exactly one, as far as the map knows, and whether it is firm."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for boundary, placement in environments.identities.items():
        form, _, account = boundary.partition(":")
        if form == "aws" and len(placement.environments) == 1:
            found.setdefault(placement.environments[0], []).append((account, placement.firm))
    return {name: accounts[0] for name, accounts in found.items() if len(accounts) == 1}
