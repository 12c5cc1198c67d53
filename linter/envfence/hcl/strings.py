"""Text of literals: escapes, numbers, and what may not be in a string of ours.

Comes in: bytes of a source. Goes out: `str`, numbers, or None with the reason left to the caller.
Must not know: any parser library, the AST.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from envfence.hcl.limits import MAX_DIGITS

#: What Go's unicode.IsSpace accepts: the characters that `~` and `<<-` strip.
SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)

_ESCAPE = re.compile(r"\$\$\{|%%\{|\\(?:[nrt\"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})?")
_TEMPLATE_ESCAPE = re.compile(r"\$\$\{|%%\{")
_SIMPLE = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\", "$${": "${", "%%{": "%{"}
_PRIVATE_USE = re.compile("[\U000f0000-\U0010ffff]")


class BadTextError(ValueError):
    """The text cannot be a string of ours; the message says why."""


def decode(data: bytes) -> str:
    """Bytes of a source as text; raises `BadTextError` for what is no UTF-8 and for private-use characters,
    which stand for unknowns in our strings."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadTextError("Invalid character encoding: the text is not valid UTF-8") from None
    return checked(text)


def checked(text: str) -> str:
    """`text` in normal form C, as Terraform keeps strings; raises `BadTextError` for private-use characters."""
    if text.isascii():
        return text
    if _PRIVATE_USE.search(text):
        raise BadTextError("the text holds private-use characters")
    return unicodedata.normalize("NFC", text)


def unescape_quoted(text: str) -> str:
    """The value of the literal part of a quoted template; raises `BadTextError` for an unknown escape sequence."""
    if "\\" not in text:
        return unescape_bare(text)
    return checked(_ESCAPE.sub(_replace, text))


def unescape_bare(text: str) -> str:
    """The value of the literal part of a heredoc or template file, where only `$${` and `%%{` are escapes."""
    return _TEMPLATE_ESCAPE.sub(_replace, text) if "{" in text else text


def _replace(match: re.Match[str]) -> str:
    found = match.group()
    simple = _SIMPLE.get(found)
    if simple is not None:
        return simple
    if len(found) == 1:
        raise BadTextError(
            "Invalid escape sequence: the backslash is not followed by n, r, t, a quote, a backslash or u"
        )
    code = int(found[2:], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadTextError("Invalid escape sequence: not a Unicode character")
    return chr(code)


def number(text: str) -> int | Decimal:
    """A number literal: `int` when integral, else `Decimal`; raises `BadTextError` for one past the limits."""
    if text.isdigit() and len(text) <= MAX_DIGITS:
        return int(text)
    if len(text) > MAX_DIGITS:
        raise BadTextError(f"a number of more than {MAX_DIGITS} digits")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadTextError("Invalid number literal") from None
    if not value.is_finite():
        raise BadTextError("Invalid number literal")
    if value and abs(value.adjusted()) > MAX_DIGITS:
        raise BadTextError(f"a number of more than {MAX_DIGITS} digits")
    return int(value) if value == value.to_integral_value() else value
