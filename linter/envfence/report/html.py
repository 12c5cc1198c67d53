"""One HTML file, complete in itself: who can reach whom as a matrix, then each finding drawn in lanes, one lane a
stretch of its path in one environment.

It loads nothing: its content security policy allows its own style and script and refuses everything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from envfence.model import Finding, Hop, Report
from envfence.report import Options
from envfence.report._shown import headline, resolved, scope, unassigned
from envfence.report.concise import label

if TYPE_CHECKING:
    from jinja2 import Template

_TIERS = ("production", "shared", "nonproduction", "outside", "unknown")


@dataclass(frozen=True, slots=True)
class _Lane:
    """A stretch of a path in one environment."""

    label: str
    tier: str
    hops: tuple[tuple[int, Hop], ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """How many findings lead from one side to another."""

    pair: str
    proved: int
    possible: int


@dataclass(frozen=True, slots=True)
class _Row:
    """The cells of one side, in the order of the columns."""

    label: str
    cells: tuple[_Cell, ...]


def render(report: Report, options: Options) -> str:
    """The whole report, possible, known and ignored findings folded away until they are asked for."""
    crossings = [finding for finding in report.findings if finding.source is not None]
    order = _order(report)
    columns = sorted({_sides(finding)[1] for finding in crossings}, key=order)
    script, style = _asset("report.js"), _asset("report.css")
    return _template().render(
        report=report,
        headline=headline(report),
        scope=scope(report),
        resolved=resolved(report),
        unassigned=unassigned(report),
        columns=columns,
        rows=_rows(crossings, columns, order),
        label=label,
        lanes=_lanes,
        pair=_pair,
        hidden=_is_hidden,
        script=script,
        style=style,
        script_digest=_digest(script),
        style_digest=_digest(style),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("report.html"))


def _asset(name: str) -> str:
    return resources.files("envfence.report").joinpath("data", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The source expression by which a content security policy knows a text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _is_hidden(finding: Finding) -> bool:
    """Whether it is shown only on demand."""
    return finding.certainty != "proved" or finding.status != "new"


def _sides(finding: Finding) -> tuple[str, str]:
    """The two environments it is about, as a person reads them."""
    source, target = finding.between
    start = source or (label(finding.source) if finding.source is not None else "")
    return start, target or label(finding.target)


def _pair(finding: Finding) -> str:
    return " → ".join(_sides(finding)) if finding.source is not None else ""


def _rows(crossings: list[Finding], columns: list[str], order: Callable[[str], tuple[int, str]]) -> tuple[_Row, ...]:
    """From side to side: only the sides that a finding joins."""
    counts: dict[tuple[str, str], list[Finding]] = {}
    for finding in crossings:
        if finding.status == "new":
            counts.setdefault(_sides(finding), []).append(finding)
    return tuple(
        _Row(source, tuple(_cell(source, target, counts.get((source, target), [])) for target in columns))
        for source in sorted({_sides(finding)[0] for finding in crossings}, key=order)
    )


def _cell(source: str, target: str, findings: list[Finding]) -> _Cell:
    proved = sum(1 for finding in findings if finding.certainty == "proved")
    return _Cell(f"{source} → {target}", proved, len(findings) - proved)


def _order(report: Report) -> Callable[[str], tuple[int, str]]:
    """Sorts sides: production first, then what is shared, then the others by name."""
    tiers = report.environments.tiers

    def key(side: str) -> tuple[int, str]:
        tier = tiers.get(side, side)
        return (_TIERS.index(tier) if tier in _TIERS else len(_TIERS), side)

    return key


def _lanes(finding: Finding) -> tuple[_Lane, ...]:
    """The path, cut where it enters another environment."""
    numbered = list(enumerate(finding.path or (Hop(end=finding.target),), start=1))
    return tuple(
        _Lane(name, tier, tuple(hops))
        for (name, tier), hops in groupby(numbered, key=lambda pair: (label(pair[1].end), pair[1].end.tier))
    )
