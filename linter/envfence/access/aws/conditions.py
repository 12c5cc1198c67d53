"""Condition operators, in three values.

Comes in: a condition with its policy values, and the state of its key in the request. Goes out: YES, MAYBE or NO.
Must not know: who asks.

Operators and keys are joined by AND, the values of one key by OR; a negated operator holds when none of its values
matches. A key that is missing fails a positive operator and passes a negated one.
"""

from __future__ import annotations

import ipaddress
import operator as op
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from envfence.access.aws.context import ABSENT, CHOSEN, KNOWN, UNKNOWN, Found
from envfence.access.match import LITERAL_QUESTION, LITERAL_STAR, NO, YES, Matcher
from envfence.values import has_holes

Test = Callable[[Matcher, str, str], int]
#: The verdict about a text that the operator cannot read.
INVALID: Final = -1
_PREFIX = re.compile(r"^(forallvalues|foranyvalue):", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_OTHER_NUMBER = re.compile(r"[+-]?(?:0[xob][0-9a-f]+|\d*\.?\d*(?:e[+-]?\d+)?)", re.IGNORECASE)
_COLONS = 5
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lessthan": op.lt,
    "lessthanequals": op.le,
    "greaterthan": op.gt,
    "greaterthanequals": op.ge,
}


@dataclass(frozen=True, slots=True)
class Operator:
    """What compares a value of the policy with one of the request."""

    test: Test
    negated: bool = False


def evaluate(
    matcher: Matcher, test: str, values: tuple[str | None, ...], found: Found, allow: bool, key: str = ""
) -> int:
    """One condition on one key. A value of None is one whose variable has none; `allow` says which way a key leans
    that the caller chooses; `key` names what is unknown when the answer is open."""
    quantifier = ""
    match = _PREFIX.match(test)
    name = test.lower()
    if match:
        quantifier, name = match.group(1).lower(), name[match.end() :]
    if found.state == CHOSEN:
        # The caller meets the condition of an Allow and avoids that of a Deny.
        return YES if allow else NO
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    if found.state == UNKNOWN and (found.symbol or not quantifier):
        # A list has a value that nobody knows; without a quantifier that does not matter.
        known = Found(KNOWN, (found.symbol,), many=found.many)
        there = YES if found.present else matcher.undecided("has", key)
        found = {YES: known, NO: Found(ABSENT)}.get(there, Found(UNKNOWN))
    if name == "null":
        return _null(matcher, values, found, key)
    operator = _TESTS.get(name)
    if operator is None or found.state == UNKNOWN:
        return matcher.undecided(test.lower(), key, *(value or "" for value in values))
    if found.state == ABSENT:
        passes = quantifier == "forallvalues" if quantifier else if_exists or operator.negated
        return YES if passes else NO
    return _known(matcher, operator, quantifier, values, found)


def _known(matcher: Matcher, operator: Operator, quantifier: str, values: tuple[str | None, ...], found: Found) -> int:
    if not quantifier and (found.many or len(found.values) > 1):
        return NO  # a key with several values needs ForAllValues or ForAnyValue
    each = [_one(matcher, operator, values, value) for value in found.values]
    if quantifier == "forallvalues":
        return min(each, default=YES)
    return max(each, default=YES if operator.negated and not quantifier else NO)


def _one(matcher: Matcher, operator: Operator, values: tuple[str | None, ...], value: str) -> int:
    """One value of the request against all of the policy. What cannot be read, or has no value, fails a negated
    operator too."""
    result = NO
    for wanted in values:
        verdict = INVALID if wanted is None else operator.test(matcher, wanted, value)
        if verdict == INVALID:
            if operator.negated:
                return NO
            continue
        result = max(result, verdict)
    return YES - result if operator.negated else result


def _null(matcher: Matcher, values: tuple[str | None, ...], found: Found, key: str) -> int:
    if found.state == UNKNOWN or any(has_holes(value or "") for value in values):
        return matcher.undecided("null", key, *(value or "" for value in values))
    absent = found.state == ABSENT or not found.values
    wanted = {(value or "").lower() for value in values}
    return YES if ("true" if absent else "false") in wanted else NO


