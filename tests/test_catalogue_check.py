"""Every entry of the catalogue in a generated configuration that runs through `check`: what is not guarded is found in
production, what is guarded is not, what is unknown stays quiet.

The configurations are written from the attribute paths and the shapes that the providers' schemas declare, as text; the
judge reads the values that evaluation makes of them. A rule of the test's own takes every noun, so that no entry is
left out because no shipped rule speaks of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from envfence.pipeline import check
from envfence.providers.catalogue import Danger, Entry, Guard, catalogue, providers
from envfence.settings import Settings
from envfence.tree import DictTree

SCHEMAS = Path(__file__).resolve().parent / "data" / "schemas"
PRESENT = "<block present>"
KINDS = "[store, backup, secret, key, identity, compute, network, boundary, state, pipeline, approval, alarm, other]"
RULE = """
name: {name}
severity: low
kind: guard
of: {{tier: production, node: {kinds}}}
{claim}
title: A rule of the test's own
why: It takes every type of the catalogue, whatever its noun is.
fix: There is nothing to fix here.
fine: It is always fine, this is a test.
references: [none]
bad: ""
good: ""
"""
HARMS = "[destroys-contents, no-final-snapshot, no-recovery, deletes-backups, deletes-disks, lifts-guard]"


@cache
def shapes(provider: str) -> dict[str, dict[str, str]]:
    """What the schemas say of each type: the kind of every attribute."""
    file = SCHEMAS / f"{provider}.json"
    data: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return data


def entries(provider: str) -> Iterator[tuple[str, Entry]]:
    known = catalogue()
    for type_ in known.types(provider):
        entry = known.entry(type_)
        # `railway_service.volume` is a part that the provider file makes of an attribute.
        if entry is not None and re.fullmatch(r"[a-z0-9-]+_\w+", type_):
            yield type_, entry


def guards_of(entry: Entry) -> dict[str, Guard]:
    return {path: each for path, each in entry.guards.items() if not each.keeps and not path.startswith("replica.")}


def is_part(entry: Entry) -> bool:
    return bool(entry.member) and entry.member not in entry.replica


# ---------------------------------------------------------------- writing


def text_of(value: Any) -> str:
    return json.dumps(value)


def other(value: Any) -> Any:
    """A value that is not this one; None where only leaving a block out differs from it."""
    if value == PRESENT:
        return None
    if isinstance(value, bool):
        return not value
    return 0 if isinstance(value, int) else "SOMETHING_ELSE"


def harmful(danger: Danger) -> Any:
    value = danger.when[0]
    return int(value[1:]) - 1 if isinstance(value, str) and value.startswith("<") else value


def resource(type_: str, name: str, settings: dict[str, str], extra: str = "") -> str:
    shape = shapes(type_.partition("_")[0]).get(type_, {})
    tree: dict[str, Any] = {}
    for path, written in settings.items():
        *outer, leaf = path.split(".")
        inner = tree
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[leaf] = written
    return f'resource "{type_}" "{name}" {{\n{body(tree, shape, "")}{extra}}}\n'


def body(tree: dict[str, Any], shape: dict[str, str], prefix: str) -> str:
    lines = []
    for name, inner in tree.items():
        path = f"{prefix}{name}"
        if isinstance(inner, dict):
            equals = " =" if shape.get(path) == "map" else ""
            lines.append(f"{name}{equals} {{\n{body(inner, shape, f'{path}.')}}}\n")
        else:
            lines.append(f"{name} {{}}\n" if inner == PRESENT else f"{name} = {inner}\n")
    return "".join(lines)


def all_off(guards: dict[str, Guard]) -> dict[str, str]:
    return {path: text_of(other(each.protects[0])) for path, each in guards.items() if each.protects[0] != PRESENT}


def configurations(type_: str, entry: Entry) -> Iterator[tuple[str, str]]:
    """Resources by a name that tells what is expected of each: `quiet…`, `open…` or `harm…`."""
    guards = guards_of(entry)
    off = all_off(guards)
    yield "open", resource(type_, "open", off)
    yield "quiet_lifecycle", resource(type_, "quiet_lifecycle", off, "lifecycle {\nprevent_destroy = true\n}\n")
    for number, (path, guard) in enumerate(guards.items()):
        on = PRESENT if guard.protects[0] == PRESENT else text_of(guard.protects[0])
        yield f"quiet_on_{number}", resource(type_, f"quiet_on_{number}", {**off, path: on})
        if on != PRESENT:
            yield f"quiet_unknown_{number}", resource(type_, f"quiet_unknown_{number}", {**off, path: "var.unknown"})
    for number, (path, danger) in enumerate(entry.dangers.items()):
        # What the provider's configuration says holds for all resources at once.
        if path not in guards and not path.startswith("provider."):
            name = f"harm_{number}"
            yield name, resource(type_, name, {**off, path: text_of(harmful(danger))})
            yield f"unknown_{name}", resource(type_, f"unknown_{name}", {**off, path: "var.unknown"})


# ---------------------------------------------------------------- running


def found(provider: str) -> tuple[set[str], set[str], set[str]]:
    """The addresses of one provider with a finding: without a guard, with a harmful flag; and all that were written."""
    texts = ['variable "unknown" {}\n']
    written = set()
    for type_, entry in entries(provider):
        for name, text in configurations(type_, entry):
            texts.append(text)
            written.add(f"{type_}.{name}")
    nouns = sorted({entry.noun for _, entry in entries(provider)})
    files = {f"{number}.tf": "".join(texts[number : number + 400]) for number in range(0, len(texts), 400)}
    unguarded = f"nouns: {json.dumps(nouns)}\nlacks: guard"
    files["rules/open.yaml"] = RULE.format(name="own-open", kinds=KINDS, claim=unguarded)
    files["rules/harm.yaml"] = RULE.format(name="own-harm", kinds=KINDS, claim=f"has: {HARMS}")
    files["envfence.yaml"] = "version: 1\nrules:\n  paths: [rules]\n"
    report = check(DictTree(files), Settings(assume="production", select=("own-open", "own-harm")))
    by_rule: dict[str, set[str]] = {"own-open": set(), "own-harm": set()}
    for finding in report.findings:
        by_rule[finding.rule] |= {end.address for end in (finding.target, *(end for _, end in finding.also))}
    return by_rule["own-open"], by_rule["own-harm"], written


@pytest.mark.parametrize("provider", providers())
def test_every_entry_is_judged_from_a_configuration(provider: str) -> None:
    open_, harm, written = found(provider)
    wrong = []
    for type_, entry in entries(provider):
        expected = not is_part(entry)
        for name, _ in configurations(type_, entry):
            address = f"{type_}.{name}"
            if name == "open" and (address in open_) != expected:
                wrong.append(f"{address} is {'not ' if expected else ''}found without a guard")
            if name.startswith("quiet") and address in open_:
                wrong.append(f"{address} is found though it is guarded, or nobody knows")
            if name.startswith("harm") and (address in harm) != expected:
                wrong.append(f"{address} is {'not ' if expected else ''}found with its flag")
            if name.startswith("unknown") and address in harm:
                wrong.append(f"{address} is found though nobody knows its flag")
    assert wrong == []
    assert len(written) >= 2 * sum(1 for _ in entries(provider))


def test_there_are_as_many_types_as_promised() -> None:
    assert sum(1 for provider in providers() for _ in entries(provider)) >= 1_100
