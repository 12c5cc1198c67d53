"""Concourse pipelines as facts: every job is a node, with the parameters of its tasks.

In: YAML files that could be pipelines, by path. Out: one `Facts` a file. Values in double parentheses are kept by
Concourse, or given when somebody sets the pipeline: the same name is the same value in every job of one pipeline. Must
not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.workflows.commands import VERBS, Run
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.shell import is_literal
from envfence.sources.workflows.vocabulary import hinting_text, names_environment, telling_word
from envfence.values import Span, Symbols
from envfence.words import tokens

_PATHS = frozenset(("ci", "concourse", "pipeline", "pipelines"))
_MENTIONS = re.compile(rb"^jobs:", re.MULTILINE)
_KEPT = re.compile(r"\(\(([\w./:-]+)\)\)")
_NESTED = ("in_parallel", "aggregate", "do", "steps", "try", "ensure", "on_success", "on_failure", "across")
_DIRECTORY = frozenset(("dir", "directory", "subdir", "path", "folder", "root"))
_MOST_STEPS = 2000


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every Concourse pipeline."""
    for path in files.of("yaml"):
        if not _PATHS & set(tokens(path)):
            continue
        data = files.data(path)
        if data is None or b"plan:" not in data or _MENTIONS.search(data) is None:
            continue
        documents = files.documents(path).items
        listed = documents[0].get("jobs") if documents and isinstance(documents[0], Table) else None
        jobs = list(_jobs(path, listed, files)) if isinstance(listed, Items) else []
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _jobs(path: str, listed: Items, files: Files) -> Iterator[Job]:
    for index, entry in enumerate(listed):
        if not isinstance(entry, Table) or not isinstance(entry.get("plan"), Items):
            continue
        name = str(entry.get("name") or index)
        job = Job(f"jobs.{name}", "concourse_job", Span(path, listed.lines[index]), hint=hinting_text(name))
        started = False
        for step in _steps(entry["plan"]):
            started = started or ("get" in step and step.get("trigger") is True)
            for key in ("params", "vars"):
                if isinstance(step.get(key), Table) and ("task" in step or "put" in step):
                    _params(path, step[key], job, files)
        job.gate = "none" if started else "manual"
        job.triggers["push" if started else "manual"] = True
        words = {telling_word(signal.value) for signal in job.signals}
        if len(words) > 1:
            job.signals = []
        job.tidy()
        if job.matters:
            yield job


def _steps(plan: Items) -> Iterator[Table]:
    """All steps of a plan, also those inside of others, in order."""
    pending: list[Any] = [plan]
    left = _MOST_STEPS
    while pending and left:
        left -= 1
        item = pending.pop()
        if isinstance(item, Items):
            pending.extend(reversed(item))
        elif isinstance(item, Table):
            yield item
            pending.extend(item[key] for key in reversed(_NESTED) if key in item)


def _params(path: str, params: Table, job: Job, files: Files) -> None:
    verb, directory, workspace, line = "", None, "", params.line
    for key, value in params.items():
        if not isinstance(value, str):
            continue
        span = params.span_of(key, path)
        for name in _KEPT.findall(value):
            job.secrets.append(SecretUse(name, span, key, holder=f"{path}:secrets"))
        if value in VERBS and {"action", "command"} & set(tokens(key)):
            verb, line = value, span.line
        elif _DIRECTORY & set(tokens(key)) and is_literal(value):
            directory = _directory(value, files)
        elif key == "TF_WORKSPACE" and is_literal(value):
            workspace = value
        _signal(key, value, span, job)
    if verb:
        run = Run(tool="terraform", verb=verb, line=1, directory=directory, workspace=workspace)
        job.runs.append((run, Span(path, line)))


def _signal(key: str, value: str, span: Span, job: Job) -> None:
    """A parameter that is called environment; or one for Terraform whose whole value is the word for one."""
    word = telling_word(value)
    if word and (names_environment(key) or (key.startswith("TF_VAR_") and len(tokens(value)) == 1)):
        job.signals.append(Signal(kind="input", value=value, span=span, says=f"{key} is {value}"))


def _directory(text: str, files: Files) -> str | None:
    """The directory of this repository that a text names, perhaps with the name of a checkout in front."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    for start in range(min(len(parts), 3)):
        found = join("", "/".join(parts[start:]))
        entry = files.tree.stat(found) if found else None
        if entry is not None and entry.kind == "dir":
            return found
    return None
