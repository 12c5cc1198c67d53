"""Deployments from a variable that names the environment, where no file gives its value: one per value that the root
module provides for (comparisons, maps and lists that it indexes, its validation).

Comes in: roots that no better finder has. Goes out: candidates with that value assumed. Must not know: pipelines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from envfence.bind.atmos import CONFIG_FILES, component_area
from envfence.bind.axis import AxisReader, Use
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.paths import is_below
from envfence.bind.probe import evaluator
from envfence.bind.signals import is_environment_variable, is_own_statement, path_signals
from envfence.bind.syntax import literal_text
from envfence.evaluate import VariableDecl
from envfence.model import Input, Signal
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
    for root in context.roots.roots:
        told = path_signals(context.survey, root, Span(root or ".", 1))
        if (
            earlier.get(root)
            or context.roots.library
            or any(is_below(root, area) for area in areas)
            or any(signal.kind == "path" and word_of_value(signal.value) is not None for signal in told)
        ):
            continue
        variable, uses = _axis(context, root)
        for use in uses:
            given = Input(name=variable, json=json.dumps(use.whole), origin="assumed", span=use.span)
            words = () if word_of_value(use.whole) else (use.whole.lower(),)
            says = f'var.{variable} may be "{use.whole}"'
            signal = Signal(kind="input", value=use.whole, span=use.span, says=says, words=words)
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


def _axis(context: Context, root: str) -> tuple[str, list[Use]]:
    """The variable with the most values, and one use for each; none where there are fewer than two environments."""
    survey = context.survey
    module = survey.module(root)
    given = {name for path in automatic_files(survey, root) for name in survey.assignments(path)}
    best: tuple[str, list[Use]] = ("", [])
    named = [name for name in sorted(module.variables) if is_environment_variable(name)]
    # Beside `environment`, `partner_environment` is that of somebody else's system.
    own = [name for name in named if is_own_statement(name)]
    for name in own or named:
        declared = module.variables[name]
        if name in given:
            continue
        reader = AxisReader(module, ("var", name), evaluator(survey.loader, root))
        values = _values(reader.uses(), declared)
        if len(values) > max(1, len(best[1])):
            best = (name, values)
    return best


def _values(uses: Sequence[Use], declared: VariableDecl) -> list[Use]:
    result: dict[str, Use] = {}
    default = declared.default
    text = literal_text(default) if default is not None else None
    every = [use.whole for use in uses if use.whole] + ([text] if text else [])
    if default is not None and text and word_of_value(text, every) is not None:
        result[text] = Use(text, text, "compare", default.span)
    for use in uses:
        if use.whole and use.whole != "default" and word_of_value(use.whole, every) is not None:
            result.setdefault(use.whole, use)
    return [result[value] for value in sorted(result)]
