"""Deployments from backend files alone: `staging.backend`, `backends/prod.hcl` beside a root that has no var files.

Comes in: roots that no better finder has. Goes out: one candidate per backend file that stands for an environment,
with the variable that names the environment assumed to agree. Must not know: what is in the files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from envfence.bind.attach import COMMON, ValueFile
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.signals import is_environment_variable
from envfence.model import Input, Signal
from envfence.values import Span
from envfence.words import hub_word, tokens

RANK = 60


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per environment of each root that has backend files by environment and nothing else but command
    lines. A backend file without an environment word beside such is a deployment too."""
    found: list[Candidate] = []
    for root, attached in sorted(context.attached.items()):
        if any(candidate.axis != "command" for candidate in earlier.get(root, ())):
            continue
        if not any(file.word for file in attached.backend_files):
            continue
        variable = environment_variable(context, root)
        found += [
            _candidate(root, file, variable)
            for file in attached.backend_files
            if file.word or not COMMON & set(tokens(file.stem))
        ]
    return Found(tuple(found))


def _candidate(root: str, file: ValueFile, variable: str) -> Candidate:
    span = Span(file.path, 1)
    head = file.stem.partition(".")[0]  # `tools.acme.backend` beside `production.acme.backend`
    hub = hub_word(head) is not None and not file.word
    text = file.word or (head if hub else file.stem)
    signal = Signal(kind="input", value=head, span=span, says=f"backend file {file.path}")
    given = Input(name=variable, json=json.dumps(text), origin="assumed", span=span) if variable else None
    return Candidate(
        root=root,
        span=span,
        name=text,
        word=text,
        axis="backend-files",
        inputs=(given,) if given is not None else (),
        backend_files=(file.path,),
        signals=(signal,) if hub else (),
    )


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
