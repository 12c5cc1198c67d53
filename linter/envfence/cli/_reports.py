"""Options of the commands that report findings, and what they do with a report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from envfence.cli._options import decorated, split, today, use_color, use_unicode
from envfence.errors import UsageError
from envfence.model import SEVERITIES, Report
from envfence.report import Options, formats, render
from envfence.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user wants of a report: which findings, how loud, in which formats and files."""

    format: str
    outputs: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: str
    audit: bool
    color: str
    quiet: bool

    def of(self, wanted: Settings) -> Settings:
        """The settings, with the rules that are wanted."""
        return replace(wanted, select=split(self.select), ignore=split(self.ignore))


def report_options(function: Callable[..., int]) -> Callable[..., int]:
    """`-f`, `-o`, `--select`, `--ignore`, `--fail-on`, `--audit`, `--color`, `-q`. The command gets them as one
    argument `asked`."""
    decorators = (
        click.option(
            "-f",
            "--format",
            "format",
            type=click.Choice(formats()),
            default="text",
            show_default=True,
            help="Of the report.",
        ),
        click.option(
            "-o",
            "--output",
            "outputs",
            multiple=True,
            metavar="FORMAT=FILE",
            help="Write a further report. May be repeated.",
        ),
        click.option("--select", multiple=True, metavar="RULE,…", help="Only these rules or families."),
        click.option("--ignore", multiple=True, metavar="RULE,…", help="Not these rules or families."),
        click.option(
            "--fail-on",
            type=click.Choice([*SEVERITIES, "never"]),
            default="high",
            show_default=True,
            help="Exit 1 on proved findings at or above.",
        ),
        click.option("--audit", is_flag=True, help="Show possible, ignored and low findings too."),
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
        click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is found."),
    )
    names = [field.name for field in fields(Asked)]

    @wraps(function)
    def packed(**given: Any) -> int:
        asked = Asked(**{name: given.pop(name) for name in names})
        return function(asked=asked, **given)

    return decorated(packed, decorators)


@dataclass(frozen=True, slots=True)
class Printer:
    """How a report about `path` is shown, and where else it is written. Raises `UsageError` for outputs that are
    none."""

    path: Path
    asked: Asked

    @property
    def is_for_people(self) -> bool:
        """Whether nobody needs a whole report where there is nothing to say."""
        return self.asked.format in ("text", "concise") and not self.asked.outputs

    def check(self) -> None:
        """Refuses outputs that are none before any work is done."""
        self._files()

    def show(self, report: Report, calm: str = "") -> None:
        """Writes all files and prints the report; `calm` is what a person reads instead where nothing is found."""
        for name, file in self._files():
            file.write_text(render(name, report, self._options(color=False, unicode=True)), encoding="utf-8")
        found = is_failing(report, "low")
        if self.asked.quiet and not found:
            return
        if calm and self.asked.format == "text" and not self.asked.audit and not found:
            click.echo(calm)
            return
        options = self._options(color=use_color(self.asked.color), unicode=use_unicode())
        click.echo(render(self.asked.format, report, options), nl=False)

    def say(self, line: str) -> None:
        """Prints a line that takes the place of a report."""
        if not self.asked.quiet:
            click.echo(line)

    def _options(self, *, color: bool, unicode: bool) -> Options:
        from envfence.report._canvas import terminal_width

        return Options(
            color=color,
            width=terminal_width(),
            audit=self.asked.audit,
            unicode=unicode,
            today=today().isoformat(),
            prefix=_way_to(self.path),
        )

    def _files(self) -> list[tuple[str, Path]]:
        pairs = []
        for text in self.asked.outputs:
            name, _, file = text.partition("=")
            if name not in formats() or not file:
                raise UsageError(f"--output takes FORMAT=FILE with a format of {', '.join(formats())}; got '{text}'")
            pairs.append((name, Path(file)))
        return pairs


def _way_to(path: Path) -> str:
    """The way from the working directory to the root of the report; empty where it leads out of it."""
    root = path.resolve()
    root = root.parent if root.is_file() else root
    here = Path.cwd().resolve()
    return root.relative_to(here).as_posix() if root.is_relative_to(here) and root != here else ""


def is_failing(report: Report, fail_on: str) -> bool:
    """Whether there is a new, proved finding at or above a severity."""
    if fail_on == "never":
        return False
    loud = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(f.status == "new" and f.certainty == "proved" and f.severity in loud for f in report.findings)
