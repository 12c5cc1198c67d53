"""The jobs of a GitHub workflow, each once for every environment that it runs in.

In: a workflow, the ways to start it, the actions of the repository. Out: `Job`s. Must not know files or facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from envfence.model import Signal
from envfence.sources.documents import Items, Table
from envfence.sources.workflows.expressions import LATER, Some, condition, fill, is_open, truth, value_of
from envfence.sources.workflows.github import MANUAL, PULL_REQUESTS, Scenario, Workflow, combinations
from envfence.sources.workflows.github_steps import Steps
from envfence.sources.workflows.jobs import Job, Start, change_in, credential_in
from envfence.sources.workflows.needs import Needed
from envfence.sources.workflows.shell import Unfold
from envfence.sources.workflows.vocabulary import hinting_text, names_environment, telling_word, vocabulary
from envfence.values import Span, Symbols

_TYPE = "github_job"
_MOST_JOBS = 400
#: How much of one workflow is looked at: jobs in one run each, and steps of them.
_MOST_VIEWS = 3_000
_MOST_STEPS = 10_000
_MOST_NEEDS = 100
Action = Callable[[str], Table | None]


@dataclass(frozen=True, slots=True)
class _View:
    """One job in one run: what it may see, and where that says it runs."""

    name: str
    job: Table
    line: int
    scenario: Scenario
    contexts: Mapping[str, Any]
    sure: bool


def jobs_of(
    workflow: Workflow,
    scenarios: tuple[Scenario, ...],
    action: Action,
    symbols: Symbols,
    calling: frozenset[str] = frozenset(),
    unfold: Unfold | None = None,
) -> tuple[list[Job], bool]:
    """(the jobs of a workflow, whether these are all); `action` gives the definition of a local action by its path,
    `unfold` what a line of a script runs in turn.
    Jobs that are `calling` a workflow of this repository are left out: what they do is read there."""
    found: dict[tuple[str, str], Job] = {}
    views, steps = _MOST_VIEWS, _MOST_STEPS
    gated = {name: waits(workflow, name) for name, _, _ in workflow.jobs}
    for scenario in scenarios:
        for view in _views(workflow, scenario):
            views -= 1
            if views < 0 or steps < 0:
                return _named(found), False
            if view.name in calling:
                continue
            environment, signals = _place(workflow, view)
            key = signals[0].value if signals else environment
            job = found.get((view.name, key))
            if job is None:
                if len(found) >= _MOST_JOBS:
                    return _named(found), False
                job = found[view.name, key] = _begin(workflow, view, environment)
            job.signals.extend(signals)
            reader = Steps(workflow.path, job, action, symbols, view.contexts, unfold, scenario.passed)
            already = len(job.runs)
            steps -= reader.read(view.job, workflow.data)
            _start(job, view, gated[view.name] or bool(environment), reader, change_in(job.runs[already:]))
    return _named(found), True


def _named(found: dict[tuple[str, str], Job]) -> list[Job]:
    """The jobs with their addresses: with the environment as a key where a job runs in several."""
    keys: dict[str, set[str]] = {}
    for name, key in found:
        keys.setdefault(name, set()).add(key)
    for (name, key), job in found.items():
        job.address = f"jobs.{name}" + (f"[{key or '-'}]" if len(keys[name]) > 1 else "")
        job.tidy()
    return [job for _, job in sorted(found.items()) if job.matters]


def _begin(workflow: Workflow, view: _View, environment: str) -> Job:
    stem = workflow.path.rpartition("/")[2].partition(".")[0]
    title = view.job.get("name")
    return Job(
        address="",
        type=_TYPE,
        span=Span(workflow.path, view.line),
        hint=hinting_text(stem, view.name, title if isinstance(title, str) and "$" not in title else ""),
        environment=environment,
    )


def _start(job: Job, view: _View, gated: bool, done: Steps, change: Span | None) -> None:
    """Notes one way to start a job: what was `done` in it, and where it may change something."""
    trigger = view.scenario.trigger
    job.triggers[trigger] = job.triggers.get(trigger, False) or view.sure
    unreviewed = trigger in PULL_REQUESTS or view.scenario.anywhere
    job.unreviewed = job.unreviewed or (unreviewed and view.sure)
    if view.sure:
        credential = credential_in(done.sure_secrets, done.sure_roles)
        job.starts.append(Start(trigger, unreviewed, change, change_in(done.sure_runs), credential))
    if trigger == "push" and view.sure and change is not None:
        branch = view.contexts["github"].get("ref_name")
        job.branches.add(branch if isinstance(branch, str) else "")
    if gated or view.scenario.gated:
        job.gate = "environment"
    elif job.gate != "environment":
        job.gate = "manual" if set(job.triggers) <= MANUAL else "none"


def _views(workflow: Workflow, scenario: Scenario) -> Iterator[_View]:
    shared = _env(workflow.data.get("env"), scenario.contexts)
    needed = Needed({name: job for name, job, _ in workflow.jobs}, scenario.contexts)
    for name, job, line in workflow.jobs:
        before = needed.ran(job)
        if before is False:
            continue
        for matrix in combinations(job, scenario.contexts):
            seen = {**scenario.contexts, "matrix": matrix}
            env = _env(job.get("env"), {**seen, "env": Some(shared)})
            contexts = {**seen, "env": Some({**shared, **env})}
            met = condition(job.get("if"), contexts)
            if truth(met) is not False:
                sure = scenario.sure and before is True and (met is LATER or truth(met) is True)
                yield _View(name, job, line, scenario, contexts, sure)


def _env(value: Any, contexts: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, Table):
        return {}
    return {key: fill(text, contexts) if isinstance(text, str) else text for key, text in value.items()}


def _environment_text(job: Table) -> str:
    """The `environment:` of a job as it is written; empty for none."""
    value = job.get("environment")
    name = value.get("name") if isinstance(value, Table) else value
    return str(name) if name not in (None, "") else ""


def waits(workflow: Workflow, name: str) -> bool:
    """Whether a job waits for one that stands at an environment, or at which a person decides."""
    jobs = {other: job for other, job, _ in workflow.jobs}
    pending, seen = [name], {name}
    while pending and len(seen) < _MOST_NEEDS:
        job = jobs.get(pending.pop())
        needs = job.get("needs") if job is not None else None
        for other in [needs] if isinstance(needs, str) else needs if isinstance(needs, Items) else ():
            if other in seen or other not in jobs:
                continue
            if _environment_text(jobs[other]) or _asks_a_person(jobs[other]):
                return True
            seen.add(other)
            pending.append(other)
    return name in jobs and _asks_a_person(jobs[name])


def _asks_a_person(job: Table) -> bool:
    steps = job.get("steps")
    used = (step.get("uses") for step in steps if isinstance(step, Table)) if isinstance(steps, Items) else ()
    return any(isinstance(text, str) and text.partition("@")[0] in vocabulary().approvals for text in used)


def _place(workflow: Workflow, view: _View) -> tuple[str, list[Signal]]:
    """(the environment that GitHub knows the run by, empty for none; signals of where it runs)."""
    text = _environment_text(view.job)
    if text:
        name = value_of(text, view.contexts)
        if name in (None, "", False):
            text = ""
        elif is_open(name) or not isinstance(name, str) or not telling_word(name):
            shown = name if isinstance(name, str) else "?"
            return shown, _from_settings(workflow, view)
        else:
            span = _span(workflow, view, "environment")
            return name, [Signal(kind="input", value=name, span=span, says=f"GitHub environment {name}")]
    return "", _from_settings(workflow, view)


def _from_settings(workflow: Workflow, view: _View) -> list[Signal]:
    """Signals of variables, inputs and matrix values that are called environment; none where they disagree."""
    found: dict[str, list[Signal]] = {}
    for context in ("matrix", "inputs", "env"):
        values = view.contexts.get(context)
        for key, value in values.items() if isinstance(values, dict) else ():
            if not names_environment(str(key)) or not isinstance(value, str):
                continue
            word = telling_word(value)
            if word:
                span = _where(workflow, view, context)
                says = f"{context}.{key} is {value}"
                found.setdefault(word, []).append(Signal(kind="input", value=value, span=span, says=says))
    return next(iter(found.values())) if len(found) == 1 else []


def _where(workflow: Workflow, view: _View, context: str) -> Span:
    if context == "inputs" and view.scenario.callers:
        return Span(*view.scenario.callers[0])
    return _span(workflow, view, {"matrix": "strategy", "env": "env"}.get(context, ""))


def _span(workflow: Workflow, view: _View, key: str) -> Span:
    return Span(workflow.path, view.job.key_lines.get(key, view.line))
