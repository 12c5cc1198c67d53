"""Functions with regular expressions, in the syntax that Terraform has (RE2).

Comes in: converted arguments. Goes out: values. Must not know: other string functions.
"""

from __future__ import annotations

import re as plain_re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from envfence.evaluate.convert import STRING
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import checked_count, checked_length, each_part, function
from envfence.values import Mapping, Sequence, Value, has_holes

_GROUP = plain_re.compile(r"\$(?:(\$)|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})")
_MEMORY = 8 << 20


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """A compiled pattern; raises `FunctionError`."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise FunctionError(f"the regular expression is invalid: {error}") from None


def _shape(pattern: Any) -> tuple[dict[str, int], int]:
    """Named groups and the number of groups; Terraform refuses a mixture."""
    names = dict(pattern.groupindex)
    if names and len(names) != pattern.groups:
        raise FunctionError("a regular expression must not mix named and unnamed groups")
    return names, pattern.groups


def _captured(match: Any, names: dict[str, int], groups: int) -> Value:
    if names:
        return Mapping({name: match.group(number) for name, number in sorted(names.items())})
    if groups:
        return Sequence(tuple(match.group(number) for number in range(1, groups + 1)))
    text: str = match.group(0)
    return text


def _matches(pattern: Any, text: str) -> Iterator[Any]:
    """All matches; unlike Python, Go takes no empty one right behind another."""
    end = -1
    for match in pattern.finditer(text):
        if match.start() == match.end() == end:
            continue
        end = match.end()
        yield match


@function("regex", STRING, STRING)
def regex(_context: FunctionContext, pattern: str, text: str) -> Value:
    """The first match: its text, or its groups."""
    found = compiled(pattern)
    names, groups = _shape(found)
    match = found.search(text)
    if match is None:
        raise FunctionError("the pattern does not match")
    return _captured(match, names, groups)


@function("regexall", STRING, STRING, returns="list")
def regexall(_context: FunctionContext, pattern: str, text: str) -> Value:
    """All matches."""
    found = compiled(pattern)
    names, groups = _shape(found)
    matches: list[Value] = []
    for match in _matches(found, text):
        matches.append(_captured(match, names, groups))
        checked_count(len(matches))
    return Sequence(tuple(matches), "list")


@function("replace", STRING, STRING, STRING, returns="string", partial=True)
def replace(context: FunctionContext, text: str, sought: str, new: str) -> Value:
    """Every occurrence replaced; `/…/` is a regular expression.

    With holes in the text only the replacement of single characters goes part by part; a longer one may begin in a
    hole.
    """
    if len(sought) > 1 and sought[0] == "/" and sought[-1] == "/":
        if has_holes(text) or has_holes(sought) or has_holes(new):
            raise Undecided("replace() by a regular expression of something unknown")
        return _replace_pattern(text, sought[1:-1], new)
    if has_holes(sought) or (has_holes(text) and len(sought) != 1):
        raise Undecided("replace() depends on an unknown part of a string")
    count = text.count(sought)
    checked_length(len(text) + count * len(new))
    return each_part(context, "replace", text, (sought, new), lambda part: part.replace(sought, new))


def _replace_pattern(text: str, pattern: str, new: str) -> str:
    found, made, at, size = compiled(pattern), [], 0, 0
    names = found.groupindex
    for match in _matches(found, text):
        piece = text[at : match.start()] + _expand(match, new, names, found.groups)
        size += len(piece)
        checked_length(size)
        made.append(piece)
        at = match.end()
    return "".join(made) + text[at:]


def _expand(match: Any, new: str, names: Any, groups: int) -> str:
    def group(reference: plain_re.Match[str]) -> str:
        if reference.group(1):
            return "$"
        name = reference.group(2) or reference.group(3)
        number = int(name) if name.isdigit() and len(name) < 6 else names.get(name, -1)
        return (match.group(number) or "") if 0 <= number <= groups else ""

    return _GROUP.sub(group, new)
