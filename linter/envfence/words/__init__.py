"""The vocabulary of environments: which whole words name an environment, and where they may be trusted to.

Comes in: a text and the context it was met in (a name, a path segment, a value that *is* a name of an environment).
Goes out: the words found, each with its canonical name, tier and the repository's own spelling. Must not know: files,
Terraform, configuration, what a repository calls its environments (callers pass that as `known` or `siblings`).

Words are compared as whole tokens: `product`, `internal`, `latest` and `delivery` name nothing; `nonprod`, `preprod`
and `prod-eks` are told apart. Many environment words are ordinary nouns too (an API's `stage`, an
`integration`, a smoke `test`); how far each is trusted depends on the context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from envfence.words.vocabulary import (
    ANYWHERE,
    ENDS,
    GENERIC,
    HUB_FIRST,
    HUB_WHOLE,
    JOINS,
    LAST,
    NEVER_INVENTED,
    NONPRODUCTION,
    NOUNS,
    OUTSIDE,
    PRODUCTION,
    RANKS,
    SHARED,
    SPELLINGS,
    TIERS,
    UNKNOWN,
    VALUE,
    VOCABULARY,
    Spelling,
)

__all__ = [
    "NONPRODUCTION",
    "OUTSIDE",
    "PRODUCTION",
    "SHARED",
    "TIERS",
    "UNKNOWN",
    "VOCABULARY",
    "Word",
    "canonical_name",
    "environment_of_token",
    "hub_word",
    "is_generic",
    "is_region",
    "may_be_invented",
    "may_hold_word",
    "rank_of",
    "raw_tokens",
    "sibling_word",
    "spelled",
    "tier_of",
    "tokens",
    "word_of_value",
    "words_in",
    "words_in_name",
    "words_in_path_segment",
]

#: Texts longer than this are no names; tokenising them would only cost time.
MAX_TEXT = 400
_MAX_INVENTED = 40


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """An environment word in a text.

    `canonical` is for comparison (`production` for `prd`), `raw` is the text's own spelling in lower case. `sure` is
    False for a word that may be an ordinary noun where it stands: it counts only when something else confirms it.
    `position` is the index of its first token, `last` whether it ends the text.
    """

    canonical: str
    tier: str
    raw: str
    sure: bool = True
    position: int = 0
    last: bool = False


_SIDE = "(?:north|south|east|west|central)"
_AREA = (
    "(?:africa|asia|australia|austria|brazil|canada|china|europe|france|germany|india|israel|italy|japan|jio|korea|me|mexico|"
    "northamerica|norway|poland|qatar|southafrica|southamerica|spain|sweden|switzerland|uae|uk|us)"
)
_REGION = re.compile(
    rf"(?:[a-z]{{2}}|us-gov|cn)-[a-z]+-?\d|{_AREA}-{_SIDE}{{1,2}}\d{{0,2}}(?:-[a-f])?|{_SIDE}{{0,2}}{_AREA}{_SIDE}{{0,2}}\d?"
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+[a-zA-Z]*|[^\W_]+")
#: Names with a hump that is no border between words.
_PRODUCTS = re.compile("DevOps|DevSecOps|GitHub|GitLab|DockerHub|EventHub|DataHub")
_NUMBERED = re.compile(r"([a-z]+?)-?0*(\d{1,3})")
#: What every text with an environment word contains somewhere: the spellings that hold no other one.
_HINTS = tuple(word for word in sorted(SPELLINGS) if not any(other in word for other in SPELLINGS if other != word))
_PLAUSIBLE = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


@lru_cache(maxsize=65536)
def raw_tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text as written: split at everything that is no letter or digit, and at camelCase humps.

    Digits stay with the letters before them (`dev01` is one token). What lies beyond `MAX_TEXT` characters is not read.
    """
    return tuple(_TOKEN.findall(_PRODUCTS.sub(lambda match: match[0].capitalize(), text[:MAX_TEXT])))


