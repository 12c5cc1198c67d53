"""GitHub workflows: the jobs of a file, and every way in which each may be started.

In: the data of a workflow, its callers. Out: `Scenario`s: a trigger, a branch, the options of a dispatch or the
arguments of a call. Must not know what jobs do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from envfence.sources.documents import Items, Table, strings
from envfence.sources.workflows.expressions import LATER, OPEN, Named, Some, condition, fill, truth, value_of
from envfence.sources.workflows.needs import Needed
from envfence.values import Span

FOLDER = ".github/workflows/"
_MOST_SCENARIOS = 24
#: More ways to start one workflow than this are not looked at.
MOST_WAYS = 800
_MOST_COMBINATIONS = 40
_MOST_BRANCHES = 6
_GLOB = frozenset("*?+[!")
_OWN_NAME = re.compile(r"github\.(repository(?:_owner)?)\s*==\s*'([\w./-]+)'")
_SECRET = re.compile(r"\bsecrets\.(\w+)")
_BRANCH = re.compile(r"refs/heads/([\w./-]+)|(?:ref_name\s*==\s*')([\w./-]+)'")
#: Stands for every branch that the file does not speak of.
_ANY_BRANCH = "any-other-branch"
#: Stands for the number of a pull request.
_ANY_NUMBER = "any-number"
#: A pull request that is closed has been merged, or was given up: nobody runs anything from it unreviewed.
_AFTER_REVIEW = frozenset(("closed",))
_BY_HAND = frozenset(("labeled", "unlabeled", "assigned", "review_requested"))
#: Triggers that a person pulls, each time, for this very run.
MANUAL = frozenset(("workflow_dispatch", "label", "issue_comment", "deployment", "registry"))
PULL_REQUESTS = frozenset(("pull_request", "pull_request_target"))


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow file."""

    path: str
    data: Table
    triggers: Mapping[str, Any]

    @property
    def jobs(self) -> Iterator[tuple[str, Table, int]]:
        """(name, job, line of its key) of every job."""
        jobs = self.data.get("jobs")
        if isinstance(jobs, Table):
            for name, job in jobs.items():
                if isinstance(job, Table):
                    yield name, job, jobs.key_lines.get(name, job.line)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to start a workflow. `anywhere` says that any branch does; `says` names it for people; `callers` are the
    jobs that call it, the nearest first; `gated` and `sure` say whether these wait for somebody, and surely run.
    `passed` has the places at which a caller names the secrets that it hands on."""

    trigger: str
    contexts: Mapping[str, Any]
    anywhere: bool = False
    says: str = ""
    callers: tuple[tuple[str, int], ...] = ()
    gated: bool = False
    sure: bool = True
    passed: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A job of this repository that runs a workflow of this repository; `jobs` are all those beside it, by name."""

    path: str
    line: int
    job: Table
    scenarios: tuple[Scenario, ...] = ()
    gated: bool = False
    jobs: Mapping[str, Table] = field(default_factory=dict)


def read_workflow(path: str, document: Any) -> Workflow | None:
    """The workflow in a document; None when it is something else."""
    if not isinstance(document, Table) or not isinstance(document.get("jobs"), Table):
        return None
    on = document.get("on", document.get("true"))
    if isinstance(on, str):
        triggers: dict[str, Any] = {on: None}
    elif isinstance(on, Items):
        triggers = {str(name): None for name in on}
    else:
        triggers = dict(on) if isinstance(on, Table) else {}
    return Workflow(path, document, triggers)


def scenarios(workflow: Workflow, calls: tuple[Call, ...]) -> tuple[Scenario, ...]:
    """Every way in which a workflow may be started, as far as these differ in what its jobs can see."""
    found: dict[str, Scenario] = {}
    for trigger, settings in workflow.triggers.items():
        for scenario in _of_trigger(workflow, trigger, settings if isinstance(settings, Table) else Table(1), calls):
            found.setdefault(
                f"{scenario.trigger} {scenario.anywhere} {scenario.gated} {scenario.sure} {scenario.contexts}", scenario
            )
            if len(found) >= MOST_WAYS:
                return tuple(found.values())
    return tuple(found.values())


def _of_trigger(workflow: Workflow, trigger: str, settings: Table, calls: tuple[Call, ...]) -> Iterator[Scenario]:
    if trigger == "push":
        yield from _pushes(workflow, settings)
    elif trigger in PULL_REQUESTS:
        yield _pull_request(workflow, trigger, settings)
    elif trigger == "workflow_dispatch":
        yield from _dispatches(workflow, settings)
    elif trigger == "workflow_call":
        yield from _called(workflow, settings, calls)
    else:
        name = {"registry_package": "registry"}.get(trigger, trigger)
        yield Scenario(name, _contexts(workflow, {"event_name": trigger}, {}))


