"""What maps of the source say about whose an account, project or subscription is: `{staging = "111…", production =
"222…"}`.

In: the locals and variables of a root module. Out: signals (kind "boundary", the id as value, the key as word). Must
not know which keys are environments of this repository: *assign* decides.

Only names that speak of accounts, projects or subscriptions are looked at, so that nothing else is evaluated for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from envfence.evaluate import EvaluationError, LimitError, deep_recursion
from envfence.evaluate.instance import ModuleInstance
from envfence.model import Signal
from envfence.values import Mapping, Sequence, Span, Value
from envfence.words import word_of_value, words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated
    from envfence.hcl import ast

_ACCOUNT = re.compile(r"\d{12}")
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
#: The word in a name, the provider it speaks of, and what an id of it looks like.
_KINDS = (
    ("account", "aws", _ACCOUNT),
    ("subscription", "azurerm", _SUBSCRIPTION),
    ("project", "google", _PROJECT),
)
#: Names of the attribute with the id, where each entry of the map is an object.
_ID_NAMES = ("account_id", "aws_account_id", "account", "id", "subscription_id", "project_id", "project")
_DEEPEST = 3


def identities_of(evaluated: Evaluated) -> Iterator[Signal]:
    """The signals of one deployment's root module."""
    instance = evaluated.scope.module
    if not isinstance(instance, ModuleInstance):
        return
    with deep_recursion():
        for name, attribute in instance.module.locals.items():
            if _speaks_of_ids(name):
                yield from _read(name, attribute, instance.local)
        for name, variable in instance.module.variables.items():
            if _speaks_of_ids(name):
                yield from _read(name, variable.block, instance.variable)


def signals_in(name: str, value: Value, span: Span) -> Iterator[Signal]:
    """What a value called `name` says: nothing unless it is a map from environments to ids."""
    for word, provider, pattern in _KINDS:
        if word in name.lower():
            yield from _in_map(provider, pattern, value, span, name, _DEEPEST)


def _speaks_of_ids(name: str) -> bool:
    return any(word in name.lower() for word, _, _ in _KINDS)


def _read(name: str, node: ast.Node, value_of: Callable[[str, ast.Node], Value]) -> Iterator[Signal]:
    try:
        value = value_of(name, node)
    except (EvaluationError, LimitError):
        return  # evaluate has noted it
    yield from signals_in(name, value, node.span)


def _in_map(
    provider: str, pattern: re.Pattern[str], value: Value, span: Span, name: str, depth: int
) -> Iterator[Signal]:
    if not isinstance(value, Mapping) or not depth:
        return
    for key, item in value.items.items():
        for found in _ids(item):
            if pattern.fullmatch(found) and _may_be_environment(key):
                says = f"{name} maps {key!r} to {found}"
                yield Signal(kind="boundary", value=f"{provider}:{found}", span=span, says=says, words=(key,))
        yield from _in_map(provider, pattern, item, span, name, depth - 1)


def _ids(item: Value) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, Sequence):
        yield from (each for each in item.items if isinstance(each, str))
    elif isinstance(item, Mapping):
        found = [item.items.get(name) for name in _ID_NAMES]
        yield from (each for each in found if isinstance(each, str))


def _may_be_environment(key: str) -> bool:
    return word_of_value(key) is not None or any(word.sure and word.last for word in words_in_name(key))
