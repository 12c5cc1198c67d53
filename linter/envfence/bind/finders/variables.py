"""Deployments from a variable that names the environment, where no file gives its value: one per value that the root
module provides for (comparisons, maps and lists that it indexes, its validation).

Comes in: roots that no better finder has. Goes out: candidates with that value assumed. Must not know: pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envfence.bind.assumed import Assumptions, assumption
from envfence.bind.atmos import CONFIG_FILES, component_area
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.paths import is_below
from envfence.bind.signals import path_signals
from envfence.values import Span
from envfence.words import word_of_value

RANK = 70


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per value of the variable that names the environment, in roots whose path does not name it
    already."""
    found: list[Candidate] = []
    # Components that no stack uses are not deployed at all: what they could be given says nothing.
    configs = [path for name in CONFIG_FILES for path in context.by_name.get(name, ())]
    areas = [component_area(context.survey, path) for path in configs]
    assumptions = Assumptions(context)
    for root in context.roots.roots:
        told = path_signals(context.survey, root, Span(root or ".", 1))
        if (
            earlier.get(root)
            or context.roots.library
            or any(is_below(root, area) for area in areas)
            or any(signal.kind == "path" and word_of_value(signal.value) is not None for signal in told)
        ):
            continue
        variable, uses = assumptions.axis(root)
        for use in uses if len(uses) > 1 else ():
            given, signal = assumption(variable, use)
            found.append(
                Candidate(
                    root=root,
                    span=use.span,
                    name=use.whole,
                    word=use.whole,
                    axis="variable",
                    inputs=(given,),
                    signals=(signal,),
                    inferred=True,
                )
            )
    return Found(tuple(found))