def _pushes(workflow: Workflow, settings: Table) -> Iterator[Scenario]:
    """One scenario for each branch that the file speaks of; and one for any other, where any branch will do."""
    filters = _texts(settings.get("branches"))
    if not filters and "tags" in settings and "branches-ignore" not in settings:
        yield Scenario("tag", _contexts(workflow, {"event_name": "push", "ref_type": "tag"}, {}))
        return
    literal = [name for name in filters if not _GLOB & set(name)]
    anywhere = not filters or bool({"*", "**"} & set(filters))
    if anywhere:
        spoken = (match[1] or match[2] for _, text, _ in strings(workflow.data) for match in _BRANCH.finditer(text))
        literal = list(dict.fromkeys([*literal, *spoken, "main"]))
    for name in literal[:_MOST_BRANCHES]:
        yield Scenario("push", _contexts(workflow, _on_branch(name), {}), says=f"a push to {name}")
    if anywhere:
        yield Scenario("push", _contexts(workflow, _on_branch(_ANY_BRANCH), {}), True, says="a push to any branch")
    elif len(literal) < len(filters):
        yield Scenario("push", _contexts(workflow, {"event_name": "push", "ref_type": "branch"}, {}), says="a push")


def _on_branch(name: str) -> dict[str, Any]:
    return {"event_name": "push", "ref": f"refs/heads/{name}", "ref_name": name, "ref_type": "branch"}


def _pull_request(workflow: Workflow, trigger: str, settings: Table) -> Scenario:
    types = set(_texts(settings.get("types")))
    name = trigger
    if types and types <= _AFTER_REVIEW:
        name = "merge"
    elif types and types <= _BY_HAND:
        name = "label"
    branches = [text for text in _texts(settings.get("branches")) if "*" not in text]
    known: dict[str, Any] = {"event_name": trigger, "ref_type": "branch"}
    if trigger == "pull_request":  # the other kind runs on the branch that it asks to be merged into
        known["ref"], known["ref_name"] = f"refs/pull/{_ANY_NUMBER}/merge", f"{_ANY_NUMBER}/merge"
    if len(branches) == 1:
        known["base_ref"] = branches[0]
    return Scenario(name, _contexts(workflow, known, {}), says="a pull request")


def _dispatches(workflow: Workflow, settings: Table) -> Iterator[Scenario]:
    """One scenario for each combination of the options that jobs look at."""
    inputs = settings.get("inputs")
    inputs = inputs if isinstance(inputs, Table) else Table(1)
    used = {name for _, text, _ in strings(workflow.data) if "inputs" in text for name in inputs if name in text}
    choices: dict[str, list[Any]] = {}
    for name, spec in inputs.items():
        options = spec.get("options") if isinstance(spec, Table) else None
        if name in used and isinstance(options, Items) and options:
            choices[name] = [str(option) for option in options]
    known = dict.fromkeys(inputs, OPEN)
    names = sorted(choices, key=lambda name: (not _speaks_of_environment(name), name))
    for chosen in itertools.islice(itertools.product(*(choices[name] for name in names)), _MOST_SCENARIOS):
        picked = dict(zip(names, chosen, strict=True))
        given = Some({**known, **picked})
        event = {"event_name": "workflow_dispatch"}
        yield Scenario("workflow_dispatch", _contexts(workflow, event, given), says="by hand")


def _called(workflow: Workflow, settings: Table, calls: tuple[Call, ...]) -> Iterator[Scenario]:
    inputs = settings.get("inputs")
    inputs = inputs if isinstance(inputs, Table) else Table(1)
    defaults = {
        name: spec.get("default", OPEN if spec.get("required") else None)
        for name, spec in inputs.items()
        if isinstance(spec, Table)
    }
    if not calls:
        yield Scenario("workflow_call", _contexts(workflow, {}, Some(dict.fromkeys(defaults, OPEN))), says="a caller")
        return
    for call in calls:
        for scenario in call.scenarios[:_MOST_SCENARIOS]:
            yield from _through(call, scenario, defaults)


