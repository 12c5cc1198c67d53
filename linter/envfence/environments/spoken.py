"""The names of environments in envfence.yaml, as this repository spells them: who writes `prd` means `production`.

In: the configuration, the environments that were found. Out: the configuration with their names; names that no
environment here has, of which an expectation would hold for nothing. Must not know rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from envfence.config import Allow, Config, Expect, Fence
from envfence.model import Environments, Problem
from envfence.words import TIERS, canonical_name

_Entry = TypeVar("_Entry", Fence, Allow, Expect)


def in_own_words(config: Config, environments: Environments) -> Config:
    """The configuration with every environment in `fences`, `allow` and `expect` by the name it has here."""

    return msgspec.structs.replace(
        config,
        fences=tuple(_renamed(entry, environments) for entry in config.fences),
        allow=tuple(_renamed(entry, environments) for entry in config.allow),
        expect=tuple(_renamed(entry, environments) for entry in config.expect),
    )


def of_nobody(config: Config, environments: Environments) -> Iterator[Problem]:
    """Expectations about an environment that nothing here belongs to."""
    for entry in config.expect:
        for name in dict.fromkeys((*entry.source, *entry.target)):
            if not _meant(name, environments):
                yield Problem(
                    stage="judge",
                    reason=f"nothing in this repository belongs to {name}, of which an expectation speaks",
                    span=entry.span,
                    hides="whether the expectation holds",
                )


def _meant(name: str, environments: Environments) -> tuple[str, ...]:
    """The environments here that a name of the configuration means; tiers and `*` mean themselves."""
    if name == "*" or name in TIERS or name in environments.tiers:
        return (name,)
    wanted = environments.spellings.get(name.lower()) or canonical_name(name)
    return tuple(each for each in sorted(environments.tiers) if wanted in (each, canonical_name(each)))


def _renamed(entry: _Entry, environments: Environments) -> _Entry:
    source, target = (_shown(names, environments) for names in (entry.source, entry.target))
    return msgspec.structs.replace(entry, source=source, target=target)


def _shown(names: Iterable[str], environments: Environments) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for name in names for each in _meant(name, environments) or (name,)))
