"""Functions on timestamps in the form of RFC 3339.

Comes in: converted arguments. Goes out: strings and numbers. Must not know: the time of day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from envfence.evaluate.convert import STRING
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import function
from envfence.values import Value

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A local time to the second, its nanoseconds, and its distance from UTC in minutes."""

    local: datetime
    nanoseconds: int
    offset: int

    def instant(self) -> tuple[datetime, int]:
        """What orders it among others."""
        return self.local - timedelta(minutes=self.offset), self.nanoseconds


def _parse(text: str) -> _Stamp:
    match = _STAMP.fullmatch(text)
    if match is None:
        raise FunctionError(f'"{text[:60]}" is not a timestamp of RFC 3339')
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    hours, minutes = int(match[9] or 0), int(match[10] or 0)
    if year == 0:
        raise Undecided("the year 0 is not covered")
    if hours > 23 or minutes > 59:
        raise FunctionError(f'"{text}" has an invalid time zone')
    try:
        local = datetime(year, month, day, hour, minute, second)  # the offset is kept apart
    except ValueError as error:
        raise FunctionError(f'"{text}" is not a timestamp: {error}') from None
    sign = -1 if match[8] == "-" else 1
    return _Stamp(local, int((match[7] or "0")[:9].ljust(9, "0")), sign * (hours * 60 + minutes))


def _offset(minutes: int, colon: bool) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{':' if colon else ''}{rest:02d}"


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _verb(verb: str, stamp: _Stamp) -> str | None:
    at = stamp.local
    twelve = at.hour % 12 or 12
    half = "PM" if at.hour >= 12 else "AM"
    table = {
        "YYYY": f"{at.year:04d}",
        "YY": f"{at.year % 100:02d}",
        "MMMM": _MONTHS[at.month - 1],
        "MMM": _MONTHS[at.month - 1][:3],
        "MM": f"{at.month:02d}",
        "M": str(at.month),
        "DD": f"{at.day:02d}",
        "D": str(at.day),
        "EEEE": _DAYS[at.weekday()],
        "EEE": _DAYS[at.weekday()][:3],
        "hh": f"{at.hour:02d}",
        "h": str(at.hour),
        "HH": f"{twelve:02d}",
        "H": str(twelve),
        "AA": half,
        "aa": half.lower(),
        "mm": f"{at.minute:02d}",
        "m": str(at.minute),
        "ss": f"{at.second:02d}",
        "s": str(at.second),
        "ZZZZZ": _offset(stamp.offset, True),
        "ZZZZ": _offset(stamp.offset, False),
        "ZZZ": _offset(stamp.offset, False) if stamp.offset else "UTC",
        "Z": _offset(stamp.offset, True) if stamp.offset else "Z",
    }
    return table.get(verb)


_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)|(')", re.ASCII | re.DOTALL)


@function("formatdate", STRING, STRING, returns="string")
def formatdate(_context: FunctionContext, pattern: str, text: str) -> Value:
    """A timestamp in another form."""
    stamp = _parse(text)
    made = []
    for match in _TOKEN.finditer(pattern):
        quoted, verb, _, other, open_quote = match.groups()
        if open_quote:
            raise FunctionError("the format has a quote that does not end")
        if quoted is not None:
            made.append(quoted.replace("''", "'"))
        elif verb:
            found = _verb(verb, stamp)
            if found is None:
                raise FunctionError(f'"{verb}" is not a part of a date format')
            made.append(found)
        else:
            made.append(other)
    return "".join(made)


_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": _NANO,
    "m": 60 * _NANO,
    "h": 3_600 * _NANO,
}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)
_LONGEST = 1 << 63


def _duration(text: str) -> int:
    """A duration as Go writes it, in nanoseconds."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    found, at = 0, 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            break
        found += int(Fraction(match[1]) * _UNITS[match[2]])
        at = match.end()
    if not rest or at < len(rest) or found >= _LONGEST:
        raise FunctionError(f'"{text[:60]}" is not a duration')
    return sign * found


@function("timeadd", STRING, STRING, returns="string")
def timeadd(_context: FunctionContext, text: str, duration: str) -> Value:
    """A timestamp moved by a duration, in its own time zone, to the second."""
    stamp = _parse(text)
    seconds = (stamp.nanoseconds + _duration(duration)) // _NANO
    try:
        moved = stamp.local + timedelta(seconds=seconds)
    except OverflowError:
        raise Undecided("the year is not covered") from None
    zone = _offset(stamp.offset, True) if stamp.offset else "Z"
    return moved.strftime("%Y").rjust(4, "0") + moved.strftime("-%m-%dT%H:%M:%S") + zone


@function("timecmp", STRING, STRING, returns="number")
def timecmp(_context: FunctionContext, left: str, right: str) -> Value:
    """-1, 0 or 1 as the first timestamp is before, at or after the second."""
    first, second = _parse(left), _parse(right)
    try:
        return (first.instant() > second.instant()) - (first.instant() < second.instant())
    except OverflowError:
        raise Undecided("the year is not covered") from None


@function("timestamp", returns="string", impure=True)
def timestamp(_context: FunctionContext) -> Value:
    """The time of the run."""
    raise Undecided("timestamp() differs each time")


@function("plantimestamp", returns="string", impure=True)
def plantimestamp(_context: FunctionContext) -> Value:
    """The time of the plan."""
    raise Undecided("plantimestamp() differs each time")
