"""What a function may know besides its arguments, and how it says that it has no answer.

Comes in: nothing. Goes out: `FunctionContext`, `Files`, `FunctionError`, `Undecided`.
Must not know: scopes, modules, expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from envfence.evaluate.kinds import Type
from envfence.values import Span, Symbols, Value


class FunctionError(Exception):
    """Terraform itself would refuse this call; the message is for people. `try` and `can` see it as a failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Undecided(Exception):
    """Raised inside functions: the answer depends on what is unknown, or a limit was met. `call` makes it `Unknown`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileEntry(Protocol):
    """An entry of a directory, as `Tree` gives it: `kind` is "file", "dir" or "other"."""

    @property
    def name(self) -> str:
        """The last part of the path."""

    @property
    def kind(self) -> str:
        """Its kind; a symlink that stays inside the root has the kind of its target."""


class Files(Protocol):
    """What file functions need of a `Tree`; any `Tree` will do. Paths are relative to the scanned root."""

    def read(self, path: str) -> bytes:
        """The content; raises `Unreadable`."""

    def stat(self, path: str) -> FileEntry | None:
        """What is there; None when nothing is."""

    def list(self, directory: str) -> Sequence[FileEntry]:
        """The entries of a directory, sorted by name; empty when there is none."""


#: (path to show, text of the template, variables) -> the rendered value. Raises `FunctionError` for a broken template.
Renderer = Callable[[str, bytes, Value], Value]


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """The surroundings of one call.

    `scope` is what `Symbol.scope` gets where no argument says it better; `span` is the call's place, for the reasons of
    unknowns. `base` is the directory, relative to the scanned root, that relative file names start from (Terraform:
    the working directory, which is the root module's; the evaluator puts the way to the module into `path.module`).
    `render_template` renders the text of `templatefile` and `templatestring`; the evaluator refuses recursion there.
    `sensitive` tells for each argument whether it or a part of it is marked sensitive; None when that is not tracked,
    then
    `issensitive` is unknown.
    """

    symbols: Symbols
    scope: str = ""
    span: Span | None = None
    files: Files | None = None
    base: str = ""
    render_template: Renderer | None = None
    sensitive: tuple[bool, ...] | None = None
    #: The declared types of the arguments that are null; None where nothing tells.
    nulls: tuple[Type | None, ...] = ()

    def null(self, at: int) -> Type | None:
        """The declared type of argument `at`, which is null: "any" for a plain null."""
        return self.nulls[at] if at < len(self.nulls) else None
