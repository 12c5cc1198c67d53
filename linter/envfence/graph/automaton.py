"""The regular expressions over edges that rules write as `via`, compiled to a small automaton.

In: text such as `(runs-as|assumes)* may[destroy|administer]`. Out: an `Automaton` whose states are small numbers.
Operators: `|`, `*`, `+`, `?`, parentheses; parts that stand side by side follow each other; `any` is every kind.
Brackets after a kind list the capabilities that fit. Must not know graphs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from envfence.model import EDGE_KINDS, Edge

_TOKEN = re.compile(r"\s*([a-z][a-z-]*(?:\[[a-z|\s-]*\])?|[()|*+?])")
_ANY = "any"
_DEPTH_LIMIT = 50


class PatternError(ValueError):
    """A `via` text that is no regular expression over edge kinds."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edge to take: its kind, and the capabilities that fit (empty: all)."""

    kind: str
    capabilities: frozenset[str] = frozenset()

    def fits(self, edge: Edge) -> bool:
        """Whether `edge` may be taken as this step."""
        if self.kind not in (_ANY, edge.kind):
            return False
        return not self.capabilities or edge.capability in self.capabilities


@dataclass(frozen=True, slots=True)
class Automaton:
    """`moves[state]` lists (step, next state); a path is accepted when it ends in a state of `accepting`. It starts
    in 0."""

    moves: tuple[tuple[tuple[Step, int], ...], ...]
    accepting: frozenset[int]
    _known: dict[tuple[int, str, str], tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def after(self, state: int, edge: Edge) -> tuple[int, ...]:
        """The states that `edge` leads to from `state`, ascending."""
        key = (state, edge.kind, edge.capability)
        found = self._known.get(key)
        if found is None:
            found = tuple(sorted({target for step, target in self.moves[state] if step.fits(edge)}))
            self._known[key] = found
        return found


@dataclass(slots=True)
class _Builder:
    """Thompson's construction: states with edges and empty moves."""

    steps: list[list[tuple[Step, int]]] = field(default_factory=list)
    empty: list[list[int]] = field(default_factory=list)

    def state(self) -> int:
        self.steps.append([])
        self.empty.append([])
        return len(self.steps) - 1

    def closure(self, state: int) -> list[int]:
        seen = {state}
        waiting = [state]
        while waiting:
            for following in self.empty[waiting.pop()]:
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return sorted(seen)


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Automaton:
    """The automaton of `text`. Raises `PatternError` with what is wrong and where."""
    builder = _Builder()
    parser = _Parser(_tokens(text), builder)
    start, end = parser.alternatives(0)
    if parser.position < len(parser.tokens):
        raise PatternError(f"{parser.tokens[parser.position]!r} is not expected there")
    moves = []
    accepting = set()
    for state in range(len(builder.steps)):
        closure = builder.closure(state)
        if end in closure:
            accepting.add(state)
        moves.append(tuple(step for member in closure for step in builder.steps[member]))
    return _renumbered(start, moves, accepting)


def _renumbered(start: int, moves: list[tuple[tuple[Step, int], ...]], accepting: set[int]) -> Automaton:
    """The same automaton with only the states that can be reached, the start being 0."""
    numbers = {start: 0}
    order = [start]
    for state in order:
        for _, target in moves[state]:
            if target not in numbers:
                numbers[target] = len(order)
                order.append(target)
    renamed = tuple(tuple((step, numbers[target]) for step, target in moves[state]) for state in order)
    return Automaton(renamed, frozenset(numbers[state] for state in order if state in accepting))


def _tokens(text: str) -> list[str]:
    tokens = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise PatternError(f"cannot read {text[position:].strip()[:20]!r}")
        tokens.append(match.group(1))
        position = match.end()
    if not tokens:
        raise PatternError("is empty")
    return tokens


@dataclass(slots=True)
class _Parser:
    """Recursive descent over the tokens; every method gives the first and last state of its part."""

    tokens: list[str]
    builder: _Builder
    position: int = 0

    def _peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def alternatives(self, depth: int) -> tuple[int, int]:
        if depth > _DEPTH_LIMIT:
            raise PatternError("too many parentheses inside each other")
        start, end = self.builder.state(), self.builder.state()
        while True:
            first, last = self._sequence(depth)
            self.builder.empty[start].append(first)
            self.builder.empty[last].append(end)
            if self._peek() != "|":
                return start, end
            self.position += 1

    def _sequence(self, depth: int) -> tuple[int, int]:
        start, end = self._repeated(depth)
        while self._peek() not in ("", "|", ")"):
            first, last = self._repeated(depth)
            self.builder.empty[end].append(first)
            end = last
        return start, end

    def _repeated(self, depth: int) -> tuple[int, int]:
        start, end = self._part(depth)
        while self._peek() in ("*", "+", "?"):
            operator = self._peek()
            self.position += 1
            before, behind = self.builder.state(), self.builder.state()
            self.builder.empty[before].append(start)
            self.builder.empty[end].append(behind)
            if operator in "*?":
                self.builder.empty[before].append(behind)
            if operator in "*+":
                self.builder.empty[end].append(start)
            start, end = before, behind
        return start, end

    def _part(self, depth: int) -> tuple[int, int]:
        part = self._peek()
        self.position += 1
        if part == "(":
            inner = self.alternatives(depth + 1)
            if self._peek() != ")":
                raise PatternError("a parenthesis is not closed")
            self.position += 1
            return inner
        if not part or not part[0].isalpha():
            raise PatternError(
                f"an edge kind is missing before {part!r}" if part else "an edge kind is missing at the end"
            )
        return self._step(part)

    def _step(self, token: str) -> tuple[int, int]:
        kind, _, listed = token.partition("[")
        if kind != _ANY and kind not in EDGE_KINDS:
            raise PatternError(f"{kind!r} is no edge kind")
        capabilities = frozenset(part.strip() for part in listed.rstrip("]").split("|") if part.strip())
        start, end = self.builder.state(), self.builder.state()
        self.builder.steps[start].append((Step(kind, capabilities), end))
        return start, end
