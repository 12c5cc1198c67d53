"""Rules over the graph: findings, each explained once; suppressions and the configuration mark, never drop.

In: the graph, rules, the configuration, comments. Out: findings, loudest first. Must not know formats.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

import msgspec

from envfence.config import Config
from envfence.errors import Mistake, RuleError
from envfence.graph.graph import Graph
from envfence.judge.allowed import apply_allowed, idle, lapsed
from envfence.judge.changes.comparison import Comparison
from envfence.judge.context import Context
from envfence.judge.editable import with_sharers
from envfence.judge.expectations import expected_rules
from envfence.judge.fences import Fences
from envfence.judge.kinds import judge_of
from envfence.judge.own import findings_about, findings_about_allowed
from envfence.judge.rules import Rule, merge_rules, shipped_rules, user_rules
from envfence.judge.suppressions import OWN_RULES, apply_suppressions, places_of, read_suppressions
from envfence.model import SEVERITIES, Comment, Finding
from envfence.tree import Tree, Unreadable
from envfence.values import Span

__all__ = ["Rule", "in_order", "judge", "load_rules"]


def load_rules(config: Config, tree: Tree | None = None) -> tuple[Rule, ...]:
    """All rules that hold: the shipped ones, the user's own files (`rules: paths:`, read from `tree`) and `expect:`
    entries.

    Raises `RuleError` with every mistake in the user's rules and every setting that names no rule.
    """
    own = user_rules(_own_files(config, tree)) if config.rule_paths and tree is not None else ()
    rules = merge_rules(merge_rules(shipped_rules(), own), expected_rules(config))
    mistakes = config.rule_mistakes(rule.name for rule in rules)
    if mistakes:
        raise RuleError(*mistakes)
    return rules


def judge(
    graph: Graph,
    rules: Iterable[Rule],
    config: Config,
    *,
    comments: Iterable[Comment] = (),
    today: datetime.date = datetime.date(2000, 1, 1),
    before: Comparison | None = None,
) -> tuple[Finding, ...]:
    """The findings of all rules, sorted: severity, certainty, rule, place.

    `comments` are those of all sources; `before` is the comparison with the version before, for rules of kind change.
    Suppressed findings are in the result, marked.
    """
    settings = config.severities
    by_name = {rule.name: _with_severity(rule, settings) for rule in rules}
    context = Context(fences=Fences(config.fences), today=today, before=before)
    found: list[Finding] = []
    for name in sorted(by_name):
        if name not in OWN_RULES and settings.get(name) != "off":
            found.extend(judge_of(by_name[name].kind)(graph, by_name[name], context))
    kept = list(with_sharers(_without_implied(found, by_name), graph))
    marked, about = _suppressed(graph, kept, by_name, comments, today)
    kinds = {rule.name: rule.kind for rule in by_name.values()}
    entries = findings_about_allowed(by_name, lapsed(config.allow, today), idle(marked, config.allow, kinds))
    own = [finding for finding in (*about, *entries) if settings.get(finding.rule) != "off"]
    return in_order((*apply_allowed(marked, config.allow, today), *own))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings as every report has them: loudest first, proved before possible."""
    return tuple(sorted(findings, key=_order))


def _suppressed(
    graph: Graph, found: list[Finding], by_name: dict[str, Rule], comments: Iterable[Comment], today: datetime.date
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings with suppressions applied, and findings about the suppressions themselves."""
    suppressions, malformed = read_suppressions(comments, by_name)
    if not suppressions and not malformed:
        return tuple(found), ()
    headers = {
        (node.deployment, node.node.address): (node.span, *(call.span for call in node.calls))
        for node in graph.nodes.values()
    }
    placed = [(finding, places_of(finding, headers)) for finding in found]
    marked, lapsed = apply_suppressions(placed, suppressions, today)
    return marked, tuple(findings_about(by_name, suppressions, malformed, lapsed))


def _without_implied(found: list[Finding], by_name: dict[str, Rule]) -> Iterator[Finding]:
    """Drops findings which a stronger rule makes for the same cause between the same environments.

    A proved finding is kept where the stronger one is only possible.
    """
    made = {(finding.rule, *_same(finding)): finding.certainty for finding in reversed(found)}
    for finding in found:
        stronger = by_name[finding.rule].implied_by
        certainties = {made.get((name, *_same(finding))) for name in stronger} - {None}
        if "proved" in certainties or (certainties and finding.certainty == "possible"):
            continue
        yield finding


def _same(finding: Finding) -> tuple[tuple[str, str], Span, str]:
    root = finding.target.deployment.partition("@")[0]
    return (finding.between, msgspec.structs.replace(finding.cause.span, column=0, end_line=0, end_column=0), root)


def _with_severity(rule: Rule, settings: dict[str, str]) -> Rule:
    """The rule with the severity that the user wants for it; fences may still make single findings quieter."""
    wanted = settings.get(rule.name)
    return msgspec.structs.replace(rule, severity=wanted) if wanted in SEVERITIES else rule


def _order(finding: Finding) -> tuple[int, bool, str, str, int, tuple[str, str], str]:
    return (
        SEVERITIES.index(finding.severity),
        finding.certainty != "proved",
        finding.rule,
        finding.cause.span.path,
        finding.cause.span.line,
        finding.between,
        finding.fingerprint,
    )


def _own_files(config: Config, tree: Tree) -> Iterator[tuple[str, bytes]]:
    """The user's rule files: each path of the configuration is a file or a folder of them."""
    mistakes = []
    for path in config.rule_paths:
        clean = path.strip("/")
        entries = [f"{clean}/{entry.name}" for entry in tree.list(clean) if entry.name.endswith((".yaml", ".yml"))]
        for name in entries or [clean]:
            try:
                yield name, tree.read(name)
            except Unreadable as error:
                mistakes.append(Mistake(f"cannot be read: {error.reason}", name))
    if mistakes:
        raise RuleError(*mistakes)
