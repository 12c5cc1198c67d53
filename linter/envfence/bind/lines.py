"""Several command lines of one deployment: plan, apply and destroy, in workflows, Makefiles and scripts.

Comes in: the candidates of the command lines of one root. Goes out: one candidate per deployment. Must not know: where
command lines come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from envfence.bind.candidate import Candidate
from envfence.bind.signals import is_environment_variable
from envfence.model import Input, Signal
from envfence.words import canonical_name, word_of_value


def merge_lines(commands: Sequence[Candidate]) -> list[Candidate]:
    """Command lines with the same environment word, known var files, workspace and backend files are one deployment,
    as long as they give no variable two values that are both known."""
    order = {id(command): index for index, command in enumerate(commands)}
    groups: list[list[Candidate]] = []
    # What knows most comes first: a line that leaves a value open fits all deployments that differ in it.
    for command in sorted(commands, key=lambda each: (_holes(each), order[id(each)])):
        fitting = [group for group in groups if all(_agree(command, other) for other in group)]
        for group in fitting:
            group.append(command)
        if not fitting:
            groups.append([command])
    for group in groups:
        group.sort(key=lambda each: order[id(each)])
    return [_merged(group) for group in sorted(groups, key=lambda group: order[id(group[0])])]


def word_key(candidate: Candidate) -> str:
    """What stands for the environment of a candidate, in one spelling; empty for none."""
    text = candidate.word or candidate.name
    found = word_of_value(text) if text else None
    return found.canonical if found is not None else canonical_name(text)


def _holes(candidate: Candidate) -> tuple[int, int]:
    unknown = sum(each.json is None for each in candidate.inputs)
    return (candidate.workspace == "default") + (not candidate.backend_files), unknown


def _agree(one: Candidate, other: Candidate) -> bool:
    if one.var_files != other.var_files or word_key(one) != word_key(other):
        return False
    if one.workspace != other.workspace and "default" not in (one.workspace, other.workspace):
        return False
    if one.backend_files != other.backend_files and one.backend_files and other.backend_files:
        return False
    known = {each.name: each.json for each in one.inputs if each.json is not None}
    return all(known.get(each.name, each.json) == each.json for each in other.inputs if each.json is not None)


def _merged(group: Sequence[Candidate]) -> Candidate:
    if len(group) == 1:
        return group[0]
    named = next((each for each in group if each.workspace != "default"), group[0])
    return replace(
        group[0],
        name=named.name,
        word=named.word,
        workspace=named.workspace,
        backend_files=next((each.backend_files for each in group if each.backend_files), ()),
        inputs=_inputs(each for command in group for each in command.inputs),
        signals=_signals(group),
        open=any(command.open for command in group),
    )


def _inputs(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """One input per variable: not known where one of the lines leaves it open, except for what names the
    environment, which is the same in all of them."""
    found: dict[str, Input] = {}
    for each in inputs:
        before = found.setdefault(each.name, each)
        if before.json == each.json and (before.origin == each.origin or before.origin == "cli"):
            continue
        if is_environment_variable(each.name):
            found[each.name] = before if before.json is not None else each
        else:
            late = before if before.origin == "cli" else each
            same = before.json == each.json
            found[each.name] = late if same else msgspec.structs.replace(late, json=None)
    return tuple(found[name] for name in sorted(found))


def _signals(group: Sequence[Candidate]) -> tuple[Signal, ...]:
    """All signals; an environment that only some of the lines name is a hint, where it is another one than theirs."""
    every = dict.fromkeys(signal for command in group for signal in command.signals)
    spoken: dict[str, int] = {}
    for command in group:
        for value in {_spoken(signal) for signal in command.signals if signal.kind == "input"}:
            spoken[value] = spoken.get(value, 0) + 1
    own = {word_key(group[0])}
    return tuple(
        signal
        if signal.kind != "input" or _spoken(signal) in own or spoken[_spoken(signal)] == len(group)
        else msgspec.structs.replace(signal, kind="file")
        for signal in every
    )


def _spoken(signal: Signal) -> str:
    found = word_of_value(signal.value)
    return found.canonical if found is not None else canonical_name(signal.value)
