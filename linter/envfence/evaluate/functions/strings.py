"""Functions that change, cut or search strings.

Comes in: converted arguments, with holes. Goes out: values. Must not know: regular expressions, formats, encodings.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from envfence.evaluate import partial
from envfence.evaluate.convert import NUMBER, STRING, list_of, to_string
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.graphemes import clusters
from envfence.evaluate.functions.spec import checked_count, checked_length, each_part, function
from envfence.values import Sequence, Unknown, Value, has_holes

_TEXTS = list_of(STRING)


def decided(verdict: bool | None, name: str) -> bool:
    """A three-valued verdict as a bool; raises `Undecided`."""
    if verdict is None:
        raise Undecided(f"{name}() depends on an unknown part of a string")
    return verdict


def _upper(text: str) -> str:
    return "".join(char if len(char.upper()) > 1 else char.upper() for char in text)


def _lower(text: str) -> str:
    return "".join(char.lower()[0] for char in text)


@function("upper", STRING, returns="string", partial=True)
def upper(context: FunctionContext, text: str) -> Value:
    """Upper case, character by character."""
    return each_part(context, "upper", text, (), _upper)


@function("lower", STRING, returns="string", partial=True)
def lower(context: FunctionContext, text: str) -> Value:
    """Lower case, character by character."""
    return each_part(context, "lower", text, (), _lower)


def _is_letter(char: str) -> bool:
    """Whether a character continues a word, as Go's deprecated strings.Title sees it."""
    if char.isascii():
        return char.isalnum() or char == "_"
    return unicodedata.category(char)[0] in "LN" or not char.isspace()


@function("title", STRING, returns="string")
def title(_context: FunctionContext, text: str) -> Value:
    """The first letter of each word in title case."""
    made, inside = [], False
    for char in text:
        titled = char.title()
        made.append(char if inside or len(titled) > 1 else titled)
        inside = _is_letter(char)
    return "".join(made)


@function("strrev", STRING, returns="string")
def strrev(_context: FunctionContext, text: str) -> Value:
    """The characters in reverse."""
    return "".join(reversed(clusters(text)))


@function("substr", STRING, NUMBER, NUMBER, returns="string", partial=True)
def substr(_context: FunctionContext, text: str, offset: Value, length: Value) -> Value:
    """A part, by characters; decided with holes when it lies in front of them."""
    start, count = whole(offset, "substr"), whole(length, "substr")
    if has_holes(text):
        known = clusters(partial.known_prefix(text))
        if count == 0 and start >= 0:
            return ""
        if start < 0 or count < 0 or start + count >= len(known):
            raise Undecided("substr() depends on an unknown part of a string")
        return "".join(known[start : start + count])
    if count == 0:
        return ""
    characters = clusters(text)
    if start < 0:
        start = max(0, start + len(characters))
    return "".join(characters[start:] if count < 0 else characters[start : start + count])


def whole(value: Value, name: str) -> int:
    """An argument that must be a whole number; raises `FunctionError`, and `Undecided` when it is unknown."""
    if isinstance(value, Unknown):
        raise Undecided(f"an argument of {name}() is not known: {value.reason}")
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise FunctionError(f"{name}() requires a whole number of 64 bits")
    return value


@function("trimprefix", STRING, STRING, returns="string", partial=True)
def trimprefix(_context: FunctionContext, text: str, prefix: str) -> Value:
    """Without one prefix."""
    return text[len(prefix) :] if decided(partial.starts_with(text, prefix), "trimprefix") else text


@function("trimsuffix", STRING, STRING, returns="string", partial=True)
def trimsuffix(_context: FunctionContext, text: str, suffix: str) -> Value:
    """Without one suffix."""
    return text[: len(text) - len(suffix)] if decided(partial.ends_with(text, suffix), "trimsuffix") else text


