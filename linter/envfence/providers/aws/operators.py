"""The names of condition operators.

Comes in: the name of a test in a Condition element. Goes out: whether AWS knows it. Must not know: what it compares.
"""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?:(?:ForAllValues|ForAnyValue):)?(?:Null|(?:"
    r"String(?:Not)?(?:Equals(?:IgnoreCase)?|Like)|Arn(?:Not)?(?:Equals|Like)|(?:Not)?IpAddress|Bool|BinaryEquals|"
    r"(?:Numeric|Date)(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?)"
    r")(?:IfExists)?)",
    re.IGNORECASE,
)


def is_operator(test: str) -> bool:
    """Whether AWS knows a condition operator, quantifier and IfExists included."""
    return _NAME.fullmatch(test) is not None
