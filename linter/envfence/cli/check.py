"""`envfence check`: analyse and report. The command that runs when none is named."""

from __future__ import annotations

from pathlib import Path

import click

from envfence.cli._options import open_tree, path_argument, scan_options, settings, today, use_color, use_unicode
from envfence.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, UsageError
from envfence.model import SEVERITIES, Report
from envfence.report import Options, formats, render


@click.command()
@path_argument
@click.option(
    "-f", "--format", "format_", type=click.Choice(formats()), default="text", show_default=True, help="Of the report."
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Write a further report. May be repeated."
)
@click.option("--select", multiple=True, metavar="RULE,…", help="Only these rules or families.")
@click.option("--ignore", multiple=True, metavar="RULE,…", help="Not these rules or families.")
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="high",
    show_default=True,
    help="Exit 1 on proved findings at or above.",
)
@click.option("--audit", is_flag=True, help="Show possible, ignored and low findings too.")
@click.option("--strict", is_flag=True, help="Exit 4 when something could not be read.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is found.")
@scan_options
def command(
    path: Path,
    format_: str,
    outputs: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    audit: bool,
    strict: bool,
    color: str,
    quiet: bool,
    config_path: str | None,
    no_config: bool,
    assume: str | None,
    exclude: tuple[str, ...],
    no_cache: bool,
) -> int:
    """Report every way in which one environment can touch another.

    PATH is the directory to read (the repository's root, so that all environments are seen), or a single file.
    """
    from envfence import pipeline

    further = _outputs(outputs)
    report = pipeline.check(open_tree(path), settings(config_path, no_config, assume, exclude, select, ignore))
    for name, file in further:
        file.write_text(render(name, report, _options(audit, color=False, unicode=True)), encoding="utf-8")
    if not (quiet and not _failing(report, "low")):
        click.echo(render(format_, report, _options(audit, use_color(color), use_unicode())), nl=False)
    if _failing(report, fail_on):
        return EXIT_FINDINGS
    if strict and any(problem.stage in ("discover", "parse") for problem in report.problems):
        return EXIT_INCOMPLETE
    return EXIT_CLEAN


def _options(audit: bool, color: bool, unicode: bool) -> Options:
    from envfence.report._canvas import terminal_width

    return Options(color=color, width=terminal_width(), audit=audit, unicode=unicode, today=today().isoformat())


def _outputs(outputs: tuple[str, ...]) -> list[tuple[str, Path]]:
    pairs = []
    for text in outputs:
        name, _, file = text.partition("=")
        if name not in formats() or not file:
            raise UsageError(f"--output takes FORMAT=FILE with a format of {', '.join(formats())}; got '{text}'")
        pairs.append((name, Path(file)))
    return pairs


def _failing(report: Report, fail_on: str) -> bool:
    if fail_on == "never":
        return False
    loud = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return any(f.status == "new" and f.certainty == "proved" and f.severity in loud for f in report.findings)
