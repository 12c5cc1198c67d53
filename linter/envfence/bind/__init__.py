"""Deployments: every root module once per set of inputs.

Comes in: all sources. Goes out: the deployments with their inputs, workspace, backend and state key, and the order in
which to evaluate them. Must not know: resources, rules, verdicts about environments (it only collects signals)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

from envfence.bind import finders
from envfence.bind.assemble import assemble, axes_of
from envfence.bind.candidate import Axis, Candidate, Found, Line
from envfence.bind.combine import combine
from envfence.bind.context import Context, make_context
from envfence.bind.given import complete
from envfence.bind.identities import identities
from envfence.bind.order import reading_order, state_owners
from envfence.bind.remote import identity_of
from envfence.bind.roots import find_roots
from envfence.bind.survey import Survey
from envfence.config import Config
from envfence.evaluate import Loader
from envfence.model import Deployment, Problem, Signal, Source
from envfence.tree import Tree

__all__ = ["Axis", "Bound", "bind", "identity_of"]


@dataclass(frozen=True, slots=True)
class Bound:
    """What *bind* hands on.

    `deployments` are in order of evaluation: those whose outputs others read come first. `reads` maps a deployment's
    id to the ids of those that it reads. `axes` are the inputs that choose environments, with their values.
    `identities` is what files say about whose an account, subscription or project is."""

    deployments: tuple[Deployment, ...]
    reads: dict[str, tuple[str, ...]]
    axes: tuple[Axis, ...]
    problems: tuple[Problem, ...]
    states: dict[str, str]
    identities: tuple[Signal, ...] = ()


class _Finder(Protocol):
    RANK: int

    def find(self, context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found: ...


def bind(tree: Tree, loader: Loader, sources: Iterable[Source], config: Config) -> Bound:
    """Find all deployments in a tree. Never raises for what is in it: what cannot be read is a problem."""
    survey = Survey(tree, loader, sources, config)
    roots = find_roots(survey)
    context = make_context(survey, roots)
    by_root: dict[str, list[Candidate]] = {}
    problems: list[Problem] = []
    lines: list[Line] = []
    for finder in _finders():
        found = finder.find(context, by_root)
        problems += found.problems
        lines += found.lines
        for candidate in found.candidates:
            by_root.setdefault(candidate.root, []).append(candidate)
    chosen = {root: complete(context, root, combine(candidates), lines) for root, candidates in sorted(by_root.items())}
    deployments, known = assemble(context, chosen)
    states = state_owners(deployments)
    ordered, reads, rings = reading_order(context, deployments, states, known)
    known_ids = identities(survey, context.attached)
    problems += [*survey.problems, *rings]
    return Bound(ordered, reads, axes_of(chosen), tuple(sorted(set(problems))), states, known_ids)


@lru_cache(maxsize=1)
def _finders() -> tuple[_Finder, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(finders.__path__))
    modules = [importlib.import_module(f"{finders.__name__}.{name}") for name in names]
    chosen = [cast(_Finder, module) for module in modules if hasattr(module, "RANK")]
    return tuple(sorted(chosen, key=lambda finder: finder.RANK))
