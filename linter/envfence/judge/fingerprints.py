"""Fingerprints of findings: made from what they mean, never from lines, files, witnesses or certainty.

In: rule, the two sides, the cause in canonical form (`Edge.cause`: root, address, content). Out: hexadecimal texts.
"""

from __future__ import annotations

import hashlib
import json
import re

_INDEX = re.compile(r"\[[^\]]*\]")


def cause_key(root: str, address: str, content: str) -> str:
    """A cause in canonical form: where it is declared and what it says. Instance keys are left out of the address."""
    return "\n".join((root, _INDEX.sub("", address), content.replace("\n", " ")))


def fingerprints(rule: str, between: tuple[str, str], cause: str) -> tuple[str, str]:
    """(fingerprint, looser fingerprint without the root module, for moves) of a finding."""
    root, _, rest = cause.partition("\n")
    return _digest([rule, *between, root, rest]), _digest([rule, *between, rest])


def _digest(parts: list[str]) -> str:
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
