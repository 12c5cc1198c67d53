"""Addresses taken apart: which labels and keys stand on the way down to a resource.

Comes in: an address as Terraform prints it, or a name of another format. Goes out: steps. Must not know: environments.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_STEP = re.compile(r'\.?([^.\[\]]+)((?:\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\])?)')
_MAX = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """One module instance, or the resource itself (`type` is empty for a module).

    `place` is the address of what holds it, with the keys on the way; `path` is the address up to and with this step's
    key; `key` is None without a key and `?` for an unknown one.
    """

    place: str
    path: str
    type: str
    label: str
    key: str | None


@functools.lru_cache(maxsize=8192)
def module_steps(prefix: str) -> tuple[Step, ...]:
    """The steps of a module path: `module.a["x"].module.b`."""
    return _steps(prefix)


@functools.lru_cache(maxsize=131072)
def steps_of(address: str) -> tuple[Step, ...]:
    """All steps of an address, outermost first; one step without a type for a text in another form."""
    if len(address) > _MAX or "\n" in address:
        return ()
    head, dot, last = _split_last(address)
    return (*(module_steps(head) if dot else ()), *_resource(head, last))


def _split_last(address: str) -> tuple[str, str, str]:
    """The module path and the resource part of an address."""
    end = 0
    position = 0
    while address.startswith("module.", position):
        match = _STEP.match(address, position + len("module."))
        if match is None or match.end() >= len(address) or address[match.end()] != ".":
            break
        end = match.end()
        position = end + 1
    return address[:end], "." if end else "", address[end + 1 if end else 0 :]


def _resource(head: str, text: str) -> tuple[Step, ...]:
    pieces = [(match[1], match[2]) for match in _STEP.finditer(text)]
    if pieces and pieces[0][0] == "data":
        pieces = pieces[1:]
    if len(pieces) < 2 or pieces[0][1]:
        return (Step(head, text, "", text, None),) if text else ()
    kind = pieces[0][0]
    label, key = pieces[1]
    return (Step(head, f"{head}.{text}" if head else text, kind, label, _key(key)),)


def _steps(prefix: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    place = ""
    while prefix.startswith("module.", position):
        match = _STEP.match(prefix, position + len("module."))
        if match is None:
            break
        path = prefix[: match.end()]
        steps.append(Step(place, path, "", match[1], _key(match[2])))
        place = path
        position = match.end() + 1
    return tuple(steps)


def _key(text: str) -> str | None:
    if not text:
        return None
    inner = text[1:-1]
    return inner[1:-1] if inner.startswith('"') else inner
