"""Gives the holes of all facts one table of symbols.

In: facts, each with a table of its own. Out: translations of their strings, so that equal symbols are equal characters
across deployments and different ones are not. Must not know what the strings mean.
"""

from __future__ import annotations

import msgspec

from envfence.model import Condition, Facts, Grant, Principal
from envfence.secretness import without_secrets
from envfence.steps import last_steps
from envfence.values import Span, Symbols, hole_char, hole_index


class Translation:
    """Rewrites the holes of one deployment's facts into the characters of the common table."""

    __slots__ = ("_map",)

    def __init__(self, facts: Facts, common: Symbols) -> None:
        self._map = {ord(hole_char(index)): common.intern(symbol) for index, symbol in enumerate(facts.symbols)}

    def text(self, text: str) -> str:
        """`text` with the common table's holes."""
        return text if text.isascii() else text.translate(self._map)

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """All of `texts`, translated; the same object when there is no hole in them."""
        if all(text.isascii() for text in texts):
            return texts
        return tuple(self.text(text) for text in texts)

    def grant(self, grant: Grant) -> Grant:
        """A grant with all its holed texts translated; the same object when it has no holes."""
        if not self._map:
            return grant
        return msgspec.structs.replace(
            grant,
            attached_to=self.text(grant.attached_to),
            principals=self._principals(grant.principals),
            not_principals=self._principals(grant.not_principals),
            actions=self.texts(grant.actions),
            not_actions=self.texts(grant.not_actions),
            resources=self.texts(grant.resources),
            not_resources=self.texts(grant.not_resources),
            conditions=tuple(self._condition(condition) for condition in grant.conditions),
            element_spans=self._spans(grant.element_spans),
        )

    def _principals(self, principals: tuple[Principal, ...]) -> tuple[Principal, ...]:
        if all(principal.value.isascii() for principal in principals):
            return principals
        return tuple(msgspec.structs.replace(principal, value=self.text(principal.value)) for principal in principals)

    def _condition(self, condition: Condition) -> Condition:
        values = self.texts(condition.values)
        return condition if values is condition.values else msgspec.structs.replace(condition, values=values)

    def _spans(self, spans: dict[str, Span]) -> dict[str, Span]:
        return {self.text(text): span for text, span in spans.items()}


def readable(text: str, common: Symbols, *, scoped: bool = False, short: bool = False) -> str:
    """A holed text for people and for fingerprints: every hole becomes `${what is unknown}`.

    `scoped` adds where it is unknown, so that texts with different holes stay different: for names inside the program.
    Else, literals that could be secrets are left out. `short` keeps only the last steps of a long name: for people.
    """
    if text.isascii():
        return text
    parts = []
    for char in text:
        if hole_index(char) is None:
            parts.append(char)
            continue
        try:
            symbol = common.symbol(char)
            where = f" of {symbol.scope}" if scoped and symbol.scope else ""
            what = symbol.what if scoped else without_secrets(symbol.what)
            what = last_steps(what) if short else what
            parts.append("${" + what + where + "}")
        except KeyError:
            parts.append("${?}")
    return "".join(parts)
