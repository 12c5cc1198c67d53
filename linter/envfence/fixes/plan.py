"""Which findings can be mended by an edit, and the edits, file by file.

Comes in: findings, the tree. Goes out: `Plan`: the new text of each file, and what was refused with the reason. Only
edits that add protection, and only where no other tier reads the same place. Must not know: how a rule found it.

Values that are written elsewhere than in their block (var files, locals, defaults) are replaced first, where they
stand; blocks are edited after that, one attribute at a time, each found by its place among the blocks of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envfence.fixes.text import Change, Refused, apply, replaced, set_attribute
from envfence.hcl import ast
from envfence.hcl.parse import Parsed, parse
from envfence.model import Edit, Finding
from envfence.tree import Tree, Unreadable
from envfence.values import Span


@dataclass(frozen=True, slots=True)
class Fixed:
    """One file: as it is, as it will be, and the findings that are mended."""

    path: str
    before: bytes
    after: bytes
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that can be done, and what cannot, with the reason."""

    files: tuple[Fixed, ...]
    refused: tuple[tuple[Finding, str], ...]


@dataclass(slots=True)
class _Draft:
    """What is to be done in one file: literals to replace, and attributes of its blocks, by their place in the file."""

    parsed: Parsed
    literals: dict[int, Change] = field(default_factory=dict)
    attributes: dict[tuple[int, str], str] = field(default_factory=dict)
    findings: list[tuple[Finding, int | tuple[int, str]]] = field(default_factory=list)


def plan(findings: Iterable[Finding], tree: Tree) -> Plan:
    """The edits of all findings that have one. Two that want different values at one place: the first counts."""
    drafts: dict[str, _Draft] = {}
    refused: list[tuple[Finding, str]] = []
    for finding in findings:
        edit = finding.edit
        if edit is None or finding.status == "suppressed":
            continue
        path = (edit.written or edit.block).path
        try:
            if edit.shared:
                raise Refused(f"the same place serves {', '.join(edit.shared)}")
            draft = drafts.get(path) or drafts.setdefault(path, _Draft(_parsed(tree, path)))
            draft.findings.append((finding, _add(draft, edit)))
        except Refused as error:
            refused.append((finding, str(error)))
    files = [_fixed(draft, refused) for _, draft in sorted(drafts.items())]
    return Plan(tuple(fixed for fixed in files if fixed is not None), tuple(refused))


def _add(draft: _Draft, edit: Edit) -> int | tuple[int, str]:
    """Notes an edit; gives back where. Raises `Refused`."""
    if edit.written is not None:
        expression = _literal_at(draft.parsed, edit.written, edit.path)
        change = replaced(draft.parsed, expression, edit.value)
        change = change or Change(expression.start, expression.end, edit.value)
        _check_same(draft.literals.setdefault(change.start, change).text, edit.value)
        return change.start
    place = _block_at(draft.parsed, edit.block), edit.path
    _check_same(draft.attributes.setdefault(place, edit.value), edit.value)
    return place


def _check_same(there: str, wanted: str) -> None:
    if there != wanted:
        raise Refused(f"another finding asks for {there} at the same place")


def _fixed(draft: _Draft, refused: list[tuple[Finding, str]]) -> Fixed | None:
    path, before = draft.parsed.path, draft.parsed.text.data
    after = apply(before, tuple(draft.literals.values()))
    failed: dict[tuple[int, str], str] = {}
    for (index, attribute), value in draft.attributes.items():
        try:
            after = _set(path, after, index, attribute, value)
        except Refused as error:
            failed[index, attribute] = str(error)
    mended = []
    for finding, place in draft.findings:
        if isinstance(place, tuple) and place in failed:
            refused.append((finding, failed[place]))
        else:
            mended.append(finding)
    return Fixed(path, before, after, tuple(mended)) if after != before else None


def _set(path: str, data: bytes, index: int, attribute: str, value: str) -> bytes:
    parsed = parse(path, data)
    change = set_attribute(parsed, parsed.body.blocks[index], attribute.split("."), value)
    after = data if change is None else apply(data, (change,))
    if len(parse(path, after).problems) > len(parsed.problems):
        raise Refused("the file would no longer be valid")
    return after


def _parsed(tree: Tree, path: str) -> Parsed:
    try:
        return parse(path, tree.read(path))
    except Unreadable as error:
        raise Refused(error.reason) from error


def _block_at(parsed: Parsed, span: Span) -> int:
    for index, block in enumerate(parsed.body.blocks):
        if block.header.line == span.line:
            return index
    raise Refused("no block begins there")


def _literal_at(parsed: Parsed, span: Span, path: str) -> ast.Expr:
    """The value of the attribute at a span, if the attribute is about what the edit sets and nothing else."""
    for label, attribute in _attributes(parsed.body):
        for found in (attribute.span, attribute.expr.span):
            if (found.line, found.column) == (span.line, span.column):
                if not _words(label) & _words(path):
                    raise Refused(f"`{label}` may decide more than {path}")
                return attribute.expr
    raise Refused("the value is not written as an attribute there")


def _words(name: str) -> set[str]:
    """The words of a name, without their endings: `deletion` and `delete` are one."""
    return {word[:_STEM] for word in re.findall(r"[a-z]+", name.lower()) if word not in _IDLE}


_STEM = 5
#: Words of attributes that say nothing about what is protected.
_IDLE = frozenset({"enable", "enabled", "is", "on", "in", "days", "settings", "configuration", "lifecycle"})


def _attributes(body: ast.Body, label: str = "") -> Iterator[tuple[str, ast.Attribute]]:
    """All attributes with what they are called; the default of a variable is called as the variable is."""
    for name, attribute in body.attributes.items():
        yield (label if label and name == "default" else name), attribute
    for block in body.blocks:
        yield from _attributes(block.body, block.labels[0] if block.type == "variable" and block.labels else "")
