"""Azure pipelines as facts: every job is a node.

In: YAML files that could be pipelines, by path. Out: one `Facts` a file; a template of the repository is read as part
of what uses it. What templates of other repositories add is not seen; service connections are named, what they may do
is not in the file. Must not know environments or rules.

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
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.workflows.azure_templates import Placed, expanded
from envfence.sources.workflows.commands import VERBS, runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.shell import Unfold, is_literal
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.sources.workflows.vocabulary import credential_of, hinting_text, names_environment, telling_word
from envfence.values import Span, Symbols
from envfence.words import tokens

_PATHS = frozenset(("azure", "pipeline", "pipelines", "azuredevops", "devops", "ci", "cd"))
_MENTIONS = re.compile(rb"^\s*-?\s*(?:deployment|job|stage|task|template):", re.MULTILINE)
_VARIABLE = re.compile(r"\$\((\w[\w.-]*)\)")
_TERRAFORM_TASK = re.compile(r"^Terraform(?:Task|CLI|Installer)?V?\d*@|^TerraformTask", re.IGNORECASE)
#: Inputs of tasks that name a service connection, and what keeps those.
_CONNECTIONS = re.compile(
    r"azureSubscription|connectedServiceName(?:ARM)?|azureResourceManagerConnection|backendServiceArm"
    r"|environmentServiceName(?:AzureRM|AWS|GCP)?|awsCredentials|kubernetesService(?:Connection|Endpoint)",
    re.IGNORECASE,
)
_PROJECT = "service-connections"
#: Where an agent puts the repository: what comes before a path in it.
_HOME = re.compile(r"\$\((?:System\.DefaultWorkingDirectory|Build\.SourcesDirectory)\)/?")
_MOST = 2000


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every Azure pipeline."""
    pipelines: dict[str, list[tuple[str, Placed]]] = {}
    parts: set[str] = set()
    for path in files.of("yaml"):
        data = files.data(path) if _PATHS & set(tokens(path)) else None
        root = _root(files, path) if data is not None and _MENTIONS.search(data) is not None else None
        for chosen in _choices(root) if root is not None else ():
            made, used = expanded(path, root or Table(1), lambda place: _root(files, place), chosen)
            pipelines.setdefault(path, []).append((next(iter(chosen.values()), ""), made))
            parts |= used
    unfold = unfolder_of(files)
    for path, ways in pipelines.items():
        jobs = [job for way, root in ways if _is_pipeline(root) for job in _jobs(path, root, unfold, way)]
        if jobs and path not in parts:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _root(files: Files, path: str) -> Table | None:
    documents = files.documents(path).items if files.has(path) else ()
    return documents[0] if documents and isinstance(documents[0], Table) else None


def _choices(root: Table) -> list[dict[str, str]]:
    """The environments that whoever starts a pipeline chooses from, by the parameter; one empty choice for none."""
    parameters = root.get("parameters")
    for item in parameters if isinstance(parameters, Items) else ():
        name, values = (item.get("name"), item.get("values")) if isinstance(item, Table) else (None, None)
        if isinstance(name, str) and names_environment(name) and isinstance(values, Items):
            chosen = [text for text in values if isinstance(text, str) and telling_word(text)]
            if chosen:
                return [{name: text} for text in chosen]
    return [{}]


def _is_pipeline(root: Table) -> bool:
    listed = next((root[key] for key in ("stages", "jobs", "steps") if isinstance(root.get(key), Items)), None)
    words = {"stage", "job", "deployment", "task", "script", "template"}
    return any(words & set(item) for item in _inserted(listed))


def _jobs(pipeline: str, root: Table, unfold: Unfold, way: str) -> Iterator[Job]:
    seen: dict[str, int] = {}
    for index, (names, above, entry) in enumerate(_entries(root)):
        name = str(entry.get("deployment") or entry.get("job") or index)
        label = ".".join([*names, name])
        seen[label] = seen.get(label, 0) + 1
        label += (f"#{seen[label]}" if seen[label] > 1 else "") + (f"[{way}]" if way else "")
        path = entry.path if isinstance(entry, Placed) else pipeline
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
        if not job.signals:
            job.signals.extend(_of_template(path, entry))
        _read(entry, job, _Variables(pipeline, above if entry is root else (*above, entry)), unfold)
        job.tidy()
        if job.matters:
            yield job


def _of_template(path: str, entry: Table) -> Iterator[Signal]:
    """What the parameters of its file say of where a job runs, where they agree."""
    given = entry.given if isinstance(entry, Placed) else {}
    found = {telling_word(text): (key, text) for key, text in sorted(given.items()) if names_environment(key)}
    found.pop("", None)
    if len(found) == 1:
        ((key, text),) = found.values()
        span = Span(path, entry.line)
        yield Signal(kind="input", value=text, span=span, says=f"the parameter {key} is {text}")


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


def _read(entry: Table, job: Job, variables: _Variables, unfold: Unfold) -> None:
    pending: list[Any] = [entry]
    left = _MOST
    while pending and left:
        left -= 1
        item = pending.pop(0)
        if isinstance(item, Items):
            pending[:0] = list(item)
        elif isinstance(item, Table):
            _step(_path(item, job), item, job, unfold)
            pending[:0] = [value for value in item.values() if isinstance(value, Items | Table)]
            _given(item, job, variables)


def _given(table: Table, job: Job, variables: _Variables) -> None:
    """The credentials that the texts right in one table take."""
    for key, value in table.items():
        if not isinstance(value, str):
            continue
        span = Span(_path(table, job), table.line_of(key))
        if _CONNECTIONS.fullmatch(key):
            _connect(variables.filled(value), span, key, job, variables)
            continue
        for name in variables.kept(value):
            if credential_of(name, key) is not None:
                job.secrets.append(SecretUse(name, span, key, holder=variables.holder))


def _path(table: Table, job: Job) -> str:
    return table.path if isinstance(table, Placed) else job.span.path


def _connect(text: str, span: Span, key: str, job: Job, variables: _Variables) -> None:
    """The service connection that a step uses: by its name, or by the one variable that holds the name."""
    if is_literal(text):
        job.secrets.append(SecretUse(text, span, key, holder=_PROJECT))
    elif (match := _VARIABLE.fullmatch(text)) is not None:
        job.secrets.append(SecretUse(match[1], span, key, holder=variables.holder))


def _step(path: str, step: Table, job: Job, unfold: Unfold) -> None:
    inputs = step.get("inputs")
    inputs = inputs if isinstance(inputs, Table) else Table(step.line)
    folder = _at_home(str(step.get("workingDirectory") or inputs.get("workingDirectory") or ""))
    directory = join("", folder) if not folder or is_literal(folder) else None
    for holder, key in ((step, "script"), (step, "bash"), (step, "pwsh"), (inputs, "script"), (inputs, "inlineScript")):
        script = holder.get(key)
        if isinstance(script, str):
            line = holder.line_of(key)
            found = runs(script, {}, directory, unfold=unfold)
            job.runs.extend((run, Span(path, line + run.line - 1)) for run in found)
    command = inputs.get("command")
    if _TERRAFORM_TASK.match(str(step.get("task") or "")) and command in VERBS:
        words = f"terraform {command} {_at_home(str(inputs.get('commandOptions') or ''))}"
        job.runs.extend((run, Span(path, step.line)) for run in runs(words, {}, directory))


def _at_home(text: str) -> str:
    """A text of paths without what stands for the place of the checkout."""
    return _HOME.sub("", text)
