"""What every finder gets.

Comes in: survey, roots. Goes out: both, with the value files of each root. Must not know: the finders.
"""

from __future__ import annotations

from dataclasses import dataclass

from envfence.bind.attach import Attached, attach
from envfence.bind.paths import basename
from envfence.bind.pipelines import Script, scripts
from envfence.bind.roots import Roots
from envfence.bind.survey import Survey


@dataclass(frozen=True, slots=True)
class Context:
    """The repository as the finders see it."""

    survey: Survey
    roots: Roots
    attached: dict[str, Attached]
    deployable: frozenset[str]
    by_name: dict[str, tuple[str, ...]]
    scripts: tuple[Script, ...]


def make_context(survey: Survey, roots: Roots) -> Context:
    """The context of all finders: with the directories that can be deployed (roots, and what no other module calls),
    the paths of all files by name, and the scripts of all pipelines."""
    names: dict[str, list[str]] = {}
    for path in survey.paths():
        names.setdefault(basename(path), []).append(path)
    deployable = frozenset(survey.terraform_directories) - (roots.called - frozenset(roots.roots))
    by_name = {name: tuple(paths) for name, paths in names.items()}
    return Context(survey, roots, attach(survey, roots), deployable, by_name, tuple(scripts(survey)))
