"""Var files and backend files, and the root modules they belong to.

Comes in: the survey and the roots. Goes out: for each root the files that can be passed to it, each with the
environment word it stands under. Must not know: which of them are passed together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch

from envfence.bind.paths import ancestors, basename, is_automatic, is_below, is_var_file, parent, segments, stem
from envfence.bind.roots import Roots, is_example
from envfence.bind.signals import folder_word
from envfence.bind.survey import Survey
from envfence.words import PRODUCTION, hub_word, is_region, tokens, word_of_value

#: Stems of files that hold what several environments have in common.
COMMON = frozenset(
    [
        "common",
        "global",
        "globals",
        "shared",
        "default",
        "defaults",
        "base",
        "all",
        "main",
        "terraform",
        "vars",
        "variables",
        "values",
        "root",
        "project",
        "general",
        "config",
        "backend",
        "state",
    ]
)
#: Stems of files that nobody passes.
SAMPLES = frozenset(["example", "examples", "sample", "samples", "template", "templates", "dist"])
BACKEND_KEYS = frozenset(
    [
        "access_key",
        "acl",
        "bucket",
        "client_id",
        "container_name",
        "dynamodb_table",
        "encrypt",
        "endpoint",
        "endpoints",
        "environment",
        "hostname",
        "key",
        "kms_key_id",
        "lock_table",
        "organization",
        "path",
        "prefix",
        "profile",
        "region",
        "resource_group_name",
        "role_arn",
        "shared_credentials_file",
        "storage_account_name",
        "subscription_id",
        "tenant_id",
        "token",
        "use_azuread_auth",
        "use_lockfile",
        "use_msi",
        "workspace_key_prefix",
        "workspaces",
        "address",
        "lock_address",
        "unlock_address",
        "username",
        "conn_str",
        "schema_name",
        "namespace",
        "secret_suffix",
        "sas_token",
        "skip_region_validation",
        "impersonate_service_account",
        "encryption_key",
        "use_oidc",
        "snapshot",
    ]
)
_BACKEND_SUFFIXES = (".tfbackend", ".backend", ".backend.hcl", ".backend.tfvars", ".backend.conf")
_BACKEND_FOLDERS = frozenset(
    ["backend", "backends", "backend-config", "backend-configs", "backend_config", "tfbackend", "state"]
)
_BORDER = re.compile(r"[._-]")
#: So much of what a file sets must be declared by a root for the file to be taken for one of its own.
_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A file of values that may be passed to a root module. `word` is the text that names an environment, as written,
    and `word_at` the file or directory whose name holds it; both empty where there is none."""

    path: str
    stem: str
    word: str
    word_at: str
    names: frozenset[str]


@dataclass(slots=True)
class Attached:
    """The files of one root: var files and backend files."""

    var_files: list[ValueFile] = field(default_factory=list)
    backend_files: list[ValueFile] = field(default_factory=list)


def attach(survey: Survey, roots: Roots) -> dict[str, Attached]:
    """The value files of every root that has any."""
    attached: dict[str, Attached] = {}
    beside: dict[str, set[str]] = {}  # directory -> roots that have a file of their own name in it
    known = set(roots.roots)
    waiting: list[tuple[str, frozenset[str]]] = []
    for path in survey.paths():
        if not is_var_file(path) and not _is_backend_file(path):
            continue
        if SAMPLES & set(tokens(stem(path))) or (is_automatic(path) and parent(path) in known):
            continue
        owner = roots.above(parent(path))
        backend = _is_backend_file(path)
        if owner is None and backend and not is_var_file(path):
            continue
        names = frozenset(survey.assignments(path)) if is_var_file(path) else frozenset()
        owners = _owners(survey, roots, path, names, owner)
        for root in owners:
            _add(survey, roots, attached, root, path, names, backend)
            if basename(root) == stem(path):
                beside.setdefault(parent(path), set()).add(root)
        if not owners and set(tokens(stem(path))) & COMMON:
            waiting.append((path, names))
    for path, names in waiting:
        for root in sorted(beside.get(parent(path), ())):
            _add(survey, roots, attached, root, path, names, False)
    return attached


