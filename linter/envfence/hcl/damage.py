"""Files with syntax errors: what to say about them, worded as Terraform does, and what of them can still be read.

Comes in: the byte ranges that did not fit the grammar, or the text. Goes out: ranges with a reason, or the text without
its broken items. Must not know: parser libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MISSING = {
    "}": "Unclosed configuration block: there is no closing brace",
    "block_end": "Unclosed configuration block: there is no closing brace for this block before the end of the file",
    "]": "Missing item separator: expected a comma or a closing bracket",
    "tuple_end": "Missing item separator: expected a comma or a closing bracket",
    ")": "Unbalanced parentheses: expected a closing parenthesis",
    "object_end": "Missing attribute separator: expected a newline, comma or closing brace",
    "quoted_template_end": "Invalid multi-line string: quoted strings may not be split over multiple lines",
    "template_interpolation_end": "Unclosed template interpolation sequence: there is no closing brace",
    "heredoc_identifier": "Unterminated template string: no closing marker was found for the heredoc",
    "identifier": "Invalid argument name: a name is expected here",
    "=": "Argument or block definition required: an equals sign or a block is expected here",
}
_OTHER = "Argument or block definition required: this is no valid argument, block or expression"
_SPAN_LIMIT = 200
_ITEM = re.compile(rb"^[A-Za-z_]", re.MULTILINE)
_NOT_BREAK = re.compile(rb"[^\n]")
_MAX_JOINED = 30
_MAX_TRIES = 1000


def describe(data: bytes, errors: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """One range and reason per damaged place; the range ends where its first line ends, for a place to look at."""
    found: list[tuple[int, int, str]] = []
    for start, end, missing in errors:
        line_end = data.find(b"\n", start, min(end, start + _SPAN_LIMIT))
        stop = line_end if line_end >= 0 else min(end, start + _SPAN_LIMIT)
        found.append((start, stop, _MISSING.get(missing, _OTHER) if missing else _reason(data, start, end)))
    return found


def _reason(data: bytes, start: int, end: int) -> str:
    text = data[start:end].lstrip()
    if text.startswith(b"/*") and b"*/" not in text:
        return "Unterminated comment"
    if text.startswith(b"<<"):
        return "Unterminated template string: no closing marker was found for the heredoc"
    if text[:1] in (b"}", b"]", b")"):
        return "Unexpected closing bracket: it closes nothing"
    if text.startswith((b"{{", b"{%")):
        return "Invalid character: this looks like a template of another language"
    return _OTHER


def blank_broken(data: bytes, accepts: Callable[[bytes], bool]) -> bytes:
    """`data` with the items that `accepts` refuses blanked out, at the same length.

    An item begins at a name in the first column; one that is refused is tried with the next ones first, since such a
    line may stand in a heredoc. The error recovery of a parser may lose everything behind an error; this loses one
    block.
    """
    starts = [0, *(match.start() for match in _ITEM.finditer(data) if match.start()), len(data)]
    kept: list[bytes] = []
    at, tries = 0, 0
    while at < len(starts) - 1:
        for last in range(at + 1, min(at + 1 + _MAX_JOINED, len(starts))):
            piece = data[starts[at] : starts[last]]
            tries += 1
            if tries > _MAX_TRIES or accepts(piece):
                break
        else:
            last, piece = at + 1, b""
        if tries > _MAX_TRIES:
            piece = b""
        kept.append(piece or _NOT_BREAK.sub(b" ", data[starts[at] : starts[last]]))
        at = last
    return b"".join(kept)
