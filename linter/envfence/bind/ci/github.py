"""GitHub's workflows: jobs, matrices, reusable workflows, composite actions, inputs that somebody chooses.

Comes in: the survey and the paths of workflows. Goes out: scripts. Must not know: what the scripts do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from envfence.bind.ci.yamltext import data_of, document_of, line_of, listed, mapping, texts
from envfence.bind.script import Script
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.sources.workflows.expressions import Some, fill, is_open, value_of
from envfence.sources.workflows.github import combinations
from envfence.sources.workflows.shell import is_literal
from envfence.words import word_of_value

#: A line that goes on in the next one.
_CONTINUED = re.compile(r"\\[ \t]*\r?\n\s*")
_SELECTS = re.compile(r"\bworkspace\s+(?:select|new)\b|\binit\b")
_EXPORTS = re.compile(r"echo\s+[\"']?(\w+)=([^\"'\n]*?)[\"']?\s*>>\s*[\"']?\$\{?GITHUB_ENV")
_BRANCHES = re.compile(r"(?:^|[\s;])(?:if|case|elif)\s")
_ACTION = re.compile(r"[\w.-]+/(?:terraform|tofu)-(?:apply|plan|destroy|check)@")
_MAX_DEPTH = 4
_MAX_SCRIPTS = 600
_LOCAL = "./"
#: What the parts of a workflow may look into, by the names of GitHub's contexts.
Contexts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Job:
    """Where a step stands: what it knows, where it runs, which job it is part of."""

    path: str
    lines: list[str]
    contexts: Contexts
    env: dict[str, str]
    directory: str
    environment: str
    job: str
    callers: tuple[str, ...]


def workflow_scripts(survey: Survey, paths: Iterable[str]) -> Iterator[Script]:
    """The scripts of all workflows. One that is only called is read as its callers call it, or as it is when there are
    none here."""
    reader = _Reader(survey)
    listed_paths = list(paths)
    called = {target for path in listed_paths for target in reader.calls(path)}
    for path in listed_paths:
        document = reader.document(path)
        triggers = _triggers(document)
        if not (path in called and set(triggers) <= {"workflow_call"}):
            for inputs in _starts(triggers):
                contexts = {"inputs": inputs, "github": Some({"event": Some({"inputs": inputs})})}
                yield from reader.workflow(path, contexts, (), 0)


class _Reader:
    """Reads workflows and actions of one repository."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._documents: dict[str, dict[Any, Any]] = {}
        self._count = 0

    def document(self, path: str) -> dict[Any, Any]:
        """A workflow or action, empty where it is none."""
        if path not in self._documents:
            self._documents[path] = document_of(self.survey, path)
        return self._documents[path]

    def calls(self, path: str) -> Iterator[str]:
        """The workflows of this repository that a workflow calls."""
        for job in mapping(self.document(path).get("jobs")).values():
            uses = mapping(job).get("uses")
            if isinstance(uses, str) and uses.startswith(_LOCAL):
                yield uses[len(_LOCAL) :]

    def workflow(self, path: str, contexts: Contexts, callers: tuple[str, ...], depth: int) -> Iterator[Script]:
        """The scripts of a workflow that is started or called with the inputs in `contexts`."""
        document = self.document(path)
        lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
        shared = _filled(texts(document.get("env")), contexts)
        start = _directory(document.get("defaults"))
        for key, job in mapping(document.get("jobs")).items():
            if not isinstance(job, dict):
                continue
            for matrix in combinations(job, contexts):
                seen = {**contexts, "matrix": matrix}
                env = _filled({**shared, **texts(job.get("env"))}, seen)
                seen = _with_env(seen, env)
                if isinstance(job.get("uses"), str):
                    yield from self._called(job, seen, (*callers, f"{path}#{key}"), depth)
                    continue
                place = _Job(
                    path,
                    lines,
                    seen,
                    env,
                    _directory(job.get("defaults")) or start,
                    _environment(job.get("environment"), seen),
                    str(key),
                    callers,
                )
                yield from self._steps(listed(job.get("steps")), place, depth)

    def _called(
        self, job: dict[Any, Any], contexts: Contexts, callers: tuple[str, ...], depth: int
    ) -> Iterator[Script]:
        path = job["uses"][len(_LOCAL) :] if job["uses"].startswith(_LOCAL) else ""
        if not path or depth >= _MAX_DEPTH or not self.survey.has_file(path):
            return
        declared = mapping(mapping(_triggers(self.document(path)).get("workflow_call")).get("inputs"))
        inner = {"github": contexts["github"], "inputs": _inputs(declared, job.get("with"), contexts)}
        yield from self.workflow(path, inner, callers, depth + 1)

    def _steps(self, steps: list[Any], place: _Job, depth: int) -> Iterator[Script]:
        """The steps of a job; a workspace or backend chosen in one step holds for the later ones in the same directory,
        and so do variables that a step sets for later ones."""
        earlier: dict[str, str] = {}
        env = dict(place.env)
        for step in steps:
            if not isinstance(step, dict) or self._count >= _MAX_SCRIPTS:
                continue
            own = _filled({**env, **texts(step.get("env"))}, place.contexts)
            seen = _with_env(place.contexts, own)
            uses = step.get("uses")
            if isinstance(uses, str):
                yield from self._used(uses, step, replace(place, contexts=seen, env=own), depth)
            if not isinstance(step.get("run"), str):
                continue
            directory = join("", fill(str(step.get("working-directory") or place.directory or ""), seen))
            run = fill(step["run"], seen)
            if directory is not None and "$" not in directory:
                text = earlier.get(directory, "") + run + "\n"
                whole = _CONTINUED.sub(" ", text).splitlines()
                earlier[directory] = "".join(f"{line}\n" for line in whole if _SELECTS.search(line))
                yield self._script(place, line_of(place.lines, step["run"]), text, own, directory)
            env = _exported(env, run)

    def _script(self, place: _Job, line: int, text: str, env: dict[str, str], directory: str) -> Script:
        self._count += 1
        known = tuple(sorted(env.items()))
        return Script(place.path, line, text, known, directory, place.environment, job=place.job, callers=place.callers)

    def _used(self, uses: str, step: dict[Any, Any], place: _Job, depth: int) -> Iterator[Script]:
        given = texts(step.get("with"))
        if uses.startswith(_LOCAL):
            yield from self._composite(uses, step, place, depth)
        elif _ACTION.match(uses):
            filled = _filled(given, place.contexts)
            text = _as_command(uses, filled)
            yield self._script(place, line_of(place.lines, uses), text, place.env, filled.get("path", "").strip("/"))
        elif "terragrunt" in uses:
            yield self._script(place, line_of(place.lines, uses), "", place.env, "")

    def _composite(self, uses: str, step: dict[Any, Any], place: _Job, depth: int) -> Iterator[Script]:
        """The steps of a composite action in this repository, with its inputs."""
        directory = join("", uses)
        if directory is None or depth >= _MAX_DEPTH:
            return
        for name in ("action.yml", "action.yaml"):
            path = f"{directory}/{name}"
            if self.survey.has_file(path):
                document = self.document(path)
                inputs = _inputs(mapping(document.get("inputs")), step.get("with"), place.contexts)
                lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
                inner = replace(
                    place,
                    path=path,
                    lines=lines,
                    contexts={**place.contexts, "inputs": inputs},
                    directory="",
                    callers=(*place.callers, f"{place.path}#{place.job}"),
                )
                yield from self._steps(listed(mapping(document.get("runs")).get("steps")), inner, depth + 1)


