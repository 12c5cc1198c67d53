"""Pipelines of products that have no reader of their own: Bitbucket, Buildkite, Drone, Woodpecker, Travis, Semaphore,
CodeBuild, Cloud Build. What all of them have is read: steps, environment words, roles, secrets.

In: YAML files under the names of these products. Out: one `Facts` a file, with a node for each step, or for the file
where one process runs all of it. What starts a build is told by some of them in settings that are not in the file: then
nothing is said of it. Must not know environments or rules.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from envfence.model import Facts, Signal
from envfence.sources.documents import Items, Table, strings
from envfence.sources.files import Files
from envfence.sources.settings.places import own_words
from envfence.sources.workflows.commands import runs
from envfence.sources.workflows.jobs import Job, Role, SecretUse, job_facts
from envfence.sources.workflows.shell import Unfold
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.sources.workflows.vocabulary import (
    credential_of,
    credentials_in,
    hinting_text,
    names_environment,
    roles_in,
    telling_word,
)
from envfence.values import Span, Symbols
from envfence.words import words_in_name


@dataclass(frozen=True, slots=True)
class _Product:
    """How a product's file is read. `whole`: one process runs all of it; `starts`: a push starts it, unless it says
    otherwise."""

    name: str
    pattern: re.Pattern[str]
    whole: bool
    starts: bool


_PRODUCTS = (
    _Product("bitbucket", re.compile(r"(?:^|/)bitbucket-pipelines\.ya?ml$"), False, True),
    _Product("buildkite", re.compile(r"(?:^|/)\.buildkite/[^/]+\.ya?ml$"), False, True),
    _Product("drone", re.compile(r"(?:^|/)\.drone\.ya?ml$"), False, True),
    _Product("woodpecker", re.compile(r"(?:^|/)\.woodpecker(?:/[^/]+)?\.ya?ml$"), False, True),
    _Product("semaphore", re.compile(r"(?:^|/)\.semaphore/[^/]+\.ya?ml$"), False, True),
    _Product("travis", re.compile(r"(?:^|/)\.travis\.ya?ml$"), True, True),
    _Product("codebuild", re.compile(r"(?:^|/)buildspec[^/]*\.ya?ml$"), True, False),
    _Product("cloudbuild", re.compile(r"(?:^|/)cloudbuild[^/]*\.ya?ml$"), True, False),
)
_SCRIPTS = ("script", "commands", "command", "before_script", "before_install", "install", "after_success")
_NAMES = ("name", "label", "id", "key", "stage", "title")
_VARIABLES = frozenset(("variables", "environment", "env", "settings", "env_vars"))
#: What a script sets a variable to, for itself or one command.
_SETS = re.compile(r"(?:^|[\s;&])[A-Z][A-Z0-9_]*=[\"']?([\w./-]{1,100})")
#: What keeps a step from running before somebody has decided.
_WAITS = ("block", "input", "hold")
_PROMOTED = frozenset(("promote", "rollback", "deployment", "custom", "manual"))
_UNREVIEWED = frozenset(("pull_request", "pull-requests", "default"))
_MOST = 4000
_DEEPEST = 25


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands above a step: the names on the way, the environment and who starts it."""

    names: tuple[str, ...] = ()
    deployment: str = ""
    line: int = 1
    gate: str = "none"
    unreviewed: bool = False
    branches: tuple[str, ...] = ()


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every such pipeline."""
    unfold = unfolder_of(files)
    for path in files.of("yaml"):
        product = next((each for each in _PRODUCTS if each.pattern.search(path)), None)
        if product is None:
            continue
        jobs = [
            job
            for document in files.documents(path).items
            if isinstance(document, Table)
            for job in _Reader(path, product, unfold).jobs(document)
        ]
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


class _Reader:
    """Reads one document of a pipeline."""

    def __init__(self, path: str, product: _Product, unfold: Unfold) -> None:
        self.path = path
        self.unfold = unfold
        self.product = product
        self.left = _MOST
        self.seen: dict[str, int] = {}

    def jobs(self, document: Table) -> Iterator[Job]:
        """The jobs of a document that could concern an environment."""
        steps = list(self._steps(document, _Place(), 0))
        if self.product.whole and steps:
            steps = [(document, self._below(_Place(), document))]
        for step, place in steps:
            job = self._job(document, step, place)
            job.tidy()
            if job.matters:
                yield job

    def _steps(self, found: Any, place: _Place, depth: int) -> Iterator[tuple[Table, _Place]]:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return
        if isinstance(found, Items):
            waits = place
            for item in found:
                if isinstance(item, Table) and any(key in item for key in _WAITS) and not _scripts(item):
                    waits = replace(waits, gate="manual")
                yield from self._steps(item, waits, depth + 1)
        elif isinstance(found, Table):
            here = self._below(place, found)
            if _scripts(found):
                yield found, here
                return
            for key, value in found.items():
                if isinstance(value, Items | Table) and key not in (*_VARIABLES, "definitions", "plugins"):
                    yield from self._steps(value, self._under(here, key), depth + 1)

    def _under(self, place: _Place, key: str) -> _Place:
        """What the key above says: a branch, a pull request, a pipeline that people start."""
        if self.product.name == "bitbucket":
            if key in _UNREVIEWED:
                return replace(place, unreviewed=True)
            if key in _PROMOTED:
                return replace(place, gate="manual")
            if place.names[-1:] == ("branches",):
                return replace(place, branches=(key,))
        return replace(place, names=(*place.names, key)) if key == "branches" else place

    def _below(self, place: _Place, found: Table) -> _Place:
        """What a table says of everything in it."""
        name = next((str(found[key]) for key in _NAMES if isinstance(found.get(key), str | int)), "")
        if name:
            place = replace(place, names=(*place.names, name))
        deployment = found.get("deployment", found.get("environment"))
        if isinstance(deployment, str) and telling_word(deployment):
            place = replace(place, deployment=deployment, line=found.line_of("deployment"))
        if found.get("trigger") == "manual" or found.get("when") == "manual":
            place = replace(place, gate="manual")
        for holder in (found.get("trigger"), found.get("when")):
            if isinstance(holder, Table):
                events = set(_texts(holder.get("event")))
                place = replace(place, gate="manual" if events and events <= _PROMOTED else place.gate)
                place = replace(place, unreviewed=place.unreviewed or "pull_request" in events)
                place = replace(place, branches=tuple(_texts(holder.get("branch"))) or place.branches)
        only = found.get("branches")
        texts = _texts(only.get("only")) if isinstance(only, Table) else _texts(only)
        return replace(place, branches=tuple(texts) or place.branches)

    def _job(self, document: Table, step: Table, place: _Place) -> Job:
        file = own_words(self.path.rpartition("/")[2])
        label = "build" if self.product.whole else ".".join(place.names[-2:]) or "step"
        self.seen[label] = self.seen.get(label, 0) + 1
        address = f"steps.{label}" + (f"#{self.seen[label]}" if self.seen[label] > 1 else "")
        hint = hinting_text(*([] if self.product.whole else place.names), file)
        job = Job(address, f"{self.product.name}_step", Span(self.path, step.line), hint=hint)
        job.gate = place.gate if self.product.starts else "elsewhere"
        if self.product.starts:
            job.triggers["manual" if place.gate == "manual" else "push"] = True
            job.unreviewed = place.unreviewed and place.gate == "none"
            job.branches.update(name for name in place.branches if "*" not in name)
        known = {**_plain(document), **_plain(step)}
        self._place(job, place, known, step)
        self._read(job, step, known)
        return job

    def _place(self, job: Job, place: _Place, known: dict[str, str], step: Table) -> None:
        if place.deployment:
            span = Span(self.path, place.line)
            says = f"deployment {place.deployment}"
            job.environment = place.deployment
            job.signals.append(Signal(kind="input", value=place.deployment, span=span, says=says))
            return
        words = {telling_word(text): (key, text) for key, text in known.items() if names_environment(key)}
        words.pop("", None)
        if len(words) == 1:
            ((key, text),) = words.values()
            job.signals.append(Signal(kind="input", value=text, span=job.span, says=f"{key} is {text}"))
        elif not words and not self.product.whole:
            job.signals.extend(self._agreed(job, place, step))

    def _agreed(self, job: Job, place: _Place, step: Table) -> Iterator[Signal]:
        """The environment that two of these name and none contradicts: the step's name, the file's, what its script
        sets."""
        set_values = [match for text, _ in _lines(step) for match in _SETS.findall(text)]
        texts = [*place.names[-1:], own_words(self.path.rpartition("/")[2]), *dict.fromkeys(set_values)]
        named = [(text, {word.canonical for word in words_in_name(text) if word.sure}) for text in texts]
        telling = [(text, found) for text, found in named if found]
        every = {word for _, found in telling for word in found}
        if len(telling) > 1 and len(every) == 1:
            word = every.pop()  # and no more of a value: it may be a password
            yield Signal(
                kind="input", value=word, span=job.span, says=f"the step's name, file or script say {word} twice"
            )

    def _read(self, job: Job, step: Table, known: dict[str, str]) -> None:
        lines = list(_lines(step))
        for run in runs("\n".join(text for text, _ in lines), known, "", unfold=self.unfold):
            job.runs.append((run, Span(self.path, lines[min(run.line, len(lines)) - 1][1])))
        scope = job.environment
        for key, text, line in strings(step):
            span = Span(self.path, line)
            job.roles.extend(Role(found, span, "the role that the step takes") for found in roles_in(text))
            names = [text] if key in ("from_secret", "secret") and credential_of(text) else []
            job.secrets += [SecretUse(name, span, key, scope) for name in (*names, *credentials_in(text, known))]
        for table in ("secrets-manager", "parameter-store"):
            for key, text, line in strings(step.get("env")):
                if isinstance(step["env"], Table) and key in (step["env"].get(table) or ()) and credential_of(key):
                    job.secrets.append(SecretUse(text, Span(self.path, line), key, scope))


def _scripts(found: Table) -> bool:
    return isinstance(found.get("args"), Items) or any(isinstance(found.get(key), str | Items) for key in _SCRIPTS)


def _arguments(step: Table) -> Iterator[tuple[str, int]]:
    """The command of a step that is written as a program, or an image that is one, and its arguments."""
    given = step.get("args")
    image = str(step.get("name") or "").rpartition("/")[2].partition(":")[0]
    if isinstance(given, Items):
        command = shlex.join([str(step.get("entrypoint") or image), *map(str, given)])
        yield f"(cd {shlex.quote(str(step.get('dir') or '.'))} && {command})", step.line_of("args")


def _lines(step: Table) -> Iterator[tuple[str, int]]:
    """The lines of all scripts below a table, in order, each with its place."""
    pending: list[Any] = [step]
    left = _MOST
    while pending and left:
        left -= 1
        found = pending.pop()
        if not isinstance(found, Table):
            pending.extend(reversed(found) if isinstance(found, Items) else ())
            continue
        for key in _SCRIPTS:
            given = found.get(key)
            places = given.lines if isinstance(given, Items) else [found.line_of(key)]
            for index, text in enumerate(given if isinstance(given, Items) else [given]):
                if isinstance(text, str):
                    yield from ((line, places[index] + number) for number, line in enumerate(text.splitlines()))
        yield from _arguments(found)
        pending.extend(found[key] for key in reversed(found) if key not in _SCRIPTS and key != "args")


def _plain(found: Table) -> dict[str, str]:
    """The variables that a table sets."""
    known: dict[str, str] = {}
    for holder in _VARIABLES:
        given = found.get(holder)
        given = given.get("variables", given) if isinstance(given, Table) else given
        for key, item in given.items() if isinstance(given, Table) else ():
            if isinstance(item, str | int) and not isinstance(item, bool):
                known[key] = str(item)
    return known


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [item for item in value if isinstance(item, str)] if isinstance(value, Items) else []
