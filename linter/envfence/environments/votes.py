"""Signals → votes: what each signal says about the environment, and how much it counts.

Comes in: signals, the repository's names, its siblings. Goes out: votes, sorted by strength. Must not know: which wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from envfence.environments.names import Names
from envfence.model import SIGNAL_KINDS, Facts, Signal
from envfence.words import PRODUCTION, environment_of_token, hub_word, sibling_word, tokens, words_in_path_segment

STRENGTH = {kind: index for index, kind in enumerate(SIGNAL_KINDS)}
#: Votes up to this strength may disagree with each other; then nobody guesses.
STRONG = STRENGTH["tag"]
#: Votes up to this strength make a verdict firm.
FIRM = STRENGTH["instance"]
#: Directories whose children are environments.
CONTAINERS = frozenset(["env", "envs", "environment", "environments", "stage", "stages", "workspaces", "tiers"])
#: Ends of directory names that say what a project is rather than where it runs; an input's default knows better.
_LOOSE_WORDS = frozenset(["prototype", "poc"])


@dataclass(frozen=True, slots=True)
class Vote:
    """One signal's say: the environments (keys) that it names, all of them together; or that the thing is a hub.

    `whole` is set for a path segment that is nothing but the word, confirmed by its siblings.
    """

    strength: int
    keys: frozenset[str]
    signal: Signal
    hub: bool = False
    whole: bool = False


class Reader:
    """Reads the signals of a repository's deployments; holds the siblings that confirm or invent words."""

    def __init__(self, names: Names, facts: Iterable[Facts]) -> None:
        self.names = names
        self._values: dict[str, set[str]] = defaultdict(set)
        self._children: dict[str, set[str]] = defaultdict(set)
        self._sorted: dict[str, tuple[str, ...]] = {}
        self._hubs: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for each in facts:
            deployment = each.deployment
            for signal in deployment.signals:
                if signal.kind == "input":
                    self._values[deployment.root].add(signal.value)
            for text in (*(signal.value for signal in deployment.signals), deployment.workspace):
                self._see_hub(text)
            parts = deployment.config_dir.split("/")
            for index, part in enumerate(parts):
                self._children["/".join(parts[:index])].add(part)
                self._see_hub(part)

    def _beside(self, above: str) -> tuple[str, ...]:
        """The directories in `above`, sorted, as far as there are deployments in them."""
        if above not in self._sorted:
            self._sorted[above] = tuple(sorted(self._children.get(above, ())))
        return self._sorted[above]

    def _see_hub(self, text: str) -> None:
        if hub_word(text) is not None:
            found = self.names.of_value(text)
            if found is not None:
                self._hubs[_stem(text, found[1])].add(self.names.tier(found[0]))

    def deployment(self, facts: Facts) -> list[Vote]:
        """The votes of a deployment's own signals, strongest first; a workspace is an input where no other is."""
        deployment = facts.deployment
        signals = list(deployment.signals)
        if deployment.workspace != "default" and not any(signal.kind == "input" for signal in signals):
            says = f"workspace {deployment.workspace}"
            signals.append(Signal(kind="input", value=deployment.workspace, span=deployment.span, says=says))
        place = (deployment.root, deployment.config_dir, deployment.workspace)
        votes = [
            vote
            for signal in signals
            if not _is_own_name(signal, deployment.root, deployment.name) and (vote := self.read(signal, *place))
        ]
        return sorted(votes, key=_order)

    def read(self, signal: Signal, root: str = "", directory: str = "", workspace: str = "") -> Vote | None:
        """The vote of one signal; None when it says nothing."""
        strength = STRENGTH.get(signal.kind)
        if strength is None or (signal.kind == "boundary" and not signal.words):
            return None
        if signal.kind == "input" and self._is_hub_workspace(workspace, signal.value):
            return Vote(strength, frozenset(), signal, hub=True)
        if signal.words:
            return self._given(signal, strength, directory)
        if signal.kind == "path":
            return self._path(signal, directory)
        if signal.kind in ("name", "file", "state"):
            found = self.names.of_name(signal.value)
            return Vote(strength, frozenset(found), signal) if len(found) == 1 else None
        return self._value(signal, strength, self._values.get(root, set()) if signal.kind == "input" else ())

    def _given(self, signal: Signal, strength: int, directory: str) -> Vote | None:
        found = [pair for word in signal.words if (pair := self.names.of_given(word))]
        if not found:
            return None
        written = self.names.of_segment(signal.value)
        for key, spelling in found:
            self.names.met(key, written.get(key, spelling), strength)
        if len(found) == 1 and signal.kind == "path" and found[0][0] in _LOOSE_WORDS:
            strength = STRENGTH["name"]
        keys = frozenset(key for key, _spelling in found)
        if len(found) == 1 and self._is_hub(signal.value, found[0]):
            return Vote(strength, frozenset(), signal, hub=True)
        whole = signal.kind == "path" and len(tokens(signal.value)) == 1
        return Vote(strength, keys, signal, whole=whole)

    def _value(self, signal: Signal, strength: int, siblings: Iterable[str]) -> Vote | None:
        found = self.names.of_value(signal.value, siblings)
        if found is None:
            return Vote(strength, frozenset(), signal, hub=True) if hub_word(signal.value) else None
        if self._is_hub(signal.value, found):
            return Vote(strength, frozenset(), signal, hub=True)
        self.names.met(*found, strength)
        return Vote(strength, frozenset([found[0]]), signal)

    def _path(self, signal: Signal, directory: str) -> Vote | None:
        segment = signal.value.rstrip("/").rpartition("/")[2]
        above = _above(directory, segment)
        siblings = self._beside(above)
        found = self.names.of_segment(segment)
        weak = STRENGTH["name"]
        if not found:
            word = sibling_word(segment, siblings)
            if word is not None:
                key = self.names.key_of_word(word)
                self.names.met(key, word.raw, STRENGTH["path"])
                return Vote(STRENGTH["path"], frozenset([key]), signal, whole=True)
            if not hub_word(segment):
                return None
            beside = {word.canonical for each in siblings if (word := environment_of_token(each)) is not None}
            return Vote(STRENGTH["path"] if len(beside) > 1 else weak, frozenset(), signal, hub=True)
        if len(found) > 1:
            return None
        ((key, spelling),) = found.items()
        if self._is_hub(segment, (key, spelling)):
            return Vote(STRENGTH["path"], frozenset(), signal, hub=True)
        confirmed = sibling_word(segment, siblings) is not None or _contained(above, segment)
        strength = STRENGTH["path"] if confirmed and key not in _LOOSE_WORDS else weak
        self.names.met(key, spelling, strength)
        return Vote(strength, frozenset([key]), signal, whole=confirmed and len(tokens(segment)) == 1)

    def _is_hub_workspace(self, workspace: str, value: str) -> bool:
        """Whether the workspace that a value ends is a hub's: `core-network-services-production`, of which only
        `production` is left beside the root module's own name."""
        if hub_word(workspace) is None or not workspace.lower().endswith(value.lower()):
            return False
        found = self.names.of_value(workspace)
        return found is not None and len(_stem(workspace, found[1])) > 1 and self._is_hub(workspace, found)

    def _is_hub(self, text: str, found: tuple[str, str]) -> bool:
        """Whether a text with an environment word is a hub all the same: called production, no sibling elsewhere."""
        if hub_word(text) is None or self.names.tier(found[0]) != PRODUCTION:
            return False
        return self._hubs.get(_stem(text, found[1]), {PRODUCTION}) <= {PRODUCTION}


