"""Fills the identifier templates of the catalogue with what a resource says, so that a name is the same wherever it
is met.

In: a template, a `Subject` (one resource's values and context). Out: a string with holes for what is not known.
Must not know any provider.

A template is text with placeholders:
    ${name}          the attribute, else the context (partition, region, account, project …), else `name_prefix` and a
    hole
    ${path=/}        the attribute, else the text behind the equals sign
    ${?suffix}       what only the provider's side knows: always a hole
    ${/name}         the attribute with exactly one slash in front
    ${!url}          the attribute without the scheme in front (`https://`)
The hole for attribute `name` of `aws_x.y` is the symbol `aws_x.y.name`, the same as the evaluator gives to a reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass
from functools import lru_cache

from envfence.providers.common.values import one, text
from envfence.values import Mapping, Symbol, Symbols, hole_index

_PLACEHOLDER = re.compile(r"\$\{([?/!]?)([A-Za-z0-9_.]+)(?:=([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The resource that a template is filled for; `context` is what its provider configuration says."""

    address: str
    values: Mapping
    context: AbstractMapping[str, str]
    symbols: Symbols
    scope: str

    def hole(self, attribute: str) -> str:
        """The hole for an attribute of this resource that nobody knows."""
        return self.symbols.intern(Symbol(what=f"{self.address}.{attribute}", scope=self.scope))


def placeholders(template: str) -> tuple[str, ...]:
    """The attributes a template needs, without those that are always a hole."""
    return tuple(name for _, mark, name, _ in _parts(template) if name and mark != "?")


def fill(template: str, subject: Subject) -> str:
    """The template with everything known in place."""
    return "".join(
        literal + (_value(mark, name, default, subject) if name else "")
        for literal, mark, name, default in _parts(template)
    )


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, str, str, str | None], ...]:
    parts, end = [], 0
    for match in _PLACEHOLDER.finditer(template):
        parts.append((template[end : match.start()], match[1], match[2], match[3]))
        end = match.end()
    return (*parts, (template[end:], "", "", None))


def _value(mark: str, name: str, default: str | None, subject: Subject) -> str:
    if mark == "?":
        return subject.hole(name)
    found = text(one(subject.values, name))
    if found is None:
        found = default if default is not None else _not_set(name, subject)
    if mark == "/":
        return _one_slash(found, name, subject)
    return found.partition("://")[2] or found if mark == "!" else found


def _not_set(name: str, subject: Subject) -> str:
    if name in subject.context:
        return subject.context[name]
    prefix = text(one(subject.values, f"{name}_prefix"))
    return prefix + subject.hole(f"{name}.suffix") if prefix else subject.hole(name)


def _one_slash(found: str, name: str, subject: Subject) -> str:
    if found[:1] and hole_index(found[0]) is not None:
        return subject.hole(f"{name}.path")  # nobody can say whether the hole begins with a slash
    return found if found.startswith("/") else f"/{found}"
