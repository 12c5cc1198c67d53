"""Deployments from command lines in pipelines, Makefiles and scripts.

Comes in: scripts. Goes out: one candidate per command line that names an environment for a root of this repository, by
workspace, var file or variable. Must not know: kinds of pipelines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from envfence.bind.candidate import Candidate, Found, Line
from envfence.bind.ci.yamltext import data_of
from envfence.bind.context import Context
from envfence.bind.given import json_of
from envfence.bind.paths import stem
from envfence.bind.pipelines import Script
from envfence.bind.shell import Command, commands
from envfence.bind.signals import (
    axis_part,
    folder_word,
    is_environment_variable,
    own_statements_first,
    value_signal,
    var_file_signals,
)
from envfence.model import Input, Signal
from envfence.sources.workflows.shell import is_literal
from envfence.sources.workflows.unfolding import unfolder
from envfence.values import Span
from envfence.words import word_of_value

RANK = 20
#: A process variable that a script sets, also for later steps (`echo "TF_VAR_x=$Y" >> "$GITHUB_ENV"`).
_EXPORTED = re.compile(r"\bTF_VAR_(\w+)[ \t]*[:?]?=[ \t]*(\"[^\"\n]*|'[^'\n]*|[^\s;&|\"']*)")


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per command line and combination of a literal matrix; and what any command line gives."""
    found: list[Candidate] = []
    lines: list[Line] = []
    files: dict[str, _File] = {}
    survey = context.survey
    unfold = unfolder(lambda path: data_of(survey, path) if survey.has_file(path) else None)
    for script in context.scripts:
        file = files.setdefault(script.path, _File())
        file.unresolved.update(_unresolved(script))
        for command in commands(script.text, dict(script.known), script.directory, unfold):
            if command.directory not in context.deployable:
                continue
            if command.inits:
                lines.append(_init(script, command))
                continue
            file.roots.add(command.directory)
            candidate, line = _read(context, script, command)
            found += [candidate] if candidate is not None else []
            lines.append(line)
    for file in files.values():
        lines += _loose(context, file)
    return Found(tuple(found), lines=tuple(dict.fromkeys(lines)))


@dataclass(slots=True)
class _File:
    """What was seen in one file: the roots it runs, and variables given to the process with unknown values."""

    roots: set[str] = field(default_factory=set)
    unresolved: dict[str, Span] = field(default_factory=dict)


def _unresolved(script: Script) -> Iterator[tuple[str, Span]]:
    """The process variables for Terraform in a script whose values are not known."""
    span = Span(script.path, script.line)
    for name, text in script.known:
        if name.startswith("TF_VAR_") and not is_literal(text):
            yield name[7:], span
    for match in _EXPORTED.finditer(script.text):
        if not is_literal(match[2].strip("\"'")):
            yield match[1], span


def _loose(context: Context, file: _File) -> Iterator[Line]:
    """What a file gives to the process: to the roots that it runs, or, where these cannot be told, to any."""
    inputs = tuple(
        Input(name=name, json=None, origin="environment", span=file.unresolved[name])
        for name in sorted(file.unresolved)
    )
    roots: list[str | None] = [*sorted(file.roots)] or [None]
    for root in roots if inputs else ():
        if root is None:
            yield Line(None, inputs)
        else:
            declared = context.survey.module(root).variables
            yield Line(root, tuple(each for each in inputs if each.name in declared))


def _span(script: Script, command: Command) -> Span:
    return Span(
        script.path, script.line + (command.line - 1 if script.path.endswith((".sh", ".bash", "akefile")) else 0)
    )


def _init(script: Script, command: Command) -> Line:
    """What a line that only prepares says about the backend."""
    span = _span(script, command)
    return Line(command.directory, (), backend=tuple((name, text, span) for name, text in command.backend))


def _read(context: Context, script: Script, command: Command) -> tuple[Candidate | None, Line]:
    root = command.directory
    span = _span(script, command)
    files = tuple(path for path in command.var_files if context.survey.has_file(path))
    inputs = tuple(_inputs(context, command, files, span))
    is_open = command.has_open_file or len(files) < len(command.var_files)
    candidate = _candidate(context, script, command, files, inputs, span)
    if candidate is not None and is_open:
        candidate = replace(candidate, open=True)
    is_general = candidate is None
    line = Line(root, inputs, command.ahead, is_general, is_open and is_general, command.has_open_workspace)
    return candidate, line


def _inputs(context: Context, command: Command, files: Sequence[str], span: Span) -> Iterator[Input]:
    """The variables that a command line gives; those that a later var file of the line sets are not given by it."""
    declared = context.survey.module(command.directory).variables
    later = {name for path in files for name in context.survey.assignments(path)}
    for name, text in command.variables:
        if name in declared and not (name in command.ahead and name in later):
            origin = "environment" if name in command.early else "cli"
            yield Input(name=name, json=json_of(declared[name], text), origin=origin, span=span)


def _candidate(
    context: Context,
    script: Script,
    command: Command,
    files: tuple[str, ...],
    inputs: tuple[Input, ...],
    span: Span,
) -> Candidate | None:
    """The deployment that a command line makes, when the line names its environment."""
    root = command.directory
    word = _word(context, command, files, root)
    if not word:
        return None
    signals: list[Signal] = []
    if command.workspace and word_of_value(axis_part(command.workspace, root)) is not None:
        part = axis_part(command.workspace, root)
        signals.append(Signal(kind="input", value=part, span=span, says=f"workspace {command.workspace}"))
    signals += var_file_signals(context.survey, files, span)
    given = [(name, value_signal("input", f"-var {name}", text, span)) for name, text in command.variables if text]
    signals += own_statements_first((name, signal) for name, signal in given if signal is not None)
    if script.environment and word_of_value(script.environment) is not None:
        says = f"pipeline environment {script.environment}"
        # What the command itself names is where it acts; a job may ask for another environment's approval or secrets.
        kind = "file" if any(signal.kind == "input" for signal in signals) else "input"
        signals.append(Signal(kind=kind, value=script.environment, span=span, says=says))
    return Candidate(
        root=root,
        span=span,
        name=command.workspace or _short(word),
        word=axis_part(word, root),
        workspace=command.workspace or "default",
        var_files=files,
        inputs=inputs,
        backend_files=tuple(path for path in command.backend_files if context.survey.has_file(path)),
        signals=tuple(dict.fromkeys(signals)),
        axis="command",
    )


def _word(context: Context, command: Command, files: Sequence[str], root: str) -> str:
    """The text that names the environment of a command line; empty where it names none."""
    if command.workspace:
        return command.workspace
    for path in reversed(files):
        if word_of_value(stem(path)) is not None and stem(path) != root.rpartition("/")[2]:
            return stem(path)
        word, _ = folder_word(context.survey, path, "")
        if word:
            return word
    for name, text in command.variables:
        if text and is_environment_variable(name) and word_of_value(text) is not None:
            return text
    return ""


def _short(word: str) -> str:
    """The text as a name; only its environment word where it holds more than a name can (`env:/staging/concourse`)."""
    found = word_of_value(word)
    return found.raw if found is not None and not re.fullmatch(r"[\w.-]+", word) else word
