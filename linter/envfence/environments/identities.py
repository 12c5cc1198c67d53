"""The identity map: which account, project or subscription belongs to which environments.

Comes in: declared accounts, maps found in the repository, deployments that surely have one environment. Goes out: the
environments of a boundary. Must not know: how deployments got theirs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from envfence.config import Config
from envfence.environments.names import Names
from envfence.model import Facts, Placement, Signal
from envfence.values import has_holes
from envfence.words import PRODUCTION, SHARED, hub_word, is_region

_MAX_EVIDENCE = 12
#: Providers whose boundaries are known by numbers.
_NUMBERED = ("aws:", "azurerm:")
#: One of many places may be a slip: so many must agree, and this share of all.
_FEW, _CLEAR = 4, 0.8
#: Account numbers of documentation; they are nobody's.
EXAMPLE_IDS = frozenset(["123456789012", "000000000000", "012345678901", "123456789", "999999999999"])


@dataclass(slots=True)
class _Entry:
    keys: set[str] = field(default_factory=set)
    hub: bool = False
    signals: dict[Signal, None] = field(default_factory=dict)
    firm: bool = True


class Identities:
    """Boundary → environments: what the user declared beats maps, maps beat what deployments taught, and that beats
    what stands beside the id where it is written (`noted`)."""

    def __init__(self, config: Config, facts: Iterable[Facts], names: Names, noted: Iterable[Signal] = ()) -> None:
        self.names = names
        self._declared: dict[str, _Entry] = defaultdict(_Entry)
        self._mapped: dict[str, _Entry] = defaultdict(_Entry)
        self._learned: dict[str, _Entry] = defaultdict(_Entry)
        for each in config.environments:
            for account in each.accounts:
                says = f"declared: accounts {account}"
                signal = Signal(kind="declared", value=account, words=(each.name,), span=each.span, says=says)
                entry = self._declared[bare(account)]
                entry.keys.add(each.name)
                entry.signals[signal] = None
        for one in facts:
            for signal in one.identities:
                self._read(signal)
        self._noted = _agreed(noted, names)

    def _read(self, signal: Signal) -> None:
        if not is_usable(signal.value):
            return
        entry = self._mapped[bare(signal.value)]
        for word in signal.words:
            found = self.names.of_value(word)
            if hub_word(word) is not None and (found is None or self.names.tier(found[0]) == "production"):
                entry.hub = True
            elif found is not None:
                entry.keys.add(found[0])
                self.names.met(*found, 2)
            else:
                continue
            entry.signals[signal] = None

    def learn(self, boundary: str, keys: Iterable[str], hub: bool, signal: Signal) -> None:
        """Adds what a deployment of known environment acts in."""
        if is_usable(boundary):
            entry = self._learned[bare(boundary)]
            entry.keys.update(keys)
            entry.hub = entry.hub or hub
            entry.signals[signal] = None

    def explicit(self, boundary: str) -> frozenset[str]:
        """The environments of a boundary as declared or mapped; empty for none, and for a hub's."""
        entry = self._find(boundary, learned=False)
        return frozenset(entry.keys) if entry is not None and not entry.hub else frozenset()

    def of(self, boundary: str) -> frozenset[str]:
        """The environments of a boundary from every source; empty for none, and for a hub's."""
        entry = self._find(boundary, learned=True)
        return frozenset(entry.keys) if entry is not None and entry.firm else frozenset()

    def signals(self, boundary: str) -> tuple[Signal, ...]:
        """What says so, in order of place."""
        entry = self._find(boundary, learned=True)
        return tuple(sorted(entry.signals)) if entry is not None else ()

    def _find(self, boundary: str, learned: bool) -> _Entry | None:
        if not boundary or has_holes(boundary):
            return None
        key = bare(boundary)
        explicit = (self._declared, self._mapped)
        for table in (*explicit, self._learned, self._noted) if learned else explicit:
            if key in table and (table[key].keys or table[key].hub):
                return table[key]
        return None

    def placements(self) -> dict[str, Placement]:
        """The map as `Environments.identities` wants it: by boundary text (`aws:123456789012`), sorted."""
        made: dict[str, Placement] = {}
        for key in sorted({*self._declared, *self._mapped, *self._learned, *self._noted}):
            entry = self._find(key, learned=True)
            if entry is None:
                continue
            tier = self.names.tier_of_all(entry.keys) if entry.keys else SHARED
            shown = self.names.show_all(entry.keys)
            evidence = tuple(sorted(entry.signals))[:_MAX_EVIDENCE]
            made[prefixed(key)] = Placement(environments=shown, tier=tier, firm=entry.firm, evidence=evidence)
        return made


