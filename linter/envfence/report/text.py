"""Text for people: a path read downward, one numbered hop a step, the verb between hops, and what to do.

```
high  staging role worker may delete production bucket backups        nonproduction-can-destroy-production
      staging ━▶ production · 2 steps · proved

 1 staging     aws_iam_role.worker                                             live/staging/main.tf:14
   ┃        14 │ resource "aws_iam_role" "worker" {
   ▼ may s3:DeleteObject                                                     live/staging/policy.tf:22
 2 production  aws_s3_bucket.backups                                               live/prod/s3.tf:3
             3 │ resource "aws_s3_bucket" "backups" {
```
"""

from __future__ import annotations

from itertools import groupby

from envfence.judge.changes.destroyed import BEFORE
from envfence.model import End, Evidence, Finding, Hop, Report
from envfence.report import Options
from envfence.report._canvas import Canvas
from envfence.report._shown import headline, is_shown, resolved, scope, unassigned
from envfence.report.concise import label

_MAX_HOPS = 6
_MAX_ALSO = 3


def render(report: Report, options: Options) -> str:
    """Proved findings worst first, then one closing paragraph of figures; `options.audit` adds the rest."""
    canvas = Canvas(options, _label_width(report))
    explained: set[str] = set()
    shown = (finding for finding in report.findings if is_shown(finding, options))
    for _, group in groupby(shown, key=_one_edit):
        finding, *twins = group
        _finding(canvas, finding, report, tuple(twins), first=finding.rule not in explained)
        explained.add(finding.rule)
    _closing(canvas, report, options)
    return canvas.text()


def _one_edit(finding: Finding) -> tuple[str, ...]:
    """What findings have in common that one edit mends and one drawing explains: they differ in their source only."""
    return (
        finding.rule,
        finding.severity,
        finding.certainty,
        finding.status,
        str(finding.cause.span),
        label(finding.target) if finding.source is not None else finding.fingerprint,
    )


def _label_width(report: Report) -> int:
    labels = [label(hop.end) for finding in report.findings for hop in finding.path]
    return min(max((len(text) for text in labels), default=10), 24)


def _finding(canvas: Canvas, finding: Finding, report: Report, twins: tuple[Finding, ...], *, first: bool) -> None:
    canvas.headline(finding.severity, finding.message, finding.rule)
    canvas.line(f"      {canvas.dim(_subtitle(canvas, finding))}")
    canvas.line()
    if finding.path:
        _path(canvas, finding, report)
    else:
        _place(canvas, finding.target, finding.cause, report)
    _advice(canvas, finding, twins, report, first=first)
    canvas.line()


def _subtitle(canvas: Canvas, finding: Finding) -> str:
    parts: list[str] = []
    if finding.source is not None:
        parts.append(f"{label(finding.source)} {canvas.arrow} {label(finding.target)}")
    else:
        parts.append(label(finding.target))
    if len(finding.path) > 1:
        files = {hop.end.file for hop in finding.path if hop.end.file}
        parts.append(f"{len(finding.path)} steps in {len(files)} file{'s' if len(files) != 1 else ''}")
    parts.append(finding.certainty)
    if finding.status != "new":
        parts.append(finding.status + (f": {finding.justification}" if finding.justification else ""))
    return f" {canvas.dot} ".join(parts)


def _path(canvas: Canvas, finding: Finding, report: Report) -> None:
    hops = list(enumerate(finding.path, start=1))
    hidden = len(hops) - _MAX_HOPS
    for number, hop in hops:
        if hidden > 0 and 2 < number <= len(hops) - 2:
            if number == 3:
                canvas.line(f"   {canvas.dim(f'{canvas.ellipsis} {len(hops) - 4} steps')}")
            continue
        _hop(canvas, number, hop, report, last=number == len(hops))


def _hop(canvas: Canvas, number: int, hop: Hop, report: Report, *, last: bool) -> None:
    canvas.hop(number, label(hop.end), hop.end.tier, _name(hop.end), _file_line(hop.end.file, hop.end.line))
    snippet = report.snippets.get(f"{hop.end.file}:{hop.end.line}")
    if snippet:
        canvas.source(hop.end.line, snippet, in_path=not last)
    if last:
        return
    for evidence in _other_places(hop):
        text = report.snippets.get(str(evidence.span), "")
        canvas.verb_place(evidence.says, str(evidence.span))
        if text:
            canvas.source(evidence.span.line, text, in_path=True)
    canvas.verb(hop.says or hop.edge or "")


