"""Policy JSON with holes, in and out.

Comes in: the text of a policy, in which a hole may stand inside a string or, bare, for a whole value (a list that is
not known). Goes out: plain Python data with `Bare` for such a value; and text again, exactly as the provider prints it.
Must not know: Terraform, who the policy is attached to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import TypeAlias

from envfence.values import has_holes

#: A policy is at most 20 KB at AWS; this leaves room for pretty printing and many merged sources.
MAX_TEXT = 1_000_000
MAX_DEPTH = 20

_HOLES = "\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_STRING_OR_HOLE = re.compile(rf'"(?:[^"\\]|\\.)*"|[{_HOLES}]', re.DOTALL)
_BARE_KEY = "\x00bare"
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True, slots=True)
class Bare:
    """A value of which only the symbol is known: it may be a string, a list, an object or several list elements."""

    char: str


Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | Bare | None"


class PolicyError(ValueError):
    """The text is no policy; the message says why in words for the report."""


def loads(text: str, twice: list[str] | None = None) -> Data:
    """The data of a JSON text with holes; raises `PolicyError`. Keys that occur twice in one object, of which the last
    counts, are added to `twice`."""
    repeated = [] if twice is None else twice

    def pairs(found: list[tuple[str, Data]]) -> Data:
        made = dict(found)
        if len(made) < len(found):
            names = [name for name, _ in found]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return _object(made)

    if len(text) > MAX_TEXT:
        raise PolicyError("the policy is larger than any that AWS accepts")
    if has_holes(text):
        text = _STRING_OR_HOLE.sub(_quote_bare, text)
    try:
        data: Data = json.loads(text, strict=False, object_pairs_hook=pairs)
    except RecursionError:
        raise PolicyError("the policy is nested too deeply") from None
    except ValueError as error:
        raise PolicyError(f"the policy is not JSON: {error}") from None
    _check_depth(data)
    return data


def dumps(data: Data, indent: bool = False) -> str:
    """JSON as the provider prints it (it is written in Go): keys in the order given, HTML characters escaped."""
    return _print(data, "\n" if indent else "")


def _quote_bare(match: re.Match[str]) -> str:
    found = match.group()
    return found if found[0] == '"' else f'{{"\\u0000bare":"{found}"}}'


def _object(raw: dict[str, Data]) -> Data:
    char = raw.get(_BARE_KEY)
    return Bare(char) if isinstance(char, str) else raw


def _check_depth(data: Data) -> None:
    level: list[Data] = [data]
    for _ in range(MAX_DEPTH):
        below: list[Data] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise PolicyError("the policy is nested too deeply")


def _print(data: Data, newline: str) -> str:
    if isinstance(data, str):
        return encode_basestring(data).translate(_HTML)
    if isinstance(data, Bare):
        return data.char
    if isinstance(data, Mapping):
        return _wrap("{", [_pair(key, value, newline) for key, value in data.items()], "}", newline)
    if isinstance(data, list):
        deeper = newline and newline + "  "
        return _wrap("[", [_print(value, deeper) for value in data], "]", newline)
    return json.dumps(data, ensure_ascii=False).translate(_HTML)


def _pair(key: str, value: Data, newline: str) -> str:
    colon = ": " if newline else ":"
    return _print(key, "") + colon + _print(value, newline and newline + "  ")


def _wrap(opening: str, items: list[str], closing: str, newline: str) -> str:
    if not items:
        return opening + closing
    inner = newline and newline + "  "
    return opening + inner + ("," + inner).join(items) + newline + closing
