"""What a list of commands that run without a question lets somebody change.

In: commands that are allowed, in the words of an agent's settings (`terraform apply:*`, `aws rds *`, `*`), and those
that are not. Out: the changes that are left. Must not know files or formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from envfence.sources.workflows.destruction import destroys

#: Stands for every command.
EVERYTHING = "any command"
_WORDS = re.compile(r"[\w./:@=-]+")
_WRAPPERS = frozenset(("sudo", "env", "command", "time"))
#: By tool: the first words of commands that change or destroy, so that an entry may end before them. Whole commands
#: that destroy are told by the table that scripts are read with.
_CHANGES = {
    "terraform": ("apply", "destroy"),
    "tofu": ("apply", "destroy"),
    "terragrunt": ("apply", "destroy", "run-all", "run"),
    "pulumi": ("up", "destroy"),
    "cdk": ("deploy", "destroy"),
    "kubectl": ("delete",),
    "helm": ("uninstall", "delete"),
    "railway": ("down", "delete", "volume"),
    "flyctl": ("destroy", "apps", "volumes"),
    "fly": ("destroy", "apps", "volumes"),
    "heroku": ("apps:destroy", "pg:reset"),
    "supabase": ("db", "projects"),
    "neonctl": ("projects", "branches"),
}
#: Command lines of clouds: a service, then what to do to it.
_CLOUDS = frozenset(("aws", "gcloud", "az", "doctl"))
#: Of AWS, the services that keep data, whose commands are all allowed when the service is.
_KEEPING = frozenset(("s3", "s3api", "rds", "dynamodb", "ec2", "efs", "backup", "secretsmanager", "kms", "elasticache"))
_DELETES = re.compile(r"(?:^|-)(?:delete|destroy|terminate|purge|rm|rb)(?:-|$)")
#: Programs that can call a platform's API.
_CALLERS = frozenset(("curl", "wget", "http", "https", "xh", "railway"))


def left(allowed: Iterable[str], refused: Iterable[str]) -> tuple[str, ...]:
    """The changes that a list allows and does not take back, sorted; whoever may run everything, may run that."""
    taken = {each for command in refused for each in changes(command)}
    given = {each for command in allowed for each in changes(command)}
    if EVERYTHING in given:
        return () if EVERYTHING in taken else (EVERYTHING,)
    return () if EVERYTHING in taken else tuple(sorted(given - taken))


def changes(command: str) -> frozenset[str]:
    """The changes that one entry of a list speaks of: `terraform *` means `terraform apply` and `terraform destroy`."""
    words = _words(command)
    if words is None:
        return frozenset()
    if not words:
        return frozenset((EVERYTHING,))
    tool, rest = words[0].rpartition("/")[2], words[1:]
    if tool in _CLOUDS:
        found = _cloud(tool, rest)
        return frozenset((found,)) if found else frozenset()
    verbs = _CHANGES.get(tool, ())
    meant = [word for word in rest if not word.startswith("-")]
    listed = frozenset(f"{tool} {verb}" for verb in verbs if not meant or meant[0] == verb)
    destroyed = destroys(tuple(words)) if not listed else ""
    return frozenset((destroyed,)) if destroyed else listed


def calls_out(command: str) -> bool:
    """Whether an entry lets a program run that can call a platform's API."""
    words = _words(command)
    return words is not None and (not words or words[0].rpartition("/")[2] in _CALLERS)


def _cloud(tool: str, rest: list[str]) -> str:
    """What a command line of a cloud may delete, if anything."""
    if not rest:
        return f"{tool} … delete"
    if any(_DELETES.search(word) for word in rest):
        return f"{tool} … delete"
    return f"{tool} {rest[0]} … delete" if len(rest) == 1 and tool == "aws" and rest[0] in _KEEPING else ""


def _words(command: str) -> list[str] | None:
    """The words of an entry without the stars at its end; None where it is no command."""
    text = command.strip().rstrip("*").rstrip(": ")
    if not text:
        return []
    words = text.split()
    if not all(_WORDS.fullmatch(word.rstrip("*")) for word in words):
        return None
    while words and words[0] in _WRAPPERS:
        words.pop(0)
    return words or None
