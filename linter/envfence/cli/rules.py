"""`envfence rules`: the list of rules."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from envfence.cli._options import open_tree


@click.command()
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--path", "path", default=".", type=click.Path(path_type=Path), help="Whose envfence.yaml counts.")
@click.option("--no-config", is_flag=True, help="Ignore envfence.yaml.")
def command(format_: str, path: Path, no_config: bool) -> int:
    """List every rule with its family and severity."""
    from envfence.config import load_config
    from envfence.judge import load_rules

    rules = load_rules(load_config(open_tree(path), disabled=no_config))
    if format_ == "json":
        rows = [
            {"name": r.name, "family": r.family, "severity": r.severity, "kind": r.kind, "title": r.title}
            for r in rules
        ]
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return 0
    width = max(len(rule.name) for rule in rules)
    for family in sorted({rule.family for rule in rules}):
        click.echo(click.style(family, bold=True))
        for rule in (rule for rule in rules if rule.family == family):
            click.echo(f"  {rule.name:<{width}}  {rule.severity:<8}  {rule.title}")
    return 0
