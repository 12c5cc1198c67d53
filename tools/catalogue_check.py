"""Holds the catalogue against the providers' own schemas: each attribute must exist and be able to hold its values.

    python tools/catalogue_check.py [PROVIDER ...]

The schemas are in tests/data/schemas (made by catalogue_schema.py from generated provider packages). Entries of
providers without a schema there say `verified: page…` or `hand` and are not checked here. Which of true and false
protects is no part of a schema; there the words of the attribute's own name decide.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envfence.providers.catalogue import Entry, catalogue
from envfence.providers.common.templates import placeholders

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "schemas"
#: What a template may take from the provider's configuration, and names that only the API gives.
CONTEXT = frozenset({"partition", "region", "account", "project", "location", "zone", "subscription", "owner"})
Schema = dict[str, str]
#: How an entry says that it was held against such a schema. One with `page…` speaks of attributes that are newer.
CHECKED = ("schema", "bridge")
#: Beginnings of the names of switches that endanger when they are true; and words of those that protect.
_DANGER = re.compile(
    r"force_|skip_(?!destroy)|delete_(?!protection)|deletion_allowed|purge_(?!protection)|bypass_|enforce_consumer|close_"
    r"|permanent|drop_|allow_|enable_delete|immediate_|is_enforced|deregister"
)
_SAFE = re.compile(
    r"protect|prevent|archive_on_destroy|preserve|keep_|lock|retain|disable_api_termination|snapshot|skip_destroy|final_backup_config|enabled"
)


def main(arguments: list[str]) -> int:
    """Prints every contradiction; 1 when there is one."""
    found = []
    for provider in arguments or checked_providers():
        schema = schema_of(provider)
        for type_ in catalogue().types(provider):
            entry = catalogue().entry(type_)
            if entry is not None and type_ in schema and entry.verified in CHECKED:
                found += [f"{type_}: {problem}" for problem in problems(entry, schema[type_], schema)]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


def checked_providers() -> list[str]:
    """The providers whose schema we have."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def schema_of(provider: str) -> dict[str, Schema]:
    """The attribute trees of one provider: kind by path, by type."""
    data = json.loads((FOLDER / f"{provider}.json").read_text("utf-8"))
    return {type_: tree for type_, tree in data.items() if not type_.startswith("$")}


def problems(entry: Entry, schema: Schema, all_types: dict[str, Schema] | None = None) -> Iterator[str]:
    """What an entry says that the schema of its type contradicts."""
    guards = {path: each for path, each in entry.guards.items() if not each.until}
    dangers = {path: each for path, each in entry.dangers.items() if not each.until}
    for path, guard in guards.items():
        yield from _holds(path, (*guard.protects, *guard.abandons, guard.default), schema)
        yield from _polarity(path, guard.protects, protects=True)
    for path, danger in dangers.items():
        yield from _holds(path, (*danger.when, danger.default), schema | _switches(entry))
        yield from _polarity(path, danger.when, protects=False)
    yield from _retention(entry, schema)
    yield from _names(entry, schema)
    for type_, helper in entry.helpers.items():
        if all_types and type_ in all_types and helper.by not in all_types[type_]:
            yield f"{type_}.{helper.by} does not exist"


def _switches(entry: Entry) -> Schema:
    """The switches of the provider's configuration that the entry lists: no resource type's schema has them."""
    return {f"provider.features.{each.partition('=')[0]}": "bool" for each in entry.features}


def _retention(entry: Entry, schema: Schema) -> Iterator[str]:
    """Attributes on backups, and those that go with them."""
    for path, retention in entry.retention.items():
        known = [value for value in (*retention.unsafe, retention.default) if value != "absent"]
        yield from _holds(path, tuple(known) if schema.get(path) != "block" else (), schema)
        for other in (*retention.instead, *retention.unless):
            if other not in schema:
                yield f"{other} does not exist"
        for other, values in retention.only.items():
            yield from _holds(other, values, schema)


def _names(entry: Entry, schema: Schema) -> Iterator[str]:
    """Attributes that name things, and what templates need."""
    for path in (
        *entry.replica,
        entry.member,
        entry.inside,
        entry.expires,
        entry.tags,
        *entry.edges,
        *entry.secrets,
        *entry.named_by,
    ):
        if path and path not in schema and not path.endswith("_prefix"):
            yield f"{path} does not exist"
    for template in (entry.arn, entry.id, *entry.names, *entry.computed.values()):
        for name in placeholders(template):
            if name not in schema and name not in CONTEXT:
                yield f"{name}, which {template} needs, does not exist"


def _polarity(path: str, values: tuple[Any, ...], protects: bool) -> Iterator[str]:
    """A switch called `…protection` protects when it is true; one called `force_…` endangers when it is."""
    *block, name = path.split(".")
    danger = _DANGER.match(name) is not None
    if not danger and not _SAFE.search(".".join((*block[-1:], name))):
        return
    for value in values:
        if isinstance(value, bool) and value is not (protects != danger):
            yield f"{path} = {str(value).lower()} would do the opposite of what its name says"


def _holds(path: str, values: tuple[Any, ...], schema: Schema) -> Iterator[str]:
    kind = schema.get(path)
    if kind is None:
        yield f"{path} does not exist"
        return
    for value in values:
        if value is not None and not _fits(value, kind):
            yield f"{path} is a {kind} and cannot be {value!r}"


def _fits(value: Any, kind: str) -> bool:
    if kind == "any":
        return True
    if value == "<block present>":
        return kind == "block"
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, int | float) or (isinstance(value, str) and value[:1] in ("<", ">")):
        return kind == "number"
    return kind == "string"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
