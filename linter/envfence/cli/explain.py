"""`envfence explain RULE`: what a rule claims, why, how to fix it, and how to tell when it is fine."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping
from pathlib import Path

import click

from envfence.cli._options import open_tree
from envfence.errors import UsageError


@click.command()
@click.argument("rule")
@click.option("--path", "path", default=".", type=click.Path(path_type=Path), help="Whose envfence.yaml counts.")
@click.option("--no-config", is_flag=True, help="Ignore envfence.yaml.")
def command(rule: str, path: Path, no_config: bool) -> int:
    """Explain a rule, with a bad and a good example."""
    from envfence.config import load_config
    from envfence.judge import load_rules

    rules = {known.name: known for known in load_rules(load_config(open_tree(path), disabled=no_config))}
    found = rules.get(rule)
    if found is None:
        near = difflib.get_close_matches(rule, rules, n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(near)}?" if near else "`envfence rules` lists them all"
        raise UsageError(f"there is no rule '{rule}'; {hint}")
    click.echo(f"{click.style(found.name, bold=True)}  ({found.family}, {found.severity})\n{found.title}")
    _paragraph("Why", found.why)
    _paragraph("Fix", found.fix)
    _paragraph("Fine when", found.fine)
    _example("Bad, before", found.bad_before)
    _example("Bad, after" if found.bad_before else "Bad", found.bad)
    _example("Good, before", found.good_before)
    _example("Good, after" if found.good_before else "Good", found.good)
    if found.references:
        click.echo("\nReferences")
        for reference in found.references:
            click.echo(f"  {reference}")
    return 0


def _paragraph(title: str, text: str) -> None:
    if text:
        click.echo(
            f"\n{title}\n{textwrap.fill(' '.join(text.split()), 96, initial_indent='  ', subsequent_indent='  ')}"
        )


def _example(title: str, files: Mapping[str, str]) -> None:
    for path in sorted(files):
        click.echo(f"\n{title}: {path}\n{textwrap.indent(files[path].rstrip(), '    ')}")
