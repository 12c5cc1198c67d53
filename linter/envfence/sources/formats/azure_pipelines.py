"""Azure pipelines as facts: every job is a node.

In: YAML files that could be pipelines, by path. Out: one `Facts` a file. What templates add is not seen; service
connections are named, what they may do is not in the file. Must not know environments or rules.

An environment holds approvals and no secrets. Secrets are variables: of the pipeline itself, so that the same name in
another file is another one, or of the variable groups that root, stage and job name. A service connection is one thing
for the whole project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table, strings
from envfence.sources.files import Files
from envfence.sources.workflows.commands import Run, runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.shell import is_literal
from envfence.sources.workflows.vocabulary import credential_of, hinting_text, telling_word
from envfence.values import Span, Symbols
from envfence.words import tokens

_PATHS = frozenset(("azure", "pipeline", "pipelines", "azuredevops", "devops", "ci", "cd"))
_MENTIONS = re.compile(rb"^\s*-?\s*(?:deployment|job|stage|task):", re.MULTILINE)
_VARIABLE = re.compile(r"\$\((\w[\w.-]*)\)")
_TERRAFORM_TASK = re.compile(r"^Terraform(?:Task|CLI|Installer)?V?\d*@|^TerraformTask", re.IGNORECASE)
_VERBS = frozenset(("plan", "apply", "destroy"))
#: Inputs of tasks that name a service connection, and what keeps those.
_CONNECTIONS = re.compile(
    r"azureSubscription|connectedServiceName(?:ARM)?|azureResourceManagerConnection|backendServiceArm"
    r"|environmentServiceName(?:AzureRM|AWS|GCP)?|awsCredentials|kubernetesService(?:Connection|Endpoint)",
    re.IGNORECASE,
)
_PROJECT = "service-connections"
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
    words = {"stage", "job", "deployment", "task", "script", "template"}
    return any(words & set(item) for item in _inserted(listed))


def _jobs(path: str, root: Table) -> Iterator[Job]:
    for index, (names, above, entry) in enumerate(_entries(root)):
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
        _read(path, entry, job, _Variables(path, above if entry is root else (*above, entry)))
        job.tidy()
        if job.matters:
            yield job


def _entries(root: Table) -> Iterator[tuple[tuple[str, ...], tuple[Table, ...], Table]]:
    """(names of the stages above, tables whose variables the job sees, job) of every job; a pipeline of mere steps is
    one."""
    if isinstance(root.get("steps"), Items):
        yield (), (root,), root
    for stage in [root, *_inserted(root.get("stages"))]:
        names = (str(stage["stage"]),) if "stage" in stage else ()
        for job in _inserted(stage.get("jobs")):
            if "job" in job or "deployment" in job:
                yield names, (root,) if stage is root else (root, stage), job


def _inserted(items: Any, depth: int = 4) -> Iterator[Table]:
    """The tables of a list; those below `${{ if }}` and `${{ each }}` as well, whatever decides about them."""
    for item in items if isinstance(items, Items) else ():
        if not isinstance(item, Table):
            continue
        inner = [value for key, value in item.items() if key.startswith("${{")]
        for value in inner if depth else ():
            yield from _inserted(value, depth - 1)
        if not inner:
            yield item


class _Variables:
    """The variables that a job sees: those that the file sets, and what keeps the others."""

    def __init__(self, path: str, tables: tuple[Table, ...]) -> None:
        self._known: dict[str, str] = {}
        groups: list[str] = []
        for variables in (table.get("variables") for table in tables):
            if isinstance(variables, Table):
                self._known.update({key: text for key, text in variables.items() if isinstance(text, str)})
            for item in _inserted(variables):
                groups += [str(item[key]) for key in ("group", "template") if key in item]
                if isinstance(item.get("value"), str):
                    self._known[str(item.get("name"))] = item["value"]
        self.holder = f"variable-groups.{'+'.join(sorted(set(groups)))}" if groups else f"{path}:secrets"

    def filled(self, text: str) -> str:
        """A text with the variables that the file sets."""
        return _VARIABLE.sub(lambda match: self._known.get(match[1], match[0]), text)

    def kept(self, text: str) -> Iterator[str]:
        """The variables in a text that the file does not set."""
        return (match[1] for match in _VARIABLE.finditer(text) if match[1] not in self._known)


def _read(path: str, entry: Table, job: Job, variables: _Variables) -> None:
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
        span = Span(path, line)
        if _CONNECTIONS.fullmatch(key):
            _connect(variables.filled(text), span, key, job, variables)
            continue
        for name in variables.kept(text):
            if credential_of(name, key) is not None:
                job.secrets.append(SecretUse(name, span, key, holder=variables.holder))


def _connect(text: str, span: Span, key: str, job: Job, variables: _Variables) -> None:
    """The service connection that a step uses: by its name, or by the one variable that holds the name."""
    if is_literal(text):
        job.secrets.append(SecretUse(text, span, key, holder=_PROJECT))
    elif (match := _VARIABLE.fullmatch(text)) is not None:
        job.secrets.append(SecretUse(match[1], span, key, holder=variables.holder))


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
