"""Secrets written into pipelines and settings of agents, where a variable of a job, a step or a tool takes its value.

In: pipeline files of any product and JSON settings of agents. Out: one `Facts` for each file with such a secret; a job
that names its environment is placed there. What jobs do is the business of the readers of their products. Must not know
environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Node, Signal
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.settings.parts import MODE, Part, facts_of, file_part, told
from envfence.sources.settings.places import deployment, is_for_tests, is_sample
from envfence.sources.settings.values import Setting, flat
from envfence.sources.workflows.vocabulary import telling_word
from envfence.values import Span
from envfence.words import tokens

_KINDS = ("agent-config", "github-workflow", "gitlab-ci")
#: Pipelines that are known by their name…
_NAMED = re.compile(
    r"(?:^|/)(?:\.circleci/config|bitbucket-pipelines|azure-pipelines[^/]*|\.drone|\.travis|buildspec[^/]*"
    r"|cloudbuild[^/]*|\.buildkite/[^/]+|\.semaphore/[^/]+|\.woodpecker(?:/[^/]+)?)\.ya?ml$"
)
#: …and those that are by where they lie and what stands at their left edge.
_PLACES = frozenset(("azure", "pipeline", "pipelines", "azuredevops", "devops", "ci", "cd", "concourse"))
_STEPS = re.compile(rb"^(?:jobs|stages|steps):", re.MULTILINE)
#: What holds variables of a process.
_HOLDERS = frozenset(("env", "variables", "environment", "headers", "params"))
_MOST = 20_000
_CALLED = "variables"


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every pipeline or agent file in which a secret is written out."""
    pipelines = [path for path in files.of("yaml") if _is_pipeline(files, path)]
    for path in (*files.of(*_KINDS), *pipelines):
        if is_sample(path) or not path.endswith((".yml", ".yaml", ".json")):
            continue
        documents = [item for item in files.documents(path).items if isinstance(item, Table)]
        parts = [part for document in documents for part in _parts(path, document)]
        for part in parts:
            part.settings = told(path, files.text(path), part.settings)
        found = facts_of(deployment(path, suffix=_CALLED), parts, hasher, written=not is_for_tests(path))
        if found is not None:
            yield found


def _is_pipeline(files: Files, path: str) -> bool:
    if _NAMED.search(path):
        return True
    return bool(_PLACES & set(tokens(path))) and _STEPS.search(files.data(path) or b"") is not None


def _parts(path: str, document: Table) -> Iterator[Part]:
    """The variables of each job, and those of the file as a whole."""
    jobs = document.get("jobs")
    listed = jobs if isinstance(jobs, Table) else document
    taken = {}
    for name, job in listed.items():
        if isinstance(job, Table) and ("environment" in job or listed is jobs) and name not in _HOLDERS:
            taken[name] = job
            address = f"jobs.{name}"
            span = Span(path, listed.key_lines.get(name, job.line))
            signals = tuple(_signals(path, job))
            node = Node(address=address, kind="other", type="settings", span=span, signals=signals, mode=MODE)
            yield Part(node, list(_variables(path, job)))
    rest = Table(document.line)
    for key, value in document.items():
        if not (key == "jobs" and listed is jobs) and key not in taken:
            rest[key], rest.lines[key] = value, document.line_of(key)
    yield file_part(path, _variables(path, rest))


def _signals(path: str, job: Table) -> Iterator[Signal]:
    environment = job.get("environment")
    name = environment.get("name") if isinstance(environment, Table) else environment
    if isinstance(name, str) and telling_word(name):
        yield Signal(kind="input", value=name, span=job.span_of("environment", path), says=f"environment {name}")


def _variables(path: str, document: Table) -> Iterator[Setting]:
    """Everything below `env`, `variables` and the like."""
    pending: list[tuple[Any, bool]] = [(document, False)]
    most = _MOST
    while pending and most > 0:
        most -= 1
        found, inside = pending.pop()
        if isinstance(found, Table):
            if inside and isinstance(found.get("name"), str) and "value" in found:
                yield from flat(str(found["name"]), found.get("value"), found.span_of("value", path))
                continue
            for key, item in found.items():
                if isinstance(item, Table | Items):
                    pending.append((item, inside or key in _HOLDERS))
                elif inside:
                    yield from flat(key, item, found.span_of(key, path))
        elif isinstance(found, Items):
            pending.extend((item, inside) for item in found)
