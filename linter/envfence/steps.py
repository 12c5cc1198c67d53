"""The name of something unknown, cut down to what a person needs of it.

Comes in: what is unknown, as the program names it (`jsondecode(data.vault_secret.accounts.value).ids["staging"]`). Goes
out: its last steps (`…ids["staging"]`). Must not know: why it is unknown.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: A name up to this length is shown whole.
_LONGEST = 45
_STEP = re.compile(r"""\["[^"\]]*"\]|\[\d+\]|[A-Za-z_][\w-]*""")
#: The steps at the end of a name, back to the last bracket of a call or operator.
_TAIL = re.compile(r"""(?:(?:^|\.)[A-Za-z_][\w-]*|\["[^"\]]*"\]|\[\d+\])+$""")
#: The call that ends a name, by its own name, and what is inside.
_CALL = re.compile(r"([a-z][a-z0-9_]*)\((.*)\)$", re.DOTALL)
_REFERENCE = re.compile(r"""(?:[A-Za-z_][\w-]*)(?:\.[A-Za-z_][\w-]*|\["[^"\]]*"\]|\[\d+\])+""")
#: Steps that say which part of a thing is meant, and not which thing.
_PARTS = frozenset({"secret_string", "secret_binary", "value", "values", "outputs", "result", "data"})
_MOST_TELLING = 2
_DEEPEST = 4
#: What stands for the rest of a name that was too long to keep.
_DIGEST = re.compile(r"…#[0-9a-f]{32}$")


@lru_cache(maxsize=16384)
def last_steps(what: str) -> str:
    """`what` itself when it is short; else its last telling steps behind `…`, for a call with the function around
    those of its argument."""
    return _cut(_DIGEST.sub("…", what), 0)


def _cut(what: str, depth: int) -> str:
    if len(what) <= _LONGEST:
        return what
    tail = _TAIL.search(what)
    if tail is not None:
        shown = _telling(what, tail.start(), tail.group())
        return shown if len(shown) < len(what) else what
    call = _CALL.search(what)
    if call is not None and depth < _DEEPEST:
        inside = _REFERENCE.findall(call[2])
        named = _cut(inside[-1], depth + 1).lstrip("…") if inside else ""
        return f"{call[1]}(…{named}…)" if named else f"{call[1]}(…)"
    return what


def _telling(what: str, start: int, tail: str) -> str:
    """The last telling steps of a name; where its tail has none, the last one before it."""
    steps = _STEP.findall(tail)
    kept: list[str] = []
    telling = 0
    while steps and telling < _MOST_TELLING:
        step = steps.pop()
        if steps[-1:] == ["data"]:
            break  # the type of a look-up
        if step in _PARTS and kept:
            if kept[0] != "…":
                kept.insert(0, "…")
            continue
        kept.insert(0, step)
        telling += step not in _PARTS and not step.startswith("[")
    if not telling and (before := _before(what[:start])):
        kept[:0] = [before, "…"]
    return ("…" + _joined(kept)).replace("……", "…")


def _before(what: str) -> str:
    """The last telling step before a bracket that closes a call: `accounts` in `jsondecode(data.x.accounts.value)`."""
    found = _TAIL.search(what.rstrip(")"))
    if found is None or not what.endswith(")"):
        return ""
    return next((step for step in reversed(_STEP.findall(found.group())) if step not in _PARTS), "")


def _joined(steps: list[str]) -> str:
    text = ""
    for step in steps:
        text += step if not text or step[0] in "[…" or text.endswith("…") else "." + step
    return text
