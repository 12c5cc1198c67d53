"""Statements made ready for deciding: which actions they speak of, and which resources.

Comes in: grants. Goes out: compiled statements; sets of actions as pairs of bit masks (surely, possibly).
Must not know: how statements of several policies add up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from envfence.access.aws.conditions import evaluate
from envfence.access.aws.context import ABSENT, KNOWN, Ends, look_up
from envfence.access.match import (
    ANYTHING,
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

#: Bit masks over a list of actions: those that surely match, and those that surely or possibly do.
Masks = tuple[int, int]
NONE: Masks = (0, 0)

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"^\s*([^,\s]+)\s*,\s*'([^']*)'\s*$")
_VARIABLES_SINCE = "2012-10-17"
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

    __slots__ = ("_masks", "actions", "allow", "conditions", "grant", "kind", "not_actions", "variables")

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        self.kind = grant.policy
        self.allow = grant.effect == "Allow"
        self.actions = tuple(pattern.lower() for pattern in grant.actions)
        self.not_actions = tuple(pattern.lower() for pattern in grant.not_actions)
        self.conditions = grant.conditions
        self.variables = grant.version == _VARIABLES_SINCE and any(
            "${" in text
            for texts in (grant.resources, grant.not_resources, *(each.values for each in grant.conditions))
            for text in texts
        )
        self._masks: dict[int, Masks] = {}

    def masks(self, matcher: Matcher, question: Asked) -> Masks:
        """The actions of the question that the Action or NotAction element speaks of."""
        found = self._masks.get(question.serial)
        if found is None:
            found = self._masks[question.serial] = self._action_masks(matcher, question)
        return found

    def resource(self, matcher: Matcher, arn: str, ends: Ends | None) -> int:
        """How surely the Resource or NotResource element matches."""
        grant = self.grant
        if grant.resources:
            return self._best(matcher, grant.resources, arn, ends)
        if grant.not_resources:
            return NO if self._lacks_value(ends) else YES - self._best(matcher, grant.not_resources, arn, ends)
        return NO if self.kind in _IDENTITY_KINDS else YES

    def narrowed(self, matcher: Matcher, masks: Masks, question: Asked, ends: Ends) -> Masks:
        """Those actions for which the conditions hold."""
        if not self.conditions or not masks[1]:
            return masks
        sure, possible = 0, 0
        for index, row in enumerate(question.rows):
            bit = 1 << index
            if masks[1] & bit:
                verdict = self._conditions(matcher, row, question.type_keys[index], ends)
                possible |= bit if verdict != NO else 0
                sure |= bit if verdict == YES and masks[0] & bit else 0
        return sure, possible

    def open_conditions(
        self, matcher: Matcher, row: Action | None, type_keys: frozenset[str], ends: Ends
    ) -> tuple[Condition, ...]:
        """The conditions that cannot be decided."""
        return tuple(each for each in self.conditions if self._condition(matcher, each, row, type_keys, ends) == MAYBE)

    def _action_masks(self, matcher: Matcher, question: Asked) -> Masks:
        sure, possible = 0, 0
        for index, name in enumerate(question.names):
            if self.actions:
                verdict = max((matcher.text(pattern, name) for pattern in self.actions), default=NO)
            elif self.not_actions:
                verdict = YES - max((matcher.text(pattern, name) for pattern in self.not_actions), default=NO)
            else:
                verdict = NO
            sure |= (1 << index) if verdict == YES else 0
            possible |= (1 << index) if verdict != NO else 0
        return sure, possible

    def _best(self, matcher: Matcher, patterns: tuple[str, ...], arn: str, ends: Ends | None) -> int:
        best: int = NO
        for pattern in patterns:
            if self.variables and ends is not None and "${" in pattern:
                filled = substitute(pattern, ends, None, frozenset())
                found = NO if filled is None else matcher.arn(filled, arn)
            else:
                found = matcher.arn(pattern, arn)
            if found > best:
                best = found
                if best == YES:
                    break
        return best

    def _lacks_value(self, ends: Ends | None) -> bool:
        """Whether a variable of the excluded resources has no value: then the statement matches nothing."""
        if not self.variables or ends is None:
            return False
        return any(substitute(text, ends, None, frozenset()) is None for text in self.grant.not_resources)

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
            return MAYBE
        found = look_up(each.variable, ends, row, type_keys)
        values = each.values
        if self.variables:
            filled = (substitute(value, ends, row, type_keys) for value in values)
            values = tuple(value for value in filled if value is not None)
        return evaluate(matcher, each.test, values, found, self.allow)


def substitute(text: str, ends: Ends, row: Action | None, type_keys: frozenset[str]) -> str | None:
    """The text with its policy variables filled in; None when one has no value, so that nothing matches."""
    if "${" not in text:
        return text
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        inner = match.group(1)
        if inner in _SPECIAL:
            return _SPECIAL[inner]
        default = _DEFAULT.match(inner)
        key = default.group(1) if default else inner.strip()
        found = look_up(key, ends, row, type_keys)
        if found.state == KNOWN and len(found.values) == 1:
            return literal(found.values[0])
        if found.state in (ABSENT, KNOWN):
            missing = missing or default is None
            return literal(default.group(2)) if default else ""
        return ANYTHING

    result = _VARIABLE.sub(fill, text)
    return None if missing else result


_SPECIAL = {"*": LITERAL_STAR, "?": LITERAL_QUESTION, "$": "$"}