def _through(call: Call, scenario: Scenario, defaults: Mapping[str, Any]) -> Iterator[Scenario]:
    before = Needed(call.jobs, scenario.contexts).ran(call.job)
    for matrix in combinations(call.job, scenario.contexts) if before is not False else ():
        seen = {**scenario.contexts, "matrix": matrix}
        met = condition(call.job.get("if"), seen)
        if truth(met) is False:
            continue
        given = call.job.get("with")
        values = {name: value_of(value, seen) for name, value in given.items()} if isinstance(given, Table) else {}
        yield Scenario(
            scenario.trigger,
            {**scenario.contexts, "inputs": {**defaults, **values}, "secrets": _passed(call.job, seen), "env": Some()},
            scenario.anywhere,
            scenario.says,
            ((call.path, call.line), *scenario.callers),
            scenario.gated or call.gated,
            scenario.sure and before is True and (met is LATER or truth(met) is True),
            {**_places(call), **scenario.passed},
        )


def _places(call: Call) -> dict[str, Span]:
    """Where a caller names the secrets that it hands on; the way in that is nearest to who starts it counts."""
    secrets = call.job.get("secrets")
    if not isinstance(secrets, Table):
        return {}
    texts = ((key, text) for key, text in secrets.items() if isinstance(text, str))
    return {name: secrets.span_of(key, call.path) for key, text in texts for name in _SECRET.findall(text)}


def _passed(job: Table, seen: Mapping[str, Any]) -> Any:
    """The secrets as a called workflow sees them."""
    secrets = job.get("secrets")
    if secrets == "inherit":
        return seen.get("secrets", Named("secrets"))
    if isinstance(secrets, Table):
        return {name: value_of(value, seen) for name, value in secrets.items()}
    return {}


def _contexts(workflow: Workflow, github: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    event = Some({"inputs": inputs})
    title = workflow.data.get("name")
    own = {"workflow": title if isinstance(title, str) and title else workflow.path, **_repository(workflow)}
    return {
        "github": Some({**own, **github, "event": event}),
        "inputs": inputs,
        "vars": Named("vars"),
        "secrets": Named("secrets"),
        "env": Some(),
        "matrix": {},
    }


def _repository(workflow: Workflow) -> dict[str, str]:
    """What the repository is called, where a workflow compares that with one name: it asks not to run in copies."""
    found: dict[str, set[str]] = {}
    for _, text, _ in strings(workflow.data):
        for match in _OWN_NAME.finditer(text) if "github.repository" in text else ():
            found.setdefault(match[1], set()).add(match[2])
    return {key: name for key, names in found.items() if len(names) == 1 for name in names}


def combinations(job: Mapping[str, Any], contexts: Mapping[str, Any]) -> list[Any]:
    """The values of `matrix` in each run of a job; one open context where the matrix is made at run time."""
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    matrix = value_of(matrix, contexts) if isinstance(matrix, str) else matrix
    if matrix is None:
        return [{}]
    if not isinstance(matrix, dict):
        return [Some()]
    lists: dict[str, list[Any]] = {}
    is_open = False
    for name, items in matrix.items():
        items = value_of(items, contexts) if isinstance(items, str) else items
        if name not in ("include", "exclude") and isinstance(items, list):
            lists[name] = [_value(item, contexts) for item in items]
        is_open = is_open or not isinstance(items, list)
    names = list(lists)
    product = itertools.islice(itertools.product(*(lists[name] for name in names)), _MOST_COMBINATIONS)
    found = [dict(zip(names, chosen, strict=True)) for chosen in product]
    left_out = _tables(matrix.get("exclude"), contexts)
    found = [each for each in found if not any(_fits(each, item) for item in left_out)]
    found = _included(found if lists else [], _tables(matrix.get("include"), contexts))
    return [Some(each) for each in found] if is_open else (found or [{}])


def _included(found: list[dict[str, Any]], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """GitHub's rule: an entry of `include` adds to every combination that it contradicts in nothing, else it is one."""
    extra = []
    for item in items[:_MOST_COMBINATIONS]:
        fitting = [each for each in found if all(each.get(key, value) == value for key, value in item.items())]
        shared = [each for each in fitting if any(key in each for key in item)]
        for each in shared or fitting:
            each.update(item)
        if not fitting:
            extra.append(dict(item))
    return found + extra


def _tables(value: Any, contexts: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else []
    return [{key: _value(item, contexts) for key, item in each.items()} for each in items if isinstance(each, dict)]


def _value(item: Any, contexts: Mapping[str, Any]) -> Any:
    return fill(item, contexts) if isinstance(item, str) else item


def _fits(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(key) == value for key, value in other.items())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, Items) else []


def _speaks_of_environment(name: str) -> bool:
    return "env" in name.lower() or "stage" in name.lower()
