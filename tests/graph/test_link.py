"""*link* on facts by hand: names, data sources, attachments, access across a fence."""

from __future__ import annotations

import msgspec
import pytest
from by_hand import (
    PRODUCTION,
    STAGING,
    allow,
    bucket,
    environments,
    facts,
    role,
)

from envfence.graph import Graph, link
from envfence.model import Edge, Evidence, Facts, Grant, LocalEdge, Node, Principal, Reference, Signal
from envfence.values import Span, Symbol, hole_char

PROD, STAG = "app@production", "app@staging"
BOTH = environments(PROD, STAG)
WHERE = (Evidence(span=Span("main.tf", 5), says="here"),)


def edges(graph: Graph, kind: str = "may") -> list[Edge]:
    return [edge for edge in graph.edges() if edge.kind == kind]


def triples(graph: Graph, kind: str = "may") -> list[tuple[str, str, str]]:
    return [(edge.source, edge.capability, edge.target) for edge in edges(graph, kind)]


def production_store(*principals: str, actions: tuple[str, ...] = ("s3:DeleteObject",)) -> Facts:
    store = bucket("acme-data", account=PRODUCTION)
    policy = allow("resource", store.address, actions, ("arn:aws:s3:::acme-data/*",), principals)
    return facts(PROD, [store], [policy])


def test_a_bucket_policy_that_names_another_environments_account_is_an_edge_from_that_account() -> None:
    graph = link([production_store(f"arn:aws:iam::{STAGING}:root")], BOTH)
    (edge,) = edges(graph)
    assert edge.source == f"external:aws:{STAGING}"
    assert edge.target == f"{PROD}:aws_s3_bucket.acme_data"
    assert (edge.capability, edge.certainty) == ("destroy", "proved")
    assert graph.nodes[edge.source].placement.environments == ("staging",)


@pytest.mark.parametrize("principal", [f"arn:aws:iam::{PRODUCTION}:root", PRODUCTION])
def test_the_own_account_is_no_crossing(principal: str) -> None:
    assert triples(link([production_store(principal)], BOTH)) == []


def test_a_role_of_another_deployment_is_that_node() -> None:
    staging = facts(STAG, [role("ci", STAGING)])
    graph = link([production_store(f"arn:aws:iam::{STAGING}:role/ci"), staging], BOTH)
    assert triples(graph) == [(f"{STAG}:aws_iam_role.ci", "destroy", f"{PROD}:aws_s3_bucket.acme_data")]


def test_an_identity_policy_needs_the_other_half_across_accounts() -> None:
    names = ("arn:aws:s3:::acme-data/*",)
    staging = facts(STAG, [role("ci", STAGING)], [allow("identity", "aws_iam_role.ci", ["s3:DeleteObject"], names)])
    closed = facts(PROD, [bucket("acme-data", account=PRODUCTION)])
    assert triples(link([staging, closed], BOTH)) == []
    graph = link([staging, production_store(f"arn:aws:iam::{STAGING}:root")], BOTH)
    target = f"{PROD}:aws_s3_bucket.acme_data"
    assert triples(graph) == [
        (f"{STAG}:aws_iam_role.ci", "destroy", target),
        (f"external:aws:{STAGING}", "destroy", target),
    ]


def test_a_deny_takes_the_edge_away() -> None:
    store = bucket("acme-data", account=PRODUCTION)
    who = (f"arn:aws:iam::{STAGING}:root",)
    grants = [
        allow("resource", store.address, ["s3:*"], ("arn:aws:s3:::acme-data/*",), who),
        allow("resource", store.address, ["s3:*"], ("arn:aws:s3:::acme-data*",), ("*",), effect="Deny"),
    ]
    assert triples(link([facts(PROD, [store], grants)], BOTH)) == []


def test_a_production_name_that_is_declared_nowhere_is_an_external_node_and_only_possible() -> None:
    names = ("arn:aws:s3:::acme-production-dumps/*",)
    staging = facts(STAG, [role("ci", STAGING)], [allow("identity", "aws_iam_role.ci", ["s3:PutObject"], names)])
    (edge, *_) = edges(link([staging], BOTH))
    assert edge.target == "external:arn:aws:s3:::acme-production-dumps"
    assert edge.certainty == "possible"
    assert any("not in the repository" in unknown for unknown in edge.unknowns)


def test_a_star_reaches_the_other_environment_only_in_one_account() -> None:
    everything = [allow("identity", "aws_iam_role.ci", ["s3:*"])]
    apart = [
        facts(STAG, [role("ci", STAGING)], everything),
        facts(PROD, [bucket("acme-data", account=PRODUCTION)]),
    ]
    assert triples(link(apart, BOTH)) == []
    together = [
        facts(STAG, [role("ci", PRODUCTION)], everything),
        facts(PROD, [bucket("acme-data", account=PRODUCTION)]),
    ]
    assert "destroy" in {capability for _, capability, _ in triples(link(together, BOTH))}


