"""Rule kinds shared, require and change on facts by hand."""

from __future__ import annotations

from by_hand import PRODUCTION, STAGING, allow, bucket, environments, facts, role

from envfence.config import Config
from envfence.graph import link
from envfence.judge import Rule, judge
from envfence.judge.changes.comparison import Versions
from envfence.judge.rules import make_rule
from envfence.model import Evidence, Facts, Finding, Node, Reference, Secret
from envfence.values import Span

PROD, STAG = "app@production", "app@staging"
BOTH = environments(PROD, STAG)


def rule(kind: str, **parameters: object) -> Rule:
    return make_rule({"name": "r", "severity": "high", "kind": kind, "title": "t", **parameters}, "f", "r.yaml")


def run(rule_: Rule, *parts: Facts) -> tuple[Finding, ...]:
    return judge(link(parts, BOTH), (rule_,), Config())


def secret(name: str, digest: str, literal: bool = False) -> Facts:
    found = Secret(node="aws_s3_bucket.b", span=Span("main.tf", 7), name="password", digest=digest, literal=literal)
    return facts(name, [bucket("b")], secrets=[found])


def test_one_value_in_two_environments_is_shared_and_never_shown() -> None:
    (finding,) = run(rule("shared", what="value"), secret(PROD, "digest-one"), secret(STAG, "digest-one"))
    assert finding.between == ("staging", "production")
    assert "digest-one" not in repr(finding)
    assert run(rule("shared", what="value"), secret(PROD, "d1"), secret(STAG, "d2")) == ()
    assert run(rule("shared", what="value"), secret(PROD, "d1")) == ()


def compute(name: str, account: str, sought: str) -> Facts:
    node = Node(
        address="aws_instance.a",
        kind="compute",
        type="aws_instance",
        span=Span("main.tf", 3),
        boundary=f"aws:{account}",
    )
    where = (Evidence(span=Span("main.tf", 4), says="runs as"),)
    return facts(name, [node], references=[Reference(kind="runs-as", node=node.address, sought=sought, evidence=where)])


def test_one_identity_in_two_environments_is_shared() -> None:
    shared = rule("shared", what="identity", via="runs-as")
    arn = "arn:aws:iam::340000000004:role/hub"
    (finding,) = run(shared, compute(PROD, PRODUCTION, arn), compute(STAG, STAGING, arn))
    assert [hop.end.address for hop in finding.path] == ["aws_instance.a", arn, "aws_instance.a"]
    assert finding.cause.span == Span("main.tf", 4)


def test_a_name_means_another_thing_in_each_account() -> None:
    shared = rule("shared", what="identity", via="runs-as")
    parts = (compute(PROD, PRODUCTION, "aws_iam_role:hub"), compute(STAG, STAGING, "aws_iam_role:hub"))
    assert run(shared, *parts) == ()


def test_a_literal_secret_is_about_one_thing_and_quieter_in_nonproduction() -> None:
    literal = rule("require", of={}, forbids="literal-secret", nonproduction="low")
    found = run(literal, secret(PROD, "d1", literal=True), secret(STAG, "d2", literal=True))
    assert {(finding.between, finding.severity) for finding in found} == {
        (("", "production"), "high"),
        (("", "staging"), "low"),
    }
    assert all(finding.source is None for finding in found)


def test_a_blanket_grant_allows_every_action_on_everything() -> None:
    blanket = rule("require", of={"node": "identity"}, forbids="blanket-grant")
    everything = allow("identity", "aws_iam_role.a", ["*"])
    assert len(run(blanket, facts(PROD, [role("a", PRODUCTION)], [everything]))) == 1
    some = allow("identity", "aws_iam_role.a", ["s3:*"])
    assert run(blanket, facts(PROD, [role("a", PRODUCTION)], [some])) == ()


def test_a_destroyed_store_is_found_in_the_version_before() -> None:
    destroyed = rule("change", what="store-destroyed", of={"node": "store", "tier": "production"})
    before = link([facts(PROD, [bucket("acme-data")])], BOTH)
    after = link([facts(PROD)], BOTH)
    (finding,) = judge(after, (destroyed,), Config(), before=Versions(before, after))
    assert finding.target.address == "aws_s3_bucket.acme_data"
    assert judge(before, (destroyed,), Config(), before=Versions(before, before)) == ()
    assert judge(after, (destroyed,), Config()) == ()
