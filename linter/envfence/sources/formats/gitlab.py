"""GitLab pipelines as facts: every job is a node.

In: `.gitlab-ci.yml` and the local files it includes. Out: one `Facts` a file. What includes and templates of other
projects add is not seen. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from envfence.model import Facts, Signal
from envfence.paths import join
from envfence.sources.documents import Items, Table
from envfence.sources.files import Files
from envfence.sources.workflows.commands import runs
from envfence.sources.workflows.jobs import Job, Role, SecretUse, job_facts
from envfence.sources.workflows.shell import Unfold
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.sources.workflows.vocabulary import (
    credentials_in,
    hinting_text,
    names_environment,
    roles_in,
    telling_word,
)
from envfence.values import Span, Symbols

#: Keys at the top of a file that are no jobs.
_GLOBAL = frozenset(
    (
        *("default", "image", "services", "stages", "variables", "workflow", "include", "cache", "pages", "spec"),
        *("before_script", "after_script"),
    )
)
_MERGE_REQUEST = re.compile(r"merge_request", re.IGNORECASE)
_MOST_EXTENDED = 20
_MOST_INCLUDED = 50


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every GitLab pipeline of the repository."""
    pending = list(files.of("gitlab-ci"))
    seen: set[str] = set()
    unfold = unfolder_of(files)
    while pending and len(seen) < _MOST_INCLUDED:
        path = pending.pop(0)
        if path in seen:
            continue
        seen.add(path)
        found = [item for item in files.documents(path).items if isinstance(item, Table)]
        for document in found:
            pending.extend(place for place in _included(document) if files.has(place))
        jobs = [job for document in found[-1:] for job in _jobs(path, document, unfold)]
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _included(document: Table) -> Iterator[str]:
    include = document.get("include")
    for item in include if isinstance(include, Items) else [include]:
        text = item.get("local") if isinstance(item, Table) else item
        place = join("", text.lstrip("/")) if isinstance(text, str) and "://" not in text and "*" not in text else None
        if place is not None:
            yield place


def _jobs(path: str, document: Table, unfold: Unfold) -> Iterator[Job]:
    for name, entry in document.items():
        if name in _GLOBAL or name.startswith(".") or not isinstance(entry, Table):
            continue
        settings = _extended(document, entry)
        job = Job(
            f"jobs.{name}", "gitlab_job", Span(path, document.key_lines.get(name, entry.line)), hint=hinting_text(name)
        )
        known = {**_texts(document.get("variables")), **_texts(settings.get("variables"))}
        _place(path, settings, known, job)
        _start(settings, job)
        _scripts(path, (document, settings), known, job, unfold)
        job.tidy()
        if job.matters:
            yield job


def _extended(document: Table, entry: Table) -> Table:
    """A job with what it `extends`, its own keys first."""
    merged = Table(entry.line)
    pending: list[Any] = [entry]
    for _ in range(_MOST_EXTENDED):
        if not pending:
            break
        source = pending.pop(0)
        for key, value in source.items():
            if key not in merged:
                merged[key] = value
                merged.lines[key] = source.line_of(key)
        above = source.get("extends")
        names = above if isinstance(above, Items) else [above] if isinstance(above, str) else []
        pending.extend(found for name in reversed(names) if isinstance(found := document.get(str(name)), Table))
    return merged


def _place(path: str, settings: Table, known: dict[str, str], job: Job) -> None:
    environment = settings.get("environment")
    name = environment.get("name") if isinstance(environment, Table) else environment
    tier = environment.get("deployment_tier") if isinstance(environment, Table) else None
    span = Span(path, settings.line_of("environment"))
    if isinstance(name, str) and name:
        name = _filled(name, known)
        job.environment = name if "$" not in name else "?"
    for text in (tier, name):
        if isinstance(text, str) and telling_word(text):
            job.signals.append(Signal(kind="input", value=text, span=span, says=f"GitLab environment {text}"))
            return
    words: dict[str, Signal] = {}
    for key, text in known.items():
        word = telling_word(text) if names_environment(key) else ""
        if word:
            span = Span(path, settings.line_of("variables"))
            words.setdefault(word, Signal(kind="input", value=text, span=span, says=f"{key} is {text}"))
    if len(words) == 1:
        job.signals.extend(words.values())


def _start(settings: Table, job: Job) -> None:
    rules = settings.get("rules")
    if settings.get("when") == "manual":
        job.gate = "manual"
    if isinstance(rules, Items):
        listed = [rule for rule in rules if isinstance(rule, Table) and rule.get("when") != "never"]
        if listed and all(rule.get("when", settings.get("when")) == "manual" for rule in listed):
            job.gate = "manual"
        tests = [str(rule.get("if") or "") for rule in listed]
        job.unreviewed = any(_MERGE_REQUEST.search(text) and "==" in text for text in tests)
    else:
        only = settings.get("only")
        texts = [str(item) for item in only] if isinstance(only, Items) else [str(only)] if only else []
        job.unreviewed = "merge_requests" in texts or (not texts and "workflow" not in settings)
    if job.environment and job.gate == "none":
        job.gate = "environment"
    trigger = "manual" if job.gate == "manual" else "push"
    job.triggers[trigger] = True
    if job.unreviewed:
        job.triggers["merge_request"] = True


def _scripts(path: str, above: tuple[Table, Table], known: dict[str, str], job: Job, unfold: Unfold) -> None:
    document, settings = above
    for keys in (("before_script", "script"), ("after_script",)):  # the second runs in a shell of its own
        lines = [
            (text, listed.lines[index])
            for key in keys
            if isinstance(listed := settings.get(key, document.get(key)), Items)
            for index, text in enumerate(listed)
            if isinstance(text, str)
        ]
        script = "\n".join(" ".join(text.splitlines()) for text, _ in lines)
        for run in runs(script, known, "", unfold=unfold):
            job.runs.append((run, Span(path, lines[min(run.line, len(lines)) - 1][1])))
        for text, line in lines:
            _given(text, Span(path, line), known, job)
    for name, text in known.items():
        _given(text, Span(path, settings.line_of("variables")), known, job, name)


def _given(text: str, span: Span, known: dict[str, str], job: Job, key: str = "") -> None:
    """The credentials that a text takes from variables which the file does not set, and the roles it names."""
    names = (name for name in credentials_in(text, known) if not name.startswith("CI_"))
    job.secrets.extend(SecretUse(name, span, key, job.environment) for name in names)
    job.roles.extend(Role(found, span, "the role that the job takes") for found in roles_in(text))


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Table):
        return {}
    plain = {key: item.get("value") if isinstance(item, Table) else item for key, item in value.items()}
    return {key: str(item) for key, item in plain.items() if isinstance(item, str | int)}


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda match: known.get(match[1], match[0]), text)