@lru_cache(maxsize=65536)
def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text in lower case; `non`/`pre` before a production word are joined with it (`nonprod`)."""
    return tuple(token for token, _raw in _joined(text))


def _joined(text: str) -> list[tuple[str, str]]:
    """Pairs of (token, its own spelling), with "non-prod" and "pre-prod" as one token."""
    single = [token.lower() for token in raw_tokens(text)]
    pairs: list[tuple[str, str]] = []
    index = 0
    while index < len(single):
        joined = JOINS.get((single[index], single[index + 1])) if index + 1 < len(single) else None
        if joined is None:
            pairs.append((single[index], single[index]))
            index += 1
        else:
            pairs.append((joined, f"{single[index]}-{single[index + 1]}"))
            index += 2
    return pairs


def may_hold_word(text: str) -> bool:
    """Whether a text could hold an environment word at all: a quick look before taking it apart."""
    lowered = text.lower()
    # Many times faster here than one regular expression.
    return any(hint in lowered for hint in _HINTS)


def environment_of_token(token: str) -> Word | None:
    """The environment that one whole token spells, whatever stands around it; None for any other text."""
    spelling = SPELLINGS.get(token.lower())
    if spelling is None:
        return None
    return Word(spelling.canonical, spelling.tier, token.lower(), spelling.trust == ANYWHERE, 0, True)


@lru_cache(maxsize=65536)
def words_in_name(text: str, known: frozenset[str] = frozenset()) -> tuple[Word, ...]:
    """The environment words in the name of a resource, role, bucket, host …, in their order.

    Nouns that only look like environments are left out. `known` are canonical names this repository is known to use:
    an ambiguous word among them (`integration`) counts too, and counts as sure.
    """
    return _words(text, known, value=False)


words_in = words_in_name


@lru_cache(maxsize=4096)
def spelled(text: str) -> tuple[Word, ...]:
    """Every token of a name that spells an environment, also where it may be an ordinary noun (`api_stage`); not the
    words that no name is trusted with. All are given with `sure` False: siblings must confirm them."""
    pairs = _joined(text)
    found = ((index, raw, SPELLINGS[token]) for index, (token, raw) in enumerate(pairs) if token in SPELLINGS)
    return tuple(
        Word(each.canonical, each.tier, raw, False, index, index == len(pairs) - 1)
        for index, raw, each in found
        if each.trust != VALUE
    )


@lru_cache(maxsize=65536)
def words_in_path_segment(segment: str) -> tuple[Word, ...]:
    """The environment words in one directory or file stem; the last token decides (`dev-desktops-prod` is prod).

    An ambiguous word that is the whole segment or its last token is given with `sure` False: siblings must confirm it.
    """
    found = _words(segment, frozenset(), value=True)
    ending = [word for word in found if word.last]
    return tuple(ending or found)


def word_of_value(text: str, siblings: Iterable[str] = ()) -> Word | None:
    """The environment named by a value that stands for an environment: of an input, workspace, tag or map key.

    `mlra-development`, `prod-eu` and `t-uat` name one; a number keeps environments apart (`dev01` is of development's
    tier, but its own environment). A word outside the vocabulary names an environment of this repository,
    nonproduction, where `siblings` (the other values it could have) are environment words.
    """
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        return None
    found = _value(text)
    if found is not None:
        return found
    return _invented(text.lower(), siblings)


@lru_cache(maxsize=65536)
def _value(text: str) -> Word | None:
    pairs = _joined(text) if may_hold_word(text) else []
    if not pairs:
        return None
    numbered = _numbered(text.lower())
    if numbered is not None:
        return numbered
    found = _words(text, frozenset(), value=True)
    if not found:
        return None
    if len(pairs) == 1:
        return replace(found[0], sure=True, raw=text.lower())
    chosen = found[-1]
    if chosen.last or len({word.canonical for word in found}) == 1:
        return replace(chosen, sure=chosen.last or chosen.sure)
    return None


def _numbered(lowered: str) -> Word | None:
    match = _NUMBERED.fullmatch(lowered)
    spelling = SPELLINGS.get(match[1]) if match else None
    if spelling is None or match is None:
        return None
    return Word(f"{spelling.canonical}-{int(match[2])}", spelling.tier, lowered, True, 0, True)


def _invented(lowered: str, siblings: Iterable[str]) -> Word | None:
    if not may_be_invented(lowered):
        return None
    others = {word.canonical for text in siblings if text.lower() != lowered and (word := _value(text)) and word.sure}
    if len(others) < 2 and others != {PRODUCTION}:
        return None
    return Word(lowered, NONPRODUCTION, lowered, True, 0, True)


def may_be_invented(text: str) -> bool:
    """Whether a text outside the vocabulary could be an environment's name at all: short, plain, no region, no hub,
    none of the words that name parts of a project (`modules`, `dns`, `backend` …)."""
    lowered = text.lower()
    if len(lowered) > _MAX_INVENTED or not _PLAUSIBLE.fullmatch(lowered) or _REGION.fullmatch(lowered):
        return False
    parts = tokens(lowered)
    return not any(part in NEVER_INVENTED or part in HUB_WHOLE for part in parts)


def is_region(text: str) -> bool:
    """Whether a text is the name of a cloud's region (`eu-west-2`, `europe-west1`, `uksouth`)."""
    return _REGION.fullmatch(text.lower()) is not None


