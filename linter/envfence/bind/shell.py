"""Terraform command lines in scripts, read without running anything.

Comes in: the text of a script, the process variables that are known, the directory it starts in. Goes out: one
`Command` per plan or apply, with what earlier lines set. Must not know: where the script stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from envfence.paths import join

#: Longer scripts are no command lines of pipelines.
MAX_SCRIPT = 200_000
_MAX_COMMANDS = 100
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)|\$(\w+)")
_TERRAFORM = re.compile(r"(?:^|[\s/@])(?:terraform|tofu|tf)(?:\s|$)|\$[({]?(?:TERRAFORM|TF)[)}]?\s", re.IGNORECASE)
_RUNS = frozenset({"plan", "apply", "destroy", "refresh"})
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*[:?]?=\s*(.*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that plans or applies. `directory` is relative to the tree; `line` counts from 1 in the script;
    `variables` are texts by name, None for a value that is not known. What is not literal is left out."""

    directory: str
    line: int
    workspace: str = ""
    var_files: tuple[str, ...] = ()
    backend_files: tuple[str, ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()


@dataclass(slots=True)
class _State:
    directory: str
    known: dict[str, str]
    workspace: str = ""
    backend_files: list[str] = field(default_factory=list)


def commands(text: str, known: Mapping[str, str], directory: str) -> Iterator[Command]:
    """The commands of a script. `known` are the process variables it starts with."""
    state = _State(directory, dict(known))
    count = 0
    for number, line in _lines(text[:MAX_SCRIPT]):
        for part in re.split(r"&&|\|\||;", line):
            for command in _command(part.strip().lstrip("@-").strip(), state):
                yield replace(command, line=number)
                count += 1
                if count >= _MAX_COMMANDS:
                    return


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with continuations joined, each with the number of its first."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            start = number
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1] + " "
            continue
        yield start, pending + line
        pending = ""
    if pending:
        yield start, pending


def expand(text: str, known: Mapping[str, str]) -> str:
    """`text` with the known variables in it; unknown ones stay and make it useless, as `is_literal` tells."""
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2] or match[3], match[0]), text)


def is_literal(text: str) -> bool:
    """Whether nothing in a text waits for a shell, make or pipeline."""
    return bool(text) and not re.search(r"[$`*?<>{}]", text)


def _command(part: str, state: _State) -> Iterator[Command]:
    if not part or part.startswith("#"):
        return
    if not _TERRAFORM.search(part):
        _plain(part, state)
        return
    try:
        words = [expand(word, state.known) for word in shlex.split(part, comments=True)]
    except ValueError:
        return
    own = dict(state.known)
    while words and _ASSIGNMENT.fullmatch(words[0]) and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        own[name] = value
    directory: str | None = state.directory
    for word in words:
        if word.startswith("-chdir="):
            directory = join(state.directory, word[7:]) if is_literal(word[7:]) else None
    verb = next((word for word in words[1:] if not word.startswith("-")), "")
    if verb == "workspace" and len(words) > 2:
        name = words[-1]
        state.workspace = name if is_literal(name) and not name.startswith("-") else ""
    state.backend_files += [] if verb != "init" else _files(words, "-backend-config", directory)
    if verb in _RUNS and directory is not None:
        yield _run(words, state, own, directory)


def _plain(part: str, state: _State) -> None:
    """A line that only changes what later lines see."""
    match = re.fullmatch(r"cd\s+(\S+)", part)
    if match:
        target = expand(match[1].strip("\"'"), state.known)
        moved = join(state.directory, target) if is_literal(target) else None
        state.directory = moved if moved is not None else "\0"  # somewhere we do not know: no root has this name
        return
    match = _ASSIGNMENT.fullmatch(part)
    if match:
        value = expand(match[2].strip().strip("\"'"), state.known)
        if is_literal(value):
            state.known[match[1]] = value
        else:
            state.known.pop(match[1], None)


def _run(words: list[str], state: _State, own: Mapping[str, str], directory: str) -> Command:
    variables: dict[str, str | None] = {
        name[7:]: value if is_literal(value) else None
        for name, value in sorted(own.items())
        if name.startswith("TF_VAR_")
    }
    for text in _options(words, "-var"):
        name, _, value = text.partition("=")
        variables[name.strip()] = value if is_literal(value) else None
    workspace = own.get("TF_WORKSPACE", "")
    return Command(
        directory=directory,
        line=0,
        workspace=workspace if is_literal(workspace) else state.workspace,
        var_files=tuple(_files(words, "-var-file", directory)),
        backend_files=tuple(state.backend_files),
        variables=tuple(sorted(variables.items())),
    )


def _options(words: list[str], name: str) -> Iterator[str]:
    """The values of an option, written `-name=value`, `--name=value` or `-name value`."""
    for index, word in enumerate(words):
        for spelling in (name, "-" + name):
            if word.startswith(spelling + "="):
                yield word[len(spelling) + 1 :]
            elif word == spelling and index + 1 < len(words):
                yield words[index + 1]


def _files(words: list[str], name: str, directory: str | None) -> list[str]:
    found = [join(directory or "", text) for text in _options(words, name) if is_literal(text) and "=" not in text]
    return [path for path in found if path is not None]
