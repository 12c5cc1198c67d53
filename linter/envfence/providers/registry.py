"""Finds the provider files: the folder is the registry.

In: the prefix of a resource type (`aws`). Out: what the files in `providers/PREFIX/` declare. Must not know what they
do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from envfence.errors import EnvfenceError

if TYPE_CHECKING:
    from envfence.evaluate import ComputedFn

#: Folders here that are no provider.
_NOT_PROVIDERS = frozenset({"common"})


class ClaimError(EnvfenceError):
    """Two provider files claim one resource type."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What the files of one provider declare: extractors and computed values by resource type.

    `finish` functions run once when all resources of a deployment were read.
    """

    extractors: dict[str, Callable[[Any, Any], None]] = field(default_factory=dict)
    computed: dict[str, ComputedFn] = field(default_factory=dict)
    finishers: tuple[Callable[[Any], None], ...] = ()


@cache
def provider(prefix: str) -> Provider:
    """The provider for types that begin with `prefix`; empty when there is no folder. Raises `ClaimError`."""
    extractors: dict[str, Callable[[Any, Any], None]] = {}
    computed: dict[str, ComputedFn] = {}
    finishers: list[Callable[[Any], None]] = []
    for module in _modules(prefix):
        for type_ in getattr(module, "TYPES", ()):
            _claim(extractors, type_, module.extract, "extract", module.__name__)
        for type_, function in getattr(module, "COMPUTED", {}).items():
            _claim(computed, type_, function, "compute", module.__name__)
        if hasattr(module, "finish"):
            finishers.append(module.finish)
    return Provider(extractors, computed, tuple(finishers))


def _modules(prefix: str) -> Iterator[Any]:
    name = f"{__package__}.{prefix}"
    if not prefix.isidentifier() or prefix in _NOT_PROVIDERS or find_spec(name) is None:
        return
    package = import_module(name)
    for info in sorted(iter_modules(getattr(package, "__path__", ())), key=lambda info: info.name):
        yield import_module(f"{name}.{info.name}")


def _claim(claimed: dict[str, Any], type_: str, function: Any, verb: str, module: str) -> None:
    if type_ in claimed:
        raise ClaimError(f"{module} and {claimed[type_].__module__} both {verb} {type_}")
    claimed[type_] = function