def _strip(name: str, text: str, cutset: str, left: bool = True, right: bool = True) -> str:
    start, end = 0, len(text)
    while left and start < end and text[start] in cutset:
        start += 1
    while right and end > start and text[end - 1] in cutset:
        end -= 1
    text = text[start:end]
    if text and ((left and partial.is_hole(text[0])) or (right and partial.is_hole(text[-1]))):
        raise Undecided(f"{name}() depends on an unknown part of a string")
    return text


@function("trim", STRING, STRING, returns="string", partial=True)
def trim(_context: FunctionContext, text: str, cutset: str) -> Value:
    """Without the characters of a set at both ends."""
    if has_holes(cutset):
        raise Undecided("the set of characters is not known")
    return _strip("trim", text, cutset)


_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


@function("trimspace", STRING, returns="string", partial=True)
def trimspace(_context: FunctionContext, text: str) -> Value:
    """Without white space at both ends."""
    return _strip("trimspace", text, _SPACE)


@function("chomp", STRING, returns="string", partial=True)
def chomp(_context: FunctionContext, text: str) -> Value:
    """Without line ends at the end."""
    return _strip("chomp", text, "\r\n", left=False)


@function("startswith", STRING, STRING, returns="bool", partial=True)
def startswith(_context: FunctionContext, text: str, prefix: str) -> Value:
    """Whether a string starts so."""
    return decided(partial.starts_with(text, prefix), "startswith")


@function("endswith", STRING, STRING, returns="bool", partial=True)
def endswith(_context: FunctionContext, text: str, suffix: str) -> Value:
    """Whether a string ends so."""
    return decided(partial.ends_with(text, suffix), "endswith")


@function("strcontains", STRING, STRING, returns="bool", partial=True)
def strcontains(_context: FunctionContext, text: str, part: str) -> Value:
    """Whether a string contains another."""
    if part in text:
        return True
    if has_holes(text) or (has_holes(part) and partial.known_length(part) <= len(text)):
        raise Undecided("strcontains() depends on an unknown part of a string")
    return False


@function("indent", NUMBER, STRING, returns="string", partial=True)
def indent(context: FunctionContext, spaces: Value, text: str) -> Value:
    """Spaces in front of each line but the first."""
    width = whole(spaces, "indent")
    checked_length(len(text) + max(text.count("\n"), 1) * max(width, 0))
    if width < 0:
        raise FunctionError("indent() requires a number of spaces that is not negative")
    return each_part(context, "indent", text, (width,), lambda part: part.replace("\n", "\n" + " " * width))


@function("join", STRING, variadic=_TEXTS, returns="string", partial=True)
def join(_context: FunctionContext, separator: str, *lists: Value) -> Value:
    """The strings of all lists with a separator between them."""
    texts: list[str] = []
    if not lists:
        raise FunctionError("join() requires at least one list")
    for items in lists:
        if not isinstance(items, Sequence):
            raise Undecided("a list of join() is not known")
        if None in items.items:
            raise FunctionError("join() requires elements that are not null")
        texts.extend(to_string(item) for item in items.items)
    checked_length(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


@function("split", STRING, STRING, returns="list")
def split(_context: FunctionContext, separator: str, text: str) -> Value:
    """The parts between separators."""
    if not separator:
        checked_count(len(text))
        return Sequence(tuple(text), "list")
    checked_count(text.count(separator) + 1)
    return Sequence(tuple(text.split(separator)), "list")


@function("sort", _TEXTS, returns="list", partial=True)
def sort(_context: FunctionContext, items: Value) -> Value:
    """Strings in the order of their code points."""
    if not isinstance(items, Sequence):
        raise Undecided("the list is not known")
    if None in items.items:
        raise FunctionError("sort() requires elements that are not null")
    texts = sorted(to_string(item) for item in items.items)
    if any(partial.order(a, b) is None for a, b in pairwise(texts)):
        raise Undecided("unknown parts decide the order")
    return Sequence(tuple(texts), "list")
