"""`envfence check`: analyse and report. The command that runs when none is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from envfence.cli._options import open_tree, path_argument, scan_options
from envfence.cli._reports import Asked, Printer, is_failing, report_options
from envfence.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE
from envfence.model import Report
from envfence.settings import Settings


@click.command()
@path_argument
@report_options
@click.option(
    "--since",
    metavar="REF",
    help="Report only what changed: since REF and HEAD parted, up to the working directory; or from A to B (`A..B`).",
)
@click.option("--no-baseline", is_flag=True, help="Report what the baseline file knows like anything else.")
@click.option("--strict", is_flag=True, help="Exit 4 when something could not be read.")
@scan_options
def command(
    path: Path,
    asked: Asked,
    since: str | None,
    no_baseline: bool,
    strict: bool,
    wanted: Settings,
) -> int:
    """Report every way in which one environment can touch another.

    PATH is the directory to read (the repository's root, so that all environments are seen), or a single file.
    """
    printer = Printer(path, asked)
    printer.check()
    wanted = replace(asked.of(wanted), use_baseline=not no_baseline)
    report = _report(path, since, wanted, hurried=printer.is_for_people)
    if report is None:
        printer.say(f"envfence: nothing that it reads has changed since {since}")
        return EXIT_CLEAN
    printer.show(report, calm=_nothing_new(report, since) if since is not None else "")
    if is_failing(report, asked.fail_on):
        return EXIT_FINDINGS
    if strict and any(problem.stage in ("discover", "parse") for problem in report.problems):
        return EXIT_INCOMPLETE
    return EXIT_CLEAN


def _report(path: Path, since: str | None, wanted: Settings, *, hurried: bool) -> Report | None:
    """The report of a directory, or of a change; None for a change that cannot matter, where nobody needs a report."""
    if since is None:
        from envfence import pipeline

        return pipeline.check(open_tree(path), wanted)
    from envfence.cli._versions import has_relevant_changes, versions

    before, after = versions(path, since)
    if hurried and not has_relevant_changes(path, before, after):
        return None
    from envfence.comparison import compare

    return compare(before, after, wanted)


def _nothing_new(report: Report, since: str) -> str:
    """One line: the change is fine."""
    known = sum(1 for finding in report.findings if finding.status == "known")
    possible = sum(1 for finding in report.findings if finding.status == "new")
    aside = f"; {possible} possible (--audit)" if possible else ""
    aside += f"; {known} known" if known else ""
    return f"envfence: nothing new since {since}{aside}; {report.resources} resources  {report.seconds:.1f}s"
