"""The stages in order. Comes in: a tree and settings. Goes out: a survey (facts and environments) or a whole report."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from envfence import __version__
from envfence.bind import Bound, bind
from envfence.bind.remote import state_identity
from envfence.config import Config, load_config
from envfence.config.acknowledgements import load_acknowledgements
from envfence.config.baseline import load_baseline
from envfence.environments import assign
from envfence.environments.spoken import in_own_words, of_nobody
from envfence.errors import NothingToCheck
from envfence.evaluate import Loader, Options, evaluate
from envfence.graph import Graph, link
from envfence.judge import Rule, in_order, judge, load_rules
from envfence.judge.baseline import mark_baseline
from envfence.judge.changes.acknowledged import NAME as ACKNOWLEDGEMENTS
from envfence.judge.changes.acknowledged import findings_about
from envfence.judge.elsewhere import kept_elsewhere
from envfence.model import Comment, Deployment, Environments, Facts, Finding, Problem, Report, RuleText, Shares, Source
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract, needs_values
from envfence.settings import Settings
from envfence.sharing import Common, Shared
from envfence.snippets import collect, lines_of
from envfence.sources import discover
from envfence.sources.formats import source_facts
from envfence.states import States
from envfence.tree import Tree

Hasher = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything up to *assign*: what there is and where it belongs."""

    tree: Tree
    config: Config
    sources: tuple[Source, ...]
    comments: tuple[Comment, ...]
    facts: tuple[Facts, ...]
    environments: Environments
    problems: tuple[Problem, ...]
    loader: Loader


def survey(
    tree: Tree, settings: Settings, hasher: Hasher | None = None, shared: Shared | None = None, first: bool = True
) -> Survey:
    """Discovers, binds, evaluates, extracts and assigns. Raises `NothingToCheck` where there is no source.

    With the `hasher` of another survey the secrets of both can be compared. `shared` is filled by the `first` of two
    surveys, and saves the other what is the same in both trees.
    """
    config = load_config(tree, settings.config_path, disabled=not settings.use_config)
    sources, unread = discover(tree, (*config.exclude, *settings.exclude))
    loader = Loader(tree, shared.parsed if shared is not None else None)
    bound = bind(tree, loader, sources, config)
    hasher = hasher or new_hasher()
    texts, unread_texts = source_facts(tree, sources, hasher)
    evaluated = _evaluated(
        loader, bound, hasher, shared or Shared(), None if first or shared is None else shared.against(tree)
    )
    facts = (*evaluated, *texts)
    if not facts:
        raise NothingToCheck(f"nothing to check: no Terraform below {tree.root}")
    problems = {
        *unread,
        *unread_texts,
        *loader.problems(),
        *bound.problems,
        *(problem for each in facts for problem in each.problems),
    }
    environments = assign(facts, config, settings.assume, bound.identities)
    return Survey(
        tree=tree,
        config=in_own_words(config, environments),
        sources=sources,
        comments=loader.comments(),
        facts=facts,
        environments=environments,
        problems=tuple(sorted(problems)),
        loader=loader,
    )


def _evaluated(
    loader: Loader, bound: Bound, hasher: Hasher, shared: Shared, common: Common | None = None
) -> Iterator[Facts]:
    """The facts of every deployment, those first whose outputs others read; what `common` has is not made again."""
    entries = catalogue()
    states = shared.states if common is None else States()
    options = Options(computed=computed_functions(), states=states, wanted=needs_values)
    for deployment in bound.deployments:
        owners = bound.reads.get(deployment.id, ())
        known = common.facts(deployment, owners) if common is not None else None
        if known is not None:
            states.take(shared.states, deployment, _state(deployment))
            yield known
            continue
        with shared.recording(loader) as reads:
            evaluated = evaluate(loader, deployment, options)
            states.add(evaluated, _state(deployment))
            facts = extract(evaluated, entries, hasher)
            evaluated.release()
        facts = msgspec.structs.replace(facts, reads_states=owners)
        if common is None:
            shared.remember(loader.tree, facts, reads, owners)
        yield facts


def _state(deployment: Deployment) -> str:
    backend = deployment.backend
    return state_identity(backend.type, backend.key) if backend is not None and backend.key else ""