def test_roles_of_one_name_in_two_environments_are_two_roles() -> None:
    staging = facts(STAG, [role("ci", STAGING), bucket("acme-staging-data", account=STAGING)])
    production = facts(PROD, [role("ci", PRODUCTION)])
    reference = Reference(kind="runs-as", node="aws_instance.a", sought="aws_iam_role:ci", evidence=WHERE)
    instance = Node(address="aws_instance.a", kind="compute", type="aws_instance", span=Span("main.tf", 3))
    other = facts("web@staging", [instance], references=[reference])
    graph = link([staging, production, other], environments(PROD, STAG, "web@staging"))
    assert triples(graph, "runs-as") == [("web@staging:aws_instance.a", "", f"{STAG}:aws_iam_role.ci")]


def test_policies_that_two_deployments_attach_to_one_role_add_up() -> None:
    base = facts(STAG, [role("ci", STAGING)])
    names = ("arn:aws:s3:::acme-data/*",)
    more = allow("identity", "", ["s3:DeleteObject"], names, attached_to="aws_iam_role:ci", address="x.y")
    other = facts("extra@staging", [bucket("unused", account=STAGING)], [more])
    all_facts = [base, other, production_store(f"arn:aws:iam::{STAGING}:root")]
    graph = link(all_facts, environments(PROD, STAG, "extra@staging"))
    assert (f"{STAG}:aws_iam_role.ci", "destroy", f"{PROD}:aws_s3_bucket.acme_data") in triples(graph)


def loose_policy(name: str = "dumps") -> Facts:
    policy = Node(
        address=f"aws_iam_policy.{name}",
        kind="other",
        type="aws_iam_policy",
        span=Span("main.tf", 2),
        names=(f"arn:aws:iam::{STAGING}:policy/{name}",),
        boundary=f"aws:{STAGING}",
    )
    return facts(STAG, [policy], [allow("managed", policy.address, ["s3:DeleteObject"], ("arn:aws:s3:::acme-data/*",))])


def test_a_policy_that_nothing_attaches_is_only_possible() -> None:
    (edge,) = edges(link([loose_policy(), production_store(f"arn:aws:iam::{STAGING}:role/dumper")], BOTH))[:1]
    assert edge.certainty == "proved", "the bucket admits the role by name"
    store = bucket("acme-data")
    (edge,) = edges(link([loose_policy(), facts(PROD, [store])], BOTH))
    assert edge.source.endswith("aws_iam_policy.dumps")
    assert edge.certainty == "possible"
    assert any("attached" in unknown for unknown in edge.unknowns)


def test_a_policy_that_nothing_attaches_is_evidence_where_the_whole_account_is_admitted() -> None:
    (edge,) = edges(link([loose_policy(), production_store(f"arn:aws:iam::{STAGING}:root")], BOTH))
    assert (edge.source, edge.certainty) == (f"external:aws:{STAGING}", "proved")
    assert any(item.address == "aws_iam_policy.dumps" for item in edge.evidence)


def test_it_does_not_matter_in_whose_account_a_resource_is_that_names_somebody() -> None:
    account = hole_char(0)
    store = msgspec.structs.replace(bucket("acme-data"), boundary=f"aws:{account}")
    policy = allow(
        "resource", store.address, ["s3:DeleteObject"], ("arn:aws:s3:::acme-data/*",), [f"arn:aws:iam::{STAGING}:root"]
    )
    symbol = Symbol(what="account(aws)", scope=PROD)
    (edge,) = edges(link([facts(PROD, [store], [policy], symbols=[symbol])], BOTH))
    assert (edge.certainty, edge.unknowns) == ("proved", ())


@pytest.mark.parametrize(
    ("what", "source", "certain"),
    [
        ('var.account_ids["staging"]', "staging", True),
        ("var.staging_account_id", "staging", False),
        ('jsondecode(data.aws_ssm_parameter.accounts.value).account_ids["shop-staging"]', "staging", True),
    ],
)
def test_an_account_that_is_known_by_its_name_only_is_of_that_environment(
    what: str, source: str, certain: bool
) -> None:
    store = bucket("acme-data", account=PRODUCTION)
    principal = f"arn:aws:iam::{hole_char(0)}:role/loader"
    policy = allow("resource", store.address, ["s3:DeleteObject"], ("arn:aws:s3:::acme-data/*",), [principal])
    graph = link([facts(PROD, [store], [policy], symbols=[Symbol(what=what, scope=PROD)])], BOTH)
    (edge,) = edges(graph)
    placement = graph.nodes[edge.source].placement
    assert (placement.environments, placement.firm) == ((source,), certain)


