"""The lines of a script, and the pieces of a line between the signs that part commands.

In: a text. Out: lines with continuations joined and here-documents left out; pieces with the sign that ends each. Must
not know commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HERE = re.compile(r"<<-?\s*([\"']?)(\w+)\1(?!<)")
#: Commands that run what a here-document says.
_RUNS_IT = re.compile(r"(?:^|[\s/;|&(])(?:ba|z|da)?sh\b|(?:^|[\s;|&(])ssh\b")
_PIECE = re.compile(
    r"""'[^']*' | "(?:[^"\\]|\\.)*" | \\. | \$\{\{.*?\}\} | \$\{[^{}]*\}
    | \$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\) | `[^`]*`
    | (?P<sign>&&|\|\||;;|[;|()])
    | (?P<comment>(?:(?<=[\s;|&(])|^)\#.*)
    | [^'"\\$`;|&()\#]+ | .""",
    re.VERBOSE | re.DOTALL,
)


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, text) of every line, with continuations joined; without comments and without the
    here-documents that are only text."""
    lines = text.splitlines()
    pending, start, skipped_to = "", 0, 0
    for number, line in enumerate(lines, 1):
        if number <= skipped_to:
            continue
        stripped = line.strip()
        if not pending:
            start = number
            if stripped.startswith("#"):
                continue
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        whole, pending = pending + stripped, ""
        here = _HERE.search(whole) if "<<" in whole else None
        if here is not None and not _RUNS_IT.search(whole[: here.start()]):
            skipped_to = _end_of(lines, number, here[2])
        yield start, whole
    if pending:
        yield start, pending


def _end_of(lines: list[str], number: int, word: str) -> int:
    """The number of the line that ends a here-document; the same line where nothing ends it."""
    for later in range(number, len(lines)):
        if lines[later].strip() == word:
            return later + 1
    return number


def pieces_of(line: str) -> Iterator[tuple[str, str]]:
    """(piece, the sign that ends it, empty at the end) of a line; signs inside of quotes and substitutions are text. A
    round bracket is a sign where it opens or closes a subshell, or closes the pattern of a case."""
    piece: list[str] = []
    depth = 0
    for match in _PIECE.finditer(line):
        sign, text = match["sign"] or "", match[0]
        if match["comment"]:
            break
        if sign == "(" and (depth or "".join(piece).strip(" \t@+-")):
            depth += 1
            sign = ""
        elif sign == ")" and depth:
            depth -= 1
            sign = ""
        if sign:
            yield "".join(piece), sign
            piece, depth = [], 0
        else:
            piece.append(text)
    yield "".join(piece), ""