def _agreed(signals: Iterable[Signal], names: Names) -> dict[str, _Entry]:
    """What the places come to where an id is written: firm where several agree and none contradicts.

    What is said of the id itself (a comment, a key) counts; the var file it stands in only where nothing else is said,
    or as one more place that agrees. A copied comment that nearly all others contradict does not count, but nothing is
    firm then.
    """
    by_id: dict[str, list[tuple[str, Signal]]] = defaultdict(list)
    for signal in signals:
        found = names.of_value(signal.words[0]) if signal.words and is_usable(signal.value) else None
        is_hub = bool(signal.words) and hub_word(signal.words[0]) is not None
        if found is not None and not (is_hub and names.tier(found[0]) == PRODUCTION):
            by_id[bare(signal.value)].append((found[0], signal))
        elif is_hub and is_usable(signal.value):
            by_id[bare(signal.value)].append(("", signal))
    entries = {text: _entry_of(pairs, names) for text, pairs in sorted(by_id.items())}
    return {text: entry for text, entry in entries.items() if entry is not None}


def _entry_of(every: list[tuple[str, Signal]], names: Names) -> _Entry | None:
    pairs = [pair for pair in every if pair[1].kind != "state"]
    if not pairs:
        return None
    said = [pair for pair in pairs if pair[1].kind != "file"] or pairs
    counts = Counter(key for key, _signal in said)
    first, number = min(counts.items(), key=lambda item: (-item[1], item[0]))
    clear = number >= _CLEAR * len(said) and number > _FEW
    keys = {first} if clear else set(counts)
    places = {(signal.span.path, signal.span.line * (signal.kind != "file")) for key, signal in pairs if key == first}
    firm = len(counts) == 1 and len(places) > 1 and any(signal.kind != "file" for _key, signal in said)
    # Names of things inside are no evidence of whose it is, but where another tier's are in it too, nothing is sure.
    held = {key for key, signal in every if signal.kind == "state" and key not in keys}
    if {names.tier(key) for key in held if key} - {names.tier(key) for key in keys if key} and "" not in keys:
        keys, firm = keys | held, False
    signals = dict.fromkeys(sorted(signal for key, signal in every if key in keys))
    return _Entry(keys={key for key in keys if key}, hub="" in keys, signals=signals, firm=firm)


def bare(boundary: str) -> str:
    """A boundary without its provider where that is plain from the text: `123456789012` for `aws:123456789012`."""
    provider, colon, rest = boundary.strip().partition(":")
    return rest.lower() if colon and provider in ("aws", "google", "azurerm") else boundary.strip().lower()


def prefixed(text: str) -> str:
    """The opposite of `bare`: digits are an AWS account, a UUID an Azure subscription, another plain word a project."""
    if ":" in text:
        return text
    if text.isdigit():
        return f"aws:{text}"
    is_uuid = len(text) == 36 and [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
    return f"azurerm:{text}" if is_uuid else f"google:{text}"


def is_usable(boundary: str) -> bool:
    """Whether a boundary identifies anything: wholly known, and no example from documentation."""
    text = bare(boundary)
    if boundary.startswith(_NUMBERED) and not any(char.isdigit() for char in text):
        return False  # `TODO`, or a name that stands for an account
    return bool(text) and not has_holes(boundary) and text not in EXAMPLE_IDS and not is_region(text)
