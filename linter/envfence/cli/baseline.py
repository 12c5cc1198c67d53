"""`envfence baseline`: write down what is there today, so that `check` reports what comes after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from envfence.cli._options import open_tree, path_argument, scan_options
from envfence.errors import EXIT_CLEAN, UsageError
from envfence.settings import Settings


@click.command()
@path_argument
@click.option("--prune", is_flag=True, help="Only drop entries of findings that are gone; add none.")
@scan_options
def command(
    path: Path,
    prune: bool,
    wanted: Settings,
) -> int:
    """Write the findings of today into a baseline file: `check` then calls them known and does not fail on them.

    The file is .envfence-baseline.json in PATH, or the one that `baseline:` in envfence.yaml names; commit it.
    """
    from envfence import pipeline
    from envfence.config import load_config
    from envfence.config.baseline import Entry, baseline_path, baseline_text, read_baseline

    if not path.is_dir():
        raise UsageError(f"a baseline is kept beside the code; '{path}' is no directory")
    tree = open_tree(path)
    config = load_config(tree, wanted.config_path, disabled=not wanted.use_config)
    target = path / baseline_path(config)
    if not target.resolve().is_relative_to(path.resolve()):
        raise UsageError(f"the baseline {target} would lie outside of {path}")
    earlier = read_baseline(tree, config) if target.exists() else ()
    found = tuple(
        Entry(
            fingerprint=finding.fingerprint,
            rule=finding.rule,
            file=finding.cause.span.path,
            message=finding.message,
        )
        for finding in pipeline.check(tree, replace(wanted, use_baseline=False)).findings
        if finding.status == "new"
    )
    before = {entry.fingerprint for entry in earlier}
    kept = tuple(entry for entry in found if not prune or entry.fingerprint in before)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(baseline_text(kept), encoding="utf-8")
    now = {entry.fingerprint for entry in kept}
    click.echo(f"wrote {target}: {len(now)} findings, {len(now - before)} added, {len(before - now)} gone", err=True)
    return EXIT_CLEAN
