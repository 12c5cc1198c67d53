"""Terraform command lines in scripts: which deployments they plan or apply.

Comes in: the text of a script, the process variables that are known, the directory it starts in. Goes out: one
`Command` per plan or apply, with what earlier lines set. Must not know: where the script stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from envfence.sources.workflows.shell import Unfold, is_literal, options, simple_commands
from envfence.sources.workflows.terraform import MENTIONS, Terraform, terraform_line

_MAX_COMMANDS = 100
_RUNS = frozenset({"plan", "apply", "destroy", "refresh"})
#: Options of `apply` whose value may be the next word.
_TAKES = frozenset(("target", "replace", "parallelism", "lock-timeout", "state", "state-out", "backup"))


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that plans or applies. `directory` is relative to the tree; `line` counts from 1 in the script;
    `variables` are texts by name, None for a value that is not known. What is not literal is left out.
    `early` are the variables given by the process, `ahead` those given before a var file of the line; `has_open_file`
    and `has_open_workspace` are set when a var file is passed, or a workspace selected, whose name is not known.
    `backend` are settings of the backend that `init` gives, None for a value that is not known; a command with `inits`
    is such a line itself, and plans nothing."""

    directory: str
    line: int
    workspace: str = ""
    var_files: tuple[str, ...] = ()
    backend_files: tuple[str, ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()
    early: frozenset[str] = frozenset()
    ahead: frozenset[str] = frozenset()
    has_open_file: bool = False
    has_open_workspace: bool = False
    backend: tuple[tuple[str, str | None], ...] = ()
    inits: bool = False


@dataclass(slots=True)
class _Chosen:
    """What earlier lines of one process chose."""

    workspace: str = ""
    has_open_workspace: bool = False
    backend_files: list[str] = field(default_factory=list)


def commands(text: str, known: Mapping[str, str], directory: str, unfold: Unfold | None = None) -> Iterator[Command]:
    """The commands of a script. `known` are the process variables it starts with; `unfold` says what a line runs in
    turn, whose commands then stand at that line."""
    yield from itertools.islice(_commands(text, known, directory, unfold), _MAX_COMMANDS)


def _commands(text: str, known: Mapping[str, str], directory: str, unfold: Unfold | None) -> Iterator[Command]:
    processes: dict[int, _Chosen] = {}
    for simple in simple_commands(text, known, directory, MENTIONS, unfold):
        line = terraform_line(simple)
        if line is None or line.tool == "terragrunt":
            continue
        chosen = processes.setdefault(simple.process, _Chosen())
        if line.chooses:
            chosen.workspace = line.chosen
            chosen.has_open_workspace = not chosen.workspace
        elif line.verb == "init":
            chosen.backend_files += [path for path in line.files("backend-config")[0] if "=" not in path]
            settings = tuple(sorted(_backend(line).items()))
            if settings and line.directory is not None:
                yield Command(line.directory, line.simple.line, backend=settings, inits=True)
        elif line.verb in _RUNS and line.directory is not None and not _applies_plan(line):
            yield _run(line, line.directory, chosen)


def _backend(line: Terraform) -> dict[str, str | None]:
    """The settings of the backend that a line gives by name."""
    pairs = [text.strip("\"'").partition("=") for text in options(line.words, "backend-config")]
    return {
        name.strip(): value.strip("\"'") if is_literal(value) else None
        for name, equals, value in pairs
        if equals and name.strip().isidentifier() and not value.startswith("{")
    }


def _applies_plan(line: Terraform) -> bool:
    """Whether a command line applies a saved plan: its inputs are those of the plan."""
    words = line.words
    if line.verb != "apply" or any(options(words, "var", "var-file")):
        return False
    after = words[words.index("apply") + 1 :]
    pairs = zip(["", *after], after, strict=False)
    return any(is_literal(word) and not word.startswith("-") and not _takes(before) for before, word in pairs)


def _takes(word: str) -> bool:
    return word.startswith("-") and word.lstrip("-") in _TAKES


def _run(line: Terraform, directory: str, chosen: _Chosen) -> Command:
    seen = line.simple.given
    variables: dict[str, str | None] = {
        name[7:]: value if is_literal(value) else None
        for name, value in sorted(seen.items())
        if name.startswith("TF_VAR_")
    }
    given = _given(line.words)
    variables.update({name: value if is_literal(value) else None for name, value in given})
    late = {name for name, _ in given}
    workspace = seen.get("TF_WORKSPACE", "")
    files, has_open_file = line.files("var-file")
    has_files = has_open_file or bool(files)
    return Command(
        directory=directory,
        line=line.simple.line,
        workspace=workspace if is_literal(workspace) else chosen.workspace,
        var_files=files,
        backend_files=tuple(chosen.backend_files),
        variables=tuple(sorted(variables.items())),
        early=frozenset(variables) - late,
        ahead=frozenset(late - {name for name, _ in _given(_after_files(line.words))} if has_files else ()),
        has_open_file=has_open_file,
        has_open_workspace=not is_literal(workspace) if workspace else chosen.has_open_workspace,
    )


def _given(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """The variables of the options `-var`, the last of a name last."""
    pairs = [text.partition("=") for text in options(words, "var")]
    return [(name.strip(), value) for name, _, value in pairs]


def _after_files(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words after the last var file."""
    places = [
        index for index, word in enumerate(words) if word.startswith("-") and word.lstrip("-").startswith("var-file")
    ]
    return words[places[-1] + 1 :] if places else words
