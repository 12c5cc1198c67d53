"""Identities that may take others over: what runs, what is passed, what is executed."""

from __future__ import annotations

import msgspec
import pytest
from by_hand import PRODUCTION, STAGING, allow, bucket, environments, facts, role

from envfence.access import escalations
from envfence.graph import Graph, link
from envfence.graph.takeovers import SERVICES, WAYS
from envfence.model import Backend, Evidence, Facts, Grant, Node, Principal, Reference
from envfence.providers.aws.workloads import RUNS_CODE
from envfence.values import Span

PROD, STAG = "app@production", "app@staging"
BOTH = environments(PROD, STAG)
TESTER = "aws_iam_role.tester"


def thing(type_: str, kind: str, name: str, arn: str, account: str = PRODUCTION) -> Node:
    return Node(
        address=f"{type_}.{name}",
        kind=kind,
        type=type_,
        span=Span("main.tf", 3),
        names=(arn,),
        boundary=f"aws:{account}",
        provider="aws",
    )


def staging(*grants: Grant, account: str = PRODUCTION) -> Facts:
    """An identity of staging; in the account of production unless it is said otherwise."""
    return facts(STAG, [role("tester", account)], grants)


def over(graph: Graph, kind: str = "takes-over") -> list[tuple[str, str, str]]:
    return [(edge.source, edge.certainty, edge.target) for edge in graph.edges() if edge.kind == kind]


FUNCTION = f"arn:aws:lambda:eu-west-1:{PRODUCTION}:function:refund"
INSTANCE = f"arn:aws:ec2:eu-west-1:{PRODUCTION}:instance/i-1"


@pytest.mark.parametrize(
    ("node", "actions"),
    [
        (thing("aws_lambda_function", "compute", "refund", FUNCTION), ["lambda:UpdateFunctionCode"]),
        (thing("aws_instance", "compute", "db", INSTANCE), ["ssm:SendCommand"]),
        (thing("aws_instance", "compute", "db", INSTANCE), ["ssm:StartSession"]),
        (thing("aws_iam_user", "identity", "ops", f"arn:aws:iam::{PRODUCTION}:user/ops"), ["iam:CreateAccessKey"]),
        (thing("aws_iam_role", "identity", "ops", f"arn:aws:iam::{PRODUCTION}:role/ops"), ["iam:Update*"]),
        (
            thing("aws_codebuild_project", "compute", "b", f"arn:aws:codebuild:eu-west-1:{PRODUCTION}:project/b"),
            ["codebuild:StartBuild"],
        ),
    ],
)
def test_whoever_may_change_what_runs_takes_it_over(node: Node, actions: list[str]) -> None:
    graph = link([facts(PROD, [node]), staging(allow("identity", TESTER, actions))], BOTH)
    assert over(graph) == [(f"{STAG}:{TESTER}", "proved", f"{PROD}:{node.address}")]


def test_a_command_needs_the_document_as_well() -> None:
    instance = thing("aws_instance", "compute", "db", INSTANCE)
    only = allow("identity", TESTER, ["ssm:SendCommand"], [INSTANCE])
    assert over(link([facts(PROD, [instance]), staging(only)], BOTH)) == []


def test_one_account_of_their_own_is_no_crossing() -> None:
    function = thing("aws_lambda_function", "compute", "refund", FUNCTION)
    graph = link(
        [facts(PROD, [function]), staging(allow("identity", TESTER, ["*"]), account=STAGING)],
        BOTH,
    )
    assert over(graph) == []
    assert over(graph, "passes") == []


def trusting(service: str) -> Facts:
    trust = allow("trust", "aws_iam_role.ops", ["sts:AssumeRole"], ())
    trust = msgspec.structs.replace(trust, principals=(Principal(type="Service", value=service),))
    return facts(PROD, [role("ops", PRODUCTION)], [trust])


LAUNCH = ("lambda:CreateFunction", "lambda:InvokeFunction")


