"""What the scripts of a pipeline do to infrastructure: plan, apply, destroy, deploy.

In: the text of a script, the variables that are known, the directory it starts in. Out: one `Run` for each command
that matters. Must not know pipelines. Nothing is run; what is not literal is left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from envfence.paths import join

MAX_SCRIPT = 100_000
_MAX_RUNS = 60
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")
_ASSIGNED = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)=(.*)", re.DOTALL)
_MATTERS = re.compile(r"terraform|tofu|terragrunt|kubectl|helm|railway|pulumi|cdk|delete|\brm\b|drop ", re.IGNORECASE)
#: What a part of a line must hold to be worth taking apart.
_TELLS = re.compile(
    r"\b(?:terraform|tofu|terragrunt|kubectl|helm|railway|pulumi|cdktf|cdk|cd|pushd|export|aws|gcloud|az|gsutil|doctl"
    r"|flyctl|fly|heroku)\b|^\s*\w+="
)
_SEPARATORS = re.compile(r"&&|\|\||[;|]")
#: Words in front of a command that change nothing about it.
_WRAPPERS = frozenset(("sudo", "time", "exec", "command", "env", "if", "then", "else", "do", "!", "(", "{", "while"))
_TERRAFORM = frozenset(("terraform", "tofu", "terragrunt"))
_VERBS = frozenset(("plan", "apply", "destroy"))
_DEPLOYS = {
    "kubectl": {"apply": "deploy", "create": "deploy", "replace": "deploy", "delete": "delete"},
    "helm": {"upgrade": "deploy", "install": "deploy", "uninstall": "delete", "delete": "delete"},
    "railway": {"up": "deploy", "redeploy": "deploy", "down": "delete"},
    "pulumi": {"preview": "plan", "up": "apply", "destroy": "destroy"},
    "cdktf": {"diff": "plan", "deploy": "apply", "destroy": "destroy"},
    "cdk": {"diff": "plan", "deploy": "apply", "destroy": "destroy"},
}
_CLOUDS = frozenset(("aws", "gcloud", "az", "gsutil", "doctl", "flyctl", "fly", "heroku"))
_DELETES = re.compile(r"(?:^|-)(?:delete|destroy|terminate|purge)(?:-|$)")


@dataclass(frozen=True, slots=True)
class Run:
    """A command. `verb` is plan, apply, destroy, deploy or delete; `directory` is relative to the tree, None where it
    is not known; `every` says that it runs all units below that directory; `line` counts from 1 in the script."""

    tool: str
    verb: str
    line: int
    directory: str | None
    var_files: tuple[str, ...] = ()
    workspace: str = ""
    open_file: bool = False
    open_workspace: bool = False
    auto: bool = False
    every: bool = False


@dataclass(slots=True)
class _State:
    directory: str | None
    known: dict[str, str]
    workspace: str = ""
    open_workspace: bool = False
    runs: list[Run] = field(default_factory=list)


def runs(text: str, known: Mapping[str, str], directory: str | None) -> tuple[Run, ...]:
    """The commands of a script that plan, apply, deploy or delete, in order."""
    if not _MATTERS.search(text):
        return ()
    return _runs(text[:MAX_SCRIPT], tuple(sorted(known.items())), directory)


@lru_cache(maxsize=512)
def _runs(text: str, known: tuple[tuple[str, str], ...], directory: str | None) -> tuple[Run, ...]:
    state = _State(directory, dict(known))
    for number, line in _lines(text):
        for part in _SEPARATORS.split(line):
            if _TELLS.search(part):
                _command(part.strip(), number, state)
            if len(state.runs) >= _MAX_RUNS:
                break
    return tuple(state.runs)


def is_literal(text: str) -> bool:
    """Whether nothing in a text waits for a shell or a pipeline."""
    return bool(text) and not re.search(r"[$`*?<>{}]|\(\(", text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with continuations joined, each with the number of its first; without comments."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            continue
        start = start if pending else number
        if stripped.endswith("\\"):
            pending += stripped[:-1] + " "
            continue
        yield start, pending + stripped
        pending = ""
    if pending:
        yield start, pending


def _command(part: str, line: int, state: _State) -> None:
    words = _words(part, state.known)
    own = dict(state.known)
    assigned = False
    while words:
        match = _ASSIGNED.fullmatch(words[0])
        if match is not None and not words[0].startswith("-"):
            own[match[1]] = match[2]
            assigned = True
        elif words[0] not in _WRAPPERS:
            break
        words.pop(0)
    if words[:1] == ["export"]:
        pairs = (match for word in words[1:] if (match := _ASSIGNED.fullmatch(word)))
        state.known.update((match[1], match[2]) for match in pairs)
        return
    if not words:
        if assigned:
            state.known = own
        return
    tool = words[0].rpartition("/")[2]
    if tool in ("cd", "pushd"):
        _move(words, state)
    elif tool in _TERRAFORM:
        _terraform(tool, words, own, line, state)
    else:
        _other(tool, words, line, state)


def _words(part: str, known: Mapping[str, str]) -> list[str]:
    try:
        words = shlex.split(part, comments=True)
    except ValueError:
        words = part.split()
    return [_VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[0]), word) for word in words]


def _move(words: list[str], state: _State) -> None:
    target = words[1] if len(words) > 1 else ""
    here = state.directory
    state.directory = join(here, target) if here is not None and is_literal(target) and target != "-" else None


def _terraform(tool: str, words: list[str], own: Mapping[str, str], line: int, state: _State) -> None:
    operands = [word for word in words[1:] if not word.startswith("-")]
    if "workspace" in operands and {"select", "new"} & set(operands):
        name = words[-1]
        state.workspace = name if is_literal(name) and name not in ("select", "new") else ""
        state.open_workspace = not state.workspace
        return
    verb = next((word for word in operands[:3] if word in _VERBS), "")
    if not verb or (operands[0] != verb and operands[0] not in ("run-all", "run", "stack")):
        return
    directory = state.directory
    for spelling in ("chdir", "terragrunt-working-dir", "working-dir"):
        for text in _options(words, spelling):
            directory = join(directory, text) if directory is not None and is_literal(text) else None
    files = list(_options(words, "var-file"))
    workspace = own.get("TF_WORKSPACE", "")
    named = [path for text in files if is_literal(text) and (path := join(directory or "", text)) is not None]
    flags = {word.lstrip("-") for word in words[1:] if word.startswith("-")}
    if verb == "apply" and "destroy" in flags:
        verb = "destroy"
    elif verb == "apply" and "refresh-only" in flags:
        verb = "plan"  # it changes what the state says, and nothing else
    state.runs.append(
        Run(
            tool=tool,
            verb=verb,
            line=line,
            directory=directory,
            var_files=tuple(named),
            workspace=(workspace if is_literal(workspace) else "") if workspace else state.workspace,
            open_file=len(named) < len(files),
            open_workspace=not is_literal(workspace) if workspace else state.open_workspace,
            auto=any(word.lstrip("-").startswith("auto-approve") for word in words if word.startswith("-")),
            every="run-all" in operands or any(word in ("--all", "-all", "-a") for word in words),
        )
    )


def _options(words: list[str], name: str) -> Iterator[str]:
    """The values of an option, written `-name=value`, `--name=value` or `-name value`."""
    for index, word in enumerate(words):
        if not word.startswith("-"):
            continue
        key, equals, value = word.lstrip("-").partition("=")
        if key == name and equals:
            yield value
        elif key == name and index + 1 < len(words):
            yield words[index + 1]


def _other(tool: str, words: list[str], line: int, state: _State) -> None:
    operands = [word for word in words[1:] if not word.startswith("-")]
    verbs = _DEPLOYS.get(tool)
    if verbs is not None:
        verb = next((verbs[word] for word in operands[:3] if word in verbs), "")
        if "--dry-run" in words or any(word.startswith("--dry-run=") and "none" not in word for word in words):
            verb = ""
    else:
        verb = "delete" if tool in _CLOUDS and any(_DELETES.search(word) for word in operands[:4]) else ""
    if verb:
        state.runs.append(Run(tool=tool, verb=verb, line=line, directory=state.directory))
