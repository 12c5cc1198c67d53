"""Statements made ready for deciding: which actions they speak of, and which resources.

Comes in: grants. Goes out: compiled statements; sets of actions as pairs of bit masks (surely, possibly).
Must not know: how statements of several policies add up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple

from envfence.access.aws.conditions import evaluate
from envfence.access.aws.context import CHOSEN, KNOWN, UNKNOWN, Ends, is_supported, look_up
from envfence.access.match import (
    LITERAL_QUESTION,
    LITERAL_STAR,
    MAYBE,
    NO,
    YES,
    Matcher,
    literal,
)
from envfence.access.tables import Action, service
from envfence.model import Condition, Grant
from envfence.values import has_holes, holes_in

#: Bit masks over a list of actions: those that surely match, and those that surely or possibly do.
Masks = tuple[int, int]
NONE: Masks = (0, 0)

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"^\s*([^,\s]+)\s*, +'([^']*)'\s*$")
_VARIABLES_SINCE = "2012-10-17"
_COLONS = 5
#: Identity policies take a beginning of an ARN for all that begins so.
_BEGINNINGS = frozenset({"identity", "boundary", "session"})
_GIVING = frozenset({"identity", "resource", "trust", "grant"})
_IDENTITY_KINDS = frozenset({"identity", "boundary", "session", "scp", "rcp"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The actions of one question: names in lower case, table rows and condition keys of their resource types."""

    names: tuple[str, ...]
    rows: tuple[Action | None, ...]
    type_keys: tuple[frozenset[str], ...]
    full: int = 0
    #: Tells questions apart quickly; equal for no two of them.
    serial: int = field(default_factory=count().__next__)
    #: The actions that a pattern speaks of, for patterns without holes.
    known: dict[str, int] = field(default_factory=dict)
    #: By condition keys: classes of actions that support the same of them.
    alike: dict[tuple[str, ...], tuple[tuple[int, int], ...]] = field(default_factory=dict)


def asked(actions: Sequence[tuple[str, Action | None]]) -> Asked:
    """A list of actions with what the tables know about them."""
    names = tuple(name.lower() for name, _ in actions)
    rows = tuple(row for _, row in actions)
    return Asked(names, rows, tuple(_type_keys(name, row) for name, row in actions), (1 << len(names)) - 1)


def _type_keys(name: str, row: Action | None) -> frozenset[str]:
    found = service(name.partition(":")[0].lower())
    if found is None or row is None:
        return frozenset()
    return frozenset().union(*(found.type_keys.get(kind, frozenset()) for kind in row.types))


