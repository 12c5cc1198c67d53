"""Condition operators, in three values.

Comes in: a condition with its policy values, and the state of its key in the request. Goes out: YES, MAYBE or NO.
Must not know: who asks.

Operators and keys are joined by AND, the values of one key by OR; a negated operator holds when none of its values
matches. A key that is missing fails a positive operator and passes a negated one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from envfence.access.aws.context import ABSENT, CHOSEN, UNKNOWN, Found
from envfence.access.match import LITERAL_QUESTION, LITERAL_STAR, MAYBE, NO, YES, Matcher
from envfence.values import has_holes

Test = Callable[[Matcher, str, str], int]
_PREFIX = re.compile(r"^(forallvalues|foranyvalue):", re.IGNORECASE)


def evaluate(matcher: Matcher, test: str, values: tuple[str, ...], found: Found, allow: bool) -> int:
    """One condition on one key. `allow` says which way a key leans that the caller chooses."""
    quantifier = ""
    match = _PREFIX.match(test)
    name = test.lower()
    if match:
        quantifier, name = match.group(1).lower(), name[match.end() :]
    if found.state == CHOSEN:
        # The caller meets the condition of an Allow and avoids that of a Deny.
        return YES if allow else NO
    if name == "null":
        return _null(values, found)
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated, operator = _operator(name)
    if operator is None or found.state == UNKNOWN:
        return MAYBE
    if found.state == ABSENT:
        passes = if_exists or (quantifier == "forallvalues" if quantifier else negated)
        return YES if passes else NO
    return _known(matcher, operator, negated, quantifier, values, found.values)


def _known(
    matcher: Matcher, operator: Test, negated: bool, quantifier: str, values: tuple[str, ...], actual: tuple[str, ...]
) -> int:
    if not quantifier and len(actual) > 1:
        return NO  # a key with several values needs ForAllValues or ForAnyValue
    each = [_one(matcher, operator, negated, values, value) for value in actual]
    if quantifier == "forallvalues":
        return min(each, default=YES)
    return max(each, default=YES if negated and not quantifier else NO)


def _one(matcher: Matcher, operator: Test, negated: bool, values: tuple[str, ...], value: str) -> int:
    result = max((operator(matcher, wanted, value) for wanted in values), default=NO)
    return YES - result if negated else result


def _null(values: tuple[str, ...], found: Found) -> int:
    if found.state == UNKNOWN or any(has_holes(value) for value in values):
        return MAYBE
    absent = found.state == ABSENT or not found.values
    wanted = {value.lower() for value in values}
    return YES if ("true" if absent else "false") in wanted else NO


def _operator(name: str) -> tuple[bool, Test | None]:
    negated = _NEGATED.get(name)
    return (True, _TESTS[negated]) if negated else (False, _TESTS.get(name))


def _string_equals(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.equal(_unwild(wanted), value)


def _ignore_case(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.equal(_unwild(wanted).lower(), value.lower())


def _string_like(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.text(wanted, value)


def _arn(matcher: Matcher, wanted: str, value: str) -> int:
    if wanted == "*":
        return YES
    if value.count(":") < 5 and not has_holes(value):
        return NO
    return matcher.arn(wanted, value)


def _bool(matcher: Matcher, wanted: str, value: str) -> int:
    return matcher.equal(wanted.lower(), value.lower())


def _unwild(text: str) -> str:
    """In an exact test the escapes `${*}` and `${?}` are the characters themselves."""
    return text.replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION, "?")


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Test:
    def test(_: Matcher, wanted: str, value: str) -> int:
        if has_holes(wanted) or has_holes(value):
            return MAYBE
        try:
            return YES if compare(Decimal(value), Decimal(wanted)) else NO
        except InvalidOperation:
            return NO

    return test


def _date(compare: Callable[[datetime, datetime], bool]) -> Test:
    def test(_: Matcher, wanted: str, value: str) -> int:
        if has_holes(wanted) or has_holes(value):
            return MAYBE
        left, right = _when(value), _when(wanted)
        return YES if left is not None and right is not None and compare(left, right) else NO

    return test


def _when(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d+", text):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ip(_: Matcher, wanted: str, value: str) -> int:
    if has_holes(wanted) or has_holes(value):
        return MAYBE
    try:
        return YES if ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False) else NO
    except ValueError:
        return NO


_TESTS: dict[str, Test] = {
    "stringequals": _string_equals,
    "stringequalsignorecase": _ignore_case,
    "stringlike": _string_like,
    "arnequals": _arn,
    "arnlike": _arn,
    "bool": _bool,
    "binaryequals": _string_equals,
    "ipaddress": _ip,
    "numericequals": _numeric(lambda value, wanted: value == wanted),
    "numericlessthan": _numeric(lambda value, wanted: value < wanted),
    "numericlessthanequals": _numeric(lambda value, wanted: value <= wanted),
    "numericgreaterthan": _numeric(lambda value, wanted: value > wanted),
    "numericgreaterthanequals": _numeric(lambda value, wanted: value >= wanted),
    "dateequals": _date(lambda value, wanted: value == wanted),
    "datelessthan": _date(lambda value, wanted: value < wanted),
    "datelessthanequals": _date(lambda value, wanted: value <= wanted),
    "dategreaterthan": _date(lambda value, wanted: value > wanted),
    "dategreaterthanequals": _date(lambda value, wanted: value >= wanted),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}


def operators() -> Iterable[str]:
    """All operator names, lower case, without IfExists and quantifiers."""
    return (*_TESTS, *_NEGATED, "null")
