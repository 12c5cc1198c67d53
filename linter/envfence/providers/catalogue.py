"""What can be said as data about a resource type: kind, identifiers, guards, dangers, backups, edges.

In: the YAML files of `envfence.rules/catalogue`, one a provider. Out: an `Entry` per type, read when it is first
asked for. Must not know any resource, environment or rule.

A file is one YAML mapping whose keys begin in the first column, so that the text of one entry is found by a regular
expression and only the types that a repository uses are parsed: a whole file takes 100 ms, an entry takes 0.3.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from envfence.errors import Mistake, RuleError
from envfence.yamls import load_yaml

_TYPE = re.compile(rb"^([a-z0-9][A-Za-z0-9_.-]*):", re.MULTILINE)
_FILE = re.compile(r"[a-z0-9][a-z0-9-]*")
#: The one key of a file that is no type: where its facts come from.
HEADER = "provider"


class _Data(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Base of what a catalogue file holds: keys in kebab-case, none that is not known."""


class Guard(_Data, frozen=True, kw_only=True):
    """An attribute that makes deletion fail, or keeps something when it succeeds.

    `protects` are the values that do; `default` is the provider's (None: none, or not known; `assumed` when no text
    states it and an unset boolean was taken as false). `abandons` are values with which Terraform forgets the thing
    instead of deleting it. `side` is "api" (holds against any caller) or "terraform". `keeps` is empty for a real
    guard, else what survives the deletion: backups, snapshot, data, contents. `universal` marks google's
    `deletion_policy`, `since` the first provider version that has the attribute, `until` the first that has it no
    longer.
    """

    protects: tuple[Any, ...]
    side: str = "api"
    default: Any = None
    assumed: bool = False
    keeps: str = ""
    abandons: tuple[Any, ...] = ()
    universal: bool = False
    since: str = ""
    until: str = ""
    also_at: tuple[str, ...] = ()

    @property
    def protected_by_default(self) -> bool:
        """Whether a resource that does not set the attribute is protected."""
        return self.default is not None and (self.default in self.protects or self.default in self.abandons)


class Danger(_Data, frozen=True, kw_only=True):
    """An attribute that makes loss easier. `when` are the values that do ("<30": any number below); `harm` says how."""

    when: tuple[Any, ...]
    harm: str
    default: Any = None
    until: str = ""


class Retention(_Data, frozen=True, kw_only=True):
    """An attribute about backups, versions or retention. `unsafe` are values that are surely too little; "absent" is
    one. `about` is "days" for how long backups are kept, "recovery" for a way back to a point in time, "copy" for one
    in another place, "versions" for what is kept of the deleted and overwritten, "plan" for the plan that makes
    backups, empty for all else. `instead` are attributes that give the same when they are true;
    it exists `only` where other attributes have such values. `unless` are attributes with which the default does not
    hold.
    """

    about: str = ""
    instead: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: dict[str, tuple[Any, ...]] = {}
    unsafe: tuple[Any, ...] = ()
    default: Any = None


class Helper(_Data, frozen=True, kw_only=True):
    """Another resource type that guards or copies this one: its attribute `by` points here, with the values of
    `requires`.

    `effect` is words ("backup", "management lock", "copy" …); "expires" is one that deletes. `or_` is "tags" where it
    may also select by tag.
    """

    by: str
    effect: str
    requires: dict[str, tuple[Any, ...]] = {}
    or_: str = msgspec.field(default="", name="or")


class EdgeRule(_Data, frozen=True, kw_only=True):
    """An attribute whose value names the other end of an edge.

    `form` is the terraform type that a bare value names ("*": any); `inward` when the edge points from the named
    thing to this one. The edge is there only when this resource has the values of `requires`; `says` is its verb.
    """

    kind: str
    form: str
    inward: bool = False
    requires: dict[str, tuple[Any, ...]] = {}
    says: str = ""


