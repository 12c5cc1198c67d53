"""Credentials that are known by their form, whatever they are called. The forms are data: `rules/credentials.yaml`.

In: a text. Out: whether all of it is such a credential. Must not know names, files, environments.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import re2

from envfence.yamls import load_yaml

#: Texts of documentation.
_EXAMPLE = re2.compile(r"(?i)example|placeholder|xxxxx|dummy|changeme|0{12}|1234567890")
_FEWEST_DIFFERENT = 8


def is_credential(text: str) -> bool:
    """Whether a text is a credential of a provider, by its form alone."""
    text = text.strip()
    if len(set(text)) < _FEWEST_DIFFERENT or _EXAMPLE.search(text):
        return False
    return any(text.startswith(starts) and pattern.fullmatch(text) for starts, pattern in _forms())


@cache
def _forms() -> tuple[tuple[tuple[str, ...], Any], ...]:
    data = load_yaml(resources.files("envfence.rules").joinpath("credentials.yaml").read_bytes())
    return tuple((tuple(entry["starts"]), re2.compile(entry["pattern"])) for _, entry in sorted(data.items()))
