"""Files that Terragrunt writes beside a module: `generate` blocks.

Comes in: the values of a block's arguments. Goes out: `GeneratedFile`s. Must not know: how they were evaluated.
"""

from __future__ import annotations

from envfence.bind.terragrunt.places import is_tainted
from envfence.model import GeneratedFile
from envfence.paths import join
from envfence.values import Span, Value, has_holes, hole_index

#: Terraform's own function whose value nobody can tell: it stands for what is not known in the text.
_UNKNOWN = "uuid()"
_KEEPS = ("skip",)


def generated_file(path: Value, contents: Value, if_exists: Value, span: Span) -> GeneratedFile | None:
    """The file of one block; None where its name or text is not known at all, or it goes somewhere else."""
    if not isinstance(path, str) or has_holes(path) or not isinstance(contents, str) or is_tainted(contents):
        return None
    name = join("", path)
    if name is None or "/" in name:
        return None
    return GeneratedFile(name=name, text=_readable(contents), span=span, replaces=if_exists not in _KEEPS)


def _readable(text: str) -> str:
    """A text with unknown parts as a source that can be parsed: each is an expression of unknown value."""
    if not has_holes(text):
        return text
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    pieces: list[str] = []
    quoted = False
    for index, char in enumerate(line):
        if char == '"' and line[index - 1 : index] != "\\":
            quoted = not quoted
        if hole_index(char) is None:
            pieces.append(char)
        else:
            pieces.append(f"${{{_UNKNOWN}}}" if quoted else _UNKNOWN)
    return "".join(pieces)
