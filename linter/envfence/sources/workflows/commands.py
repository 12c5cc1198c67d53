"""What the scripts of a pipeline do to infrastructure: plan, apply, destroy, deploy.

In: the text of a script, the variables that are known, the directory it starts in. Out: one `Run` for each command
that matters. Must not know pipelines. Nothing is run; what is not literal is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from envfence.sources.workflows.destruction import Destruction, destruction, destructive_tools, terraform_destruction
from envfence.sources.workflows.shell import Simple, Unfold, is_literal, simple_commands
from envfence.sources.workflows.terraform import MENTIONS, Terraform, terraform_line

_MAX_RUNS = 60
_MATTERS = re.compile(
    r"terraform|tofu|terragrunt|kubectl|helm|railway|pulumi|cdk|delete|destroy|drop|reset|remove|\br[bm]\b|migrate:|db:wipe"
    r"|terminate|schedule-key|\bdel\b|\bun\b",
    re.IGNORECASE,
)
#: A line that may run a script or a target of a Makefile.
_MAY_RUN = re.compile(r"\bmake\s|\.(?:ba)?sh\b|(?:^|[\s;&|])\.?/?\w[\w.-]*/[\w./-]+|\bsource\s", re.MULTILINE)
#: What Terraform is told to do, as far as it matters; and which of it changes something.
VERBS = frozenset(("plan", "apply", "destroy"))
CHANGES = frozenset(("apply", "destroy"))
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
    destroys: Destruction | None = None


def runs(
    text: str,
    known: Mapping[str, str],
    directory: str | None,
    defaults: bool = False,
    unfold: Unfold | None = None,
) -> tuple[Run, ...]:
    """The commands of a script that plan, apply, deploy or delete, in order. With `defaults` a variable that nothing
    sets has the default that the script gives it; `unfold` says what a line runs in turn, of which what a branch
    decides is left out."""
    if not (_MATTERS.search(text) or (unfold is not None and _MAY_RUN.search(text))):
        return ()
    return _runs(text, tuple(sorted(known.items())), directory, defaults, unfold)


@lru_cache(maxsize=512)
def _runs(
    text: str,
    known: tuple[tuple[str, str], ...],
    directory: str | None,
    defaults: bool,
    unfold: Unfold | None,
) -> tuple[Run, ...]:
    found = simple_commands(text, dict(known), directory, _tells(), unfold, defaults)
    return tuple(islice(_found(simple for simple in found if simple.sure), _MAX_RUNS))


def _found(commands: Iterable[Simple]) -> Iterator[Run]:
    workspaces: dict[int, Terraform] = {}
    for simple in commands:
        line = terraform_line(simple)
        if line is None:
            yield from _other(simple)
        elif line.chooses:
            workspaces[simple.process] = line
        elif line.verb in VERBS:
            yield _terraform(line, workspaces.get(simple.process))


def _terraform(line: Terraform, selected: Terraform | None) -> Run:
    flags = {word.lstrip("-").partition("=")[0] for word in line.words[1:] if word.startswith("-")}
    verb = line.verb
    if verb == "apply" and "destroy" in flags:
        verb = "destroy"
    elif verb == "apply" and "refresh-only" in flags:
        verb = "plan"  # it changes what the state says, and nothing else
    files, has_open_file = line.files("var-file")
    given = line.simple.given.get("TF_WORKSPACE", "")
    chosen = selected.chosen if selected is not None else ""
    workspace = (given if is_literal(given) else "") if given else chosen
    return Run(
        tool=line.tool,
        verb=verb,
        line=line.simple.line,
        directory=line.directory,
        var_files=files,
        workspace=workspace,
        open_file=has_open_file,
        open_workspace=not is_literal(given) if given else selected is not None and not chosen,
        auto="auto-approve" in flags,
        every="run-all" in line.operands or bool({"--all", "-all", "-a"} & set(line.words)),
        destroys=terraform_destruction(line) if verb == "destroy" else None,
    )


def _other(simple: Simple) -> Iterator[Run]:
    words = _command(simple)
    tool = words[0].rpartition("/")[2]
    operands = [word for word in words[1:] if not word.startswith("-")]
    verbs = _DEPLOYS.get(tool)
    if verbs is not None:
        verb = next((verbs[word] for word in operands[:3] if word in verbs), "")
        if "--dry-run" in words or any(word.startswith("--dry-run=") and "none" not in word for word in words):
            verb = ""
    else:
        verb = "delete" if tool in _CLOUDS and any(_DELETES.search(word) for word in operands[:4]) else ""
    found = destruction(simple)
    if verb or found is not None:
        tool = found.what.partition(" ")[0] if found is not None else tool
        yield Run(tool=tool, verb=verb or "delete", line=simple.line, directory=simple.directory, destroys=found)


def _command(simple: Simple) -> tuple[str, ...]:
    """The words of a command behind whatever runs it for somebody else (`aws-vault exec production -- `)."""
    words = simple.words
    inner = words[words.index("--") + 1 :] if "--" in words else ()
    return inner if inner and _tells().fullmatch(inner[0].rpartition("/")[2]) else words


@cache
def _tells() -> re.Pattern[str]:
    """What a command must hold to be worth taking apart."""
    return re.compile(f"{MENTIONS.pattern}|{destructive_tools().pattern}", re.IGNORECASE)
