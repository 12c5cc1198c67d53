"""Whether a text gives a canary away: eight characters of it in a row, as they are or written in another way."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from urllib.parse import quote

from planted import CANARIES, GITHUB, UUID

_ENOUGH = 8
#: So much of a digest lets anybody check a guess.
_DIGEST = 12


def leaks(text: str) -> list[str]:
    """The canaries that a text gives away, each with the way it is written."""
    found = set()
    for length, pieces in _pieces().items():
        for start in range(len(text) - length + 1):
            found.update(pieces.get(text[start : start + length], ()))
    return sorted(found)


@cache
def _pieces() -> dict[int, dict[str, set[str]]]:
    """By length, what must not stand anywhere and whose it is."""
    pieces: defaultdict[int, dict[str, set[str]]] = defaultdict(dict)
    for name, value in {**CANARIES, "UUID": UUID, "GITHUB": GITHUB[4:]}.items():
        for piece, how in _forms(value):
            pieces[len(piece)].setdefault(piece, set()).add(f"{name} {how}")
    return dict(pieces)


def _forms(value: str) -> Iterator[tuple[str, str]]:
    for start in range(len(value) - _ENOUGH + 1):
        part = value[start : start + _ENOUGH]
        yield part, "as it is"
        yield part.lower(), "in small letters"
        yield part.upper(), "in capitals"
        yield part[::-1], "backwards"
        yield part.encode().hex(), "in hexadecimal"
        yield "".join(f"%{byte:02X}" for byte in part.encode()), "percent-encoded"
        yield quote(part), "in a link"
        # Three characters become four: whole groups, wherever the value begins within one.
        yield base64.b64encode(value[start : start + 9].encode()).decode()[:_DIGEST], "in base64"
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        yield hashlib.new(algorithm, value.encode()).hexdigest()[:_DIGEST], f"as {algorithm}"
