"""One text with wildcards or holes, made ready for matching; and whether two such texts have a filling in common.

Comes in: a text, what is known of its holes. Goes out: a `Glob`; yes or no. Must not know: ARNs, policies, verdicts.

Most pairs are settled by the ordinary characters at both ends: where the first and the last open part of both texts
may hold anything, nothing between them matters. What is left is walked through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from envfence.values import LAST_HOLE, hole_index, holes_in

OPAQUE: Final = "\ue000"
#: A literal star or question mark, as `${*}` and `${?}` write it.
LITERAL_STAR: Final = "\ue001"
LITERAL_QUESTION: Final = "\ue002"
#: Any text; never surely equal to anything, not even to itself.
ANYTHING: Final = chr(LAST_HOLE)
#: Twelve digits; the identity of one managed resource, which no other resource has.
ACCOUNT_CLASS: Final = "account"
OWN_CLASS: Final = "own"

Token = tuple[str, str]
_MANY, _SINGLE, _DIGIT, _LITERAL = "many", "single", "digit", "literal"
_ESCAPED = {LITERAL_STAR: "*", LITERAL_QUESTION: "?"}
_DIGITS = frozenset("0123456789")
_ACCOUNT_DIGITS = 12
_NOT_ONE = "\U000f0000-\U000ffffd\U00100000-\U0010fffd" + OPAQUE
_ONE = f"[^{_NOT_ONE}]"
_REGEX_OF = {_MANY: ".*", _SINGLE: f"[^{OPAQUE}]", _DIGIT: "[0-9]"}
_UNPLAIN = frozenset((OPAQUE, LITERAL_STAR, LITERAL_QUESTION, ANYTHING, "?"))


class Glob:
    """A pattern, or a text that a pattern may match. `head` and `tail` are what it surely begins and ends with.

    `begins` and `ends` say whether its first and last open part may hold anything; `lone` whether it has no other.
    `loose` says that no part of it can be one certain thing only. `star` is a pattern as what stands before and behind
    its only wildcard.
    """

    __slots__ = (
        "_open",
        "_prepared",
        "_sure",
        "ascii",
        "begins",
        "ends",
        "exact",
        "head",
        "holes",
        "lone",
        "loose",
        "star",
        "tail",
        "text",
        "tokens",
    )

    def __init__(self, text: str, is_pattern: bool, classes: Mapping[str, str]) -> None:
        self.text = text
        self.ascii = text.isascii()
        self.holes = holes_in(text)
        self.tokens = _tokens(text, is_pattern, classes)
        stops = [index for index, token in enumerate(self.tokens) if _is_open(token)]
        first, last = (stops[0], stops[-1]) if stops else (len(self.tokens), len(self.tokens) - 1)
        self.head = "".join(char for _, char in self.tokens[:first])
        self.tail = "".join(char for _, char in self.tokens[last + 1 :])
        self.begins = bool(stops) and self.tokens[first][0] == _MANY
        self.ends = bool(stops) and self.tokens[last][0] == _MANY
        self.lone = self.begins and first == last
        self.loose = not any(_of_one_thing(self.tokens[index]) for index in stops)
        stars = text.count("*") if is_pattern else 0
        #: Whether nothing but itself surely matches.
        self.exact = not stars and "?" not in text and LITERAL_STAR not in text and LITERAL_QUESTION not in text
        plain = stars == 1 and (self.ascii or _UNPLAIN.isdisjoint(text)) and "?" not in text
        self.star = (text[: text.index("*")], text[text.index("*") + 1 :]) if plain else None
        self._sure: re.Pattern[str] | None = None
        self._open: re.Pattern[str] | None = None
        self._prepared: Prepared | None = None

    def surely(self, target: str) -> bool:
        """Whether this pattern matches a text whatever the holes hold; they must not be the same text."""
        if self.exact:
            return False
        if self.star is not None:
            before, behind = self.star
            return len(target) >= len(before) + len(behind) and target.startswith(before) and target.endswith(behind)
        if self._sure is None:
            self._sure = _sure_regex(self.text)
        return self._sure.fullmatch(target) is not None

    def open_regex(self) -> re.Pattern[str]:
        """What it may be, as a regular expression."""
        if self._open is None:
            parts = [_REGEX_OF.get(kind, "") or re.escape(char) for kind, char in self.tokens]
            self._open = re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(parts)), re.DOTALL)
        return self._open

    def prepared(self) -> Prepared:
        """Its tokens as bits."""
        if self._prepared is None:
            self._prepared = _prepare(self.tokens)
        return self._prepared


def ends_agree(pattern: Glob, target: Glob) -> bool:
    """Whether the ordinary characters at both ends fit each other."""
    start, head, end, tail = pattern.head, target.head, pattern.tail, target.tail
    return (start.startswith(head) or head.startswith(start)) and (end.endswith(tail) or tail.endswith(end))


def overlap(pattern: Glob, target: Glob) -> bool:
    """Whether some filling of the holes matches, for texts whose ends agree; every hole is on its own here, so this
    errs towards yes."""
    if not target.holes:
        if pattern.lone and pattern.loose:
            return _has_ends(target.text, pattern)
        return pattern.open_regex().fullmatch(target.text) is not None
    if "*" not in pattern.text and "?" not in pattern.text and pattern.ascii and OPAQUE not in target.text:
        if target.lone:
            return _has_ends(pattern.text, target)
        return target.open_regex().fullmatch(pattern.text) is not None
    if pattern.begins and pattern.ends and pattern.loose and target.begins and (target.ends or not pattern.tail):
        return True
    return _may(pattern.prepared(), target.tokens)


def _has_ends(text: str, open_one: Glob) -> bool:
    head, tail = open_one.head, open_one.tail
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def _sure_regex(pattern: str) -> re.Pattern[str]:
    parts = []
    for char in pattern:
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(_ONE)
        elif char == ANYTHING:
            parts.append("(?!)")
        else:
            parts.append(re.escape(_ESCAPED.get(char, char)))
    return re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(parts)), re.DOTALL)


def _tokens(text: str, is_pattern: bool, classes: Mapping[str, str]) -> list[Token]:
    tokens: list[Token] = []
    for char in text:
        if is_pattern and char == "*":
            tokens.append((_MANY, "*"))
        elif is_pattern and char == "?":
            tokens.append((_SINGLE, "?"))
        elif hole_index(char) is None:
            tokens.append((_LITERAL, _ESCAPED.get(char, char) if is_pattern else char))
        else:
            tokens.extend(_hole(char, is_pattern, classes))
    return tokens


def _hole(char: str, is_pattern: bool, classes: Mapping[str, str]) -> list[Token]:
    kind = classes.get(char, "") if char != ANYTHING else ""
    if kind == ACCOUNT_CLASS:
        return [(_DIGIT, ACCOUNT_CLASS)] * _ACCOUNT_DIGITS
    if kind == OWN_CLASS and is_pattern:
        return [(_LITERAL, char)]
    return [(_MANY, char)]


def _is_open(token: Token) -> bool:
    return token[0] != _LITERAL or _of_one_thing(token)


def _of_one_thing(token: Token) -> bool:
    """A literal that no other unknown can contain: the free part, or the identity of another resource."""
    return token[0] == _LITERAL and (token[1] == OPAQUE or hole_index(token[1]) is not None)


class Prepared(NamedTuple):
    """The tokens of a pattern as positions in the bits of numbers."""

    size: int
    at: dict[Token, int]
    many: int
    single: int
    digit: int
    digits: int
    blocked: int


def _prepare(pattern: list[Token]) -> Prepared:
    at = _positions(pattern)
    return Prepared(
        len(pattern),
        at,
        at.get((_MANY, ""), 0),
        at.get((_SINGLE, ""), 0),
        at.get((_DIGIT, ""), 0),
        sum(at.get((_LITERAL, char), 0) for char in "0123456789"),
        sum(1 << index for index, token in enumerate(pattern) if _of_one_thing(token)),
    )


def _may(pattern: Prepared, target: list[Token]) -> bool:
    """Walks over the target with the set of reached positions of the pattern in the bits of one number."""
    size, at, many, single, digit, digits, blocked = pattern
    reached = _skip(1, many)
    for token in target:
        kind, char = token
        if kind == _MANY:
            reached = _fill(reached, blocked & ~at.get((_LITERAL, char), 0), size)
        else:
            fits = digit | digits | single if kind == _DIGIT else at.get(token, 0)
            if kind == _LITERAL and char != OPAQUE:
                fits |= single | (digit if char in _DIGITS else 0)
            reached = ((reached & fits) << 1) | (reached & many)
        reached = _skip(reached, many)
        if not reached:
            return False
    return bool(reached >> size & 1)


def _positions(pattern: list[Token]) -> dict[Token, int]:
    """For each kind of token, and each literal, its positions as bits."""
    result: dict[Token, int] = {}
    for index, (kind, char) in enumerate(pattern):
        key = (kind, char if kind == _LITERAL else "")
        result[key] = result.get(key, 0) | 1 << index
    return result


def _skip(reached: int, many: int) -> int:
    """What is reached when parts of any length are empty."""
    while True:
        more = reached | (reached & many) << 1
        if more == reached:
            return reached
        reached = more


def _fill(reached: int, blocked: int, size: int) -> int:
    """What is reached when the target goes on with any text: all that follows, up to what only one thing can be."""
    limit = (1 << size + 1) - 1
    if not blocked:
        return limit & ~((reached & -reached) - 1)
    while True:
        more = (reached | (reached & ~blocked) << 1) & limit
        if more == reached:
            return reached
        reached = more