class Compiled:
    """One statement."""

    __slots__ = (
        "_holes",
        "_keys",
        "_masks",
        "actions",
        "allow",
        "conditions",
        "gives",
        "grant",
        "kind",
        "not_actions",
        "plain",
        "special",
        "variables",
        "whole",
    )

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.kind = grant.policy
        self.allow = grant.effect == "Allow"
        #: Whether it can give something by itself; an Allow of another kind only does not take away.
        self.gives = self.allow and grant.policy in _GIVING
        self.actions = tuple(pattern.lower() for pattern in grant.actions)
        self.not_actions = tuple(pattern.lower() for pattern in grant.not_actions)
        self.conditions = grant.conditions
        self.whole = grant.policy not in _BEGINNINGS
        self.variables = grant.version == _VARIABLES_SINCE and any(
            "${" in text
            for texts in (grant.resources, grant.not_resources, *(each.values for each in grant.conditions))
            for text in texts
        )
        #: Whether more than its resources decides to which of them it applies.
        self.special = bool(grant.conditions or self.variables or grant.unknown or self._speaks_of_principals())
        #: The patterns of its resources, where they are all that there is to look at.
        self.plain = () if self.special or self.whole else grant.resources
        self._keys = tuple(each.variable.lower() for each in grant.conditions)
        self._holes: frozenset[str] | None = None
        self._masks: dict[int, Masks] = {}

    def _speaks_of_principals(self) -> bool:
        return bool(self.grant.principals or self.grant.not_principals)

    @property
    def holes(self) -> frozenset[str]:
        """The holes of its resources and actions."""
        if self._holes is None:
            grant = self.grant
            texts = (*grant.resources, *grant.not_resources, *grant.actions, *grant.not_actions)
            self._holes = frozenset().union(*(holes_in(text) for text in texts))
        return self._holes

    def masks(self, matcher: Matcher, question: Asked) -> Masks:
        """The actions of the question that the Action or NotAction element speaks of."""
        found = self._masks.get(question.serial)
        if found is None:
            found = self._action_masks(matcher, question)
            if found[0] == found[1] or not matcher.assumes:
                self._masks[question.serial] = found
        elif matcher.assumes and found[0] != found[1]:
            return self._action_masks(matcher, question)
        return found

    def resource(self, matcher: Matcher, arn: str, ends: Ends | None) -> int:
        """How surely the Resource or NotResource element matches."""
        grant = self.grant
        if grant.resources:
            return self._best(matcher, grant.resources, arn, ends)
        if grant.not_resources:
            return self._outside(matcher, arn, ends)
        return NO if self.kind in _IDENTITY_KINDS else YES

    def _outside(self, matcher: Matcher, arn: str, ends: Ends | None) -> int:
        """How surely an ARN is none of those in NotResource. Where a variable without value could make the difference,
        the statement matches nothing."""
        patterns = self.grant.not_resources
        limit: int = YES
        if self.variables and ends is not None:
            for each in patterns:
                filled = substitute(matcher, each, ends, None, frozenset())
                if filled.text is None and matcher.arn(_VARIABLE.sub("*", each), arn) != NO:
                    return NO
                limit = MAYBE if filled.open else limit
        return min(limit, YES - self._best(matcher, patterns, arn, ends))

    def narrowed(self, matcher: Matcher, masks: Masks, question: Asked, ends: Ends) -> Masks:
        """Those actions for which the conditions hold."""
        if not self.conditions or not masks[1]:
            return masks
        sure, possible = 0, 0
        for index, bits in self._alike(question):
            if masks[1] & bits:
                verdict = self._conditions(matcher, question.rows[index], question.type_keys[index], ends)
                possible |= bits if verdict != NO else 0
                sure |= bits if verdict == YES else 0
        return masks[0] & sure, masks[1] & possible

    def _alike(self, question: Asked) -> tuple[tuple[int, int], ...]:
        """The actions of the question in classes for which the conditions hold alike: one of each class, and all."""
        if self.variables:
            return tuple((index, 1 << index) for index in range(len(question.rows)))
        found = question.alike.get(self._keys)
        if found is None:
            classes: dict[tuple[bool, ...], list[int]] = {}
            for index, row in enumerate(question.rows):
                there = tuple(is_supported(key, row, question.type_keys[index]) for key in self._keys)
                classes.setdefault(there, []).append(index)
            found = tuple((listed[0], sum(1 << index for index in listed)) for listed in classes.values())
            question.alike[self._keys] = found
        return found

    def open_conditions(
        self, matcher: Matcher, row: Action | None, type_keys: frozenset[str], ends: Ends
    ) -> tuple[Condition, ...]:
        """The conditions that cannot be decided."""
        return tuple(each for each in self.conditions if self._condition(matcher, each, row, type_keys, ends) == MAYBE)

    def _action_masks(self, matcher: Matcher, question: Asked) -> Masks:
        patterns = self.actions or self.not_actions
        if not patterns:
            return NONE
        sure = possible = 0
        for pattern in patterns:
            found = _actions_of(matcher, pattern, question)
            sure |= found[0]
            possible |= found[1]
        return (sure, possible) if self.actions else (question.full & ~possible, question.full & ~sure)

    def _best(self, matcher: Matcher, patterns: tuple[str, ...], arn: str, ends: Ends | None) -> int:
        best: int = NO
        for pattern in patterns:
            if self.variables and ends is not None and "${" in pattern:
                filled = substitute(matcher, pattern, ends, None, frozenset())
                found = NO if filled.text is None else matcher.arn(filled.text, arn)
                found = min(found, MAYBE) if filled.open else found
            elif self.whole and not _is_whole(pattern, self.kind):
                # AWS does not say what a text that is no whole ARN means in these policies.
                found = matcher.undecided("short", pattern)
            else:
                found = matcher.arn(pattern, arn)
            if found > best:
                best = found
                if best == YES:
                    break
        return best

    def _conditions(self, matcher: Matcher, row: Action | None, type_keys: frozenset[str], ends: Ends) -> int:
        result: int = YES
        for each in self.conditions:
            result = min(result, self._condition(matcher, each, row, type_keys, ends))
            if result == NO:
                break
        return result

    def _condition(
        self, matcher: Matcher, each: Condition, row: Action | None, type_keys: frozenset[str], ends: Ends
    ) -> int:
        if each.test == "unknown":
            return matcher.undecided("condition", each.variable)
        key = each.variable.lower()
        found = look_up(key, ends, row, type_keys)
        if found.state == UNKNOWN and not found.many:
            found = replace(found, symbol=matcher.key_hole(key))
        values: tuple[str | None, ...] = each.values
        if self.variables:
            filled = [substitute(matcher, value, ends, row, type_keys) for value in each.values]
            values = tuple(each.text for each in filled)
            if any(each.open for each in filled):
                return MAYBE
        return evaluate(matcher, each.test, values, found, self.allow, key)


