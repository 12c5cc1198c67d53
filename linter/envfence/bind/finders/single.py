"""Roots that nothing says more about: one deployment each.

Comes in: the roots that no other finder has. Goes out: one candidate without a name. Must not know: anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.values import Span

RANK = 100


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate for each root without any, with the place of its first file."""
    found: list[Candidate] = []
    for root in context.roots.roots:
        if not earlier.get(root):
            files = context.survey.module(root).files
            found.append(Candidate(root=root, span=Span(files[0] if files else root or ".", 1)))
    return Found(tuple(found))
