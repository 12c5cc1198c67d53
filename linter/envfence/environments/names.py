"""What this repository calls its environments: one key per environment, one spelling to show, one tier.

Comes in: configuration, words that were met. Goes out: keys for texts, display names, tiers. Must not know: ranks of
signals, resources. A *key* is what environments are compared by: the declared name, else the canonical
word, else the raw text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from envfence.config import Config
from envfence.words import (
    NONPRODUCTION,
    PRODUCTION,
    UNKNOWN,
    Word,
    canonical_name,
    hub_word,
    is_generic,
    may_hold_word,
    rank_of,
    tier_of,
    tokens,
    word_of_value,
    words_in_name,
    words_in_path_segment,
)


class Names:
    """The environments of one repository, as far as they are known by now.

    `met` adds what signals say; `known` are the keys met through strong signals: nouns among them count in names.
    """

    def __init__(self, config: Config) -> None:
        self._declared = {each.name: each for each in config.environments}
        self._spellings: dict[str, str] = {}
        self._by_canonical: dict[str, str] = {}
        for name in self._declared:
            self._by_canonical.setdefault(canonical_name(name), name)
        for name, declared in self._declared.items():
            for spelling in (name, *declared.words):
                self._spellings[spelling.lower()] = name
        self._phrases = {tokens(spelling): name for spelling, name in self._spellings.items() if tokens(spelling)}
        self._met: dict[str, Counter[tuple[int, str]]] = {}
        self._tiers: dict[str, str] = {}
        self._shown: dict[str, str] | None = None
        self._named: dict[str, dict[str, str]] = {}
        self.known: frozenset[str] = frozenset()

    def key_of_word(self, word: Word) -> str:
        """The key of a vocabulary word: the declared environment that it spells, else its canonical name."""
        found = self._spellings.get(word.raw) or self._by_canonical.get(word.canonical)
        if found:
            return found
        self._tiers.setdefault(word.canonical, word.tier)
        return word.canonical

    def may_name(self, text: str) -> bool:
        """Whether a text could name an environment at all; False is certain, True is not."""
        if may_hold_word(text):
            return True
        if not self._phrases:
            return False
        lowered = text.lower()
        return any(phrase[0] in lowered for phrase in self._phrases)

    def of_value(self, text: str, siblings: Iterable[str] = ()) -> tuple[str, str] | None:
        """(key, the repository's spelling) of a value that names an environment; None when it names none."""
        lowered = text.strip().lower()
        if lowered in self._spellings:
            return self._spellings[lowered], lowered
        phrase = self._phrase(tokens(lowered))
        if phrase:
            return phrase, phrase
        word = word_of_value(text, siblings)
        return (self.key_of_word(word), word.raw) if word else None

    def of_given(self, text: str) -> tuple[str, str] | None:
        """As `of_value`, for a word that its maker already knows to be an environment: any text is one."""
        found = self.of_value(text)
        if found is None and text.strip():
            key = text.strip().lower()
            self._tiers.setdefault(key, NONPRODUCTION)
            return key, key
        return found

    def of_name(self, text: str) -> dict[str, str]:
        """Key → spelling of all environments that the name of a thing contains."""
        if not self.may_name(text):
            return {}
        found = self._named.get(text)
        if found is None:
            found = {self.key_of_word(word): word.raw for word in words_in_name(text, self.known)}
            found = self._named[text] = self._with_phrase(found, text)
        return found

    def of_segment(self, segment: str) -> dict[str, str]:
        """Key → spelling of the environments in one path segment."""
        found = {self.key_of_word(word): word.raw for word in words_in_path_segment(segment)}
        return self._with_phrase(found, segment)

    def _with_phrase(self, found: dict[str, str], text: str) -> dict[str, str]:
        phrase = self._phrase(tokens(text))
        return {**found, phrase: phrase} if phrase else found

    def _phrase(self, parts: tuple[str, ...]) -> str:
        """The declared environment whose name or word stands in the tokens; empty for none or several."""
        if not self._phrases:
            return ""
        owners = {
            owner
            for phrase, owner in self._phrases.items()
            for start in range(len(parts) - len(phrase) + 1)
            if parts[start : start + len(phrase)] == phrase
        }
        return owners.pop() if len(owners) == 1 else ""

    def met(self, key: str, spelling: str, strength: int) -> None:
        """Remembers how the repository spells an environment, and by how strong a signal (0 is the strongest)."""
        self._met.setdefault(key, Counter())[(strength, spelling)] += 1
        self._shown = None

    def learn(self, strongest: int) -> None:
        """Makes all environments met by signals up to this strength `known`."""
        self._named.clear()
        self.known = frozenset(key for key, seen in self._met.items() if min(seen)[0] <= strongest)

    def show(self, key: str) -> str:
        """The environment's name for people: as declared, else as the strongest signals spell it most often."""
        if self._shown is None:
            self._shown = {met: _commonest(seen) for met, seen in self._met.items()}
        return key if key in self._declared else self._shown.get(key, key)

    def show_all(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The names of several environments, the nearest to production first."""
        return tuple(self.show(key) for key in self.order(keys))

    def order(self, keys: Iterable[str]) -> list[str]:
        """Keys with the nearest to production first."""
        return sorted(set(keys), key=lambda key: (self.tier(key) != PRODUCTION, -rank_of(key), key))

    def is_generic(self, key: str) -> bool:
        """Whether the key stands for all of nonproduction (`nonprod`); not where the user declared it."""
        return is_generic(key) and key not in self._declared

    def is_assumed(self, key: str) -> bool:
        """Whether nothing but the company it stands in says that a key is an environment, and none of production: it is
        neither declared nor a word that means one."""
        return key not in self._declared and word_of_value(key) is None and hub_word(key) is None

    def tier(self, key: str) -> str:
        """The tier of one environment: as declared, of the vocabulary, else nonproduction."""
        declared = self._declared.get(key)
        if declared is not None and declared.tier:
            return declared.tier
        return self._tiers.get(key) or tier_of(key)

    def tier_of_all(self, keys: Iterable[str]) -> str:
        """The tier of something that is in all of these: production as soon as one of them is."""
        tiers = {self.tier(key) for key in keys}
        if len(tiers) == 1:
            return tiers.pop()
        return PRODUCTION if PRODUCTION in tiers else NONPRODUCTION if NONPRODUCTION in tiers else UNKNOWN

    def tier_of_one(self, keys: Iterable[str]) -> str:
        """The tier of something that is in one of these, undetermined which: known only where they agree."""
        tiers = {self.tier(key) for key in keys}
        return tiers.pop() if len(tiers) == 1 else UNKNOWN

    def tiers(self) -> dict[str, str]:
        """Every environment of the repository, by the name that is shown, with its tier."""
        keys = self.order({*self._declared, *self._met})
        return {self.show(key): self.tier(key) for key in keys}

    def spellings(self) -> dict[str, str]:
        """The further words that the user declared, in lower case, with the environment that each means."""
        return {word: name for word, name in sorted(self._spellings.items()) if word != name.lower()}


def _commonest(seen: Counter[tuple[int, str]]) -> str:
    strongest = min(strength for strength, _spelling in seen)
    counts = Counter({spelling: count for (strength, spelling), count in seen.items() if strength == strongest})
    return min(counts, key=lambda spelling: (-counts[spelling], len(spelling), spelling))
