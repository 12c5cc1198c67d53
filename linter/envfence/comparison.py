"""`check --since`: two versions of one directory, and what the change between them adds, weakens or destroys.

Comes in: two trees and settings. Goes out: one report, whose findings are those of the later version; what the earlier
one had is marked as known. Must not know git.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from envfence.errors import ConfigError, NothingToCheck, RuleError
from envfence.graph import Graph
from envfence.judge import Rule, in_order, judge
from envfence.judge.changes.comparison import Versions
from envfence.judge.changes.known import mark_known
from envfence.judge.changes.lowered import NAME as FENCE_LOWERED
from envfence.judge.changes.lowered import Judge, lowered
from envfence.judge.changes.moves import SourceMoves
from envfence.model import Finding, Report
from envfence.pipeline import (
    Hasher,
    Survey,
    graph,
    make_report,
    new_hasher,
    rules_of,
    secret_lines,
    survey,
    with_acknowledgements,
)
from envfence.settings import Settings
from envfence.sharing import Shared
from envfence.snippets import collect
from envfence.tree import Tree


@dataclass(frozen=True, slots=True)
class _Version:
    """One version, up to its graph and the rules that hold in it."""

    survey: Survey
    rules: tuple[Rule, ...]
    graph: Graph

    def judged(self, settings: Settings, before: Versions | None = None) -> tuple[Finding, ...]:
        """The findings of this version, those about its change from another included."""
        found = self.survey
        findings = judge(
            self.graph, self.rules, found.config, comments=found.comments, today=settings.today, before=before
        )
        return with_acknowledgements(findings, found, self.rules, settings)

    def judge(self) -> Judge:
        """What decides in this version."""
        found = self.survey
        sources = tuple(source.path for source in found.sources)
        return Judge(found.config, self.rules, found.comments, found.environments, sources)


def compare(before: Tree, after: Tree, settings: Settings) -> Report:
    """The report of `after` as a change of `before`. Raises `NothingToCheck` where `after` holds no source."""
    start = time.perf_counter()
    hasher = new_hasher()
    shared = Shared()
    new = _version(survey(after, settings, hasher, shared), settings)
    old = _earlier(before, settings, hasher, shared)
    if old is None:
        return make_report(new.survey, new.graph, new.rules, new.judged(settings), start)
    versions = Versions(old.graph, new.graph, SourceMoves(new.survey.loader, new.graph.deployments))
    findings = mark_known(old.judged(settings), new.judged(settings, versions), versions.deployments)
    if any(rule.name == FENCE_LOWERED for rule in new.rules):
        findings = in_order((*findings, *lowered(old.judge(), new.judge())))
    gone = collect(_of_before(findings, new.graph), before, secret_lines(old.survey))
    return make_report(new.survey, new.graph, new.rules, findings, start, gone)


def _version(found: Survey, settings: Settings) -> _Version:
    return _Version(found, rules_of(found.config, found.tree, settings), graph(found))


def _earlier(tree: Tree, settings: Settings, hasher: Hasher, shared: Shared) -> _Version | None:
    """The earlier version; without configuration where its own is broken, None where there was nothing to check."""
    try:
        return _version(survey(tree, settings, hasher, shared, first=False), settings)
    except NothingToCheck:
        return None
    except (ConfigError, RuleError):
        plain = replace(settings, use_config=False)
        return _version(survey(tree, plain, hasher, shared, first=False), plain)


def _of_before(findings: Iterable[Finding], now: Graph) -> list[Finding]:
    """The findings about what is no longer there: their lines are those of the version before."""
    return [
        finding
        for finding in findings
        if finding.family == "change"
        and finding.target.deployment
        and f"{finding.target.deployment}:{finding.target.address}" not in now.nodes
    ]
