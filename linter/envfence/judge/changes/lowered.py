"""The judge itself weakened: what the configuration and the comments of a version silence that those of the version
before did not.

In: both configurations, rules, comments and environments. Out: findings of the rule `fence-lowered`, as loud as the
configuration of the version *before* wants it. Must not know graphs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envfence.config import Allow, Config
from envfence.judge.fences import Fences, Side
from envfence.judge.places import finding_at
from envfence.judge.rules import Rule
from envfence.judge.suppressions import Suppression, read_suppressions
from envfence.model import SEVERITIES, Comment, Environments, Finding
from envfence.sources.globs import matcher
from envfence.values import Span

NAME = "fence-lowered"
#: How loud what names a reason and a last day is: a reviewer sees it, and no run fails.
_WITH_REASON = "medium"
#: From loud to silent.
SEVERITY_ORDER = {name: index for index, name in enumerate((*SEVERITIES, "off"))}
_TIERS = ("production", "nonproduction", "outside")


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides in one version."""

    config: Config
    rules: tuple[Rule, ...]
    comments: tuple[Comment, ...]
    environments: Environments
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lowering:
    says: str
    span: Span
    content: str
    severity: str = ""


def lowered(before: Judge, after: Judge) -> tuple[Finding, ...]:
    """One finding for each thing that is judged less strictly now."""
    rule = next((rule for rule in before.rules if rule.name == NAME), None)
    wanted = before.config.severities.get(NAME, "")
    if rule is None or wanted == "off":
        return ()
    found = (
        *_rules(before, after),
        *_fences(before, after),
        *_accepted(before.config, after.config),
        *_expectations(before.config, after.config),
        *_excluded(before, after),
        *_environments(before, after),
        *_comments(before, after),
    )
    severity = wanted if wanted in SEVERITIES else rule.severity
    return tuple(_finding(rule, each, severity) for each in found)


def _place(config: Config, other: Config) -> Span:
    return Span(config.path or other.path, 1)


def _rules(before: Judge, after: Judge) -> Iterator[_Lowering]:
    """Rules that are off, quieter or gone."""
    now = {rule.name: rule.severity for rule in after.rules}
    old_settings, settings = before.config.severities, after.config.severities
    spans = {setting.name: setting.span for setting in after.config.rules}
    expected = {entry.name for entry in before.config.expect}
    for rule in before.rules:
        old = _loudness(old_settings.get(rule.name, ""), rule.severity)
        span = spans.get(rule.name, _place(after.config, before.config))
        if rule.name not in now:
            if before.config.rule_paths and rule.name not in expected:
                yield _Lowering(f"the rule {rule.name} is not there any more", span, f"rule {rule.name}")
            continue
        new = _loudness(settings.get(rule.name, ""), now[rule.name])
        if SEVERITY_ORDER[new] > SEVERITY_ORDER[old]:
            text = "switched off" if new == "off" else f"{new}, and was {old}"
            yield _Lowering(f"the rule {rule.name} is {text}", span, f"rule {rule.name} {new}")


def _loudness(setting: str, own: str) -> str:
    return setting if setting in SEVERITY_ORDER else own


def _fences(before: Judge, after: Judge) -> Iterator[_Lowering]:
    """Pairs of environments whose crossings are quieter now, by the entry that says so."""
    old, new = Fences(before.config.fences), Fences(after.config.fences)
    if old == new:
        return
    tiers = {**{tier: tier for tier in _TIERS}, **after.environments.tiers, **before.environments.tiers}
    sides = [Side(name, tier, members=(name,)) for name, tier in sorted(tiers.items())]
    lost: dict[Span, list[str]] = {}
    for source in sides:
        for target in sides:
            was, is_now = (_worth(fences, source, target) for fences in (old, new))
            if source.name != target.name and is_now > was:
                span = next(
                    (
                        fence.span
                        for fence in after.config.fences
                        if Fences((fence,)).severity(source, target, "critical")
                        == new.severity(source, target, "critical")
                        and fence not in before.config.fences
                    ),
                    _place(after.config, before.config),
                )
                lost.setdefault(span, []).append(f"{source.name} → {target.name}")
    for span, pairs in sorted(lost.items()):
        more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        yield _Lowering(f"crossings {pairs[0]}{more} are quieter than before", span, f"fence {pairs[0]}")


def _worth(fences: Fences, source: Side, target: Side) -> int:
    return SEVERITY_ORDER[fences.severity(source, target, "critical") or "off"]