@pytest.mark.parametrize(
    ("service", "actions", "expected"),
    [
        ("lambda.amazonaws.com", ("iam:PassRole", *LAUNCH), 1),
        ("ec2.amazonaws.com", ("iam:PassRole", *LAUNCH), 0),
        ("lambda.amazonaws.com", ("iam:PassRole", "lambda:CreateFunction"), 0),
        ("lambda.amazonaws.com", LAUNCH, 0),
    ],
)
def test_a_role_is_passed_to_a_service_that_it_trusts_and_that_may_be_launched(
    service: str, actions: tuple[str, ...], expected: int
) -> None:
    graph = link([trusting(service), staging(allow("identity", TESTER, actions))], BOTH)
    assert len(over(graph, "passes")) == expected


def test_pass_role_for_another_service_passes_nothing() -> None:
    from envfence.model import Condition

    only = Condition(test="StringEquals", variable="iam:PassedToService", values=("ec2.amazonaws.com",))
    grants = (
        allow("identity", TESTER, ["iam:PassRole"], conditions=(only,)),
        allow("identity", TESTER, LAUNCH),
    )
    assert over(link([trusting("lambda.amazonaws.com"), staging(*grants)], BOTH), "passes") == []


def state(of: str, key: str) -> Facts:
    made = facts(of, [])
    backend = Backend(type="s3", settings={"bucket": "states"}, key=f"states/{key}", span=Span("main.tf", 2))
    return msgspec.structs.replace(made, deployment=msgspec.structs.replace(made.deployment, backend=backend))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("arn:aws:s3:::states/*", ["possible"]), ("arn:aws:s3:::states/staging/*", []), ("arn:aws:s3:::*", [])],
)
def test_whoever_writes_a_state_takes_the_deployment_over(pattern: str, expected: list[str]) -> None:
    writes = allow("identity", TESTER, ["s3:PutObject"], [pattern])
    graph = link([state(PROD, "production/app.tfstate"), staging(writes)], BOTH)
    assert [certainty for _, certainty, _ in over(graph)] == expected


def code(pattern: str) -> Graph:
    """A production function whose code lies in a bucket of production, and a tester who may write to `pattern`."""
    function = thing("aws_lambda_function", "compute", "refund", FUNCTION)
    sought = "arn:aws:s3:::code/refund.zip"
    where = (Evidence(span=Span("main.tf", 8), says=RUNS_CODE),)
    reference = Reference(kind="points-at", node=function.address, sought=sought, evidence=where, says=RUNS_CODE)
    production = facts(PROD, [function, bucket("code", account=PRODUCTION)], references=[reference])
    return link([production, staging(allow("identity", TESTER, ["s3:PutObject"], [pattern]))], BOTH)


def test_whoever_writes_the_code_takes_the_function_over_and_only_then() -> None:
    assert over(code("arn:aws:s3:::code/*")) == [(f"{STAG}:{TESTER}", "proved", f"{PROD}:aws_lambda_function.refund")]
    assert over(code("arn:aws:s3:::code/other.zip")) == []


def test_the_ways_and_services_are_those_of_the_table() -> None:
    rows = {name: (category, actions) for name, category, actions in escalations()}
    assert {name for names in WAYS.values() for name in names} <= rows.keys()
    launched = {
        next(action for action in actions if action != "iam:PassRole").partition(":")[0]
        for category, actions in rows.values()
        if category == "new-passrole" and "iam:PassRole" in actions
    }
    assert launched == SERVICES.keys()


def test_a_bucket_named_after_its_own_account_is_found_by_the_number() -> None:
    from envfence.values import Symbol, hole_char

    hole = hole_char(0)
    store = msgspec.structs.replace(bucket(f"models-{hole}"), boundary=f"aws:{hole}")
    symbols = (Symbol(what="account(aws)", scope=PROD),)
    who = f"arn:aws:iam::{STAGING}:role/tester"
    policy = allow("resource", store.address, ["s3:DeleteObject"], (f"arn:aws:s3:::models-{hole}/*",), (who,))
    names = (f"arn:aws:s3:::models-{PRODUCTION}/*",)
    other = staging(allow("identity", TESTER, ["s3:DeleteObject"], names), account=STAGING)
    graph = link([facts(PROD, [store], [policy], symbols=symbols), other], BOTH)
    causes = [edge for edge in graph.edges() if edge.kind == "may" and edge.certainty == "proved"]
    assert {edge.cause.partition(";")[0].rpartition("\n")[2] for edge in causes} == {"identity", "resource"}
