"""`envfence fix`: the edits that add protection, shown as a diff or written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envfence.cli._options import open_tree, path_argument, scan_options, split
from envfence.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError
from envfence.settings import Settings

if TYPE_CHECKING:
    from envfence.fixes.plan import Plan


@click.command()
@path_argument
@click.option("--write", is_flag=True, help="Change the files. Without it the edits are shown and nothing is changed.")
@click.option("--select", multiple=True, metavar="RULE,…", help="Only findings of these rules or families.")
@click.option("--ignore", multiple=True, metavar="RULE,…", help="Not findings of these rules or families.")
@scan_options
def command(
    path: Path,
    write: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    wanted: Settings,
) -> int:
    """Add the missing guards, flags and backups that one line in source can add.

    Only protection is added, and only where no environment of another tier reads the same place; what is refused is
    listed with the reason. Exits 1 when edits are shown and not written.
    """
    from envfence import pipeline
    from envfence.fixes.diff import diff
    from envfence.fixes.plan import plan
    from envfence.snippets import careful

    if write and not path.is_dir():
        raise UsageError("--write takes a directory")
    tree = open_tree(path)
    report = pipeline.check(tree, replace(wanted, select=split(select), ignore=split(ignore)))
    found = plan(report.findings, tree)
    for fixed in found.files:
        if write:
            (path / fixed.path).write_bytes(fixed.after)
        else:
            click.echo(diff(fixed, careful), nl=False)
    _tell(found, written=write)
    return EXIT_CLEAN if write or not found.files else EXIT_FINDINGS


def _tell(found: Plan, *, written: bool) -> None:
    """To standard error, so that a diff can be piped into `git apply`."""
    count = sum(len(fixed.findings) for fixed in found.files)
    for finding, reason in found.refused:
        click.echo(
            f"{finding.cause.span.path}:{finding.cause.span.line}: not fixed ({finding.rule}): {reason}", err=True
        )
    if written:
        click.echo(
            f"envfence: {_findings(count)} fixed in {len(found.files)} files; look at `terraform plan`", err=True
        )
    elif count:
        click.echo(f"envfence: {_findings(count)} can be fixed: run again with --write", err=True)
    else:
        click.echo("envfence: nothing to fix", err=True)


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"
