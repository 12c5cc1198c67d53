"""The catalogue's defaults against those that the providers' documentation states (catalogue_defaults.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from envfence.providers.catalogue import Entry, catalogue

FOLDER = Path(__file__).parent / "data" / "defaults"


def documented() -> Iterator[tuple[str, Entry, dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.json")):
        for type_, facts in json.loads(file.read_text("utf-8")).items():
            entry = None if type_.startswith("$") else catalogue().entry(type_)
            if entry is not None:
                yield type_, entry, facts


def test_no_default_contradicts_the_documentation() -> None:
    compared, wrong = 0, []
    for type_, entry, facts in documented():
        for path, text in facts.get("defaults", {}).items():
            for group in (entry.guards, entry.dangers, entry.retention):
                if path in group:
                    compared += 1
                    if str(group[path].default).lower() != text.lower():
                        wrong.append(f"{type_}.{path}: {group[path].default}, documented as {text}")
    assert wrong == []
    assert compared >= 55


def test_a_guard_that_replaces_the_store_is_known_to() -> None:
    assert [
        f"{type_}.{path}"
        for type_, entry, facts in documented()
        for path in facts.get("replaces", ())
        if path in entry.guards and not entry.guards[path].keeps and entry.kind != "backup"
        if path not in entry.replaces
    ] == []
