"""GitHub's workflows: jobs, matrices, reusable workflows, composite actions, inputs that somebody chooses.

Comes in: the survey and the paths of workflows. Goes out: scripts. Must not know: what the scripts do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from envfence.bind.ci.expressions import fill, value_of
from envfence.bind.ci.matrix import combinations
from envfence.bind.ci.yamltext import data_of, document_of, line_of, listed, mapping, text_of, texts
from envfence.bind.script import Script
from envfence.bind.shell import is_literal
from envfence.bind.survey import Survey
from envfence.paths import join
from envfence.words import word_of_value

_SELECTS = re.compile(r"\bworkspace\s+(?:select|new)\b|\binit\b")
_EXPORTS = re.compile(r"echo\s+[\"']?(\w+)=([^\"'\n]*?)[\"']?\s*>>\s*[\"']?\$\{?GITHUB_ENV")
_BRANCHES = re.compile(r"(?:^|[\s;])(?:if|case|elif)\s")
_ACTION = re.compile(r"[\w.-]+/(?:terraform|tofu)-(?:apply|plan|destroy|check)@")
_MAX_DEPTH = 4
_MAX_SCRIPTS = 600
_LOCAL = "./"


@dataclass(frozen=True, slots=True)
class _Job:
    """Where a step stands: what it knows, where it runs, which job it is part of."""

    path: str
    lines: list[str]
    names: dict[str, Any]
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
            for names in _starts(triggers):
                yield from reader.workflow(path, names, (), 0)


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

    def workflow(self, path: str, names: dict[str, Any], callers: tuple[str, ...], depth: int) -> Iterator[Script]:
        """The scripts of a workflow that is started or called with the inputs in `names`."""
        document = self.document(path)
        lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
        shared = _filled(texts(document.get("env")), names)
        start = _directory(document.get("defaults"))
        for key, job in mapping(document.get("jobs")).items():
            if not isinstance(job, dict):
                continue
            for matrix in combinations(job, names):
                known = {**names, **{f"matrix.{name}": text for name, text in matrix.items()}}
                env = _filled({**shared, **texts(job.get("env"))}, known)
                if isinstance(job.get("uses"), str):
                    yield from self._called(job, {**known, **_prefixed(env)}, (*callers, f"{path}#{key}"), depth)
                    continue
                place = _Job(
                    path,
                    lines,
                    known,
                    env,
                    _directory(job.get("defaults")) or start,
                    _environment(job.get("environment"), {**known, **_prefixed(env)}),
                    str(key),
                    callers,
                )
                yield from self._steps(listed(job.get("steps")), place, depth)

    def _called(
        self, job: dict[Any, Any], names: dict[str, Any], callers: tuple[str, ...], depth: int
    ) -> Iterator[Script]:
        path = job["uses"][len(_LOCAL) :] if job["uses"].startswith(_LOCAL) else ""
        if not path or depth >= _MAX_DEPTH or not self.survey.has_file(path):
            return
        declared = mapping(mapping(_triggers(self.document(path)).get("workflow_call")).get("inputs"))
        yield from self.workflow(path, _inputs(declared, job.get("with"), names), callers, depth + 1)

    def _steps(self, steps: list[Any], place: _Job, depth: int) -> Iterator[Script]:
        """The steps of a job; a workspace or backend chosen in one step holds for the later ones in the same directory,
        and so do variables that a step sets for later ones."""
        earlier: dict[str, str] = {}
        env = dict(place.env)
        for step in steps:
            if not isinstance(step, dict) or self._count >= _MAX_SCRIPTS:
                continue
            own = _filled({**env, **texts(step.get("env"))}, place.names)
            names = {**place.names, **_prefixed(own)}
            uses = step.get("uses")
            if isinstance(uses, str):
                yield from self._used(uses, step, replace(place, names=names, env=own), depth)
            if not isinstance(step.get("run"), str):
                continue
            directory = join("", fill(str(step.get("working-directory") or place.directory or ""), names))
            run = fill(step["run"], names)
            if directory is not None and "$" not in directory:
                text = earlier.get(directory, "") + run + "\n"
                earlier[directory] = "".join(f"{line}\n" for line in text.splitlines() if _SELECTS.search(line))
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
            filled = _filled(given, place.names)
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
                names = {**place.names, **_inputs(mapping(document.get("inputs")), step.get("with"), place.names)}
                lines = data_of(self.survey, path).decode("utf-8", "replace").splitlines()
                inner = replace(
                    place,
                    path=path,
                    lines=lines,
                    names=names,
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


def _starts(triggers: dict[Any, Any]) -> list[dict[str, Any]]:
    """The ways in which a workflow may be started, each with the inputs that are known then: one for each environment
    that somebody may choose, and one for everything that starts it without inputs."""
    declared = mapping(mapping(triggers.get("workflow_dispatch")).get("inputs"))
    found: list[dict[str, Any]] = []
    for name, given in declared.items():
        options = [str(option) for option in listed(mapping(given).get("options"))]
        chosen = [option for option in options if word_of_value(option, options) is not None]
        if chosen:
            found = [{f"inputs.{name}": option} for option in chosen]
            break
    others = set(triggers) - {"workflow_dispatch", "workflow_call"}
    if others or not found:
        found.append({f"inputs.{name}": "" for name in declared} if others and "workflow_call" not in triggers else {})
    return found


def _inputs(declared: dict[Any, Any], given: Any, names: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a called workflow or action: as given, else the default; what is not known is left out."""
    values = texts(given)
    found: dict[str, Any] = {}
    for name in {*map(str, declared), *values}:
        default = text_of(mapping(declared.get(name)).get("default"))
        value = value_of(values[name], names) if name in values else default
        if not isinstance(value, str) or "${{" not in value:
            found[f"inputs.{name}"] = value
    return found


def _environment(named: Any, names: dict[str, Any]) -> str:
    text = named.get("name") if isinstance(named, dict) else named
    word = fill(text, names) if isinstance(text, str) else ""
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


def _prefixed(env: dict[str, str]) -> dict[str, str]:
    return {f"env.{name}": text for name, text in env.items() if "${{" not in text and text != "$"}


def _filled(env: dict[str, str], names: dict[str, Any]) -> dict[str, str]:
    known = {**names, **_prefixed(env)}
    return {name: fill(text, known) for name, text in env.items()}
