"""Numbers as text, rounded as Terraform's 512-bit floats are.

Comes in: a number, perhaps a verb (e, f, g or their capitals) and a precision. Goes out: digits and text.
Must not know: formats, values.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from envfence.evaluate import limits


class Double(Decimal):
    """A 64-bit float, the result of `log` and `pow`: shown with the fewest digits, computed with as it exactly is."""

    __slots__ = ()

    def copy_abs(self) -> Double:
        """Without the sign, still a float."""
        return Double(super().copy_abs())

    def copy_negate(self) -> Double:
        """With the other sign, still a float."""
        return Double(super().copy_negate())


def exact(value: int | Decimal) -> Decimal:
    """A number as it is computed with."""
    return Decimal(float(value)) if isinstance(value, Double) else Decimal(value)


def computed(sign: str, left: int | Decimal, right: int | Decimal) -> int | Decimal:
    """`left sign right` on 512-bit floats; raises `ZeroDivisionError`."""
    if sign in "+-" and isinstance(left, int) and isinstance(right, int):
        return left + right if sign == "+" else left - right
    one, two = _signed(left), _signed(right)
    if sign == "+":
        result = one + two
    elif sign == "-":
        result = one - two
    elif sign == "*":
        result = one * two
    elif sign == "/":
        result = one / two
    else:
        result = one - two * math.trunc(_nearest(one / two))
    result = _nearest(result)
    if result.denominator == 1:
        return result.numerator
    return shortest(result)


def _signed(value: int | Decimal) -> Fraction:
    return _nearest(Fraction(exact(value)))


_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG_TERMS = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip


def natural_log(value: float) -> float:
    """The natural logarithm by the polynomial of fdlibm, which Go uses: the C library's may differ in the last bit."""
    if value <= 0:
        return -math.inf
    fraction, power = math.frexp(value)
    if fraction < math.sqrt(2) / 2:
        fraction, power = fraction * 2, power - 1
    rest = fraction - 1
    s = rest / (2 + rest)
    s2 = s * s
    s4 = s2 * s2
    l1, l2, l3, l4, l5, l6, l7 = _LOG_TERMS
    series = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7))) + s4 * (l2 + s4 * (l4 + s4 * l6))
    half = 0.5 * rest * rest
    return power * _LN2_HIGH - ((half - (s * (half + series) + power * _LN2_LOW)) - rest)


def whole_power(base: float, times: int) -> float:
    """A whole power by repeated squaring of the mantissa, as Go does it; raises `OverflowError`."""
    result, shift = 1.0, 0
    mantissa, power = math.frexp(base)
    left = abs(times)
    while left:
        if abs(power) > 1 << 12:
            shift += power
            break
        if left & 1:
            result, shift = result * mantissa, shift + power
        mantissa, power = mantissa * mantissa, power << 1
        if mantissa < 0.5:
            mantissa, power = mantissa + mantissa, power - 1
        left >>= 1
    if times < 0:
        result, shift = 1 / result, -shift
    return math.ldexp(result, shift)


def broken_power(base: float, exponent: float) -> float:
    """A power that is not whole, in the steps that Go takes; raises `OverflowError` and `ValueError`."""
    if base <= 0 or abs(exponent) > 1 << 30:
        return math.pow(base, exponent)
    if abs(exponent) == 0.5:
        return math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    part, whole = math.modf(abs(exponent))
    if part > 0.5:
        part, whole = part - 1, whole + 1
    result = math.exp(part * natural_log(base)) * whole_power(base, int(whole))
    return 1 / result if exponent < 0 else result


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


def _nearest(value: Fraction) -> Fraction:
    """The nearest float of 512 bits."""
    size = _binary(value)
    return -size if value < 0 else size


def _binary(value: int | Decimal | Fraction) -> Fraction:
    """The magnitude as the nearest float of 512 bits."""
    exact = abs(Fraction(value))
    if not exact or (exact.denominator == 1 and exact.numerator.bit_length() <= limits.NUMBER_BITS):
        return exact
    shift = exact.numerator.bit_length() - exact.denominator.bit_length() - limits.NUMBER_BITS
    scaled = exact / Fraction(2) ** shift
    while scaled >= 1 << limits.NUMBER_BITS:
        scaled, shift = scaled / 2, shift + 1
    while scaled < 1 << (limits.NUMBER_BITS - 1):
        scaled, shift = scaled * 2, shift - 1
    return round(scaled) * Fraction(2) ** shift


def shortest(value: Decimal | Fraction) -> Decimal:
    """The number of the fewest digits that is the same 512-bit float as `value`."""
    exact = _binary(value)
    found = Decimal(0)
    for count in range(limits.PRECISION - 5, limits.PRECISION + 3):
        digits, exponent = _rounded(value, count)
        found = Decimal((0 if value > 0 else 1, tuple(map(int, digits)), exponent - count + 1))
        if _binary(found) == exact:
            break
    return found


def _fixed(value: int | Decimal, places: int) -> str:
    digits = str(round(_binary(value) * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _rounded(value: int | Decimal | Fraction, count: int) -> tuple[str, int]:
    """`count` significant digits and the exponent of the first."""
    exact = _binary(value)
    if not exact:
        return "0" * count, 0
    exponent = _adjusted(exact)
    digits = round(exact * Fraction(10) ** (count - 1 - exponent))
    if digits >= 10**count:
        digits, exponent = digits // 10, exponent + 1
    return str(digits), exponent


def _adjusted(value: Fraction) -> int:
    """The exponent of the first decimal digit of a positive number."""
    exponent = math.floor((value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2)) - 1
    while value >= Fraction(10) ** (exponent + 1):
        exponent += 1
    return exponent


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