def new_hasher() -> Hasher:
    """A digest under a new random key."""
    return make_hasher(secrets.token_bytes(32))


def make_hasher(key: bytes) -> Hasher:
    """The digest of secrets: HMAC-SHA-256 under a key that lives one run, so that no digest can be checked
    elsewhere."""

    def digest(text: str) -> str:
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    return digest


def graph(survey: Survey) -> Graph:
    """The one graph of a survey."""
    return link(survey.facts, survey.environments)


def check(tree: Tree, settings: Settings) -> Report:
    """Everything: from a tree to the report."""
    start = time.perf_counter()
    found = survey(tree, settings)
    rules = rules_of(found.config, tree, settings)
    linked = graph(found)
    findings = judge(linked, rules, found.config, comments=found.comments, today=settings.today)
    findings = with_acknowledgements(findings, found, rules, settings)
    if settings.use_baseline:
        findings = mark_baseline(findings, load_baseline(tree, found.config))
    return make_report(found, linked, rules, findings, start)


def with_acknowledgements(
    findings: tuple[Finding, ...], found: Survey, rules: tuple[Rule, ...], settings: Settings
) -> tuple[Finding, ...]:
    """The findings, and those about entries of the acknowledgement file that approve nothing whatever the plan."""
    rule = next((rule for rule in rules if rule.name == ACKNOWLEDGEMENTS), None)
    if rule is None or found.config.severities.get(rule.name) == "off":
        return findings
    about = tuple(findings_about(rule, load_acknowledgements(found.tree), settings.today))
    return in_order((*findings, *about)) if about else findings


def make_report(
    found: Survey,
    linked: Graph,
    rules: tuple[Rule, ...],
    findings: tuple[Finding, ...],
    start: float,
    snippets: dict[str, str] | None = None,
) -> Report:
    """The report of a survey; `snippets` are lines of another version of the tree. Where both versions have a line at
    a place, and not the same one, none is shown."""
    silent = of_nobody(found.config, found.environments)
    shown = collect(findings, found.tree, secret_lines(found))
    for place, line in (snippets or {}).items():
        if shown.setdefault(place, line) != line:
            del shown[place]
    return Report(
        root=found.tree.root,
        findings=findings,
        deployments=tuple(facts.deployment for facts in found.facts),
        environments=found.environments,
        problems=tuple(sorted({*found.problems, *linked.problems, *kept_elsewhere(linked), *silent})),
        shares=sum_of_shares(found.facts),
        rules=rule_texts(rules),
        snippets=shown,
        resources=sum(len(facts.nodes) for facts in found.facts),
        sources=len(found.sources),
        seconds=time.perf_counter() - start,
        version=__version__,
    )


def secret_lines(found: Survey) -> frozenset[tuple[str, int]]:
    """The lines on which a secret stands or is handed on: also one so plain that no rule calls it a literal."""
    return lines_of(secret for facts in found.facts for secret in facts.secrets)


def rules_of(config: Config, tree: Tree, settings: Settings) -> tuple[Rule, ...]:
    """The rules that hold in a repository, as far as the user wants them."""
    return _selected(load_rules(config, tree), settings)


def _selected(rules: tuple[Rule, ...], settings: Settings) -> tuple[Rule, ...]:
    """The rules that `--select` and `--ignore` leave; both take names of rules and of families."""

    def named(rule: Rule, words: tuple[str, ...]) -> bool:
        return rule.name in words or rule.family in words

    return tuple(
        rule
        for rule in rules
        if (not settings.select or named(rule, settings.select)) and not named(rule, settings.ignore)
    )


def sum_of_shares(facts: Iterable[Facts]) -> Shares:
    """The sums over all deployments."""
    names = Shares.__struct_fields__
    return Shares(**{name: sum(getattr(each.shares, name) for each in facts) for name in names})


def rule_texts(rules: Iterable[Rule]) -> dict[str, RuleText]:
    """What formats show of rules, by name."""
    return {rule.name: _text(rule) for rule in rules}


def _text(rule: Rule) -> RuleText:
    return RuleText(
        name=rule.name, family=rule.family, severity=rule.severity, title=rule.title, why=rule.why, fix=rule.fix
    )
