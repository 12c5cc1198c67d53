"""Input formats beside Terraform, one module each: the folder is the registry.

Each module has `facts(files, hasher) -> Iterator[Facts]`: `files` gives sources by kind with their contents, `hasher`
digests secrets. A format yields facts of its own deployments (one a file, mostly) and notes what it cannot read in
`files`; it never raises for what a repository holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from envfence.model import Facts, Problem, Source
from envfence.sources.files import Files
from envfence.tree import Tree

Hasher = Callable[[str], str]
Format = Callable[[Files, Hasher], Iterator[Facts]]


@cache
def formats() -> tuple[Format, ...]:
    """The `facts` function of every format, by the names of their modules."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(import_module(f"{__name__}.{name}").facts for name in names)


def source_facts(
    tree: Tree, sources: Iterable[Source], hasher: Hasher
) -> tuple[tuple[Facts, ...], tuple[Problem, ...]]:
    """The facts of all sources that are not Terraform, by deployment, and what could not be read."""
    files = Files(tree, sources)
    found = [facts for make in formats() for facts in make(files, hasher)]
    return tuple(sorted(found, key=lambda facts: facts.deployment.id)), tuple(sorted(files.problems))