def _triggers(document: dict[Any, Any]) -> dict[Any, Any]:
    """What starts a workflow; YAML reads the key `on` as a truth value."""
    on = document.get("on", document.get(True))
    if isinstance(on, str):
        return {on: None}
    return {name: None for name in on if isinstance(name, str)} if isinstance(on, list) else mapping(on)


def _starts(triggers: dict[Any, Any]) -> list[Some]:
    """The inputs in each way that a workflow may be started: one for each environment that somebody may choose, and one
    for everything that starts it without inputs."""
    declared = mapping(mapping(triggers.get("workflow_dispatch")).get("inputs"))
    found: list[Some] = []
    for name, given in declared.items():
        options = [str(option) for option in listed(mapping(given).get("options"))]
        chosen = [option for option in options if word_of_value(option, options) is not None]
        if chosen:
            found = [Some({str(name): option}) for option in chosen]
            break
    others = set(triggers) - {"workflow_dispatch", "workflow_call"}
    if others or not found:
        without = {str(name): None for name in declared} if others and "workflow_call" not in triggers else {}
        found.append(Some(without))
    return found


def _inputs(declared: dict[Any, Any], given: Any, contexts: Contexts) -> Some:
    """The inputs of a called workflow or action: as given, else the default; what is not known is left out."""
    values = mapping(given)
    found = Some()
    for name in {*declared, *values}:
        value = value_of(values[name], contexts) if name in values else mapping(declared.get(name)).get("default")
        if not is_open(value):
            found[str(name)] = value
    return found


def _environment(named: Any, contexts: Contexts) -> str:
    text = named.get("name") if isinstance(named, dict) else named
    word = fill(text, contexts) if isinstance(text, str) else ""
    return "" if "$" in word else word


def _exported(env: dict[str, str], run: str) -> dict[str, str]:
    """The process variables of later steps. What is set on a condition only is not known."""
    found: dict[str, set[str]] = {}
    for match in _EXPORTS.finditer(run):
        found.setdefault(match[1], set()).add(match[2])
    if not found:
        return env
    is_open = _BRANCHES.search(run) is not None
    new = {
        name: next(iter(values)) if len(values) == 1 and not is_open and is_literal(next(iter(values))) else "$"
        for name, values in found.items()
    }
    return {**env, **new}


def _as_command(uses: str, given: dict[str, str]) -> str:
    """What an action that wraps Terraform does, as a script."""
    verb = uses.partition("@")[0].rpartition("-")[2]
    lines: list[str] = []
    if given.get("workspace"):
        lines.append(f"terraform workspace select {given['workspace']}")
    files = "".join(f" -backend-config={name}" for name in _items(given.get("backend_config_file", "")))
    lines.append(f"terraform init{files}")
    options = "".join(f" -var-file={name}" for name in _items(given.get("var_file", "")))
    lines.append(f"terraform {'apply' if verb == 'apply' else 'plan'}{options}")
    return "\n".join(lines)


def _items(text: str) -> list[str]:
    base = [item.strip() for item in re.split(r"[,\n]", text)]
    return [item for item in base if item]


def _directory(defaults: Any) -> str:
    text = mapping(mapping(defaults).get("run")).get("working-directory")
    return text if isinstance(text, str) else ""


def _with_env(contexts: Contexts, env: dict[str, str]) -> Contexts:
    known = {name: text for name, text in env.items() if "${{" not in text and text != "$"}
    return {**contexts, "env": Some(known)}


def _filled(env: dict[str, str], contexts: Contexts) -> dict[str, str]:
    seen = _with_env(contexts, env)
    return {name: fill(text, seen) for name, text in env.items()}
