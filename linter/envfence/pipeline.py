"""The stages in order. Comes in: a tree and settings. Goes out: a survey (facts and environments) or a whole report."""

from __future__ import annotations

import datetime
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
from envfence.environments import assign
from envfence.errors import NothingToCheck
from envfence.evaluate import Loader, Options, evaluate
from envfence.graph import Graph, link
from envfence.judge import Rule, judge, load_rules
from envfence.model import Comment, Deployment, Environments, Facts, Problem, Report, RuleText, Shares, Source
from envfence.providers.catalogue import catalogue
from envfence.providers.computed import computed_functions
from envfence.providers.extract import extract, needs_values
from envfence.snippets import collect, lines_of
from envfence.sources import discover
from envfence.sources.texts import text_facts
from envfence.states import States
from envfence.tree import Tree

Hasher = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for, without any trace of how (command line, hook, test)."""

    config_path: str | None = None
    use_config: bool = True
    assume: str | None = None
    exclude: tuple[str, ...] = ()
    today: datetime.date = datetime.date(2000, 1, 1)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


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


def survey(tree: Tree, settings: Settings) -> Survey:
    """Discovers, binds, evaluates, extracts and assigns. Raises `NothingToCheck` where there is no source."""
    config = load_config(tree, settings.config_path, disabled=not settings.use_config)
    sources, unread = discover(tree, (*config.exclude, *settings.exclude))
    loader = Loader(tree)
    bound = bind(tree, loader, sources, config)
    hasher = make_hasher(secrets.token_bytes(32))
    texts, unread_texts = text_facts(tree, sources, hasher)
    facts = (*_evaluated(loader, bound, hasher), *texts)
    if not facts:
        raise NothingToCheck(f"nothing to check: no Terraform below {tree.root}")
    problems = {
        *unread,
        *unread_texts,
        *loader.problems(),
        *bound.problems,
        *(problem for each in facts for problem in each.problems),
    }
    return Survey(
        tree=tree,
        config=config,
        sources=sources,
        comments=loader.comments(),
        facts=facts,
        environments=assign(facts, config, settings.assume, bound.identities),
        problems=tuple(sorted(problems)),
    )


def _evaluated(loader: Loader, bound: Bound, hasher: Hasher) -> Iterator[Facts]:
    """The facts of every deployment, those first whose outputs others read."""
    entries = catalogue()
    states = States()
    options = Options(computed=computed_functions(), states=states, wanted=needs_values)
    for deployment in bound.deployments:
        evaluated = evaluate(loader, deployment, options)
        states.add(evaluated, _state(deployment))
        facts = extract(evaluated, entries, hasher)
        evaluated.release()
        yield msgspec.structs.replace(facts, reads_states=bound.reads.get(deployment.id, ()))


def _state(deployment: Deployment) -> str:
    backend = deployment.backend
    return state_identity(backend.type, backend.key) if backend is not None and backend.key else ""


def make_hasher(key: bytes) -> Hasher:
    """The digest of secrets: HMAC-SHA-256 under a key that lives one run, so that no digest can be checked
    elsewhere."""

    def digest(text: str) -> str:
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    return digest


def graph(survey: Survey) -> Graph:
    """The one graph of a survey."""
    return link(survey.facts, survey.environments, comments=survey.comments)


def check(tree: Tree, settings: Settings) -> Report:
    """Everything: from a tree to the report."""
    start = time.perf_counter()
    found = survey(tree, settings)
    rules = _selected(load_rules(found.config, tree), settings)
    linked = graph(found)
    findings = judge(linked, rules, found.config, comments=found.comments, today=settings.today)
    secret_lines = lines_of(secret for facts in found.facts for secret in facts.secrets if secret.literal)
    return Report(
        root=tree.root,
        findings=findings,
        deployments=tuple(facts.deployment for facts in found.facts),
        environments=found.environments,
        problems=tuple(sorted({*found.problems, *linked.problems})),
        shares=_shares(found.facts),
        rules={rule.name: _text(rule) for rule in rules},
        snippets=collect(findings, tree, secret_lines),
        resources=sum(len(facts.nodes) for facts in found.facts),
        sources=len(found.sources),
        seconds=time.perf_counter() - start,
        version=__version__,
    )


def _selected(rules: tuple[Rule, ...], settings: Settings) -> tuple[Rule, ...]:
    """The rules that `--select` and `--ignore` leave; both take names of rules and of families."""

    def named(rule: Rule, words: tuple[str, ...]) -> bool:
        return rule.name in words or rule.family in words

    return tuple(
        rule
        for rule in rules
        if (not settings.select or named(rule, settings.select)) and not named(rule, settings.ignore)
    )


def _shares(facts: Iterable[Facts]) -> Shares:
    """The sums over all deployments."""
    names = Shares.__struct_fields__
    return Shares(**{name: sum(getattr(each.shares, name) for each in facts) for name in names})


def _text(rule: Rule) -> RuleText:
    return RuleText(
        name=rule.name, family=rule.family, severity=rule.severity, title=rule.title, why=rule.why, fix=rule.fix
    )
