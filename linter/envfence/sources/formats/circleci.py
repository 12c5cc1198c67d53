"""CircleCI pipelines as facts: every job of a workflow is a node.

In: `.circleci/config.yml`. Out: its `Facts`. A context is what CircleCI keeps secrets in: its name may be that of an
environment. Orbs are not seen. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table, strings
from envfence.sources.files import Files
from envfence.sources.workflows.commands import runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.shell import Unfold, is_literal
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.sources.workflows.vocabulary import (
    credentials_in,
    hinting_text,
    names_environment,
    telling_word,
)
from envfence.values import Span, Symbols

_PATH = ".circleci/config.yml"
_PARAMETER = re.compile(r"<<\s*parameters\.([\w-]+)\s*>>")
_MOST_JOBS = 300


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of the pipeline, if the repository has one."""
    if _PATH not in set(files.of("yaml")):
        return
    documents = files.documents(_PATH).items
    root = documents[0] if documents else None
    jobs = list(_jobs(root, unfolder_of(files)))[:_MOST_JOBS] if isinstance(root, Table) else []
    if jobs:
        yield job_facts(_PATH, jobs, Symbols(), Span(_PATH, 1))


def _jobs(root: Table, unfold: Unfold) -> Iterator[Job]:
    definitions = root.get("jobs")
    workflows = root.get("workflows")
    if not isinstance(definitions, Table) or not isinstance(workflows, Table):
        return
    for title, workflow in workflows.items():
        listed = workflow.get("jobs") if isinstance(workflow, Table) else None
        entries = dict(_entries(listed)) if isinstance(listed, Items) else {}
        for name, (settings, line) in entries.items():
            definition = definitions.get(str(settings.get("\0job", name)))
            if isinstance(definition, Table) and settings.get("type") != "approval":
                job = Job(f"jobs.{title}.{name}", "circleci_job", Span(_PATH, line), hint=hinting_text(title, name))
                _start(job, settings, entries)
                _place(job, settings, line)
                _read(job, definition, settings, unfold)
                job.tidy()
                if job.matters:
                    yield job


def _entries(listed: Items) -> Iterator[tuple[str, tuple[Table, int]]]:
    """(name in the workflow, (its settings, line)) of every job that a workflow runs."""
    for index, item in enumerate(listed):
        line = listed.lines[index]
        if isinstance(item, str):
            yield item, (Table(line), line)
        for name, settings in item.items() if isinstance(item, Table) else ():
            given = settings if isinstance(settings, Table) else Table(line)
            given["\0job"] = name
            yield str(given.get("name", name)), (given, line)


def _start(job: Job, settings: Table, entries: dict[str, tuple[Table, int]]) -> None:
    pending, seen = [settings], set[str]()
    while pending:
        for name in _texts(pending.pop().get("requires")):
            if name in entries and name not in seen:
                seen.add(name)
                pending.append(entries[name][0])
                if entries[name][0].get("type") == "approval":
                    job.gate = "manual"
    filters = settings.get("filters")
    branches = filters.get("branches") if isinstance(filters, Table) else None
    only = _texts(branches.get("only")) if isinstance(branches, Table) else []
    job.triggers["push"] = True
    job.unreviewed = not only and filters is None
    job.branches.update(only)


def _place(job: Job, settings: Table, line: int) -> None:
    contexts = _texts(settings.get("context"))
    given = [(key, text) for key, text in settings.items() if isinstance(text, str) and names_environment(key)]
    found = {telling_word(text): (says, text) for says, text in [*(("context", name) for name in contexts), *given]}
    found.pop("", None)
    if len(found) == 1:
        ((says, text),) = found.values()
        job.signals.append(Signal(kind="input", value=text, span=Span(_PATH, line), says=f"{says} is {text}"))


def _read(job: Job, definition: Table, settings: Table, unfold: Unfold) -> None:
    known = {key: str(text) for key, text in settings.items() if isinstance(text, str | int)}
    place = _filled(str(definition.get("working_directory") or ""), known)
    start = join("", place.removeprefix("~/project").lstrip("/")) if is_literal(place or "-") else None
    contexts = ",".join(sorted(_texts(settings.get("context"))))
    keeper = f"contexts.{contexts}" if contexts else ""
    steps = definition.get("steps")
    for step in steps if isinstance(steps, Items) else ():
        run = step.get("run") if isinstance(step, Table) else None
        holder = run if isinstance(run, Table) else step
        script = run.get("command") if isinstance(run, Table) else run
        if isinstance(script, str) and isinstance(holder, Table):
            line = holder.line_of("command" if isinstance(run, Table) else "run")
            text = _filled(script, known)
            found = runs(text, {}, start, unfold=unfold)
            job.runs.extend((each, Span(_PATH, line + each.line - 1)) for each in found)
    for key, text, line in strings(definition):
        uses = (SecretUse(name, Span(_PATH, line), key, holder=keeper) for name in credentials_in(text))
        job.secrets.extend(uses)


def _filled(text: str, known: dict[str, str]) -> str:
    return _PARAMETER.sub(lambda match: known.get(match[1], match[0]), text)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, Items) else []