class Entry(_Data, frozen=True, kw_only=True):
    """One resource type. See `rules/schema/catalogue.schema.json` for every field in words.

    `arn`, `id`, `names` and `computed` are templates (`providers.common.templates`). `named_by` are attributes whose
    own text is a name; `tags` the attribute with tags or labels. `replica` are attributes that make it a copy of
    another; `member` the attribute that names the thing it is a mere part of; `inside` the attribute with the id of
    what contains it; `expires` the attribute that lets what is in it go away by itself. `secrets` hold secret values,
    those of `secret_when` only with the values given there. `replaces` are attributes that no update changes: with
    another value the thing is destroyed and made anew; `records` are switches, on by default, of a record of what
    happens.
    `verified` is "schema", "bridge", "page", "page-nesting", "page-leaf" or "hand".
    """

    kind: str
    noun: str = ""
    arn: str = ""
    id: str = ""
    names: tuple[str, ...] = ()
    computed: dict[str, str] = {}
    named_by: tuple[str, ...] = ()
    tags: str = ""
    replica: tuple[str, ...] = ()
    member: str = ""
    inside: str = ""
    expires: str = ""
    edges: dict[str, EdgeRule] = {}
    secrets: tuple[str, ...] = ()
    secret_when: dict[str, tuple[Any, ...]] = {}
    guards: dict[str, Guard] = {}
    dangers: dict[str, Danger] = {}
    retention: dict[str, Retention] = {}
    helpers: dict[str, Helper] = {}
    replaces: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    fate: str = ""
    features: tuple[str, ...] = ()
    verified: str = "hand"
    evidence: tuple[str, ...] = ()

    def judged_attributes(self) -> tuple[str, ...]:
        """The attribute paths that rules judge, sorted."""
        expires = (self.expires,) if self.expires else ()
        instead = (path for each in self.retention.values() for path in (*each.instead, *each.unless, *each.only))
        own = (*expires, *self.replaces, *self.records, *self.replica)
        return tuple(sorted({*self.guards, *self.dangers, *self.retention, *instead, *own}))


class Catalogue:
    """All entries, read on demand. One instance serves the process: see `catalogue()`."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, bytes]] = {}
        self._entries: dict[str, Entry | None] = {}

    def entry(self, type_: str) -> Entry | None:
        """What is known about a resource type, None when nothing is. Raises `RuleError` for a broken file."""
        if type_ not in self._entries:
            text = self._file(prefix_of(type_)).get(type_)
            self._entries[type_] = None if text is None or type_ == HEADER else _decode(type_, text)
        return self._entries[type_]

    def types(self, provider: str) -> tuple[str, ...]:
        """The types of one provider, sorted; empty for an unknown provider."""
        return tuple(sorted(self._file(provider).keys() - {HEADER}))

    def header(self, provider: str) -> dict[str, Any]:
        """Where the facts about a provider come from: package or repository, with version or commit."""
        text = self._file(provider).get(HEADER)
        return {} if text is None else dict(_load(text, provider)[HEADER])

    def _file(self, provider: str) -> dict[str, bytes]:
        if provider not in self._texts:
            self._texts[provider] = _slices(_read(provider))
        return self._texts[provider]


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return Catalogue()


@cache
def providers() -> tuple[str, ...]:
    """The names of all providers with a file, sorted."""
    folder = resources.files("envfence.rules").joinpath("catalogue")
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def prefix_of(type_: str) -> str:
    """The provider that a resource type belongs to by its name: `aws` of `aws_s3_bucket`."""
    return type_.partition("_")[0]


def _read(provider: str) -> bytes:
    if not _FILE.fullmatch(provider):
        return b""
    file = resources.files("envfence.rules").joinpath("catalogue").joinpath(f"{provider}.yaml")
    return file.read_bytes() if file.is_file() else b""


def _slices(text: bytes) -> dict[str, bytes]:
    found = list(_TYPE.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {match[1].decode(): text[match.start() : end] for match, end in zip(found, ends, strict=False)}


def _load(text: bytes, where: str) -> dict[str, Any]:
    import yaml  # not loaded by commands that meet no resource

    try:
        data = load_yaml(text)
    except yaml.YAMLError as error:
        raise RuleError(Mistake(f"the catalogue entry cannot be read: {error}", where)) from error
    return data if isinstance(data, dict) else {}


def _decode(type_: str, text: bytes) -> Entry:
    path = f"rules/catalogue/{prefix_of(type_)}.yaml"
    try:
        return msgspec.convert(_load(text, path).get(type_), Entry)
    except msgspec.ValidationError as error:
        raise RuleError(Mistake(f"{type_}: {error}", path)) from error
