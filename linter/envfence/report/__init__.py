"""Output formats, one file each: `render(report, options) -> str`. The folder is the registry.

Comes in: a `Report`. Goes out: a string. Nothing here reads a file, prints, or knows how a finding was made.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from envfence.model import Report


@dataclass(frozen=True, slots=True)
class Options:
    """How to render: `audit` shows possible and suppressed findings too; `width` is the terminal's, in columns;
    `prefix` is the way from the working directory to the root of the report."""

    color: bool = False
    width: int = 100
    audit: bool = False
    unicode: bool = True
    today: str = ""
    prefix: str = ""


class Renderer(Protocol):
    """What each file of this folder offers."""

    def __call__(self, report: Report, options: Options) -> str:
        """The whole report in one format, ending in a newline (or empty)."""


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")))


def render(name: str, report: Report, options: Options) -> str:
    """The report in the format of that name; raises `ModuleNotFoundError` for a name not in `formats()`."""
    renderer: Renderer = importlib.import_module(f"{__name__}.{name}").render
    return renderer(report, options)