def _add(
    survey: Survey,
    roots: Roots,
    attached: dict[str, Attached],
    root: str,
    path: str,
    names: frozenset[str],
    backend: bool,
) -> None:
    declared = set(survey.module(root).variables)
    entry = attached.setdefault(root, Attached())
    file = _describe(survey, path, root if is_below(path, root) else _container(path, roots), names)
    among = basename(parent(path)).lower() in _BACKEND_FOLDERS
    is_backend = backend or (bool(names) and names <= BACKEND_KEYS and (among or not names & declared))
    (entry.backend_files if is_backend else entry.var_files).append(file)


def _is_backend_file(path: str) -> bool:
    if path.endswith(_BACKEND_SUFFIXES) or ("backend" in tokens(basename(path)) and not path.endswith(".tf")):
        return path.endswith((*_BACKEND_SUFFIXES, ".hcl", ".tfvars", ".conf", ".config", ".ini"))
    return path.endswith((".hcl", ".conf", ".config")) and basename(parent(path)).lower() in _BACKEND_FOLDERS


def _describe(survey: Survey, path: str, below: str, names: frozenset[str]) -> ValueFile:
    own = stem(path)
    for name, patterns in sorted(survey.config.var_files.items()):
        if any(fnmatch(path, pattern) for pattern in patterns):
            return ValueFile(path, own, name, path, names)
    alike = is_var_file if is_var_file(path) else _is_backend_file
    siblings = tuple(stem(name) for name in survey.files.get(parent(path), ()) if alike(name))
    leading = _leading(own, siblings)
    if leading and sum(name.startswith(f"{leading}.") for name in siblings) == 1 and own.startswith(f"{leading}."):
        return ValueFile(path, own, leading, path, names)  # `prod.orders.tfvars`, `dev.orders.tfvars`
    plain = bool(own) and not set(tokens(own)) & COMMON
    if plain and word_of_value(own) is not None:
        return ValueFile(path, own, own, path, names)
    if leading:
        return ValueFile(path, own, leading, path, names)
    if plain and word_of_value(own, siblings) is not None:
        return ValueFile(path, own, own, path, names)
    word, at = folder_word(survey, path, below)
    return ValueFile(path, own, word, at, names)


def _leading(own: str, siblings: tuple[str, ...]) -> str:
    """The environment at the beginning of a file's name (`integration.blue`, `integration-sizing`), where a sibling has
    another one before the same rest; empty for none."""
    match = _BORDER.search(own)
    head, rest = (own[: match.start()], own[match.start() :]) if match else (own, "")
    word = word_of_value(head) if rest else None
    if not rest or head.lower() in COMMON:
        return ""
    if word is not None and rest[0] == "." and rest[1:].isdigit():
        return head  # `training.111122223333`: an account's number tells nothing apart
    beside = (sibling[: -len(rest)] for sibling in siblings if sibling != own and sibling.endswith(rest))
    others = {other.canonical for text in beside if (other := word_of_value(text)) is not None}
    if word is None:  # an environment of this repository, where it stands in the place of two others
        return (
            head if len(others) > 1 and PRODUCTION in others and not is_region(head) and hub_word(head) is None else ""
        )
    return head if others - {word.canonical} else ""


def _container(path: str, roots: Roots) -> str:
    """The nearest directory above a file that has roots below it: what lies between tells its files apart."""
    for directory in ancestors(parent(path)):
        if any(is_below(root, directory) for root in roots.roots):
            return directory
    return ""


def _owners(survey: Survey, roots: Roots, path: str, names: frozenset[str], owner: str | None) -> tuple[str, ...]:
    if owner is not None and (owner or _fits(survey, owner, names) or len(roots.roots) == 1):
        return (owner,)
    if is_example(survey, parent(path)):
        return ()
    area = _container(path, roots)
    near = [root for root in roots.roots if is_below(root, area) and root != area]
    own = stem(path)
    named = [root for root in near if basename(root) == own or basename(root) in segments(parent(path))]
    if named:
        return tuple(named)
    if not names:
        # An empty file can only be meant for the root beside it; that it is there says that there is such a deployment.
        return tuple(near) if len(near) == 1 and word_of_value(own) is not None else ()
    return tuple(root for root in near if _fits(survey, root, names))


def _fits(survey: Survey, root: str, names: frozenset[str]) -> bool:
    """Whether a root declares most of what a file sets."""
    declared = survey.module(root).variables
    return bool(names) and sum(name in declared for name in names) >= _ENOUGH * len(names)
