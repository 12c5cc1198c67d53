"""Patterns against texts that both may have holes: does it match for every value of the holes, for none, or for some?

Comes in: a pattern with `*` and `?`, a text. Goes out: YES, MAYBE or NO. Must not know: policies, the graph.

A hole in a text is anything, of any length, as far as its class does not say more. A hole in a pattern matches
surely only the same hole. `OPAQUE` is one part of a text that is free to choose (the key of an object): only wildcards
match it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from envfence.values import LAST_HOLE, Symbol, has_holes, hole_char, hole_index

NO: Final = 0
MAYBE: Final = 1
YES: Final = 2

OPAQUE: Final = "\ue000"
#: A literal star or question mark, as `${*}` and `${?}` write it.
LITERAL_STAR: Final = "\ue001"
LITERAL_QUESTION: Final = "\ue002"
#: Any text; never surely equal to anything, not even to itself.
ANYTHING: Final = chr(LAST_HOLE)

_ESCAPED = {LITERAL_STAR: "*", LITERAL_QUESTION: "?"}
_NOT_ONE = "\U000f0000-\U000ffffd\U00100000-\U0010fffd" + OPAQUE
_ONE = f"[^{_NOT_ONE}]"
_DIGITS = frozenset("0123456789")
_ACCOUNT = re.compile(r"^account\(|account_id$")
_STEP = r"(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*"
_OWN_ATTRIBUTE = re.compile(rf"^{_STEP}(?:aws|random|google|azurerm|azuread)_\w+\.[^.\[]+(?:\[[^\]]*\])?\.")
#: What a module call that is not in the repository gives out by such a name is what that call made.
_MADE_BY_MODULE = re.compile(
    r"^(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)+\w*(?:arn|bucket|bucket_id|name|key_id|queue_id|url)$"
)
_ARN_PARTS = 6
_CACHE = 1_000_000

#: Twelve digits; the identity of one managed resource, which no other resource has.
ACCOUNT_CLASS: Final = "account"
OWN_CLASS: Final = "own"

Token = tuple[str, str]
_MANY, _SINGLE, _DIGIT, _LITERAL = "many", "single", "digit", "literal"
_REGEX_OF = {_MANY: ".*", _SINGLE: f"[^{OPAQUE}]", _DIGIT: "[0-9]"}


def hole_classes(symbols: Iterable[Symbol]) -> dict[str, str]:
    """What the names of the symbols say about the text of their holes."""
    result: dict[str, str] = {}
    for index, symbol in enumerate(symbols):
        if _ACCOUNT.search(symbol.what):
            result[hole_char(index)] = ACCOUNT_CLASS
        elif symbol.scope and (_OWN_ATTRIBUTE.match(symbol.what) or _MADE_BY_MODULE.match(symbol.what)):
            result[hole_char(index)] = OWN_CLASS
    return result


class Matcher:
    """Matches and remembers; one for each table of symbols."""

    def __init__(self, classes: Mapping[str, str] | None = None) -> None:
        self._classes = dict(classes or {})
        self._arns: dict[tuple[str, str], int] = {}
        self._texts: dict[tuple[str, str], int] = {}
        self._open: dict[tuple[str, bool], re.Pattern[str]] = {}

    def text(self, pattern: str, target: str) -> int:
        """A pattern against a text, letter case included."""
        if pattern == "*":
            return YES
        key = (pattern, target)
        found = self._texts.get(key)
        if found is None:
            if len(self._texts) > _CACHE:
                self._texts.clear()
            found = self._texts[key] = self._match(pattern, target)
        return found

    def equal(self, left: str, right: str) -> int:
        """Two texts without wildcards."""
        if left == right:
            return MAYBE if ANYTHING in left else YES
        if left.isascii() and right.isascii():
            return NO
        return self.text(literal(left), right)

    def is_account(self, hole: str) -> bool:
        """Whether a hole is known to be an account number."""
        return self._classes.get(hole) == ACCOUNT_CLASS

    def arn(self, pattern: str, target: str) -> int:
        """A pattern against an ARN: by segment on the first five colons, these without regard to case."""
        if pattern == "*":
            return YES
        key = (pattern, target)
        found = self._arns.get(key)
        if found is None:
            if len(self._arns) > _CACHE:
                self._arns.clear()
            found = self._arns[key] = self._arn(pattern, target)
        return found

    def _arn(self, pattern: str, target: str) -> int:
        parts, wanted = _segments(pattern), _segments(target)
        if len(wanted) < _ARN_PARTS:
            return self.text(pattern, target)
        if len(parts) < _ARN_PARTS:
            if has_holes(pattern):
                return self.text(pattern, target)
            if parts[0] != "arn" and "*" not in parts[0]:
                return NO
            parts = (*parts, *("*",) * (_ARN_PARTS - len(parts)))
        result = YES
        for index in (2, 5, 4, 3, 1, 0):
            left, right = parts[index], wanted[index]
            if left == "*" or (left == right and left.isascii()):
                continue
            result = min(result, self.text(left, right))
            if result == NO:
                break
        return result

    def _match(self, pattern: str, target: str) -> int:
        if pattern == target:
            return MAYBE if ANYTHING in pattern else YES
        if not _compatible_ends(pattern, target):
            return NO
        if _regex(pattern).fullmatch(target) is not None:
            return YES
        if not has_holes(pattern) and not has_holes(target):
            return NO
        left, right = _strip_equal(pattern, target)
        return MAYBE if _compatible_ends(left, right) and self._may_match(left, right) else NO

    def _may_match(self, pattern: str, target: str) -> bool:
        """Whether some filling of the holes matches; a regular expression answers where one side has nothing open."""
        if not has_holes(target):
            return self._open_regex(pattern, True).fullmatch(target) is not None
        if "*" not in pattern and "?" not in pattern and pattern.isascii() and OPAQUE not in target:
            return self._open_regex(target, False).fullmatch(pattern) is not None
        return _may(self._tokens(pattern, True), self._tokens(target, False))

    def _open_regex(self, text: str, is_pattern: bool) -> re.Pattern[str]:
        key = (text, is_pattern)
        found = self._open.get(key)
        if found is None:
            parts = [_REGEX_OF.get(kind, "") or re.escape(char) for kind, char in self._tokens(text, is_pattern)]
            joined = re.sub(r"(?:\.\*)+", ".*", "".join(parts))
            found = self._open[key] = re.compile(joined, re.DOTALL)
        return found

    def _tokens(self, text: str, is_pattern: bool) -> list[Token]:
        tokens: list[Token] = []
        for char in text:
            if is_pattern and char == "*":
                tokens.append((_MANY, "*"))
            elif is_pattern and char == "?":
                tokens.append((_SINGLE, "?"))
            elif hole_index(char) is None:
                tokens.append((_LITERAL, _ESCAPED.get(char, char) if is_pattern else char))
            else:
                tokens.extend(self._hole(char, is_pattern))
        return tokens

    def _hole(self, char: str, is_pattern: bool) -> list[Token]:
        kind = self._classes.get(char, "") if char != ANYTHING else ""
        if kind == ACCOUNT_CLASS:
            return [(_DIGIT, ACCOUNT_CLASS)] * 12
        if kind == OWN_CLASS and is_pattern:
            return [(_LITERAL, char)]
        return [(_MANY, char)]


def literal(text: str) -> str:
    """A text as a pattern that matches only itself."""
    return text.replace("*", LITERAL_STAR).replace("?", LITERAL_QUESTION) if "*" in text or "?" in text else text


def _compatible_ends(pattern: str, target: str) -> bool:
    """A quick refusal: ordinary characters before the first and after the last wildcard or hole must agree."""
    for char, other in zip(pattern, target, strict=False):
        if char in "*?" or not char.isascii() or not other.isascii():
            break
        if char != other:
            return False
    for char, other in zip(reversed(pattern), reversed(target), strict=False):
        if char in "*?" or not char.isascii() or not other.isascii():
            break
        if char != other:
            return False
    return True


@lru_cache(maxsize=100_000)
def _segments(arn: str) -> tuple[str, ...]:
    """The segments of an ARN; all but the last in lower case, since letter case counts only there."""
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return tuple(part.lower() for part in parts)
    return (*(part.lower() for part in parts[:-1]), parts[-1])


@lru_cache(maxsize=100_000)
def _regex(pattern: str) -> re.Pattern[str]:
    parts = []
    for char in pattern:
        if char == "*":
            parts.append(".*")
        elif char == "?":
            parts.append(_ONE)
        elif char == ANYTHING:
            parts.append("(?!)")
        elif char in (LITERAL_STAR, LITERAL_QUESTION):
            parts.append(re.escape("*" if char == LITERAL_STAR else "?"))
        else:
            parts.append(re.escape(char))
    return re.compile(re.sub(r"(?:\.\*)+", ".*", "".join(parts)), re.DOTALL)


def _strip_equal(pattern: str, target: str) -> tuple[str, str]:
    """Without the equal beginning and end: the same hole holds the same text on both sides."""
    start, limit = 0, min(len(pattern), len(target))
    while start < limit and pattern[start] == target[start] and pattern[start] not in ("*", "?", ANYTHING):
        start += 1
    end = 0
    while (
        end < limit - start and pattern[-1 - end] == target[-1 - end] and pattern[-1 - end] not in ("*", "?", ANYTHING)
    ):
        end += 1
    return pattern[start : len(pattern) - end], target[start : len(target) - end]


def _may(pattern: list[Token], target: list[Token]) -> bool:
    """Whether some text fits both; every hole is on its own here, so this errs towards yes.

    Walks over the target with the set of reached positions of the pattern in the bits of one number.
    """
    size = len(pattern)
    at = _positions(pattern)
    many, single, digit = at.get((_MANY, ""), 0), at.get((_SINGLE, ""), 0), at.get((_DIGIT, ""), 0)
    digits = sum(at.get((_LITERAL, char), 0) for char in "0123456789")
    blocked = sum(1 << index for index, token in enumerate(pattern) if _of_one_thing(token))
    reached = _skip(1, many)
    for kind, char in target:
        if kind == _MANY:
            reached = _fill(reached, blocked & ~at.get((_LITERAL, char), 0), size)
        else:
            fits = digit | digits | single if kind == _DIGIT else at.get((_LITERAL, char), 0)
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


def _of_one_thing(token: Token) -> bool:
    """A literal that no other unknown can contain: the free part, or the identity of another resource."""
    return token[0] == _LITERAL and (token[1] == OPAQUE or hole_index(token[1]) is not None)
