"""Runs other scanners' own fixtures on deletion guards and backups through `check`, and counts where we agree.

    python tools/peer_fixtures.py --checkov DIRECTORY --kics DIRECTORY [--list]

The directories are checkouts of the two projects; nothing of them is kept here. `peer_checks.yaml` says which of their
checks correspond to which of our rules, `peer_disagreements.yaml` why we differ where we do. A case is one resource of
a fixture with their verdict on it. 1 when fewer than 95 of 100 cases agree, a difference is not explained, or an
explained one is gone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from envfence.errors import EnvfenceError
from envfence.model import Report
from envfence.pipeline import check
from envfence.settings import Settings
from envfence.tree import DictTree
from peer_cases import Case, checkov_cases, kics_cases

FOLDER = Path(__file__).resolve().parent
_WANTED = 0.95


@dataclass(frozen=True, slots=True)
class Answer:
    """One case with our verdict: do we find what they find?"""

    case: Case
    found: bool

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.found == self.case.fails


def main(arguments: list[str]) -> int:
    """Prints the counts and what is not explained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkov", type=Path, help="a checkout of bridgecrewio/checkov")
    parser.add_argument("--kics", type=Path, help="a checkout of Checkmarx/kics or a fork")
    parser.add_argument("--list", action="store_true", help="show every case")
    given = parser.parse_args(arguments)
    checks = yaml.safe_load((FOLDER / "peer_checks.yaml").read_text("utf-8"))
    reasons = yaml.safe_load((FOLDER / "peer_disagreements.yaml").read_text("utf-8")) or {}
    worst = 0
    for name, folder, cases in (("checkov", given.checkov, checkov_cases), ("kics", given.kics, kics_cases)):
        if folder is not None:
            answers = list(_answers(cases(folder, checks[name]), checks[name]))
            worst = max(worst, _report(name, answers, reasons.get(name) or {}, given.list))
    return worst


def _answers(cases: Iterator[Case], checks: Mapping[str, Any]) -> Iterator[Answer]:
    reports: dict[str, Report | None] = {}
    for case in cases:
        if case.tree not in reports:
            reports[case.tree] = _run(case.files)
        report = reports[case.tree]
        rules = checks[case.check]["rules"]
        yield Answer(case, report is not None and _finds(report, case, rules))


def _run(files: Mapping[str, str]) -> Report | None:
    """The report on a fixture as if it were production."""
    try:
        return check(DictTree(dict(files)), Settings(assume="production", use_config=False))
    except EnvfenceError:
        return None


def _finds(report: Report, case: Case, rules: list[str]) -> bool:
    """Whether one of the rules speaks of the resource: by its address, or by a place inside its block."""
    for finding in report.findings:
        if finding.rule not in rules:
            continue
        for end in (finding.target, *(other for _, other in finding.also)):
            inside = end.file == case.path and case.first <= end.line <= case.last
            if end.address == case.address or inside:
                return True
    return False


def _report(name: str, answers: list[Answer], reasons: Mapping[str, str], everything: bool) -> int:
    same = sum(answer.agrees for answer in answers)
    lines = [f"{name}: {same} of {len(answers)} cases agree ({same / max(1, len(answers)):.1%})"]
    differing = {answer.case.name: answer for answer in answers if not answer.agrees}
    for key, answer in sorted(differing.items()):
        verdict = "they find it, we do not" if answer.case.fails else "we find it, they do not"
        reason = _reason(key, reasons)
        if everything or not reason:
            lines.append(f"  {key}: {verdict}{f' ({reason})' if reason else ': NOT EXPLAINED'}")
    gone = [key for key in reasons if not any(_covers(key, other) for other in differing)]
    lines += [f"  {key} is explained and agrees" for key in gone]
    if everything:
        lines += [f"  = {answer.case.name}" for answer in answers if answer.agrees]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    unexplained = any(not _reason(key, reasons) for key in differing)
    return 1 if same < _WANTED * len(answers) or unexplained or gone else 0


def _reason(name: str, reasons: Mapping[str, str]) -> str:
    return next((reason for key, reason in reasons.items() if _covers(key, name)), "")


def _covers(key: str, name: str) -> bool:
    """A key is the name of a case, or of a check or file with all its cases."""
    return name == key or name.startswith(f"{key} ")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
