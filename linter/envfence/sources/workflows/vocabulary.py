"""What names in pipelines mean: credentials, actions, variables that name an environment. The data is
`rules/pipelines.yaml`.

In: names. Out: what they stand for. Must not know pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from envfence.secretness import is_description, is_secret_key
from envfence.words import tokens, word_of_value
from envfence.yamls import load_yaml

_ENVIRONMENT_ENDS = frozenset(("env", "environment", "stage", "workspace", "tier", "envname", "envs", "environments"))
_LEADS_TO_NAME = frozenset(("name", "short", "type"))
#: Nouns of pipelines that are environments only where something else says so.
_NOUNS = frozenset(("test", "tests", "integration", "stage", "demo", "review", "preview", "live", "qa", "int", "e2e"))
_MAX_NAME = 120
_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]{3,80})\}?")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+")
#: The end of the name of a key that opens something, for what no word of it says.
_KEY = re.compile(r"(?<!kms)(?<!public)_key(_[a-z]{2,12})?\Z")


@dataclass(frozen=True, slots=True)
class Credential:
    """A kind of credential: whose platform it opens, and whether it never expires though it need not exist."""

    kind: str
    platform: str
    static: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of `rules/pipelines.yaml`."""

    credentials: tuple[tuple[re.Pattern[str], Credential], ...]
    identifiers: re.Pattern[str]
    bystanders: re.Pattern[str]
    framework_modes: frozenset[str]
    actions: Mapping[str, Mapping[str, str]]
    identities: Mapping[str, Mapping[str, str]]
    approvals: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The tables, read once."""
    data: dict[str, Any] = load_yaml(resources.files("envfence.rules").joinpath("pipelines.yaml").read_bytes())
    credentials = tuple(
        (re.compile(entry["pattern"]), Credential(kind, entry["platform"], entry.get("static", False)))
        for kind, entry in data["credentials"].items()
    )
    return Vocabulary(
        credentials=credentials,
        identifiers=re.compile(data["identifiers"]),
        bystanders=re.compile(data["bystanders"]),
        framework_modes=frozenset(data["framework-modes"]),
        actions=data["actions"],
        identities=data["identities"],
        approvals=frozenset(data["approvals"]),
    )


def credential_of(*names: str) -> Credential | None:
    """The kind of credential that one of these names (a secret's own, the variable it is given as) stands for. What is
    by its own name a mere identifier is none, whatever it is made part of."""
    for number, name in enumerate(names):
        text = re.sub(r"[.\-]+", "_", name[:_MAX_NAME].lower())
        if not number and vocabulary().identifiers.search(text):
            return None
        for pattern, credential in vocabulary().credentials:
            if pattern.search(text):
                return credential
    return None


def credentials_in(text: str, known: Container[str] = ()) -> Iterator[str]:
    """The shell variables that a text takes credentials from and that nothing `known` sets."""
    for match in _VARIABLE.finditer(text):
        if match[1] not in known and credential_of(match[1]) is not None:
            yield match[1]


def roles_in(text: str) -> list[str]:
    """The roles of AWS that a text names by their ARN."""
    return _ROLE.findall(text)


def is_kept_secret(name: str) -> bool:
    """Whether a secret of a pipeline opens something by its name, though of no platform that is known."""
    text = re.sub(r"[.\-]+", "_", name[:_MAX_NAME].lower())
    if vocabulary().identifiers.search(text) or vocabulary().bystanders.search(text):
        return False
    return is_secret_key(text) or bool(_KEY.search(text) and not is_description(text))


def names_environment(name: str) -> bool:
    """Whether a variable, input or matrix key of this name holds the name of an environment."""
    if name.lower().replace("-", "_") in vocabulary().framework_modes:
        return False
    parts = tokens(name)
    if len(parts) > 1 and parts[-1] in _LEADS_TO_NAME:
        parts = parts[:-1]
    return bool(parts) and parts[-1] in _ENVIRONMENT_ENDS


def telling_word(text: str) -> str:
    """The canonical environment of a value that stands for one; empty for none."""
    found = word_of_value(text) if 0 < len(text) <= _MAX_NAME and "$" not in text else None
    return found.canonical if found is not None else ""


def hinting_text(*texts: str) -> str:
    """The parts of names of jobs and files that may hint at an environment: without nouns that pipelines use anyway."""
    return " ".join(part for text in texts for part in tokens(text[:_MAX_NAME]) if part not in _NOUNS)
