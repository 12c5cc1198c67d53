"""`envfence init`: propose an envfence.yaml from what was found."""

from __future__ import annotations

from pathlib import Path

import click

from envfence.cli._options import open_tree, path_argument, scan_options
from envfence.errors import EXIT_CLEAN, UsageError
from envfence.settings import Settings

FILE_NAME = "envfence.yaml"


@click.command()
@path_argument
@click.option("--write", is_flag=True, help=f"Write {FILE_NAME} into PATH instead of printing it; never overwrites.")
@scan_options
def command(
    path: Path,
    write: bool,
    wanted: Settings,
) -> int:
    """Propose an envfence.yaml: the environments that were found, with the evidence as comments."""
    from envfence import pipeline
    from envfence.environments.draft import draft

    if write and not path.is_dir():
        raise UsageError(f"--write needs a directory; '{path}' is none")
    survey = pipeline.survey(open_tree(path), wanted)
    text = draft(survey.environments, [facts.deployment for facts in survey.facts])
    if not write:
        click.echo(text, nl=False)
        return EXIT_CLEAN
    target = path / FILE_NAME
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{target} exists; compare it with what `envfence init` prints") from error
    click.echo(f"wrote {target}; check it, then run `envfence envs`", err=True)
    return EXIT_CLEAN
