"""The catalogue against the providers' own schemas, and that this check would notice a mistake."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from envfence.providers.catalogue import Danger, Entry, Guard, catalogue

TOOL = Path(__file__).resolve().parent.parent / "tools" / "catalogue_check.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue_check", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = load()
SCHEMAS = {provider: CHECK.schema_of(provider) for provider in CHECK.checked_providers()}


def checked() -> list[tuple[str, str, Entry]]:
    found = []
    for provider, schema in SCHEMAS.items():
        for type_ in catalogue().types(provider):
            entry = catalogue().entry(type_)
            if entry is not None and type_ in schema and entry.verified in CHECK.CHECKED:
                found.append((provider, type_, entry))
    return found


def mistakes(provider: str, type_: str, entry: Entry) -> list[str]:
    return list(CHECK.problems(entry, SCHEMAS[provider][type_], SCHEMAS[provider]))


def test_the_providers_people_use_most_are_checked() -> None:
    assert set(SCHEMAS) >= {"aws", "azurerm", "google", "kubernetes"}
    assert len(checked()) > 1_000


def test_no_entry_contradicts_its_schema() -> None:
    assert [(type_, found) for provider, type_, entry in checked() if (found := mistakes(provider, type_, entry))] == []


def negated(values: tuple[object, ...]) -> tuple[object, ...]:
    """The opposite of a switch. Of other values only the schema's kind is known: they are given a wrong one."""
    return tuple(not value if isinstance(value, bool) else True for value in values)


def mistyped(values: tuple[object, ...]) -> tuple[object, ...]:
    """Values of another kind, as an entry with a mistyped value would have them."""
    return tuple("ENABLED" if isinstance(value, bool) else True for value in values)


@pytest.mark.parametrize("change", ["misspelt", "nested wrongly", "wrong kind of value", "inverted"])
def test_a_mistake_in_a_guard_or_a_flag_is_noticed(change: str) -> None:
    """Every guard and danger of every checked entry is damaged on its own, and each time the check must say so."""
    silent = []
    for provider, type_, entry in checked():
        # What the schema's version of the provider has no longer cannot be held against it.
        for path, guard in ((path, each) for path, each in entry.guards.items() if not each.until):
            name, damaged = damage(change, path, guard)
            broken = msgspec.structs.replace(entry, guards={name: damaged})
            if not mistakes(provider, type_, broken):
                silent.append(f"{type_}.{path}")
        for path, danger in ((path, each) for path, each in entry.dangers.items() if not each.until):
            name, hurt = damage_danger(change, path, danger)
            broken = msgspec.structs.replace(entry, dangers={name: hurt})
            if not mistakes(provider, type_, broken):
                silent.append(f"{type_}.{path}")
    assert silent == []


def damage(change: str, path: str, guard: Guard) -> tuple[str, Guard]:
    if change == "wrong kind of value":
        return path, msgspec.structs.replace(guard, protects=mistyped(guard.protects))
    if change == "inverted":
        return path, msgspec.structs.replace(guard, protects=negated(guard.protects))
    return moved(change, path), guard


def damage_danger(change: str, path: str, danger: Danger) -> tuple[str, Danger]:
    if change == "wrong kind of value":
        return path, msgspec.structs.replace(danger, when=mistyped(danger.when))
    if change == "inverted":
        return path, msgspec.structs.replace(danger, when=negated(danger.when))
    return moved(change, path), danger


def moved(change: str, path: str) -> str:
    return f"{path}_" if change == "misspelt" else f"nowhere.{path}"
