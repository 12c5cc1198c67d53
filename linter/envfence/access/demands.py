"""What an open answer demands of its unknowns, and whether several demands can be met together.

Comes in: demands on texts with holes. Goes out: whether they contradict each other. Must not know: policies, the graph.

A demand is that a pattern matches, or does not match, a text. Each is a set of contents for the holes; demands
contradict when these sets have nothing in common. What is too hard to tell is no contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from envfence.access.match import ANYTHING, LITERAL_QUESTION, LITERAL_STAR, MAYBE, NO, YES, Matcher
from envfence.values import FIRST_HOLE, LAST_HOLE, has_holes

_HOLE = re.compile(f"[{chr(FIRST_HOLE)}-\U000ffffd\U00100000-{chr(LAST_HOLE)}]")
_ESCAPED = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION: "?"})
#: Beyond so many states the question is left open.
_MOST_STATES: Final = 400
_MOST_DEMANDS: Final = 24


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """`pattern` matches `text`, or must not (`holds` False). With `exact` both are plain, equal or not."""

    pattern: str
    text: str
    holds: bool
    exact: bool = False


def contradictory(demands: Iterable[Demand], matcher: Matcher | None = None, *, plain: bool = False) -> bool:
    """Whether no contents of the holes meet all demands. `plain` takes it that a hole in a pattern holds no wildcard:
    true of names, not of lists of resources."""
    listed = list(dict.fromkeys(demands))[:_MOST_DEMANDS]
    if any(Demand(each.pattern, each.text, not each.holds, each.exact) in listed for each in listed):
        return True
    solved: dict[str, str] = {}
    for each in listed:
        found = _solution(each)
        if found is not None and solved.setdefault(found[0], found[1]) != found[1]:
            return True
    matcher = matcher or Matcher()
    filled = [_filled(each, solved) for each in listed]
    if any(_verdict(matcher, each) == (NO if each.holds else YES) for each in filled):
        return True
    return _excluded(tuple(sorted(set(filled))), plain)


def holes_of(demand: Demand) -> frozenset[str]:
    """The holes that a demand speaks of."""
    return frozenset(_HOLE.findall(demand.pattern + demand.text))


def _solution(each: Demand) -> tuple[str, str] | None:
    """(hole, content) where a demand leaves one hole no choice."""
    if not each.holds or ANYTHING in each.pattern + each.text:
        return None
    wild = not each.exact and ("*" in each.pattern or "?" in each.pattern)
    left, right = each.pattern, each.text
    if not wild and not has_holes(left):
        return _only(right, left.translate(_ESCAPED))
    if each.exact and not has_holes(right):
        return _only(left, right)
    return None


def _only(open_text: str, known: str) -> tuple[str, str] | None:
    """What the one hole of `open_text` holds when it is the text `known`; it fits, as the pair may match."""
    found = _HOLE.findall(open_text)
    if len(found) != 1:
        return None
    before, _, after = open_text.partition(found[0])
    if len(before) + len(after) > len(known) or not (known.startswith(before) and known.endswith(after)):
        return None
    return found[0], known[len(before) : len(known) - len(after)]


def _filled(each: Demand, solved: dict[str, str]) -> Demand:
    pattern, text = each.pattern, each.text
    for hole, content in solved.items():
        pattern, text = pattern.replace(hole, content), text.replace(hole, content)
    return Demand(pattern, text, each.holds, each.exact)


def _verdict(matcher: Matcher, each: Demand) -> int:
    if ANYTHING in each.pattern + each.text:
        return MAYBE
    return matcher.equal(each.pattern, each.text) if each.exact else matcher.text(each.pattern, each.text)


@dataclass(frozen=True, slots=True)
class _Row:
    """A demand as an automaton that reads, one after the other, what the holes hold, with fixed text between them.

    States are bits of a number. `fixed` is what is read before the first hole, between holes and after the last.
    """

    holes: tuple[str, ...]
    fixed: tuple[str, ...]
    holds: bool
    start: int
    accept: int
    steps: dict[str, int]
    any_step: int
    stay: int

    def read(self, states: int, text: str) -> int:
        """The states after `text`."""
        for char in text:
            states = self.step(states, char)
        return states

    def step(self, states: int, char: str) -> int:
        """The states after one character."""
        moved = (states & (self.steps.get(char, 0) | self.any_step)) << 1 | (states & self.stay)
        return self.rest(moved)

    def rest(self, states: int) -> int:
        """With the states that are reached by reading nothing."""
        while (more := states | (states & self.stay) << 1) != states:
            states = more
        return states

    def is_lost(self, states: int) -> bool:
        """Whether nothing that may still be read meets the demand."""
        return self.holds and not states

    def ends(self, states: int) -> bool:
        """Whether the demand is met where reading ends."""
        return bool(self.rest(self.read(states, self.fixed[-1])) & self.accept) == self.holds


def _row(each: Demand, plain: bool) -> _Row | None:
    if has_holes(each.text) and not has_holes(each.pattern):
        return _of_text(each)
    if has_holes(each.pattern) and not has_holes(each.text) and (plain or each.exact):
        return _of_pattern(each)
    return None


def _of_text(each: Demand) -> _Row:
    """The glob reads the text, holes and all."""
    steps: dict[str, int] = {}
    any_step = stay = 0
    for index, char in enumerate(each.pattern):
        if char == "*" and not each.exact:
            stay |= 1 << index
        elif char == "?" and not each.exact:
            any_step |= 1 << index
        else:
            steps[char.translate(_ESCAPED)] = steps.get(char.translate(_ESCAPED), 0) | 1 << index
    accept = 1 << len(each.pattern)
    holes, fixed = tuple(_HOLE.findall(each.text)), tuple(_HOLE.split(each.text))
    return _Row(holes, fixed, each.holds, 1, accept, steps, any_step, stay)


def _of_pattern(each: Demand) -> _Row | None:
    """What a hole in the pattern must hold, as plain text: a part of the known text."""
    holes = _HOLE.findall(each.pattern)
    if len(holes) != 1:
        return None
    before, after = (each.pattern.partition(holes[0])[index] for index in (0, 2))
    text, matcher = each.text, Matcher()
    fits = matcher.equal if each.exact else matcher.text
    start = sum(1 << index for index in range(len(text) + 1) if fits(before, text[:index]) == YES)
    accept = sum(1 << index for index in range(len(text) + 1) if fits(after, text[index:]) == YES)
    steps: dict[str, int] = {}
    for index, char in enumerate(text):
        steps[char] = steps.get(char, 0) | 1 << index
    return _Row(tuple(holes), ("", ""), each.holds, start, accept, steps, 0, 0)


@lru_cache(maxsize=1 << 16)
def _excluded(demands: tuple[Demand, ...], plain: bool) -> bool:
    """Whether the demands on one sequence of holes exclude each other. The same few come back with every request."""
    rows = [row for each in demands if (row := _row(each, plain)) is not None]
    sequences = dict.fromkeys(row.holes for row in rows)
    return any(_is_empty([row for row in rows if row.holes == holes]) for holes in sequences)


def _is_empty(rows: Sequence[_Row]) -> bool:
    """Whether no contents of the holes meet all rows: walks over all of their states together, until one will do."""
    alphabet = [*sorted({char for row in rows for char in row.steps}), ANYTHING]
    reached = {tuple(row.read(row.rest(row.start), row.fixed[0]) for row in rows)}
    for number in range(len(rows[0].holes)):
        is_last = number + 1 == len(rows[0].holes)
        waiting = list(reached)
        while waiting:
            states = waiting.pop()
            if is_last and all(row.ends(one) for row, one in zip(rows, states, strict=True)):
                return False
            for char in alphabet:
                after = tuple(row.step(one, char) for row, one in zip(rows, states, strict=True))
                if after not in reached and not any(row.is_lost(one) for row, one in zip(rows, after, strict=True)):
                    reached.add(after)
                    waiting.append(after)
            if len(reached) > _MOST_STATES:
                return False
        if not is_last:
            reached = {
                tuple(row.read(one, row.fixed[number + 1]) for row, one in zip(rows, states, strict=True))
                for states in reached
            }
    return True
