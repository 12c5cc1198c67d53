"""Stacks: `terragrunt.stack.hcl`, whose `unit` and `stack` blocks copy directories of units to where they run.

Comes in: stack files. Goes out: the units that they make, with the values that each gets. Must not know: what is in the
units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envfence.bind.paths import parent
from envfence.bind.terragrunt.frame import Frame
from envfence.bind.terragrunt.places import resolve
from envfence.bind.terragrunt.reader import Reader, TerragruntConfig
from envfence.hcl.jsonsyntax import blocks
from envfence.paths import join
from envfence.values import Span, Symbols, Value, has_holes

STACK_FILE = "terragrunt.stack.hcl"
UNIT_FILE = "terragrunt.hcl"
_FOLDER = ".terragrunt-stack"
_BLOCKS = {"locals": 0, "unit": 1, "stack": 1}
_MAX_DEPTH = 6
_MAX_UNITS = 2_000


@dataclass(frozen=True, slots=True)
class StackUnit:
    """A unit that a stack makes: the directory it runs in, its file (None where its source is not in the tree), the
    values it gets (with holes of the table `symbols`) and the place of its block."""

    directory: str
    path: str | None
    values: Value
    span: Span
    symbols: Symbols


def stack_units(reader: Reader, paths: Iterable[str]) -> tuple[StackUnit, ...]:
    """The units of all stacks; stacks that others are made of only count where they are used."""
    found: list[StackUnit] = []
    used: set[str] = set()
    by_stack = {path: list(_units(reader, path, parent(path), None, used, 0)) for path in paths}
    for path, units in by_stack.items():
        if path not in used:
            found += units
    return tuple(found[:_MAX_UNITS])


def _units(reader: Reader, path: str, here: str, values: Value, used: set[str], depth: int) -> Iterator[StackUnit]:
    parsed = reader.survey.parsed(path)
    if parsed is None or depth > _MAX_DEPTH:
        return
    inner = Reader(reader.survey, reader.environ, reader.given, values, reader.symbols)
    found = blocks(parsed.body, _BLOCKS)
    frame = Frame(inner, TerragruntConfig(path=path), found, here, here, 0)
    for block in found:
        if block.type == "locals" or not block.labels:
            continue
        attributes = block.body.attributes
        texts = [frame.value(attributes[name].expr) if name in attributes else None for name in ("source", "path")]
        source, place = texts
        if not isinstance(place, str) or has_holes(place):
            continue
        is_plain = "no_dot_terragrunt_stack" in attributes
        directory = join(here, place if is_plain else f"{_FOLDER}/{place}")
        if directory is None:
            continue
        given = frame.value(attributes["values"].expr) if "values" in attributes else None
        template = _located(reader, source, here, parent(path))
        name = UNIT_FILE if block.type == "unit" else STACK_FILE
        file = join(template, name) if template is not None else None
        file = file if file is not None and reader.survey.has_file(file) else None
        if block.type == "unit":
            yield StackUnit(directory, file, given, block.header, reader.symbols)
        elif file is not None:
            used.add(file)
            yield from _units(reader, file, directory, given, used, depth + 1)


def _located(reader: Reader, source: Value, here: str, own: str) -> str | None:
    """The directory of a source that is in the tree."""
    if not isinstance(source, str):
        return None
    text = source.partition("?")[0]
    if has_holes(text):
        return None
    for base in (here, own):
        directory = resolve(text.replace("//", "/"), base) if text.startswith((".", "/")) else None
        if directory is not None and reader.survey.has_directory(directory):
            return directory
    found = reader.survey.loader.repository_directory(text)
    return found if found is not None and reader.survey.has_directory(found) else None
