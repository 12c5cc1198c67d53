"""Which texts a root module hands on whole.

In: the evaluated resources and unread calls of a deployment. Out: whether a text is a value of one of them, or the name
at the end of an ARN there. A variable may hold a part of a name only (`"${prefix}-${var.bucket}"`), or the names of all
environments of which the module picks one. Must not know what the text means.
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


def is_handed_on(evaluated: Evaluated, text: str) -> bool:
    """Whether some argument in the deployment is this very text, or the ARN of a bucket (or of what is in it) that is
    called so."""
    return any(_is(leaf, text) for leaf in _leaves(evaluated))


def _is(leaf: str, text: str) -> bool:
    if text not in leaf:
        return False
    return leaf == text or leaf.partition(_BUCKET)[2].partition("/")[0] == text


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
