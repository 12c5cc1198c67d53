"""The baseline: findings that were there when a repository began to use envfence, in a file of their own.

Comes in: the tree with the file. Goes out: the fingerprints it holds, or one `ConfigError` with every mistake. Must not
know: how findings are made.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from envfence.config.records import DEFAULT_BASELINE, Config
from envfence.errors import ConfigError, Mistake
from envfence.tree import Tree, Unreadable

SCHEMA = "envfence/baseline/1"
_HELP = "delete it, then write it anew with `envfence baseline`"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One finding that is known. All but the fingerprint is for those who read the file."""

    fingerprint: str
    rule: str
    file: str
    message: str


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    schema: str = SCHEMA
    findings: tuple[Entry, ...] = ()


def baseline_path(config: Config) -> str:
    """Where the baseline is, relative to the root."""
    return config.baseline or DEFAULT_BASELINE


def load_baseline(tree: Tree, config: Config) -> frozenset[str]:
    """The fingerprints of the baseline, none where the repository has no such file.

    Raises `ConfigError` for a file that is none, and for one that envfence.yaml names and that is not there.
    """
    return frozenset(entry.fingerprint for entry in read_baseline(tree, config))


def read_baseline(tree: Tree, config: Config) -> tuple[Entry, ...]:
    """The entries of the baseline as they stand; raises as `load_baseline` does."""
    path = baseline_path(config)
    if not config.baseline and not tree.exists(path):
        return ()
    try:
        document = msgspec.json.decode(tree.read(path), type=Document)
    except Unreadable as error:
        raise ConfigError(Mistake(f"cannot be read: {error.reason}", path, 0, _HELP)) from error
    except msgspec.MsgspecError as error:
        raise ConfigError(Mistake(f"is no baseline: {error}", path, 0, _HELP)) from error
    if document.schema != SCHEMA:
        raise ConfigError(Mistake(f"has the schema {document.schema!r}, not {SCHEMA!r}", path, 0, _HELP))
    return document.findings


def baseline_text(entries: tuple[Entry, ...]) -> str:
    """The file with these entries, in an order and form in which versions of it compare well."""
    ordered = sorted(set(entries), key=lambda entry: (entry.file, entry.rule, entry.fingerprint))
    data: dict[str, Any] = msgspec.to_builtins(Document(findings=tuple(ordered)))
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
