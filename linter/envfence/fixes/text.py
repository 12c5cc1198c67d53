"""One attribute set in one block of a source, by byte spans of the AST; all other bytes stay as they are.

Comes in: a parsed source, a block, the dotted path of an attribute, its value as Terraform writes it. Goes out: a
`Change`, or None where the value is already there. Raises `Refused` where a single edit cannot do it. Must not know:
findings, environments.

The new line follows the form of its neighbours: their indentation, and the column of their `=` where it stands right
below them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from envfence.errors import EnvfenceError
from envfence.hcl import ast
from envfence.hcl.parse import Parsed

_STEP = 2


class Refused(EnvfenceError):
    """The edit cannot be made safely; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """The bytes from `start` up to `end` become `text`."""

    start: int
    end: int
    text: str


def set_attribute(parsed: Parsed, block: ast.Block, path: Sequence[str], value: str) -> Change | None:
    """The change that gives the attribute its value."""
    if block.body.json:
        raise Refused("the file is in the JSON syntax")
    *outer, name = path
    for index, step in enumerate(outer):
        inner = [each for each in block.body.blocks if each.type == step]
        if step in block.body.attributes or any(
            each.type == "dynamic" and step in each.labels for each in block.body.blocks
        ):
            raise Refused(f"{step} is not written as a plain block")
        if len(inner) > 1:
            raise Refused(f"there are {len(inner)} blocks {step}")
        if not inner:
            return _inserted(parsed, block, (*outer[index:], name), value)
        block = inner[0]
    attribute = block.body.attributes.get(name)
    if attribute is None:
        return _inserted(parsed, block, (name,), value)
    return replaced(parsed, attribute.expr, value)


def replaced(parsed: Parsed, expression: ast.Expr, value: str) -> Change | None:
    """The change of a literal; None where it is that value. Raises `Refused` for what is not written as a literal."""
    if not isinstance(expression, ast.Literal):
        raise Refused("the value is not written out here")
    now = parsed.text.data[expression.start : expression.end].decode("utf-8", "replace")
    return None if now == value else Change(expression.start, expression.end, value)


def apply(data: bytes, changes: Sequence[Change]) -> bytes:
    """A source with all changes made. They must not overlap."""
    for change in sorted(changes, reverse=True):
        data = data[: change.start] + change.text.encode("utf-8") + data[change.end :]
    return data


def _inserted(parsed: Parsed, block: ast.Block, path: Sequence[str], value: str) -> Change:
    """A new line in a block, with the blocks around it that are not there yet."""
    data = parsed.text.data
    indent = _indent(data, block.start) + " " * _STEP
    open_brace = data.index(b"{", block.header_end)
    newline = "\r\n" if b"\r\n" in data[open_brace : block.end] else "\n"
    last = _last_attribute(block)
    if b"\n" not in data[open_brace : block.end]:
        return _unfolded(data, block, open_brace, _text(path, value, indent, 0, newline), newline)
    if last is None or len(path) > 1:
        if len(path) > 1:
            return _at_end(data, block, _text(path, value, indent, 0, newline), newline)
        lead = "" if not block.body.blocks else newline
        return Change(open_brace + 1, open_brace + 1, newline + _text(path, value, indent, 0, newline) + lead)
    at = _line_end(data, last.end)
    width = _width(parsed, last)
    name = path[0]
    gap = newline if len(name) > width or _is_long(parsed, last) else ""
    return Change(at, at, newline + gap + _text(path, value, _indent(data, last.start), 0 if gap else width, newline))


def _text(path: Sequence[str], value: str, indent: str, width: int, newline: str) -> str:
    *outer, name = path
    lines = [f"{indent}{' ' * _STEP * depth}{step} {{" for depth, step in enumerate(outer)]
    inner = indent + " " * _STEP * len(outer)
    lines.append(f"{inner}{name.ljust(width)} = {value}")
    lines += [f"{indent}{' ' * _STEP * depth}}}" for depth in reversed(range(len(outer)))]
    return newline.join(lines)


def _unfolded(data: bytes, block: ast.Block, open_brace: int, line: str, newline: str) -> Change:
    """A block on one line, written on several."""
    indent = _indent(data, block.start)
    inside = data[open_brace + 1 : block.end - 1].decode("utf-8", "replace").strip()
    kept = f"{newline}{indent}{' ' * _STEP}{inside}" if inside else ""
    return Change(open_brace + 1, block.end - 1, f"{kept}{newline}{line}{newline}{indent}")


def _at_end(data: bytes, block: ast.Block, text: str, newline: str) -> Change:
    """A nested block behind all that is there, after an empty line."""
    at = len(data[: block.end - 1].rstrip(b" \t"))
    lead = newline if block.body.attributes or block.body.blocks else ""
    return Change(at, at, lead + text + newline)


def _last_attribute(block: ast.Block) -> ast.Attribute | None:
    """The last attribute before the first nested block, else none."""
    first = min((each.start for each in block.body.blocks), default=block.end)
    before = [each for each in block.body.attributes.values() if each.start < first]
    return max(before, key=lambda each: each.end, default=None)


def _width(parsed: Parsed, attribute: ast.Attribute) -> int:
    """How wide names are padded on the line of an attribute."""
    head = parsed.text.data[attribute.start : attribute.expr.start]
    return max(len(head[: head.index(b"=")].decode("utf-8", "replace")) - 1, 0)


def _is_long(parsed: Parsed, attribute: ast.Attribute) -> bool:
    return parsed.text.line(attribute.start) != parsed.text.line(attribute.end)


def _indent(data: bytes, offset: int) -> str:
    line = data[data.rfind(b"\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())].decode("ascii", "replace")


def _line_end(data: bytes, offset: int) -> int:
    """The end of the line, its comment included; a heredoc's attribute ends with its own line."""
    if offset and data[offset - 1 : offset] == b"\n":
        return offset - 1
    end = data.find(b"\n", offset)
    end = len(data) if end < 0 else end
    return end - 1 if data[end - 1 : end] == b"\r" else end
