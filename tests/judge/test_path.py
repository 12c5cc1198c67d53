"""Rule kind path on graphs by hand: causes, witnesses, certainty, fences, fingerprints."""

from __future__ import annotations

import msgspec
import pytest
from by_hand import PRODUCTION, STAGING, allow, bucket, environments, facts, role

from envfence.config import Config, Fence, RuleSetting
from envfence.graph import Graph, link
from envfence.judge import Rule, judge
from envfence.judge.rules import make_rule
from envfence.model import Facts, Finding, Grant, Placement
from envfence.values import Span

PROD, STAG, TEST_ = "app@production", "app@staging", "app@test"


def rule(name: str = "can-destroy", via: str = "(runs-as|assumes)* may[destroy]", **more: object) -> Rule:
    data = {
        "name": name,
        "severity": "critical",
        "kind": "path",
        "title": "a title",
        "from": {"tier": ["nonproduction", "outside"]},
        "via": via,
        "to": {"tier": "production", "node": "store"},
        "verb": "can destroy",
    }
    return make_rule(data | more, "access", "rules/access/x.yaml")


def open_store(*principals: str, line: int = 10, where: str = PROD, name: str = "acme-data") -> Facts:
    store = bucket(name, account=PRODUCTION)
    actions = ["s3:DeleteObject", "s3:GetObject"]
    return facts(
        where, [store], [allow("resource", store.address, actions, (f"arn:aws:s3:::{name}/*",), principals, line)]
    )


def findings(
    *parts: Facts, rules: tuple[Rule, ...] = (rule(),), config: Config | None = None, firm: bool = True
) -> tuple[Finding, ...]:
    return judge(graph_of(*parts, firm=firm), rules, config or Config())


def graph_of(*parts: Facts, firm: bool = True) -> Graph:
    return link(parts, environments(*(part.deployment.id for part in parts), firm=firm))


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def test_a_finding_says_who_can_do_what_to_whom_and_where_to_edit() -> None:
    (finding,) = findings(open_store(root(STAGING)))
    assert (
        finding.message
        == f"any identity of AWS account {STAGING} (staging) can destroy aws_s3_bucket.acme_data (production)"
    )
    assert (finding.rule, finding.family, finding.severity, finding.certainty) == (
        "can-destroy",
        "access",
        "critical",
        "proved",
    )
    assert finding.between == ("staging", "production")
    assert (finding.cause.span.path, finding.cause.span.line) == ("main.tf", 10)
    assert [hop.edge for hop in finding.path] == ["may[destroy]", None]


def test_each_pair_of_environments_is_a_finding_of_its_own() -> None:
    found = findings(open_store(root(STAGING), root("330000000003")))
    assert sorted(finding.between for finding in found) == [("staging", "production"), ("test", "production")]
    assert len({finding.fingerprint for finding in found}) == 2


def test_one_cause_with_several_ends_is_one_finding() -> None:
    roles = facts(STAG, [role("a", STAGING), role("b", STAGING)])
    names = (f"arn:aws:iam::{STAGING}:role/a", f"arn:aws:iam::{STAGING}:role/b")
    (finding,) = findings(open_store(*names), roles)
    assert finding.also_total == 1
    sources = [finding.source, *(source for source, _ in finding.also)]
    assert {source.address for source in sources if source} == {"aws_iam_role.a", "aws_iam_role.b"}


def test_the_witness_is_the_shortest_path_and_the_cause_enters_the_protected_side() -> None:
    hub = role("hub", "340000000004")
    trust = allow("trust", hub.address, ["sts:AssumeRole"], (), [root(STAGING)], line=77)
    shared = facts("hub@shared", [hub], [trust])
    parts = (open_store("arn:aws:iam::340000000004:role/hub"), shared)
    known = environments(PROD)
    known = msgspec.structs.replace(
        known,
        deployments={**known.deployments, "hub@shared": Placement(tier="shared", firm=True)},
        tiers={**known.tiers, "shared": "shared"},
    )
    (finding,) = judge(link(parts, known), (rule(),), Config())
    assert [hop.edge for hop in finding.path] == ["assumes[trust]", "may[destroy]", None]
    assert finding.cut == 1
    assert finding.cause.span.line == 10
    assert "through aws_iam_role.hub" in finding.message