def _is_own_name(signal: Signal, root: str, name: str) -> bool:
    """Whether an input repeats the name of the root module's directory, which surely is no environment: a file
    `cache.tfvars` or `load-test.tfvars` among `staging.tfvars` and others is the file of the root module `cache`."""
    if signal.kind != "input" or signal.value != name or signal.value != root.rpartition("/")[2]:
        return False
    last = environment_of_token((tokens(signal.value) or ("",))[-1])
    return last is None or (not last.sure and len(tokens(signal.value)) > 1)


def _stem(text: str, spelling: str) -> tuple[str, ...]:
    words = tokens(spelling)
    parts = tokens(text)
    return parts[: -len(words)] if words and parts[-len(words) :] == words else parts


def _above(directory: str, segment: str) -> str:
    """The directory that holds the innermost `segment` of a path."""
    parts = directory.split("/")
    for index in range(len(parts) - 1, -1, -1):
        if parts[index] == segment:
            return "/".join(parts[:index])
    return ""


def _contained(above: str, segment: str) -> bool:
    container = (tokens(above.rpartition("/")[2]) or ("",))[-1]
    found = words_in_path_segment(segment)
    return container in CONTAINERS and bool(found) and (found[-1].sure or len(tokens(segment)) == 1)


def _order(vote: Vote) -> tuple[int, bool]:
    """Strength only: signals of one kind keep the order they came in (paths: the innermost first)."""
    return vote.strength, False
