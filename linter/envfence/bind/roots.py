"""Which directories are root modules.

Comes in: the survey. Goes out: the root modules and the modules that are only called. Must not know: how roots are
deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from envfence.bind.paths import (
    EXAMPLE_SEGMENTS,
    MODULE_SEGMENTS,
    is_automatic,
    is_terraform,
    is_var_file,
    join,
    parent,
    segments,
)
from envfence.bind.survey import Survey
from envfence.evaluate import Module
from envfence.hcl.ast import Block
from envfence.hcl.jsonsyntax import blocks
from envfence.words import environment_of_token


@dataclass(frozen=True, slots=True)
class Roots:
    """The directories by role. `library` is set when nothing is deployed here and the roots are the modules
    themselves."""

    roots: tuple[str, ...]
    called: frozenset[str]
    library: bool = False

    def above(self, path: str) -> str | None:
        """The nearest root at or above a directory, or None."""
        known = set(self.roots)
        while path not in known:
            if not path:
                return None
            path = parent(path)
        return path


def find_roots(survey: Survey) -> Roots:
    """The root modules of the repository."""
    called = _called(survey)
    with_values = {parent(path) for path in survey.paths() if is_var_file(path) and is_automatic(path)}
    roots = [
        directory
        for directory in survey.terraform_directories
        if _is_root(survey, directory, called, with_values) and not _is_link_home(survey, directory)
    ]
    if roots:
        return Roots(tuple(roots), called)
    return Roots(_top_modules(survey, called), called, library=True)


def _is_root(survey: Survey, directory: str, called: frozenset[str], with_values: set[str]) -> bool:
    module = survey.module(directory)
    if any(state_blocks(module)):
        return True
    if directory in called or is_example(survey, directory):
        return False
    if directory in with_values or configures_providers(module):
        return True
    return not is_module_path(directory) and bool(module.resources or module.calls)


def _is_link_home(survey: Survey, directory: str) -> bool:
    """Whether a directory holds no root module but only files that the directories below it link to."""
    module = survey.module(directory)
    if not module.files or any(declared.mode == "managed" for declared in module.resources.values()):
        return False
    wanted = set(module.files)
    for child in survey.children(directory):
        inner = join(directory, child)
        for name in survey.files.get(inner, ()):
            if is_terraform(name):
                wanted.discard(survey.tree.real(join(inner, name)))
        if not wanted:
            return True
    return False


def state_blocks(module: Module) -> Iterator[Block]:
    """The blocks that say where a module keeps its state; only root modules have one."""
    for outer in module.terraform:
        yield from blocks(outer.body, {"backend": 1, "cloud": 0})


def configures_providers(module: Module) -> bool:
    """Whether a module has a provider block that sets something: a hint at a root module, since modules inherit
    theirs."""
    return any(block.body.blocks or set(block.body.attributes) - {"alias", "version"} for block in module.providers)


def is_example(survey: Survey, directory: str) -> bool:
    """Whether a directory lies below one for examples, tests or documents. `test` beside `production` is an
    environment."""
    parts = segments(directory)
    for index, segment in enumerate(parts):
        lowered = segment.lower()
        if lowered in EXAMPLE_SEGMENTS:
            beside = survey.children("/".join(parts[:index]))
            others = (environment_of_token(name) for name in beside if name != segment)
            if environment_of_token(lowered) is None or not any(others):
                return True
    return False


def is_module_path(directory: str) -> bool:
    """Whether a directory lies below one for modules."""
    return any(segment.lower() in MODULE_SEGMENTS for segment in segments(directory))


def _called(survey: Survey) -> frozenset[str]:
    """Directories that another module calls; calls from examples and tests prove nothing about the directory called."""
    called: set[str] = set()
    for directory in survey.terraform_directories:
        if is_example(survey, directory):
            continue
        module = survey.module(directory)
        for call in module.calls.values():
            target = survey.loader.directory_of_call(module, call)
            if target is not None and target != directory:
                called.add(target)
    return frozenset(called)


def _top_modules(survey: Survey, called: frozenset[str]) -> tuple[str, ...]:
    """In a library: the modules that no other module calls; failing that (a ring of calls, only examples) all."""
    every = survey.terraform_directories
    plain = tuple(directory for directory in every if not is_example(survey, directory))
    return tuple(directory for directory in plain if directory not in called) or plain or every
