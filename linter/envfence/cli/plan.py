"""`envfence plan`: judge a plan before it is applied, and acknowledge what it destroys."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from envfence.cli._options import open_tree, scan_options, today
from envfence.cli._reports import Asked, Printer, is_failing, report_options
from envfence.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError
from envfence.settings import Settings

if TYPE_CHECKING:
    from envfence.judge.changes.acknowledged import Digest
    from envfence.planning import PlanReport
    from envfence.sources.plans import PlanDocument

_MOST_FILES = 10_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@report_options
@click.option("--path", "root", default=".", type=click.Path(path_type=Path), help="The repository.  [default: .]")
@click.option("--environment", metavar="ENV", help="The environment that the plan is applied in.")
@click.option(
    "--acknowledge", multiple=True, metavar="ADDRESS", help="Write down that the plan may destroy it. May be repeated."
)
@click.option("--reason", help="Why, with --acknowledge.")
@click.option("--until", metavar="DATE", help="The last day on which the acknowledgement holds, with --acknowledge.")
@scan_options
def command(
    file: Path,
    asked: Asked,
    root: Path,
    environment: str | None,
    acknowledge: tuple[str, ...],
    reason: str | None,
    until: str | None,
    wanted: Settings,
) -> int:
    """Report what a plan destroys, replaces or unguards in production, and every way across a fence that it opens.

    FILE is the output of `terraform show -json PLANFILE` (or `tofu show -json`), several of them written one after the
    other, a directory of them, `-` for standard input, or a state (`terraform.tfstate`, `terraform show -json`).

    Exit 1 unless the repository's .envfence/acknowledgements.yaml approves each destruction in this very plan.
    """
    from envfence.planning import check_plans

    printer = Printer(root, asked)
    printer.check()
    documents = tuple(_documents(file, root))
    found = check_plans(documents, open_tree(root), replace(asked.of(wanted), environment=environment))
    if acknowledge:
        _write(root, found.digests, acknowledge, reason, until)
        return EXIT_CLEAN
    printer.show(found.report, calm=_calm(found.report.resources, found.report.seconds))
    failing = is_failing(found.report, asked.fail_on) or (asked.fail_on != "never" and _needs_approval(found))
    if failing and asked.format == "text":
        _advise(file, found.digests)
    return EXIT_FINDINGS if failing else EXIT_CLEAN


def _needs_approval(found: PlanReport) -> bool:
    """Whether something of production is destroyed, replaced or left unguarded that nobody has approved."""
    places = {(plan.deployment, address) for plan in found.digests for address in plan.what}
    return any(
        finding.status == "new"
        and finding.certainty == "proved"
        and finding.source is None
        and finding.family in ("change", "guards")
        and (finding.target.deployment, finding.target.address) in places
        for finding in found.report.findings
    )


def _calm(resources: int, seconds: float) -> str:
    return f"envfence: nothing to object to; {resources} resources  {seconds:.1f}s"


# ---------------------------------------------------------------- reading


def _documents(file: Path, root: Path) -> Iterator[PlanDocument]:
    from envfence.sources.plans import MAX_BYTES, PlanError, read_plans
    from envfence.tree import DirectoryTree, Unreadable

    if str(file) == "-":
        yield from read_plans("standard input", sys.stdin.buffer.read(MAX_BYTES))
        return
    if not file.exists():
        raise click.BadParameter(f"'{file}' does not exist.", param_hint="FILE")
    directory, names = (file, _names(file)) if file.is_dir() else (file.parent, [file.name])
    tree = DirectoryTree(str(directory))
    for name in names:
        try:
            data = tree.read(name, MAX_BYTES)
        except Unreadable as error:
            raise PlanError(f"{directory / name}: {error.reason}") from None
        yield from read_plans(_shown(directory / name, root), data)


def _names(directory: Path) -> list[str]:
    found = sorted(
        str(path.relative_to(directory))
        for pattern in ("*.json", "*.tfstate")
        for path in directory.rglob(pattern)
        if path.is_file() and ".terraform" not in path.parts
    )
    if not found or len(found) > _MOST_FILES:
        raise UsageError(f"{directory} holds {'no' if not found else 'too many'} files named *.json or *.tfstate")
    return found


def _shown(path: Path, root: Path) -> str:
    """A path as reports show it: relative to the repository where it lies in it."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name


# ---------------------------------------------------------------- acknowledging


def _write(
    root: Path, digests: tuple[Digest, ...], addresses: tuple[str, ...], reason: str | None, until: str | None
) -> None:
    from envfence.config.acknowledgements import FILE, load_acknowledgements, with_entry

    if not reason or not reason.strip() or not until:
        raise UsageError("--acknowledge takes --reason TEXT and --until DATE")
    last = _last_day(until)
    known = load_acknowledgements(open_tree(root))
    if known.mistakes:
        raise UsageError(*known.mistakes)
    place = root / FILE
    text = place.read_text(encoding="utf-8") if place.is_file() else ""
    for address in addresses:
        plan = _plan_of(address, digests)
        text = with_entry(text, address, plan.digest, reason, last)
        click.echo(f"acknowledged until {last}: {plan.what[address]} {address}", err=True)
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")
    click.echo(f"wrote {place}: have it reviewed and merged before the plan is applied", err=True)


def _last_day(until: str) -> datetime.date:
    try:
        last = datetime.date.fromisoformat(until)
    except ValueError:
        raise UsageError(f"--until takes a date such as 2027-03-31; got '{until}'") from None
    if last < today():
        raise UsageError(f"--until {last} is past")
    return last


def _plan_of(address: str, digests: tuple[Digest, ...]) -> Digest:
    for plan in digests:
        if address in plan.what:
            return plan
    listed = [f"{what} {name}" for plan in digests for name, what in sorted(plan.what.items())][:20]
    more = "; it does: " + ", ".join(listed) if listed else ""
    raise UsageError(f"the plan neither destroys nor replaces nor unguards {address}{more}")


def _advise(file: Path, digests: tuple[Digest, ...]) -> None:
    """What to do when the destruction is meant."""
    address = next((name for plan in digests for name in sorted(plan.what)), "")
    if address:
        click.echo(
            f"If it is meant: envfence plan {file} --acknowledge '{address}' --reason '…' --until "
            f"{today() + datetime.timedelta(days=14)}, and let a reviewer approve the file that it writes.",
            err=True,
        )
