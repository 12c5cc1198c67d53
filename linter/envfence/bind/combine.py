"""One root module, several finders: which of their candidates are deployments, and which belong together.

Comes in: the candidates of one root. Goes out: those that are left, combined. Must not know: files.

What a definition or a command line says wins over guesses. Var files and workspaces of one environment word are one
deployment; nothing else is multiplied, since no file shows the combination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from envfence.bind.candidate import Candidate
from envfence.bind.lines import merge_lines
from envfence.bind.lines import word_key as _word

_CERTAIN = ("definer", "unit")


def combine(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The deployments of one root."""
    certain = [candidate for candidate in candidates if candidate.axis in _CERTAIN]
    if certain:
        return certain
    commands = merge_lines([candidate for candidate in candidates if candidate.axis == "command"])
    files = [candidate for candidate in candidates if candidate.axis == "var-files"]
    workspaces = [candidate for candidate in candidates if candidate.axis == "workspace"]
    others = [candidate for candidate in candidates if candidate.axis not in ("command", "var-files", "workspace")]
    base = pair(files, workspaces) or others
    return _with_commands(commands, base) if commands else base


def pair(files: Sequence[Candidate], workspaces: Sequence[Candidate]) -> list[Candidate]:
    """Var-file sets with the workspace of the same word; workspaces alone where there are no var-file sets by
    environment."""
    if not files:
        return list(workspaces)
    if not workspaces:
        return list(files)
    by_word = {_word(candidate): candidate for candidate in workspaces}
    if len(files) == 1 and not files[0].word:
        common = files[0]
        return [
            replace(each, var_files=common.var_files, signals=(*each.signals, *common.signals)) for each in workspaces
        ]
    result: list[Candidate] = []
    used: set[str] = set()
    for candidate in files:
        workspace = by_word.get(_word(candidate))
        if workspace is None:
            result.append(candidate)
            continue
        used.add(_word(candidate))
        result.append(_joined(candidate, workspace))
    if used:
        result += [
            replace(c, inferred=True) for word, c in sorted(by_word.items()) if word not in used and not c.inferred
        ]
    return result


def _joined(files: Candidate, workspace: Candidate) -> Candidate:
    signals = tuple(dict.fromkeys((*files.signals, *workspace.signals)))
    return replace(files, name=workspace.name, workspace=workspace.workspace, signals=signals)


def _with_commands(commands: Sequence[Candidate], base: Sequence[Candidate]) -> list[Candidate]:
    """Command lines, each with what is known of the same environment; deployments that no command line names stay."""
    by_word = {_word(candidate): candidate for candidate in base if _word(candidate)}
    used: set[str] = set()
    result: list[Candidate] = []
    for command in commands:
        word = _word(command)
        same = by_word.get(word) if word else None
        if same is None:
            result.append(command)
            continue
        used.add(word)
        result.append(_explained(command, same))
    return [*result, *(c for word, c in sorted(by_word.items()) if word not in used)]


def _explained(command: Candidate, same: Candidate) -> Candidate:
    """A command line with what is known of the same environment: also the var files whose names it leaves open."""
    files, is_open = command.var_files or same.var_files, command.open
    if is_open and set(command.var_files) < set(same.var_files):
        files, is_open = same.var_files, False
    return replace(
        command,
        name=command.name if command.workspace != "default" else same.name,
        workspace=same.workspace if command.workspace == "default" else command.workspace,
        var_files=files,
        inputs=tuple({each.name: each for each in (*same.inputs, *command.inputs)}.values()),
        signals=tuple(dict.fromkeys((*command.signals, *same.signals))),
        open=is_open,
    )