def _accepted(before: Config, after: Config) -> Iterator[_Lowering]:
    """New and longer entries of `allow`."""
    known: dict[tuple[object, ...], str] = {}
    for entry in before.allow:
        known[_what(entry)] = max(entry.until, known.get(_what(entry), ""))
    for entry in after.allow:
        until = known.get(_what(entry))
        if until is not None and entry.until <= until:
            continue
        ends = f"{'|'.join(entry.source)} → {'|'.join(entry.target)}"
        what = "accepts for longer" if until is not None else "accepts"
        text = f"a new entry of `allow` {what} {ends} until {entry.until}: {entry.reason}"
        yield _Lowering(text, entry.span, f"allow {ends} {entry.until}", _WITH_REASON)


def _what(entry: Allow) -> tuple[object, ...]:
    return entry.source, entry.target, entry.rules, entry.source_address, entry.target_address


def _expectations(before: Config, after: Config) -> Iterator[_Lowering]:
    """Expectations that are gone or expect less."""
    now = {(each.source, each.target): each for each in after.expect}
    for entry in before.expect:
        found = now.get((entry.source, entry.target))
        weaker = found is None or SEVERITIES.index(found.severity) > SEVERITIES.index(entry.severity)
        narrower = found is not None and bool(found.can) and not set(entry.can or ("*",)) <= set(found.can)
        if weaker or narrower:
            ends = f"{'|'.join(entry.source)} → {'|'.join(entry.target)}"
            text = "is gone" if found is None else "expects less"
            span = found.span if found is not None else _place(after, before)
            yield _Lowering(f"the expectation {entry.name} ({ends}) {text}", span, f"expect {ends}")


def _excluded(before: Judge, after: Judge) -> Iterator[_Lowering]:
    """New patterns of `exclude` that hide sources which were read."""
    for pattern in after.config.exclude:
        if pattern in before.config.exclude:
            continue
        hides = matcher([pattern])
        hidden = [path for path in before.sources if hides(path)]
        if hidden:
            more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
            text = f"`exclude: {pattern}` hides {hidden[0]}{more}"
            yield _Lowering(text, _place(after.config, before.config), f"exclude {pattern}")


def _environments(before: Judge, after: Judge) -> Iterator[_Lowering]:
    """What counted as production and does not any more, where the configuration speaks of environments."""
    if _declared(before.config) == _declared(after.config):
        return
    place = _place(after.config, before.config)
    spans = {each.name: each.span for each in after.config.environments}
    for name, tier in sorted(before.environments.tiers.items()):
        now = after.environments.tiers.get(name, tier)
        if tier == "production" and now != "production":
            yield _Lowering(f"{name} counts as {now}, and was production", spans.get(name, place), f"tier {name}")
    lost = [
        name
        for name, old in sorted(before.environments.deployments.items())
        if old.tier == "production"
        and (new := after.environments.deployments.get(name)) is not None
        and new.tier != "production"
        and all(after.environments.tiers.get(each, "") == "production" for each in old.environments)
    ]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield _Lowering(f"{lost[0]}{more} counted as production before", place, "production deployments")


def _declared(config: Config) -> Mapping[str, object]:
    return {
        each.name: (
            each.tier,
            each.paths,
            each.accounts,
            each.workspaces,
            each.var_files,
            each.tags,
            each.names,
            each.words,
        )
        for each in config.environments
    }


def _comments(before: Judge, after: Judge) -> Iterator[_Lowering]:
    """New comments that ignore rules."""
    known = Counter(_meaning(each) for each in _suppressions(before))
    for each in _suppressions(after):
        if known[_meaning(each)] > 0:
            known[_meaning(each)] -= 1
            continue
        until = f" until {each.until}" if each.until else ", for ever"
        text = f"a new comment ignores {', '.join(each.rules)}{until}: {each.reason}"
        yield _Lowering(text, each.span, f"ignore {each.rules} {each.until}", _WITH_REASON)


def _suppressions(judge: Judge) -> Iterable[Suppression]:
    return read_suppressions(judge.comments, [rule.name for rule in judge.rules])[0]


def _meaning(each: Suppression) -> tuple[object, ...]:
    return each.rules, each.until, each.reason


def _finding(rule: Rule, lowering: _Lowering, severity: str) -> Finding:
    quieter = max(severity, lowering.severity or severity, key=SEVERITIES.index)
    return finding_at(rule, lowering.span, lowering.says, "said here", content=lowering.content, severity=quieter)
