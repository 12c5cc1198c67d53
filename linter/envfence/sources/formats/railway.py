"""Railway's configuration as code as facts: what every deployment runs, once for each environment the file speaks of.

In: `railway.json`, `railway.toml`. Out: one `Facts` a file: a job for the settings that hold wherever an environment
says nothing else, and one for each environment with settings of its own. Which environments the project has is not in
the file: only `production` always exists. Must not know environments or rules.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import parent
from envfence.sources.documents import Table
from envfence.sources.files import Files
from envfence.sources.settings.places import is_for_tests, is_sample
from envfence.sources.workflows.commands import runs
from envfence.sources.workflows.jobs import Job, job_facts
from envfence.values import Span, Symbols

#: The settings of a deployment that are commands, in the order in which they run.
_COMMANDS = (("build", "buildCommand"), ("deploy", "preDeployCommand"), ("deploy", "startCommand"))
#: The environments that Railway makes for pull requests share these settings.
_PULL_REQUESTS = "pr"
#: The environment that every project begins with.
_FIRST = "production"


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every configuration of Railway that runs something."""
    for path in files.of("railway"):
        root = None if is_sample(path) or is_for_tests(path) else _root(path, files)
        jobs = list(_jobs(path, root, files)) if root is not None else []
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _root(path: str, files: Files) -> Mapping[str, Any] | None:
    if path.endswith(".json"):
        documents = files.documents(path).items
        return documents[0] if documents and isinstance(documents[0], Table) else None
    try:
        return tomllib.loads(files.text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        files.problem(path, 1, "not TOML")
        return None


def _jobs(path: str, root: Mapping[str, Any], files: Files) -> Iterator[Job]:
    text = files.text(path)
    environments = _table(root.get("environments"))
    for name, own in environments.items():
        job = Job(f"environments.{name}", "railway_deployment", Span(path, _line(text, f"{name}")))
        if name == _PULL_REQUESTS:
            job.unreviewed = True
        else:
            says = f"Railway environment {name}"
            job.signals.append(Signal(kind="input", value=name, span=job.span, says=says))
        yield from _filled(job, path, {key: _either(_table(own), root, *key) for key in _COMMANDS}, text)
    job = Job("deploy", "railway_deployment", Span(path, 1))
    if _FIRST not in environments:
        says = "the settings hold in every environment, and Railway's first is production"
        job.hint = _FIRST
        job.signals.append(Signal(kind="name", value=_FIRST, span=job.span, says=says))
    yield from _filled(job, path, {key: _table(root.get(key[0])).get(key[1]) for key in _COMMANDS}, text)


def _filled(job: Job, path: str, commands: Mapping[tuple[str, str], Any], text: str) -> Iterator[Job]:
    """The job with what it runs: at every deployment, and nobody is asked."""
    job.triggers["push"] = True
    for (_, key), given in commands.items():
        listed = given if isinstance(given, list) else [given]
        for command in listed:
            if isinstance(command, str):
                span = Span(path, _line(text, command, key))
                job.runs += [(run, span) for run in runs(command, {}, parent(path))]
    job.tidy()
    if job.runs:
        yield job


def _either(own: Mapping[str, Any], root: Mapping[str, Any], table: str, key: str) -> Any:
    found = _table(own.get(table))
    return found[key] if key in found else _table(root.get(table)).get(key)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _line(text: str, command: str, key: str = "") -> int:
    """The line on which a command stands: TOML's reader keeps none."""
    lines = text.splitlines()
    start = command.splitlines()[0].split("\\")[0].split('"')[0] if command else command
    pattern = re.compile(rf"(?<![\w-]){re.escape(start)}" + ("" if key else r"(?![\w-])"))
    return next((number for number, line in enumerate(lines, 1) if start and pattern.search(line)), 1)
