"""Deployments from backend files alone: `staging.backend`, `backends/prod.hcl` beside a root that has no var files.

Comes in: roots that no better finder has. Goes out: one candidate per backend file that stands for an environment,
with the variable that names the environment assumed to agree. Must not know: what is in the files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.signals import is_environment_variable
from envfence.model import Input
from envfence.values import Span

RANK = 60


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per environment of each root that has backend files by environment and nothing else."""
    found: list[Candidate] = []
    for root, attached in sorted(context.attached.items()):
        files = [file for file in attached.backend_files if file.word]
        if earlier.get(root) or not files:
            continue
        for file in files:
            span = Span(file.path, 1)
            variable = environment_variable(context, root)
            given = Input(name=variable, json=json.dumps(file.word), origin="assumed", span=span) if variable else None
            found.append(
                Candidate(
                    root=root,
                    span=span,
                    name=file.word,
                    word=file.word,
                    axis="backend-files",
                    inputs=(given,) if given is not None else (),
                    backend_files=(file.path,),
                )
            )
    return Found(tuple(found))


def environment_variable(context: Context, root: str) -> str:
    """The one variable of a root that names the environment and must be given; empty where there is none or a
    choice."""
    survey = context.survey
    given = {name for path in automatic_files(survey, root) for name in survey.assignments(path)}
    names = [
        name
        for name, declared in sorted(survey.module(root).variables.items())
        if declared.default is None and name not in given and is_environment_variable(name)
    ]
    return names[0] if len(names) == 1 else ""
