"""Every guard of the catalogue, in a configuration made from its entry: off it is found in production, on it is not,
unknown stays quiet. That the entries themselves are true is checked against the providers' schemas elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from production import check_with

from envfence.judge.rules import Rule
from envfence.providers.catalogue import Entry, Guard, catalogue, providers

PRESENT = "<block present>"


def entries(provider: str) -> list[tuple[str, Entry]]:
    known = catalogue()
    found = [(type_, known.entry(type_)) for type_ in known.types(provider)]
    return [(type_, entry) for type_, entry in found if entry is not None]


def rule_for(entry: Entry) -> Rule:
    parameters = {"of": {"tier": "production"}, "nouns": [entry.noun], "lacks": "guard"}
    return Rule(name="made", family="guards", severity="medium", kind="guard", title="made", parameters=parameters)


def real_guards(entry: Entry) -> dict[str, Guard]:
    """The guards that stop a deletion of the thing itself."""
    return {path: guard for path, guard in entry.guards.items() if not guard.keeps and not path.startswith("replica.")}


def off(guard: Guard) -> Any:
    """A value that does not protect; None where only the absence of a block does not."""
    first = guard.protects[0]
    if first == PRESENT:
        return None
    if isinstance(first, bool):
        return not first
    return 0 if isinstance(first, int) else "NO_SUCH_PROTECTION"


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'


def source(type_: str, settings: dict[str, str]) -> str:
    """A resource with these attributes, those of one block in one block; what `provider.` begins is its provider's."""
    trees: dict[bool, dict[str, Any]] = {False: {}, True: {}}
    for path, text in settings.items():
        *blocks, leaf = path.removeprefix("provider.").split(".")
        inner = trees[path.startswith("provider.")]
        for block in blocks:
            inner = inner.setdefault(block, {})
        inner[leaf] = text
    body, configuration = "\n".join(lines(trees[False])), "\n".join(lines(trees[True]))
    made = f'variable "unknown" {{}}\nresource "{type_}" "a" {{\n{body}\n}}\n'
    return f'{made}provider "{type_.partition("_")[0]}" {{\n{configuration}\n}}\n' if trees[True] else made


def lines(tree: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, inner in tree.items():
        if isinstance(inner, dict):
            found += [f"{name} {{", *lines(inner), "}"]
        else:
            found.append(f"{name} {{}}" if inner == PRESENT else f"{name} = {inner}")
    return found


def settings(guards: dict[str, Guard], one: str = "", value: str = "") -> dict[str, str]:
    """All guards switched off, but for one that has the value."""
    found = {path: written(off(guard)) for path, guard in guards.items() if off(guard) is not None}
    return {**found, one: value} if one else found


@pytest.mark.parametrize("provider", providers())
def test_every_guard_of_the_catalogue_is_judged(provider: str) -> None:
    wrong = []
    for type_, entry in entries(provider):
        guards = real_guards(entry)
        if not guards or entry.member:
            continue
        rule = rule_for(entry)
        if len(check_with(rule, source(type_, settings(guards)))) != 1:
            wrong.append(f"{type_}: nothing is found though all its guards are off")
        for path, guard in guards.items():
            on = PRESENT if guard.protects[0] == PRESENT else written(guard.protects[0])
            if check_with(rule, source(type_, settings(guards, path, on))):
                wrong.append(f"{type_}: found though {path} protects it")
            if on != PRESENT and check_with(rule, source(type_, settings(guards, path, "var.unknown"))):
                wrong.append(f"{type_}: found though {path} is unknown")
    assert wrong == []


@pytest.mark.parametrize("provider", providers())
def test_what_has_no_guard_of_its_own_is_found_and_told_so(provider: str) -> None:
    wrong = []
    for type_, entry in entries(provider):
        if entry.kind != "store" or real_guards(entry) or entry.member or entry.replica:
            continue
        rule = rule_for(entry)
        found = check_with(rule, source(type_, {}))
        if len(found) != 1 or "no guard of its own" not in found[0].message:
            wrong.append(type_)
        if check_with(rule, source(type_, {"lifecycle.prevent_destroy": "true"})):
            wrong.append(f"{type_} with prevent_destroy")
    assert wrong == []


@pytest.mark.parametrize("provider", providers())
def test_every_danger_of_the_catalogue_is_judged(provider: str) -> None:
    wrong = []
    for type_, entry in entries(provider):
        if entry.member or entry.replica:
            continue
        for path, danger in entry.dangers.items():
            value = danger.when[0]
            if isinstance(value, str) and value.startswith("<"):
                value = int(value[1:]) - 1
            parameters = {"of": {"tier": "production"}, "has": [danger.harm]}
            rule = Rule(name="made", family="g", severity="low", kind="guard", title="made", parameters=parameters)
            base = settings(real_guards(entry))
            if entry.kind not in ("store", "backup", "secret", "key") and not entry.guards:
                continue
            if not check_with(rule, source(type_, {**base, path: written(value)})):
                wrong.append(f"{type_}.{path}")
            if check_with(rule, source(type_, {**base, path: "var.unknown"})):
                wrong.append(f"{type_}.{path} unknown")
    assert wrong == []
