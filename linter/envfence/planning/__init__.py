"""`envfence plan`: what a plan of Terraform or OpenTofu would do to production, judged by the same rules as the source.

Comes in: plan documents, the tree of the repository (its configuration, its acknowledgements), settings. Goes out: a
report, and for each document the digest of what it destroys. Must not know where the files lie.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from envfence import __version__
from envfence.config import Config, load_config
from envfence.config.acknowledgements import load_acknowledgements
from envfence.environments import assign
from envfence.errors import NothingToCheck
from envfence.evaluate.planned import Located
from envfence.graph import Graph, link
from envfence.judge import Rule, in_order, judge
from envfence.judge.changes.acknowledged import NAME as ACKNOWLEDGEMENTS
from envfence.judge.changes.acknowledged import Digest, acknowledge
from envfence.judge.changes.known import mark_known
from envfence.judge.changes.plan_status import without_blind_spots
from envfence.judge.changes.planned import Plan, around, judged_part
from envfence.judge.selectors import may_match, named_types
from envfence.model import End, Environments, Finding, Problem, Report
from envfence.pipeline import new_hasher, rule_texts, rules_of, sum_of_shares
from envfence.planning.declared import declared_in
from envfence.planning.digests import digest_of
from envfence.planning.sides import Place, Sides, sides_of
from envfence.providers.catalogue import catalogue
from envfence.providers.extract import JUDGED_KINDS
from envfence.settings import Settings
from envfence.sources.plans import PlanDocument
from envfence.tree import Tree

#: Kinds of rules about more than one thing.
_WIDE = ("path", "shared")


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The report, and for each plan what must be acknowledged."""

    report: Report
    digests: tuple[Digest, ...]


def check_plans(documents: Sequence[PlanDocument], tree: Tree, settings: Settings) -> PlanReport:
    """Judges plans and states. `tree` is the repository: its configuration, its acknowledgements, and the source of
    what the plans change. Raises `NothingToCheck` where there is no resource."""
    start = time.perf_counter()
    config = load_config(tree, settings.config_path, disabled=not settings.use_config)
    rules = rules_of(config, tree, settings)
    hasher, is_named = new_hasher(), named_types(rule.parameters.get("of", {}) for rule in rules)
    located = [_located(tree, each, (*config.exclude, *settings.exclude)) for each in documents]
    sides = [sides_of(*pair, settings, hasher, is_named) for pair in zip(documents, located, strict=True)]
    if not any(each.document.changes for each in sides):
        raise NothingToCheck("nothing to check: no managed resource in the plan")
    environments = assign([each.union() for each in sides], config, settings.assume)
    bench = _Bench(rules, config, settings, frozenset(place for each in sides for place in each.touched))
    found, plan = _judged(sides, environments, bench)
    types = {(side.name, node.address): node.type for side in sides for node in side.after.nodes}
    seen = {
        (side.name, node.address)
        for side, source in zip(sides, located, strict=True)
        for node in side.after.nodes
        if source.span(node.address) is not None
    }
    found = tuple(without_blind_spots(found, types, seen))
    digests = tuple(digest_of(each, plan) for each in sides)
    about = next((rule for rule in rules if rule.name == ACKNOWLEDGEMENTS), None)
    findings = acknowledge(found, about, load_acknowledgements(tree), digests, settings.today)
    report = Report(
        root=tree.root,
        findings=in_order(findings),
        deployments=tuple(each.after.deployment for each in sides),
        environments=environments,
        problems=tuple(_problems(sides)),
        shares=sum_of_shares([each.after for each in sides]),
        rules=rule_texts(rules),
        resources=sum(len(each.document.changes) for each in sides),
        sources=len(sides),
        seconds=time.perf_counter() - start,
        version=__version__,
        is_plan=True,
    )
    return PlanReport(report, digests)


def _located(tree: Tree, document: PlanDocument, exclude: tuple[str, ...]) -> Located:
    """Where the source declares what a plan changes; it is not looked for where the plan changes nothing to lose."""
    entries = catalogue()
    types = {each.type for each in document.changes if each.is_changed}
    if any((entry := entries.entry(type_)) is not None and entry.kind in JUDGED_KINDS for type_ in types):
        return declared_in(tree, document, exclude)
    return Located()


def _judged(sides: list[Sides], environments: Environments, bench: _Bench) -> tuple[tuple[Finding, ...], Plan]:
    """The findings of the side after, those of the side before marked as known, and both graphs."""
    after = link([each.after for each in sides], environments)
    ways, things = bench.ways(after), bench.things(after)
    is_crossed = bool(ways) or any(edge.kind == "may" for edge in after.edges())
    about = {(end.deployment, end.address) for finding in things for end in _ends(finding)}
    about |= {place for each in sides for place in each.earlier_places(about)}
    if not is_crossed:
        sides = [each.narrow(about) for each in sides]
    before = link([each.before for each in sides], environments)
    plan = Plan(
        before, after, {f"{side.name}:{address}": each for side in sides for address, each in side.planned.items()}
    )
    earlier = (*(bench.ways(before) if is_crossed else ()), *bench.things(before, about))
    return mark_known(earlier, (*ways, *things, *bench.changes(after, plan)), {}), plan


def _ends(finding: Finding) -> Iterator[End]:
    yield finding.target
    for _, other in finding.also:
        yield other


@dataclass(frozen=True, slots=True)
class _Bench:
    """Asks the rules about one side. Those about single things are asked about what the plan touches only."""

    rules: tuple[Rule, ...]
    config: Config
    settings: Settings
    touched: frozenset[Place]

    def ways(self, graph: Graph) -> tuple[Finding, ...]:
        """What leads from one environment to another."""
        return self._judge(graph, _WIDE)

    def things(self, graph: Graph, about: Set[Place] | None = None) -> tuple[Finding, ...]:
        """What single things have, or lack: those that the plan touches, or those in `about`."""
        near = around(graph, self.touched if about is None else about)
        return (*self._judge(judged_part(near, JUDGED_KINDS), ("guard",)), *self._judge(near, ("require",)))

    def changes(self, graph: Graph, plan: Plan) -> tuple[Finding, ...]:
        """What becomes of single things."""
        return self._judge(around(graph, self.touched), ("change",), plan)

    def _judge(self, graph: Graph, kinds: tuple[str, ...], plan: Plan | None = None) -> tuple[Finding, ...]:
        chosen = tuple(rule for rule in self.rules if rule.kind in kinds)
        if plan is None and kinds != _WIDE:
            chosen = tuple(rule for rule in chosen if may_match(rule.parameters.get("of", {}), graph))
        return judge(graph, chosen, self.config, today=self.settings.today, before=plan)


def _problems(sides: Iterable[Sides]) -> Iterator[Problem]:
    for each in sides:
        if each.document.errored:
            span, reason = each.after.deployment.span, "the plan ended with an error: it does not hold all changes"
            yield Problem(stage="parse", reason=reason, span=span, deployment=each.name, hides="what was not planned")
