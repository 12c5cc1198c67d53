"""Which findings a change adds, and which were there before.

In: the findings of both versions, which deployment is which. Out: those of the later version, marked. Must not know
rules or graphs.

A finding is known by its fingerprint; by the looser one, as often as it was there in a place that is gone now (a move);
and, where it is about one thing, by that thing. Of one that is known for some of its ends only the others are new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from envfence.judge.context import MOST_ALSO
from envfence.model import End, Finding

_Ends = frozenset[tuple[str, str]]


def mark_known(
    before: Iterable[Finding], after: Sequence[Finding], deployments: Mapping[str, str]
) -> tuple[Finding, ...]:
    """The findings of `after`: those that the version before had are "known". `deployments` are the ids before → now.

    What was ignored before, and is not any more, is new.
    """
    index = _Before([finding for finding in before if finding.status != "suppressed"], after, deployments)
    return tuple(said_by_change([index.marked(finding) for finding in after]))


class _Before:
    """The findings of the version before, by all that they are known by."""

    def __init__(self, before: Sequence[Finding], after: Sequence[Finding], deployments: Mapping[str, str]) -> None:
        self._deployments = deployments
        self._exact = {finding.fingerprint for finding in before}
        now = {finding.fingerprint for finding in after}
        self._moved = Counter(finding.loose for finding in before if finding.fingerprint not in now)
        self._ends: dict[tuple[str, tuple[str, str]], set[tuple[str, str]]] = defaultdict(set)
        for finding in before:
            if _is_whole(finding):
                self._ends[(finding.rule, finding.between)] |= {self._now(end) for end in _ends(finding)}

    def _now(self, end: End) -> tuple[str, str]:
        return self._deployments.get(end.deployment, end.deployment), end.address

    def marked(self, finding: Finding) -> Finding:
        """The finding, "known" where it was there before."""
        if finding.status != "new" or finding.family == "change":
            return finding
        if _is_whole(finding):
            return self._about_one(finding)
        return self._known(finding) if self._was_there(finding) else finding

    def _was_there(self, finding: Finding) -> bool:
        if finding.fingerprint in self._exact:
            return True
        if self._moved[finding.loose] > 0:
            self._moved[finding.loose] -= 1
            return True
        return False

    def _about_one(self, finding: Finding) -> Finding:
        """A finding about one thing and others like it: those that nobody reported before are new."""
        told = self._ends.get((finding.rule, finding.between), set())
        fresh = [end for end in _ends(finding) if (end.deployment, end.address) not in told]
        if not fresh or (len(fresh) == len(_ends(finding)) and not told and self._was_there(finding)):
            return self._known(finding)
        if len(fresh) == len(_ends(finding)):
            return self._known(finding) if self._moved[finding.loose] > 0 and self._was_there(finding) else finding
        return _only(finding, fresh)

    @staticmethod
    def _known(finding: Finding) -> Finding:
        return msgspec.structs.replace(finding, status="known")


def _is_whole(finding: Finding) -> bool:
    """Whether a finding is about single things, and lists all of them."""
    return finding.source is None and bool(finding.target.deployment) and finding.also_total <= MOST_ALSO


def _ends(finding: Finding) -> list[End]:
    return [finding.target, *(end for source, end in finding.also if source is None)]


def _only(finding: Finding, ends: Sequence[End]) -> Finding:
    """The finding about some of its ends only."""
    first, *rest = ends
    message = finding.message
    if first is not finding.target and message.startswith(f"{finding.target.address} "):
        message = first.address + message[len(finding.target.address) :]
    others = tuple((None, end) for end in rest)
    return msgspec.structs.replace(finding, target=first, message=message, also=others, also_total=len(others))


def said_by_change(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Leaves out what a finding about the change itself says better: of the same things, at the same place."""
    told = {
        _claim(finding, end)
        for finding in findings
        if finding.family == "change" and finding.status == "new"
        for end in (_ends(finding) if finding.source is None else (finding.target,))
    }
    for finding in findings:
        if finding.family == "change" or finding.status != "new" or _claim(finding, finding.target) not in told:
            yield finding


def _claim(finding: Finding, target: End) -> tuple[str, ...]:
    """What a finding is about: both ends and the line of the cause."""
    source = (finding.source.deployment, finding.source.address) if finding.source is not None else ("", "")
    span = finding.cause.span
    return (*source, target.deployment, target.address, span.path, str(span.line))
