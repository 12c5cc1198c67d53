"""What the steps of a GitHub job do: commands, actions, the secrets they are given, the identities they take.

In: a job's data with what it may see. Out: runs, secrets and roles, added to a `Job`. Must not know triggers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from envfence.paths import join
from envfence.sources.documents import Items, Table, strings
from envfence.sources.workflows.commands import Run, runs
from envfence.sources.workflows.expressions import (
    LATER,
    Some,
    condition,
    fill,
    is_open,
    marks,
    split_marks,
    truth,
    value_of,
)
from envfence.sources.workflows.jobs import BOUNDARY, Job, Role, SecretUse, hole
from envfence.sources.workflows.shell import Unfold, is_literal
from envfence.sources.workflows.vocabulary import vocabulary
from envfence.values import Span, Symbols, has_holes
from envfence.words import NONPRODUCTION, words_in_name

_DEEPEST = 3
_MOST_STEPS = 200
_OWN_TOKEN = frozenset(("GITHUB_TOKEN", "github_token"))
Action = Callable[[str], Table | None]


class Steps:
    """Reads the steps of one job in one run. `sure_runs`, `sure_secrets` and `sure_roles` are of steps whose conditions
    hold, as far as the run is known; the job gets those of all that may hold."""

    def __init__(
        self,
        path: str,
        job: Job,
        action: Action,
        symbols: Symbols,
        contexts: Mapping[str, Any],
        unfold: Unfold | None = None,
        passed: Mapping[str, Span] | None = None,
    ) -> None:
        self.unfold = unfold
        self.passed = passed or {}
        self.path = path
        self.job = job
        self.action = action
        self.symbols = symbols
        self.contexts = dict(contexts)
        self.left = _MOST_STEPS
        self.sure_runs: list[tuple[Run, Span]] = []
        self.sure_secrets: list[SecretUse] = []
        self.sure_roles: list[Role] = []
        self._open = 0
        self._elsewhere = False

    def read(self, job: Table, workflow: Table) -> int:
        """Adds what the job is given and does; gives the number of steps that were looked at."""
        start = _directory(job, self.contexts) or _directory(workflow, self.contexts) or ""
        for holder in (workflow, job):
            env = holder.get("env")
            if isinstance(env, Table):
                self._given(env, self.path)
        for name in ("with", "secrets"):
            if isinstance(job.get(name), Table):
                self._given(job[name], self.path)
        steps = job.get("steps")
        if isinstance(steps, Items):
            self._steps(steps, self.contexts, start, self.path, 0)
        return _MOST_STEPS - self.left

    def _steps(self, steps: Items, contexts: Mapping[str, Any], start: str, path: str, depth: int) -> None:
        for index, step in enumerate(steps):
            self.left -= 1
            if self.left < 0:
                return
            if not isinstance(step, Table):
                continue
            env = step.get("env")
            own = {key: _filled(text, contexts) for key, text in env.items()} if isinstance(env, Table) else {}
            seen = {**contexts, "env": Some({**contexts.get("env", {}), **own})}
            met = condition(step.get("if"), seen)
            if truth(met) is False:
                continue
            doubtful = met is not LATER and truth(met) is None
            self._open += doubtful
            if isinstance(env, Table):
                self._given(env, path, contexts)
            if isinstance(step.get("with"), Table):
                self._given(step["with"], path, seen)
            self._step(step, seen, start, path, depth, steps.lines[index])
            self._open -= doubtful

    def _step(self, step: Table, seen: Mapping[str, Any], start: str, path: str, depth: int, line: int) -> None:
        directory = value_of(step.get("working-directory", start), seen)
        where = join("", directory) if isinstance(directory, str) and is_literal(directory or "-") else None
        script, uses = step.get("run"), step.get("uses")
        if isinstance(script, str):
            text = fill(script, seen)
            for number, part in enumerate(text.splitlines()):
                self._secrets_in(part, Span(path, step.line_of("run") + number), "")
            self._runs(runs(text, _plain(seen.get("env")), where, unfold=self.unfold), path, step.line_of("run"))
        elif isinstance(uses, str):
            given = step.get("with")
            inputs = {key: value_of(text, seen) for key, text in given.items()} if isinstance(given, Table) else {}
            if uses.startswith("./") and depth < _DEEPEST:
                self._local(uses[2:], inputs, seen, depth)
            else:
                self._used(uses.partition("@")[0].lower(), inputs, step, path, line)

    def _local(self, place: str, inputs: Mapping[str, Any], seen: Mapping[str, Any], depth: int) -> None:
        """The steps of an action of this repository; of one in another language nothing is known."""
        directory = place.rstrip("/")
        definition = self.action(directory)
        made = definition.get("runs") if definition is not None else None
        steps = made.get("steps") if isinstance(made, Table) else None
        if definition is None or not isinstance(steps, Items):
            return
        declared = definition.get("inputs")
        defaults = (
            {key: spec.get("default") for key, spec in declared.items() if isinstance(spec, Table)}
            if isinstance(declared, Table)
            else {}
        )
        contexts = {**seen, "inputs": {**defaults, **inputs}}
        for name in ("action.yml", "action.yaml"):
            if self.action(f"{directory}/{name}") is not None:
                self._steps(steps, contexts, "", f"{directory}/{name}", depth + 1)
                return

    def _used(self, name: str, inputs: Mapping[str, Any], step: Table, path: str, line: int) -> None:
        span = Span(path, line)
        if name in vocabulary().identities:
            self._elsewhere = self._below_production(inputs)
        for setting, form in vocabulary().identities.get(name, {}).items():
            text = inputs.get(setting)
            if isinstance(text, str) and text:
                self._role(text, form, step, setting, path)
        spec = vocabulary().actions.get(name)
        if spec is None:
            return
        folder = _text(inputs.get(spec.get("directory", "")))
        directory = join("", folder) if not folder or is_literal(folder) else None
        if "command" in spec:
            command = f"{spec['tool']} {_text(inputs.get(spec['command']))}"
            self._runs(runs(command, {}, directory), path, line)
            return
        files = [part for part in _text(inputs.get(spec.get("var-files", ""))).split() if part]
        workspace = _text(inputs.get(spec.get("workspace", "")))
        run = Run(
            tool="terraform",
            verb=spec["verb"],
            line=1,
            directory=directory,
            var_files=tuple(found for text in files if is_literal(text) and (found := join("", text)) is not None),
            workspace=workspace if is_literal(workspace) else "",
            open_file=any(not is_literal(text) for text in files),
            open_workspace=bool(workspace) and not is_literal(workspace),
            auto=_text(inputs.get(spec.get("auto", ""))) == "true",
        )
        self._note_runs([(run, span)])

    def _below_production(self, inputs: Mapping[str, Any]) -> bool:
        """Whether what a step logs in with is named for lower environments alone: so is what is done from there on."""
        names = [name for text in inputs.values() if isinstance(text, str) for name in (*marks(text), text)]
        tiers = {word.tier for name in names for word in words_in_name(name.replace("_", "-")) if word.sure}
        return tiers == {NONPRODUCTION}

    def _runs(self, found: tuple[Run, ...], path: str, line: int) -> None:
        self._note_runs([(run, Span(path, line + run.line - 1)) for run in found])

    def _note_runs(self, found: list[tuple[Run, Span]]) -> None:
        if self._elsewhere:
            found = [(replace(run, destroys=None), span) for run, span in found]
        self.job.runs.extend(found)
        if not self._open:
            self.sure_runs.extend(found)

    def _role(self, text: str, form: str, step: Table, setting: str, path: str) -> None:
        sought = self._holed(text)
        given = step.get("with")
        span = Span(path, given.line_of(setting) if isinstance(given, Table) else step.line)
        if form == "" and not sought.startswith("arn:"):
            return  # all of it is a secret or a variable: its name is looked at as such
        if form and has_holes(sought):
            return
        role = Role(f"{form}:{sought}" if form else sought, span, f"{setting} of the step")
        self.job.roles.append(role)
        if not self._open:
            self.sure_roles.append(role)

    def _holed(self, text: str) -> str:
        """A text with a hole for each value that only the pipeline knows."""
        scope = f"{BOUNDARY}/{self.job.environment}"
        return "".join(
            hole(self.symbols, piece, scope if piece.startswith(("secrets.", "vars.")) else self.path)
            if marked
            else _open_holes(piece, self.symbols, self.path)
            for marked, piece in split_marks(text)
        )

    def _given(self, settings: Table, path: str, contexts: Mapping[str, Any] | None = None) -> None:
        seen = self.contexts if contexts is None else contexts
        for key, text, line in strings(settings):
            if "${{" in text:
                self._secrets_in(fill(text, seen), Span(path, line), key)

    def _secrets_in(self, text: str, span: Span, key: str) -> None:
        for name in marks(text):
            context, _, own = name.partition(".")
            if context == "secrets" and own not in _OWN_TOKEN:
                use = SecretUse(own, span, key, self.job.environment, passed=self.passed.get(own))
                self.job.secrets.append(use)
                if not self._open:
                    self.sure_secrets.append(use)


def _open_holes(text: str, symbols: Symbols, path: str) -> str:
    """A text with holes for the expressions that are still in it."""
    parts: list[str] = []
    while "${{" in text:
        head, _, rest = text.partition("${{")
        what, _, text = rest.partition("}}")
        parts += [head, hole(symbols, what.strip(), path)]
    return "".join([*parts, text])


def _directory(holder: Table, contexts: Mapping[str, Any]) -> str:
    defaults = holder.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Table) else None
    text = run.get("working-directory") if isinstance(run, Table) else None
    return fill(text, contexts) if isinstance(text, str) else ""


def _plain(env: Any) -> dict[str, str]:
    """The variables of the process that are known."""
    items: Iterator[tuple[str, Any]] = iter(env.items()) if isinstance(env, dict) else iter(())
    return {key: _text(value) for key, value in items if not is_open(value) and not marks(_text(value))}


def _text(value: Any) -> str:
    if value is None or is_open(value):
        return "" if value is None else "${{"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _filled(value: Any, contexts: Mapping[str, Any]) -> Any:
    return fill(value, contexts) if isinstance(value, str) else value