def test_weak_evidence_makes_it_possible_and_says_why() -> None:
    (finding,) = findings(open_store(root(STAGING)), firm=False)
    assert finding.certainty == "possible"
    assert any("aws_s3_bucket.acme_data" in unknown for unknown in finding.unknowns)


def test_an_end_that_may_not_exist_makes_it_possible() -> None:
    part = open_store(root(STAGING))
    maybe = msgspec.structs.replace(part.nodes[0], exists="maybe")
    (finding,) = findings(msgspec.structs.replace(part, nodes=(maybe,)))
    assert (finding.certainty, finding.unknowns) == ("possible", ("whether aws_s3_bucket.acme_data exists",))


def test_production_reaching_down_is_no_finding_and_lower_environments_are_low() -> None:
    down = facts(STAG, [bucket("acme-s", account=STAGING)], [_grant("acme_s", "acme-s", root(PRODUCTION))])
    everywhere = rule(**{"from": {}, "to": {"node": "store"}})
    assert findings(down, rules=(everywhere,)) == ()
    across = facts(STAG, [bucket("acme-s", account=STAGING)], [_grant("acme_s", "acme-s", root("330000000003"))])
    assert [finding.severity for finding in findings(across, rules=(everywhere,))] == ["low"]


def _grant(address: str, name: str, principal: str) -> Grant:
    return allow("resource", f"aws_s3_bucket.{address}", ["s3:DeleteObject"], (f"arn:aws:s3:::{name}/*",), (principal,))


@pytest.mark.parametrize(("severity", "expected"), [("off", []), ("low", ["low"]), ("rule", ["critical"])])
def test_fences_of_the_configuration_come_first(severity: str, expected: list[str]) -> None:
    fence = Fence(source=("staging",), target=("production",), severity=severity, span=Span("envfence.yaml", 1))
    found = findings(open_store(root(STAGING)), config=Config(fences=(fence,)))
    assert [finding.severity for finding in found] == expected


@pytest.mark.parametrize(("severity", "expected"), [("off", []), ("medium", ["medium"])])
def test_the_configuration_sets_a_rules_severity(severity: str, expected: list[str]) -> None:
    setting = RuleSetting(name="can-destroy", severity=severity, span=Span("envfence.yaml", 1))
    found = findings(open_store(root(STAGING)), config=Config(rules=(setting,)))
    assert [finding.severity for finding in found] == expected


def test_a_stronger_rule_silences_a_weaker_one_for_the_same_cause() -> None:
    weaker = rule("can-read", "may[read]", severity="medium", implied_by=["can-destroy"])
    assert [finding.rule for finding in findings(open_store(root(STAGING)), rules=(rule(), weaker))] == ["can-destroy"]
    assert [finding.rule for finding in findings(open_store(root(STAGING)), rules=(weaker,))] == ["can-read"]


def test_fingerprints_do_not_see_lines_certainty_or_the_number_of_deployments() -> None:
    (one,) = findings(open_store(root(STAGING)))
    (moved,) = findings(open_store(root(STAGING), line=99))
    (weak,) = findings(open_store(root(STAGING)), firm=False)
    (more,) = findings(open_store(root(STAGING)), facts(STAG, [role("other", STAGING)]))
    assert {one.fingerprint} == {moved.fingerprint, weak.fingerprint, more.fingerprint}


def test_fingerprints_see_what_the_statement_says_and_where_it_is_declared() -> None:
    (one,) = findings(open_store(root(STAGING)))
    (other,) = findings(open_store(root(STAGING), name="acme-more"))
    (elsewhere,) = findings(open_store(root(STAGING), where="new@production"))
    assert len({one.fingerprint, other.fingerprint, elsewhere.fingerprint}) == 3
    assert one.loose == elsewhere.loose != other.loose
