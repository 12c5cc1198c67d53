"""Rule kinds, one module each: the folder is the registry.

Each module has `judge(graph, rule, context) -> Iterator[Finding]`. It reads the rule's parameters and the graph and
yields findings; severity overrides, suppressions and the baseline are marked afterwards, by `envfence.judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envfence.graph import Graph
    from envfence.judge.context import Context
    from envfence.judge.rules import Rule
    from envfence.model import Finding

    Judge = Callable[[Graph, Rule, Context], Iterator[Finding]]


@cache
def kind_names() -> tuple[str, ...]:
    """The names of all rule kinds, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def judge_of(kind: str) -> Judge:
    """The `judge` function of a kind. Raises `KeyError` for a kind that has no module here."""
    if kind not in kind_names():
        raise KeyError(kind)
    function: Judge = import_module(f"{__name__}.{kind}").judge
    return function
