"""What is surely in a list that as a whole is not known: `sort([account(aws), "172025368201"])` has the literal.

Comes in: the canonical text of an unknown. Goes out: the string literals that it has as elements, whatever else it has.
Must not know: policies.
"""

from __future__ import annotations

import re

#: Functions that keep every element, whatever they do to order, repetition and nesting.
_KEEPING = frozenset({"sort", "distinct", "toset", "tolist", "concat", "flatten", "reverse", "setunion", "compact"})
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\](){},]|[^\s"\[\](){},]+')
_LIST, _OTHER = "list", "other"


def members(what: str) -> tuple[str, ...]:
    """The literals, in order; none when the text has choices or templates in it."""
    text = what.partition("…")[0]
    if "${" in text or "?" in text:
        return ()
    found: list[str] = []
    stack: list[str] = []
    before = "("
    for part in _PART.findall(text):
        if part == "[":
            stack.append(_LIST if before in ("(", "[", ",") else _OTHER)
        elif part in ("(", "{"):
            stack.append(before if part == "(" and before in _KEEPING else _OTHER)
        elif part in ("]", ")", "}"):
            del stack[-1:]
        elif part[0] == '"' and before in ("[", ",") and stack and stack[-1] == _LIST and _OTHER not in stack:
            found.append(part[1:-1])
        before = part
    if not stack or text != what:
        return tuple(dict.fromkeys(each for each in found if each and "\\" not in each))
    return ()
