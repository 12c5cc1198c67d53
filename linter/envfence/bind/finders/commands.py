"""Deployments from command lines in pipelines, Makefiles and scripts.

Comes in: scripts. Goes out: one candidate per command line that names an environment for a root of this repository, by
workspace, var file or variable. Must not know: kinds of pipelines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.paths import stem
from envfence.bind.pipelines import Script, scripts
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
from envfence.values import Span
from envfence.words import word_of_value

RANK = 20


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per command line and combination of a literal matrix."""
    found: list[Candidate] = []
    for script in scripts(context.survey):
        for command in commands(script.text, dict(script.known), script.directory):
            candidate = _candidate(context, script, command)
            if candidate is not None:
                found.append(candidate)
    return Found(tuple(found))


def _candidate(context: Context, script: Script, command: Command) -> Candidate | None:
    root = command.directory
    if root not in context.deployable:
        return None
    span = Span(
        script.path, script.line + (command.line - 1 if script.path.endswith((".sh", ".bash", "akefile")) else 0)
    )
    files = tuple(path for path in command.var_files if context.survey.has_file(path))
    declared = context.survey.module(root).variables
    inputs = tuple(
        Input(name=name, json=None if text is None else json.dumps(text), origin="cli", span=span)
        for name, text in command.variables
        if name in declared
    )
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
        signals.append(Signal(kind="input", value=script.environment, span=span, says=says))
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
