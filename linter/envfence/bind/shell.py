"""Terraform command lines in scripts, read without running anything.

Comes in: the text of a script, the process variables that are known, the directory it starts in. Goes out: one
`Command` per plan or apply, with what earlier lines set. Must not know: where the script stands."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from envfence.paths import join

#: Longer scripts are no command lines of pipelines.
MAX_SCRIPT = 200_000
_MAX_COMMANDS = 100
_MAX_DEPTH = 4
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$\((\w+)\)|\$(\w+)")
#: `$(dirname "$0")`: where the script itself lies.
_OWN_PLACE = re.compile(
    r"\$\(\s*(?:cd\s+)?[\"']?(?:\$\(\s*)?dirname\s+(?:--\s+)?[\"']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?[\"']?\s*\)"
    r"[\"']?(?:\s*(?:>\s*/dev/null\s*)?(?:2>&1\s*)?&&\s*pwd(?:\s+-P)?\s*\))?"
)
_OWN = "\1"
_TERRAFORM = re.compile(r"(?:^|[\s/@])(?:terraform|tofu|tf)(?:\s|$)|\$[({]?(?:TERRAFORM|TF)[)}]?\s", re.IGNORECASE)
#: The program itself, whatever stands before it (`aws-vault exec x --`, `env A=b`, `sudo`).
_BINARY = re.compile(r"(?:.*/)?(?:terraform|tofu|tf)|\$[({]?(?:TERRAFORM|TF)[)}]?", re.IGNORECASE)
#: Commands whose words are only text.
_TALK = frozenset({"echo", "printf", "grep", "cat", "sed", "awk", "which"})
_RUNS = frozenset({"plan", "apply", "destroy", "refresh"})
#: Options of `apply` whose value may be the next word.
_TAKES = frozenset(
    f"{dashes}{name}"
    for dashes in ("-", "--")
    for name in ("target", "replace", "parallelism", "lock-timeout", "state", "state-out", "backup")
)
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*[:?]?=\s*(.*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A command line that plans or applies. `directory` is relative to the tree; `line` counts from 1 in the script;
    `variables` are texts by name, None for a value that is not known. What is not literal is left out.
    `early` are the variables given by the process, `ahead` those given before a var file of the line; `has_open_file`
    and `has_open_workspace` are set when a var file is passed, or a workspace selected, whose name is not known."""

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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a line runs in turn: a script of the repository or targets of a Makefile. `own` is where the script lies;
    `sets` is set for one that runs in the same shell; `lines` is set where each line starts in `directory` again."""

    text: str
    known: Mapping[str, str]
    directory: str
    own: str
    sets: bool = False
    lines: bool = False


#: What a line runs in turn: from its words, the variables and the directory.
Unfold = Callable[[list[str], Mapping[str, str], str], Recipe | None]


@dataclass(slots=True)
class _State:
    directory: str
    known: dict[str, str]
    own: str = ""
    stack: list[str] = field(default_factory=list)
    workspace: str = ""
    has_open_workspace: bool = False
    backend_files: list[str] = field(default_factory=list)


def commands(text: str, known: Mapping[str, str], directory: str, unfold: Unfold | None = None) -> Iterator[Command]:
    """The commands of a script. `known` are the process variables it starts with; `unfold` says what a line runs in
    turn, whose commands then stand at that line."""
    state = _State(directory, dict(known))
    yield from itertools.islice(_run_all(text, state, unfold, 0, False), _MAX_COMMANDS)


def _run_all(text: str, state: _State, unfold: Unfold | None, depth: int, again: bool) -> Iterator[Command]:
    start = state.directory
    placed = _OWN_PLACE.sub(_OWN, text[:MAX_SCRIPT]) if "dirname" in text else text[:MAX_SCRIPT]
    for number, line in _lines(placed):
        if again:
            state.directory = start
        for part in re.split(r"&&|\|\||;", line):
            for command in _part(part.strip().lstrip("@-").strip(), state, unfold, depth):
                yield replace(command, line=number)


def _part(part: str, state: _State, unfold: Unfold | None, depth: int) -> Iterator[Command]:
    """One command of a line; a subshell has a directory of its own."""
    while part.startswith("(") and not part.startswith("(("):
        state.stack.append(state.directory)
        part = part[1:].strip()
    closed = min(part.count(")") - part.count("("), len(state.stack))
    part = part[: len(part.rstrip(") ")) + 1].rstrip(") ") if closed > 0 and part.endswith(")") else part
    recipe = _unfolded(part, state, unfold) if unfold is not None and depth < _MAX_DEPTH else None
    if recipe is None:
        yield from _command(part, state)
    else:
        inner = state if recipe.sets else _State(recipe.directory, dict(recipe.known), recipe.own)
        inner.own, before = recipe.own, inner.own
        yield from _run_all(recipe.text, inner, unfold, depth + 1, recipe.lines)
        inner.own = before
    for _ in range(max(closed, 0)):
        state.directory = state.stack.pop()


_RUNNERS = re.compile(
    r"(?:^|[\s/])(?:make|source|bash|sh|zsh|\.)\s|\.(?:sh|bash)(?:[\s\"']|$)|(?:^|\s)\.{0,2}/?\w[\w./-]*/[\w.-]+"
)


def _unfolded(part: str, state: _State, unfold: Unfold) -> Recipe | None:
    if not part or part.startswith("#") or not _RUNNERS.search(part):
        return None
    try:
        words = [expand(word, state.known) for word in shlex.split(part, comments=True)]
    except ValueError:
        return None
    known = dict(state.known)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, value = words.pop(0).partition("=")
        known[name] = value
    return unfold(words, known, state.directory)


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
    while words and not _BINARY.fullmatch(words[0]):
        if words[0] in _TALK:
            return
        name, equals, value = words.pop(0).partition("=")
        if equals and name.isidentifier():
            own[name] = value
    if not words:
        return
    words = _with_arguments(words, own)
    directory: str | None = state.directory
    for word in words:
        if word.startswith("-chdir="):
            directory = join(state.directory, word[7:]) if is_literal(word[7:]) else None
    operands = [word for word in words[1:] if not word.startswith("-")]
    verb = operands[0] if operands else ""
    if operands[:2] in (["workspace", "select"], ["workspace", "new"]):
        name = words[-1]
        state.workspace = name if len(operands) > 2 and is_literal(name) and not name.startswith("-") else ""
        state.has_open_workspace = not state.workspace
    state.backend_files += [] if verb != "init" else _files(words, "-backend-config", directory)
    if verb in _RUNS and directory is not None and not _applies_plan(verb, words):
        yield _run(words, state, own, directory)


def _with_arguments(words: list[str], known: Mapping[str, str]) -> list[str]:
    """The words with what `TF_CLI_ARGS` and `TF_CLI_ARGS_VERB` put after the verb."""
    place = next((index for index, word in enumerate(words) if index and not word.startswith("-")), 0)
    if not place:
        return words
    texts = [known.get(name, "") for name in (f"TF_CLI_ARGS_{words[place]}", "TF_CLI_ARGS")]
    added = [word for text in texts for word in text.split()]
    return [*words[: place + 1], *added, *words[place + 1 :]]


def _plain(part: str, state: _State) -> None:
    """A line that only changes what later lines see."""
    if part == "popd" and state.stack:
        state.directory = state.stack.pop()
        return
    match = re.fullmatch(r"(cd|pushd)\s+(?:--\s+)?(\S+|\"[^\"]*\")(?:\s*>\s*/dev/null)?", part)
    if match:
        if match[1] == "pushd":
            state.stack.append(state.directory)
        target = expand(match[2].strip("\"'"), state.known)
        base = state.own if target.startswith(_OWN) else state.directory
        target = target.removeprefix(_OWN).lstrip("/") or "." if target.startswith(_OWN) else target
        moved = join(base, target) if is_literal(target) else None
        state.directory = moved if moved is not None else "\0"  # somewhere we do not know: no root has this name
        return
    match = _ASSIGNMENT.fullmatch(part)
    if match:
        value = expand(match[2].strip().strip("\"'"), state.known)
        if is_literal(value) or match[1].startswith("TF_VAR_"):
            state.known[match[1]] = value  # that a variable is given counts, though its value may be unknown
        else:
            state.known.pop(match[1], None)


def _applies_plan(verb: str, words: list[str]) -> bool:
    """Whether a command line applies a saved plan: its inputs are those of the plan."""
    if verb != "apply" or list(_options(words, "-var")) or list(_options(words, "-var-file")):
        return False
    after = words[words.index(verb) + 1 :]
    end = next((index for index, word in enumerate(after) if word[0:1] in ("|", ">", "<", "#", "&", "2", ")")), None)
    pairs = zip(["", *after], after[:end], strict=False)
    return any(is_literal(word) and not word.startswith("-") and before not in _TAKES for before, word in pairs)


def _run(words: list[str], state: _State, own: Mapping[str, str], directory: str) -> Command:
    variables: dict[str, str | None] = {
        name[7:]: value if is_literal(value) else None
        for name, value in sorted(own.items())
        if name.startswith("TF_VAR_")
    }
    given = _given(words)
    variables.update({name: value if is_literal(value) else None for name, value in given})
    late = {name for name, _ in given}
    workspace = own.get("TF_WORKSPACE", "")
    files = list(_options(words, "-var-file"))
    return Command(
        directory=directory,
        line=0,
        workspace=workspace if is_literal(workspace) else state.workspace,
        var_files=tuple(_files(words, "-var-file", directory)),
        backend_files=tuple(state.backend_files),
        variables=tuple(sorted(variables.items())),
        early=frozenset(variables) - late,
        ahead=frozenset(late - {name for name, _ in _given(_after_files(words))} if files else ()),
        has_open_file=any(not is_literal(text) for text in files),
        has_open_workspace=not is_literal(workspace) if workspace else state.has_open_workspace,
    )


def _given(words: list[str]) -> list[tuple[str, str]]:
    """The variables of the options `-var`, the last of a name last."""
    pairs = [text.partition("=") for text in _options(words, "-var")]
    return [(name.strip(), value) for name, _, value in pairs]


def _after_files(words: list[str]) -> list[str]:
    """The words after the last var file."""
    places = [index for index, word in enumerate(words) if word.lstrip("-").startswith("var-file")]
    return words[places[-1] + 1 :] if places else words


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