def sibling_word(segment: str, siblings: Iterable[str]) -> Word | None:
    """The environment of a directory or file stem, confirmed by its siblings; None when they do not confirm it.

    Confirmed is a segment whose last token is an environment word while a sibling ends in another one; when the
    segment has more than that word, a sibling with the same beginning (`bors-prod` for `bors-staging`) or two other
    environments among the siblings are needed. A segment without any such word is an environment of its own only where
    environment words are the majority of its siblings (see `word_of_value`).
    """
    index = _siblings(tuple(siblings))
    found = words_in_path_segment(segment)
    if not found:
        others = len(index.names - {segment})
        return _invented(segment.lower(), index.spelled) if 2 * len(index.spelled) > others else None
    word = found[-1]
    if len({each.canonical for each in found}) > 1:
        return None
    parts = tokens(segment)
    if index.stems.get(parts[: word.position], frozenset()) - {word.canonical}:
        return replace(word, sure=True)
    is_noun = not any(each.canonical == word.canonical for each in words_in_name(segment))
    several = len(parts) > 1 and word.last and not is_noun and len(index.ends - {word.canonical}) >= 2
    return word if several else None


@dataclass(frozen=True, slots=True)
class _Siblings:
    """What a group of names says: by stem the environments behind it, all of them, and the mere words."""

    names: frozenset[str]
    stems: dict[tuple[str, ...], frozenset[str]]
    ends: frozenset[str]
    spelled: tuple[str, ...]


@lru_cache(maxsize=256)
def _siblings(names: tuple[str, ...]) -> _Siblings:
    stems: dict[tuple[str, ...], set[str]] = {}
    spelled: list[str] = []
    for name in names:
        parts = tokens(name)
        for word in words_in_path_segment(name):
            stems.setdefault(parts[: word.position], set()).add(word.canonical)
        whole = _value(name)
        if whole is not None and len(parts) == 1:
            stems.setdefault((), set()).add(whole.canonical)
            spelled.append(name)
    ends = frozenset().union(*stems.values())
    return _Siblings(frozenset(names), {k: frozenset(v) for k, v in stems.items()}, ends, tuple(spelled))


def _words(text: str, known: frozenset[str], value: bool) -> tuple[Word, ...]:
    if not may_hold_word(text):
        return ()
    pairs = _joined(text)
    found: list[Word] = []
    end = len(pairs) - 1
    for index, (token, raw) in enumerate(pairs):
        spelling = SPELLINGS.get(token)
        if spelling is None or _is_noun(pairs, index, spelling):
            continue
        trust = spelling.trust
        fits = (
            trust == ANYWHERE
            or (trust == ENDS and index in (0, end))
            or (trust == LAST and index == end)
            or (value and index == end)
            or spelling.canonical in known
        )
        if fits:
            sure = trust == ANYWHERE or spelling.canonical in known or (not value and trust != VALUE)
            found.append(Word(spelling.canonical, spelling.tier, raw, sure, index, index == end))
    return tuple(found)


def _is_noun(pairs: list[tuple[str, str]], index: int, spelling: Spelling) -> bool:
    token = pairs[index][0]
    before, after = NOUNS.get(token) or NOUNS.get(spelling.canonical) or (frozenset(), frozenset())
    if index > 0 and pairs[index - 1][0] in before:
        return True
    return index + 1 < len(pairs) and pairs[index + 1][0] in after


@lru_cache(maxsize=65536)
def hub_word(text: str) -> str | None:
    """The word that makes a text the name of a hub, None when it is none.

    A hub word is the whole text (`tooling`), its first token (`core-network-production`) or its last (`network-hub`);
    words that are common in product names (`platform`, `management`) count as the whole text only.
    """
    parts = tokens(text)
    while parts and (environment_of_token(parts[-1]) is not None):
        parts = parts[:-1]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0] if parts[0] in HUB_WHOLE else None
    if parts[0] in HUB_FIRST:
        return parts[0]
    if parts[-1] in ("tooling", "mgmt") or parts[-2:] in (("shared", "services"), ("network", "hub"), ("vnet", "hub")):
        return parts[-1]
    return None


def canonical_name(name: str) -> str:
    """The name under which environments are compared: `prd`, `Prod` and `production` are one."""
    word = _value(name.strip()) if name else None
    if word is not None and (len(tokens(name)) == 1 or word.raw == name.strip().lower()):
        return word.canonical
    return name.strip().lower()


def tier_of(name: str) -> str:
    """The tier of an environment by its name: the vocabulary's, `shared` for a hub, else nonproduction."""
    word = _value(name.strip())
    if word is not None:
        return word.tier
    return SHARED if hub_word(name) else NONPRODUCTION


def rank_of(name: str) -> int:
    """How near to production an environment is: 9 for production, less for the others, 0 for hubs and generic names."""
    word = _value(name.strip())
    if word is None:
        return 0 if hub_word(name) else 2
    base = word.canonical.rpartition("-")[0] or word.canonical
    return RANKS.get(word.canonical, RANKS.get(base, 2))


def is_generic(canonical: str) -> bool:
    """Whether a canonical name stands for every environment that is not production."""
    return canonical == GENERIC