@pytest.mark.parametrize("what", ["account(aws)", "var.owner", "var.role_names[0]"])
def test_an_account_of_which_nothing_is_known_is_nobody(what: str) -> None:
    store = bucket("acme-data", account=PRODUCTION)
    principal = f"arn:aws:iam::{hole_char(0)}:role/loader"
    policy = allow("resource", store.address, ["s3:DeleteObject"], ("arn:aws:s3:::acme-data/*",), [principal])
    assert edges(link([facts(PROD, [store], [policy], symbols=[Symbol(what=what, scope=PROD)])], BOTH)) == []


def test_what_an_unread_module_is_told_is_possible() -> None:
    module = Node(
        address="module.store", kind="store", type="module", span=Span("main.tf", 3), provider="acme/store/aws"
    )
    policy = allow("resource", module.address, ["s3:PutObject"], ("*",), [f"arn:aws:iam::{STAGING}:role/loader"])
    (edge,) = edges(link([facts(PROD, [module], [policy])], BOTH))
    assert (edge.capability, edge.certainty) == ("write", "possible")
    assert edge.unknowns == ("what the module acme/store/aws does with its arguments, which is not in this repository",)


def test_a_trust_policy_lets_a_principal_become_the_role() -> None:
    deploy = role("deploy", PRODUCTION)
    trust = allow("trust", deploy.address, ["sts:AssumeRole"], (), [f"arn:aws:iam::{STAGING}:root"])
    graph = link([facts(PROD, [deploy], [trust])], BOTH)
    assert triples(graph, "assumes") == [(f"external:aws:{STAGING}", "trust", f"{PROD}:aws_iam_role.deploy")]


def test_services_and_federations_are_no_principals_of_an_environment() -> None:
    deploy = role("deploy", PRODUCTION)
    trust = allow("trust", deploy.address, ["sts:AssumeRole"], ())
    services = (
        Principal(type="Service", value="ec2.amazonaws.com"),
        Principal(type="Federated", value="accounts.google.com"),
    )
    graph = link(
        [facts(PROD, [deploy], [allow("trust", deploy.address, trust.actions, (), ()), _with(trust, services)])], BOTH
    )
    assert triples(graph, "assumes") == []


def _with(grant: Grant, principals: tuple[Principal, ...]) -> Grant:
    return msgspec.structs.replace(grant, principals=principals)


def test_a_data_source_stands_for_the_resource_it_names() -> None:
    looked_up = Node(
        address="data.aws_secretsmanager_secret.db",
        kind="secret",
        type="aws_secretsmanager_secret",
        span=Span("main.tf", 4),
        names=("aws_secretsmanager_secret:production/db",),
        mode="data",
    )
    task = Node(
        address="aws_ecs_task_definition.a", kind="compute", type="aws_ecs_task_definition", span=Span("main.tf", 9)
    )
    local = LocalEdge(kind="reads-secret", source=task.address, target=looked_up.address, evidence=WHERE)
    graph = link([facts(STAG, [task, looked_up], edges=[local])], BOTH)
    found = triples(graph, "reads-secret")
    assert {source for source, _, _ in found} == {f"{STAG}:aws_ecs_task_definition.a", f"{STAG}:terraform"}
    ((target,),) = [{target for _, _, target in found}]
    assert graph.nodes[target].placement.environments == ("production",)
    assert not graph.nodes[target].placement.firm


def test_equal_symbols_of_two_deployments_are_one_and_others_are_not() -> None:
    def store(name: str, scope: str) -> Facts:
        node = Node(
            address="aws_s3_bucket.a",
            kind="store",
            type="aws_s3_bucket",
            span=Span("main.tf", 1),
            names=(f"arn:aws:s3:::{hole_char(0)}",),
        )
        return facts(name, [node], symbols=[Symbol(what="data.remote.bucket", scope=scope)])

    one = link([store(PROD, ""), store(STAG, "")], BOTH)
    names = {node.node.names for node in one.nodes.values() if node.node.kind == "store"}
    assert len(names) == 1
    two = link([store(PROD, PROD), store(STAG, STAG)], BOTH)
    names = {node.node.names for node in two.nodes.values() if node.node.kind == "store"}
    assert len(names) == 2


def test_the_order_of_facts_does_not_matter() -> None:
    parts = [production_store(f"arn:aws:iam::{STAGING}:root"), facts(STAG, [role("ci", STAGING)])]
    assert link(parts, BOTH).out == link(parts[::-1], BOTH).out


def test_an_account_learned_from_names_may_serve_the_environment_that_a_thing_is_named_after() -> None:
    loader = role("loader", STAGING)
    policy = allow(
        "identity", loader.address, ["sqs:SendMessage"], (f"arn:aws:sqs:eu-west-2:{PRODUCTION}:staging-jobs",)
    )
    learned = msgspec.structs.replace(
        BOTH.identities[f"aws:{PRODUCTION}"],
        evidence=(Signal(kind="instance", value=PRODUCTION, span=Span("main.tf", 1)),),
    )
    found = msgspec.structs.replace(BOTH, identities={**BOTH.identities, f"aws:{PRODUCTION}": learned})
    assert edges(link([facts(STAG, [loader], [policy])], found)) == []
