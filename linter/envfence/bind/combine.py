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
    if len(files) == 1 and not files[0].word:
        common = files[0]
        return [
            replace(each, var_files=common.var_files, signals=(*each.signals, *common.signals)) for each in workspaces
        ]
    result: list[Candidate] = []
    used: list[Candidate] = []
    for candidate in files:
        workspace = _counterpart(candidate, workspaces)
        if workspace is None:
            result.append(candidate)
            continue
        used.append(workspace)
        result.append(_joined(candidate, workspace))
    if used:
        met = {_word(workspace) for workspace in used}
        left = sorted((c for c in workspaces if _word(c) not in met and not c.inferred), key=_word)
        result += [replace(c, inferred=True) for c in left]
    return result


def _counterpart(candidate: Candidate, others: Sequence[Candidate]) -> Candidate | None:
    """The one of others that stands for the same environment: by the very text, else by what it means."""
    word = _word(candidate)
    same = [other for other in others if word and _word(other) == word]
    texts = {candidate.name.lower(), candidate.word.lower()} - {""}
    exact = [other for other in same if {other.name.lower(), other.word.lower()} & texts]
    # Of several that mean the same (`dev`, `infra-dev`), none is meant by a third text.
    return (exact or same)[0] if exact or len(same) == 1 else None


def _joined(files: Candidate, workspace: Candidate) -> Candidate:
    signals = tuple(dict.fromkeys((*files.signals, *workspace.signals)))
    return replace(files, name=workspace.name, workspace=workspace.workspace, signals=signals)


def _with_commands(commands: Sequence[Candidate], base: Sequence[Candidate]) -> list[Candidate]:
    """Command lines, each with what is known of the same environment; deployments that no command line names stay."""
    used: set[int] = set()
    result: list[Candidate] = []
    for command in commands:
        same = _counterpart(command, base)
        if same is None:
            result.append(command)
            continue
        used.add(id(same))
        result.append(_explained(command, same))
    left = sorted((c for c in base if _word(c) and id(c) not in used), key=_word)
    return [*result, *left]


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
        backend_files=command.backend_files or same.backend_files,
        inputs=tuple({each.name: each for each in (*same.inputs, *command.inputs)}.values()),
        signals=tuple(dict.fromkeys((*command.signals, *same.signals))),
        open=is_open,
    )
