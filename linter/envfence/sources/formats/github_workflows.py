"""GitHub workflows as facts: every job is a node, once for each environment it runs in.

In: workflow files, local actions. Out: one `Facts` a file. Workflows that others of the repository call are read once
for each call. Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from envfence.model import Facts
from envfence.paths import join
from envfence.sources.documents import Table
from envfence.sources.files import Files
from envfence.sources.workflows.github import FOLDER, Call, Scenario, Workflow, read_workflow, scenarios
from envfence.sources.workflows.github_jobs import jobs_of, waits
from envfence.sources.workflows.jobs import job_facts
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.values import Span, Symbols

_DEEPEST = 4


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every workflow that gives a job anything to do with an environment."""
    workflows = dict(_workflows(files))
    calls = _calls(workflows)
    starts = _Starts(workflows, calls)
    unfold = unfolder_of(files)
    for path, workflow in workflows.items():
        symbols = Symbols()
        started = starts.of(path)
        standing_for = {name for found in calls.values() for caller, name, _, _ in found if caller == path}
        jobs, complete = jobs_of(
            workflow, started, lambda place: _action(files, place), symbols, frozenset(standing_for), unfold
        )
        if not complete:
            files.problem(path, 1, "too many jobs in too many ways to start them", "some of the jobs")
        if jobs:
            yield job_facts(path, jobs, symbols, Span(path, 1))


def _workflows(files: Files) -> Iterator[tuple[str, Workflow]]:
    for path in files.of("github-workflow"):
        if not path.startswith(FOLDER) or path.count("/") != FOLDER.count("/"):
            continue
        documents = files.documents(path)
        workflow = read_workflow(path, documents.items[0]) if documents.items else None
        if workflow is not None:
            yield path, workflow


def _calls(workflows: dict[str, Workflow]) -> dict[str, list[tuple[str, str, Table, int]]]:
    """By called workflow: (calling workflow, job, its data, its line)."""
    found: dict[str, list[tuple[str, str, Table, int]]] = {}
    for path, workflow in workflows.items():
        for name, job, line in workflow.jobs:
            uses = job.get("uses")
            called = join("", uses) if isinstance(uses, str) and uses.startswith("./") else None
            if called is not None and called in workflows and called != path:
                found.setdefault(called, []).append((path, name, job, line))
    return found


class _Starts:
    """The ways to start each workflow, worked out once for each and depth of calls."""

    def __init__(self, workflows: dict[str, Workflow], calls: dict[str, list[tuple[str, str, Table, int]]]) -> None:
        self._workflows = workflows
        self._calls = calls
        self._known: dict[tuple[str, int], tuple[Scenario, ...]] = {}

    def of(self, path: str, depth: int = 0) -> tuple[Scenario, ...]:
        """The ways to start the workflow at `path`, through its callers as well."""
        found = self._known.get((path, depth))
        if found is None:
            made = tuple(
                Call(
                    caller,
                    line,
                    job,
                    self.of(caller, depth + 1),
                    waits(self._workflows[caller], name),
                    {other: each for other, each, _ in self._workflows[caller].jobs},
                )
                for caller, name, job, line in (self._calls.get(path, ()) if depth < _DEEPEST else ())
            )
            found = self._known[path, depth] = scenarios(self._workflows[path], made)
        return found


def _action(files: Files, place: str) -> Table | None:
    """The definition of a local action, by its directory or its own path; None where there is none."""
    paths = [place] if place.endswith((".yml", ".yaml")) else [f"{place}/action.yml", f"{place}/action.yaml"]
    for path in paths:
        if files.has(path):
            documents = files.documents(path)
            found = documents.items[0] if documents.items else None
            return found if isinstance(found, Table) else None
    return None