def _other_places(hop: Hop) -> list[Evidence]:
    """The places that make the edge, other than the hop's own line: the nearest two, without repeats."""
    seen = {f"{hop.end.file}:{hop.end.line}"}
    places: list[Evidence] = []
    for evidence in hop.evidence:
        if evidence.span.path and str(evidence.span) not in seen:
            seen.add(str(evidence.span))
            places.append(evidence)
    return places[:2]


def _place(canvas: Canvas, end: End, cause: Evidence, report: Report) -> None:
    canvas.hop(0, label(end), end.tier, _name(end), _file_line(end.file, end.line))
    snippet = report.snippets.get(f"{end.file}:{end.line}")
    if snippet:
        canvas.source(end.line, snippet, in_path=False)
    if (cause.span.path, cause.span.line) != (end.file, end.line):
        canvas.verb_place(cause.says, str(cause.span))
        text = report.snippets.get(str(cause.span))
        if text:
            canvas.source(cause.span.line, text, in_path=False)


def _advice(canvas: Canvas, finding: Finding, twins: tuple[Finding, ...], report: Report, *, first: bool) -> None:
    """What to do. How to fix, explain and accept a rule's findings stands at the `first` one only: the rest is the
    same."""
    canvas.line()
    if finding.unknowns:
        canvas.advice("if", "depends on " + "; ".join(finding.unknowns[:3]))
    if finding.cut is not None and len(finding.path) > 2:
        canvas.advice("cut", f"step {finding.cut} is where to cut it: {finding.cause.span}")
    if finding.also:
        others = [f"{target.deployment}:{target.address}" for _, target in finding.also[:_MAX_ALSO]]
        more = finding.also_total - len(others)
        canvas.advice("also", ", ".join(others) + (f" and {more} more" if more > 0 else ""))
    if twins:
        sources = dict.fromkeys(label(twin.source) for twin in twins if twin.source is not None)
        canvas.advice("too", f"the same from {', '.join(sources)}" if sources else f"{len(twins)} more like it")
    if first:
        if finding.fix:
            canvas.advice("fix", finding.fix)
        canvas.advice("why", f"envfence explain {finding.rule}")
        way_out = _way_out(finding, report, _until(canvas.options.today))
        if way_out:
            canvas.advice("ok?", way_out)
    canvas.advice("id", ", ".join(each.fingerprint[:12] for each in (finding, *twins)))


#: What no comment silences.
_UNSILENCED = frozenset({"fence-lowered", "acknowledgement-without-effect"})


def _way_out(finding: Finding, report: Report, until: str) -> str:
    """How somebody who means it says so; a comment needs a line that stays. Empty where there is no way."""
    if finding.rule in _UNSILENCED:
        return ""
    in_plan = report.is_plan and finding.source is None and finding.family in ("change", "guards")
    if in_plan or finding.cause.says == BEFORE:
        return f"envfence plan FILE --acknowledge '{finding.target.address}' --reason '<reason>' --until {until}"
    if report.is_plan:
        return (
            "an entry of `allow:` in envfence.yaml, with a reason and a last day" if finding.source is not None else ""
        )
    return f"above any step:  # envfence: ignore[{finding.rule}] until={until} -- <reason>"


def _until(today: str) -> str:
    """A quarter from `today` (an ISO date): long enough to fix it, short enough to be asked again."""
    import datetime

    start = datetime.date.fromisoformat(today) if today else datetime.date(2000, 1, 1)
    return (start + datetime.timedelta(days=90)).isoformat()


def _name(end: End) -> str:
    """An end's address; what is declared nowhere in words."""
    form, _, account = end.address.partition(":")
    return f"AWS account {account}" if form == "aws" and account.isdigit() else end.address


def _file_line(path: str, line: int) -> str:
    return f"{path}:{line}" if path else ""


def _closing(canvas: Canvas, report: Report, options: Options) -> None:
    canvas.line(f"envfence: {headline(report)}; {scope(report)}  {report.seconds:.1f}s")
    canvas.line(canvas.dim(_honesty(report)))
    hidden = any(finding.status != "known" and not is_shown(finding, options) for finding in report.findings)
    if hidden:
        canvas.line(canvas.dim("  --audit shows possible, ignored and low findings too"))


def _honesty(report: Report) -> str:
    text = f"  resolved: {resolved(report) or 'nothing to resolve'}"
    count = unassigned(report)
    if count:
        noun = "deployment" if count == 1 else "deployments"
        text += f"; {count} {noun} without environment (envfence envs)"
    if report.problems:
        text += f"; {len(report.problems)} not read or decided (-f json lists them)"
    return text
