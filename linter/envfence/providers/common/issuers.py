"""Who issues the secrets that are handed on: access keys, databases, modules that were not read.

In: a secret value that holds unknown parts, the resource that is given it. Out: the same secret at what issues it, by
digest only. Must not know any provider, environments.

Only what a secret opens counts as its issuer: a generated password opens nothing before a database is given it, and
the database is seen where that happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from envfence.secretness import is_secret_key
from envfence.values import Span, Unknown, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_NAME = r"\.[\w-]+(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?"
#: `aws_iam_access_key.ci["a"].secret`, `module.shop.module.db.password`: what is asked, and which attribute of it.
_ASKED = re.compile(
    rf"(?<![\w.-])((?:module{_NAME}\.)*(?:[a-z][a-z0-9]*_\w+{_NAME}(?=\.)|module{_NAME}(?=\.[\w-]+(?![\w.-]))))\.([\w-]+)"
)
#: Providers of made-up values, which open nothing by themselves.
_MADE_UP = ("random", "tls", "time", "null", "terraform", "local", "external", "shell", "template", "archive")
_MEMO = "common.issuers"


def add_issuers(resource: Resource, value: str | Unknown, builder: FactsBuilder) -> None:
    """Adds what issues the secret that `resource` is given."""
    places = _places(builder)
    for address, attribute in sorted(set(_asked(value, builder))):
        span = places.get(address)
        if span is not None and address != resource.address and is_secret_key(attribute):
            builder.add_secret(address, f"{address}.{attribute}", value, span, literal=False, made=True)


def _asked(value: str | Unknown, builder: FactsBuilder) -> Iterator[tuple[str, str]]:
    """(address, attribute) of everything of this deployment that the unknown parts of a value came from."""
    text = value.symbol if isinstance(value, Unknown) else value
    for symbol in (builder.symbols.symbol(char) for char in text if has_holes(char)):
        if symbol.scope == builder.scope:
            yield from ((match[1], match[2]) for match in _ASKED.finditer(symbol.what))


def _places(builder: FactsBuilder) -> Mapping[str, Span]:
    """Where everything stands that may issue a secret in this deployment, by address."""
    found: Mapping[str, Span] | None = builder.memo.get(_MEMO)
    if found is None:
        managed = (each for each in builder.resources if each.mode == "managed" and not _is_made_up(each.type))
        calls = builder.evaluated.unread_calls
        found = {each.address: each.span for each in managed} | {call.address: call.span for call in calls}
        builder.memo[_MEMO] = found
    return found


def _is_made_up(type_: str) -> bool:
    return type_.partition("_")[0] in _MADE_UP
