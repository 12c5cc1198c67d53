"""Numbers as text, rounded as Terraform's 512-bit floats are.

Comes in: a number, perhaps a verb (e, f, g or their capitals) and a precision. Goes out: digits and text.
Must not know: formats, values.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from envfence.evaluate import limits


def float_text(value: int | Decimal, verb: str, precision: int | None) -> str:
    """`value` as Go formats it; without a precision 6 places for e and f, the shortest text for g."""
    kind = verb.lower()
    if kind == "g":
        text = _general(value, precision)
    elif kind == "e":
        digits, exponent = _rounded(value, 1 + (6 if precision is None else precision))
        text = _exponential(digits, exponent)
    else:
        text = _fixed(value, 6 if precision is None else precision)
    if value < 0:
        text = "-" + text
    return text.upper() if verb.isupper() else text


def _binary(value: int | Decimal) -> Fraction:
    """The magnitude as the nearest float of 512 bits."""
    exact = abs(Fraction(value))
    if not exact:
        return exact
    shift = exact.numerator.bit_length() - exact.denominator.bit_length() - limits.NUMBER_BITS
    scaled = exact / Fraction(2) ** shift
    while scaled >= 1 << limits.NUMBER_BITS:
        scaled, shift = scaled / 2, shift + 1
    while scaled < 1 << (limits.NUMBER_BITS - 1):
        scaled, shift = scaled * 2, shift - 1
    return round(scaled) * Fraction(2) ** shift


def shortest(value: Decimal) -> Decimal:
    """The number of the fewest digits that is the same 512-bit float as `value`."""
    exact = _binary(value)
    for count in range(limits.PRECISION - 5, limits.PRECISION + 3):
        digits, exponent = _rounded(value, count)
        found = Decimal((0, tuple(map(int, digits)), exponent - count + 1))
        if _binary(found) == exact:
            return found if value > 0 else found.copy_negate()
    return value


def _fixed(value: int | Decimal, places: int) -> str:
    digits = str(round(_binary(value) * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _rounded(value: int | Decimal, count: int) -> tuple[str, int]:
    """`count` significant digits and the exponent of the first."""
    exact = _binary(value)
    if not exact:
        return "0" * count, 0
    exponent = Decimal(value).adjusted()
    digits = round(exact * Fraction(10) ** (count - 1 - exponent))
    if digits >= 10**count:
        digits, exponent = digits // 10, exponent + 1
    return str(digits), exponent


def _exponential(digits: str, exponent: int) -> str:
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(value: int | Decimal, precision: int | None) -> str:
    if not value:
        return "0"
    if precision is None:
        exact = Decimal(value).copy_abs()
        if len(exact.as_tuple().digits) > limits.PRECISION - 5:
            exact = shortest(exact)
        digits, exponent, least = "".join(map(str, exact.as_tuple().digits)).rstrip("0"), exact.adjusted(), 6
    else:
        digits, exponent = _rounded(value, max(precision, 1))
        least = max(precision, 1)
        if least > len(digits) >= exponent + 1:
            least = len(digits)
        digits = digits.rstrip("0")
    if exponent < -4 or exponent >= least:
        return _exponential(digits, exponent)
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    return whole + ("." + digits[exponent + 1 :] if len(digits) > exponent + 1 else "")