def _actions_of(matcher: Matcher, pattern: str, question: Asked) -> Masks:
    """The actions of a question that one pattern speaks of."""
    known = question.known.get(pattern)
    if known is not None:
        return known, known
    sure = possible = 0
    for index, name in enumerate(question.names):
        verdict = matcher.text(pattern, name)
        sure |= (1 << index) if verdict == YES else 0
        possible |= (1 << index) if verdict != NO else 0
    if sure == possible and pattern.isascii():
        question.known[pattern] = sure
    return sure, possible


class Filled(NamedTuple):
    """A text with its policy variables filled in: None when one has no value, so that nothing matches; `open` when it
    is not known whether one has."""

    text: str | None
    open: bool = False


def substitute(matcher: Matcher, text: str, ends: Ends, row: Action | None, type_keys: frozenset[str]) -> Filled:
    """The text with its policy variables filled in."""
    if "${" not in text:
        return Filled(text)
    missing = undecided = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing, undecided
        inner = match.group(1)
        if inner in _SPECIAL:
            return _SPECIAL[inner]
        default = _DEFAULT.match(inner)
        key = default.group(1) if default else inner.strip()
        found = look_up(key, ends, row, type_keys)
        if found.state == KNOWN and len(found.values) == 1 and not found.many:
            return literal(found.values[0])
        there: int = NO
        if found.state in (UNKNOWN, CHOSEN) and not found.many:
            there = YES if found.present else matcher.undecided("has", key.lower())
        if there == NO:
            missing = missing or default is None
            return literal(default.group(2)) if default else ""
        undecided = undecided or there == MAYBE
        return matcher.key_hole(key.lower())

    result = _VARIABLE.sub(fill, text)
    return Filled(None if missing else result, undecided)


def _is_whole(pattern: str, kind: str) -> bool:
    """Whether a short ARN counts in a policy of this kind."""
    if pattern == "*" or pattern.count(":") >= _COLONS or has_holes(pattern):
        return True
    return kind != "rcp" and ("*" in pattern or "?" in pattern)


_SPECIAL = {"*": LITERAL_STAR, "?": LITERAL_QUESTION, "$": "$"}
