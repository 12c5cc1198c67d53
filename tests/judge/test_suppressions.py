"""Suppression comments: which are understood, what they cover, what is said of wrong, old and idle ones."""

from __future__ import annotations

import datetime

import msgspec
import pytest
from by_hand import PRODUCTION, STAGING, allow, bucket, environments, facts

from envfence.config import Allow, Config
from envfence.graph import link
from envfence.judge import judge
from envfence.judge.rules import make_rule, shipped_rules
from envfence.judge.suppressions import read_suppressions
from envfence.model import CallSite, Comment, Facts, Finding
from envfence.values import Span

TODAY = datetime.date(2026, 11, 22)
KNOWN = ("rule-a", "rule-b")
PATH_RULE = make_rule(
    {
        "name": "rule-a",
        "severity": "high",
        "kind": "path",
        "title": "t",
        "from": {"tier": "nonproduction"},
        "via": "may[destroy]",
        "to": {"tier": "production"},
    },
    "access",
    "x",
)
OWN = tuple(rule for rule in shipped_rules() if rule.name.startswith("suppression-"))


def comment(text: str, line: int = 1, path: str = "main.tf") -> Comment:
    return Comment(text=f" {text}", span=Span(path, line, 1, line, len(text) + 3))


@pytest.mark.parametrize(
    ("text", "rules", "until", "reason"),
    [
        ("envfence: ignore[rule-a] -- why", ("rule-a",), None, "why"),
        (
            "envfence: ignore[rule-a, rule-b] until=2027-03-31 -- a b",
            ("rule-a", "rule-b"),
            datetime.date(2027, 3, 31),
            "a b",
        ),
        ("envfence:ignore[rule-a]   --   why -- really", ("rule-a",), None, "why -- really"),
    ],
)
def test_understood(text: str, rules: tuple[str, ...], until: datetime.date | None, reason: str) -> None:
    (found,), wrong = read_suppressions([comment(text)], KNOWN)
    assert wrong == ()
    assert (found.rules, found.until, found.reason) == (rules, until, reason)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("envfence: ignore rule-a -- why", "not understood"),
        ("envfence: ignore[rule-a]", "gives no reason"),
        ("envfence: ignore[] -- why", "gives no rule"),
        ("envfence: ignore[rule-c] -- why", "is no rule"),
        ("envfence: ignore[rule-a] until=soon -- why", "for a date"),
        ("envfence: ignore[rule-a] why", "not understood"),
        ("envfence ignore[rule-a] -- why", "not understood"),
        ("envfence:skip=rule-a", "not understood"),
        ("envfence: ignore[suppression-unused] -- why", "is no rule"),
    ],
)
def test_malformed(text: str, message: str) -> None:
    found, (wrong,) = read_suppressions([comment(text)], (*KNOWN, "suppression-unused"))
    assert found == ()
    assert message in wrong.problem


@pytest.mark.parametrize("text", ["the envfence report", "see envfence.yaml", "ignore[rule-a] -- why"])
def test_prose_is_no_suppression(text: str) -> None:
    assert read_suppressions([comment(text)], KNOWN) == ((), ())


def crossing(calls: tuple[CallSite, ...] = ()) -> Facts:
    store = bucket("acme-data", line=4, account=PRODUCTION)
    grant = allow(
        "resource",
        store.address,
        ["s3:DeleteObject"],
        ("arn:aws:s3:::acme-data/*",),
        [f"arn:aws:iam::{STAGING}:root"],
        line=20,
    )
    return facts("app@production", [msgspec.structs.replace(store, calls=calls)], [grant])


def run(*comments: Comment, calls: tuple[CallSite, ...] = (), config: Config | None = None) -> tuple[Finding, ...]:
    graph = link([crossing(calls)], environments("app@production"))
    return judge(graph, (PATH_RULE, *OWN), config or Config(), comments=comments, today=TODAY)


IGNORE = "envfence: ignore[rule-a] -- agreed"


@pytest.mark.parametrize("line", [20, 19, 4, 3])
def test_covers_the_cause_and_the_block_on_the_line_and_the_line_above(line: int) -> None:
    (finding,) = run(comment(IGNORE, line))
    assert (finding.status, finding.justification) == ("suppressed", "agreed")


def test_covers_across_further_comment_lines() -> None:
    (finding,) = run(comment(IGNORE, 17), comment("more words", 18), comment("and more", 19))
    assert finding.status == "suppressed"


def test_covers_the_module_call() -> None:
    call = CallSite(address="module.store", span=Span("root.tf", 7))
    (finding,) = run(comment(IGNORE, 6, "root.tf"), calls=(call,))
    assert finding.status == "suppressed"


@pytest.mark.parametrize("line", [18, 21, 5])
def test_does_not_cover_other_lines_and_is_reported_as_unused(line: int) -> None:
    found = {finding.rule: finding for finding in run(comment(IGNORE, line))}
    assert found["rule-a"].status == "new"
    assert found["suppression-unused"].cause.span.line == line


def test_an_expired_one_brings_the_finding_back_and_says_so() -> None:
    found = {finding.rule: finding for finding in run(comment("envfence: ignore[rule-a] until=2026-11-21 -- soon", 19))}
    assert found["rule-a"].status == "new"
    assert "2026-11-21" in found["suppression-expired"].message
    assert set(found) == {"rule-a", "suppression-expired"}


def test_the_last_day_counts() -> None:
    (finding,) = run(comment("envfence: ignore[rule-a] until=2026-11-22 -- soon", 19))
    assert finding.status == "suppressed"


def test_allow_entries_of_the_configuration_suppress_too() -> None:
    entry = Allow(
        source=("staging",),
        target=("production",),
        reason="agreed",
        until="2027-01-01",
        rules=("rule-*",),
        target_address="aws_s3_bucket.*",
        span=Span("envfence.yaml", 3),
    )
    (finding,) = run(config=Config(allow=(entry,)))
    assert (finding.status, finding.justification) == ("suppressed", "agreed")