def _string_equals(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.equal(_unwild(wanted), value)


def _ignore_case(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.fold(_unwild(wanted), value)


def _string_like(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.text(wanted, value)


def _arn(matcher: Matcher, wanted: str, value: str) -> int:
    """By segment, letter case included."""
    if not has_holes(value) and value.count(":") < _COLONS:
        return INVALID
    if not has_holes(wanted) and wanted.count(":") < _COLONS:
        # AWS speaks of the six segments only; what a shorter text with wildcards means is not written anywhere.
        return matcher.undecided("arn", wanted, value) if "*" in wanted else INVALID
    left, right = wanted.split(":", _COLONS), value.split(":", _COLONS)
    if len(left) != len(right):
        return matcher.text(wanted, value)
    result = YES
    for index in (2, 5, 4, 3, 1, 0):
        result = min(result, matcher.text(left[index], right[index]))
        if result == NO:
            break
    return result


def _bool(matcher: Matcher, wanted: str, value: str) -> int:
    left, right = wanted.lower(), value.lower()
    if any(not has_holes(text) and text not in ("true", "false") for text in (left, right)):
        return INVALID
    return matcher.equal(left, right)


def _unwild(text: str) -> str:
    """In an exact test the escapes `${*}` and `${?}` are the characters themselves."""
    return text.replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION, "?")


def _compared(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Test:
    """A test that reads both texts first: numbers, dates."""

    def test(matcher: Matcher, wanted: str, value: str) -> int:
        for text in (wanted, value):
            if not has_holes(text) and read(text) is None:
                # AWS names no way of writing numbers but the decimal one; what it makes of others is not written.
                odd = read is _number and _OTHER_NUMBER.fullmatch(text)
                return matcher.undecided("number", wanted, value) if odd else INVALID
        if has_holes(wanted) or has_holes(value):
            return matcher.undecided(compare.__name__, wanted, value)
        return YES if compare(read(value), read(wanted)) else NO

    return test


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _when(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{5,}", text):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)
        missing = {4: "-01-01", 7: "-01"}.get(len(text), "")
        found = datetime.fromisoformat(text + missing)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ip(matcher: Matcher, wanted: str, value: str) -> int:
    network = None if has_holes(wanted) else _network(wanted)
    address = None if has_holes(value) else _network(value)
    if (network is None and not has_holes(wanted)) or (address is None and not has_holes(value)):
        return INVALID
    if network is None or address is None:
        return matcher.undecided("ip", wanted, value)
    return YES if address.version == network.version and address.network_address in network else NO


@lru_cache(maxsize=1000)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _both(name: str, test: Test, negation: str) -> dict[str, Operator]:
    return {name: Operator(test), negation: Operator(test, negated=True)}


_TESTS: dict[str, Operator] = {
    **_both("stringequals", _string_equals, "stringnotequals"),
    **_both("stringequalsignorecase", _ignore_case, "stringnotequalsignorecase"),
    **_both("stringlike", _string_like, "stringnotlike"),
    **_both("arnequals", _arn, "arnnotequals"),
    **_both("arnlike", _arn, "arnnotlike"),
    **_both("ipaddress", _ip, "notipaddress"),
    **_both("numericequals", _compared(_number, op.eq), "numericnotequals"),
    **_both("dateequals", _compared(_when, op.eq), "datenotequals"),
    "bool": Operator(_bool),
    "binaryequals": Operator(_string_equals),
    **{f"numeric{name}": Operator(_compared(_number, compare)) for name, compare in _ORDER.items()},
    **{f"date{name}": Operator(_compared(_when, compare)) for name, compare in _ORDER.items()},
}


def operators() -> frozenset[str]:
    """All operator names, lower case, without IfExists and quantifiers."""
    return frozenset((*_TESTS, "null"))
