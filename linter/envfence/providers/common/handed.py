"""Which texts a root module hands on whole.

In: the evaluated resources and unread calls of a deployment. Out: the texts that are a value of one of them, or the
name of a bucket in an ARN there. A variable may hold a part of a name only (`"${prefix}-${var.bucket}"`), or the names
of all environments of which the module picks one. Must not know what the text means.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from envfence.values import Mapping, Sequence, Value

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated

_MOST = 200_000
_BUCKET = ":::"


def handed_on(evaluated: Evaluated) -> frozenset[str]:
    """All texts that are arguments in the deployment, and the names of the buckets whose ARN (or that of something in
    them) is one."""
    leaves = frozenset(_leaves(evaluated))
    return leaves | {leaf.partition(_BUCKET)[2].partition("/")[0] for leaf in leaves if _BUCKET in leaf}


def _leaves(evaluated: Evaluated) -> Iterator[str]:
    given: Iterator[Value] = chain(
        (resource.values for resource in evaluated.resources), (call.values for call in evaluated.unread_calls)
    )
    seen = 0
    for each in given:
        waiting: list[Value] = [each]
        while waiting and seen < _MOST:
            value = waiting.pop()
            seen += 1
            if isinstance(value, str):
                yield value
            elif isinstance(value, Mapping):
                waiting.extend(value.items.values())
            elif isinstance(value, Sequence):
                waiting.extend(value.items)
