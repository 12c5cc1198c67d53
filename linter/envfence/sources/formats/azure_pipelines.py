"""Azure pipelines as facts: every job is a node.

In: YAML files that could be pipelines, by path. Out: one `Facts` a file. What templates of other repositories add is
not seen; service connections are named, what they may do is not in the file. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table, strings
from envfence.sources.files import Files
from envfence.sources.workflows.commands import Run, is_literal, runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.vocabulary import credential_of, hinting_text, telling_word
from envfence.values import Span, Symbols
from envfence.words import tokens

_PATHS = frozenset(("azure", "pipeline", "pipelines", "azuredevops", "devops", "ci", "cd"))
_MENTIONS = re.compile(rb"^\s*-?\s*(?:deployment|job|stage|task):", re.MULTILINE)
_VARIABLE = re.compile(r"\$\((\w[\w.-]*)\)")
_TERRAFORM_TASK = re.compile(r"^Terraform(?:Task|CLI|Installer)?V?\d*@|^TerraformTask", re.IGNORECASE)
_VERBS = frozenset(("plan", "apply", "destroy"))
_MOST = 2000


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every Azure pipeline."""
    for path in files.of("yaml"):
        if not _PATHS & set(tokens(path)):
            continue
        data = files.data(path)
        if data is None or _MENTIONS.search(data) is None:
            continue
        documents = files.documents(path).items
        root = documents[0] if documents else None
        jobs = list(_jobs(path, root)) if isinstance(root, Table) and _is_pipeline(root) else []
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _is_pipeline(root: Table) -> bool:
    listed = next((root[key] for key in ("stages", "jobs", "steps") if isinstance(root.get(key), Items)), None)
    return listed is not None and any(
        isinstance(item, Table) and bool({"stage", "job", "deployment", "task", "script", "template"} & set(item))
        for item in listed
    )


def _jobs(path: str, root: Table) -> Iterator[Job]:
    for index, (names, entry) in enumerate(_entries(root)):
        name = str(entry.get("deployment") or entry.get("job") or index)
        label = ".".join([*names, name])
        job = Job(f"jobs.{label}", "azure_job", Span(path, entry.line), hint=hinting_text(*names, name))
        environment = entry.get("environment")
        text = environment.get("name") if isinstance(environment, Table) else environment
        if isinstance(text, str) and text:
            job.environment = text if "$" not in text else "?"
            job.gate = "environment"
            if telling_word(text):
                span = Span(path, entry.line_of("environment"))
                job.signals.append(Signal(kind="input", value=text, span=span, says=f"Azure environment {text}"))
        if root.get("trigger") not in (None, "none"):
            job.triggers["push"] = True
        elif job.gate == "none":
            job.gate = "manual"
        job.unreviewed = "pr" in root and root["pr"] != "none" and entry.get("condition") is None and not names
        _read(path, entry, job)
        job.tidy()
        if job.matters:
            yield job


def _entries(root: Table) -> Iterator[tuple[tuple[str, ...], Table]]:
    """(names of the stages above, job) of every job; a pipeline of mere steps is one."""
    if isinstance(root.get("steps"), Items):
        yield (), root
    for stage in [root, *(item for item in root.get("stages") or () if isinstance(item, Table))]:
        names = (str(stage["stage"]),) if "stage" in stage else ()
        for job in stage.get("jobs") or ():
            if isinstance(job, Table) and ("job" in job or "deployment" in job):
                yield names, job


def _read(path: str, entry: Table, job: Job) -> None:
    pending: list[Any] = [entry.get("steps"), entry.get("strategy")]
    left = _MOST
    while pending and left:
        left -= 1
        item = pending.pop(0)
        if isinstance(item, Items):
            pending[:0] = list(item)
        elif isinstance(item, Table):
            _step(path, item, job)
            pending[:0] = [value for value in item.values() if isinstance(value, Items | Table)]
    for key, text, line in strings(entry):
        for match in _VARIABLE.finditer(text):
            if credential_of(match[1], key) is not None:
                job.secrets.append(SecretUse(match[1], Span(path, line), key, job.environment))


def _step(path: str, step: Table, job: Job) -> None:
    inputs = step.get("inputs")
    inputs = inputs if isinstance(inputs, Table) else Table(step.line)
    folder = step.get("workingDirectory") or inputs.get("workingDirectory") or ""
    text = str(folder).replace("$(System.DefaultWorkingDirectory)", "").replace("$(Build.SourcesDirectory)", "")
    directory = join("", text.lstrip("/")) if not text or is_literal(text.lstrip("/") or "-") else None
    for holder, key in ((step, "script"), (step, "bash"), (step, "pwsh"), (inputs, "script"), (inputs, "inlineScript")):
        script = holder.get(key)
        if isinstance(script, str):
            line = holder.line_of(key)
            job.runs.extend((run, Span(path, line + run.line - 1)) for run in runs(script, {}, directory))
    command = inputs.get("command")
    if _TERRAFORM_TASK.match(str(step.get("task") or "")) and command in _VERBS:
        job.runs.append((Run(tool="terraform", verb=str(command), line=1, directory=directory), Span(path, step.line)))
