"""Paths whose steps need different things of one unknown: none of them is a way."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from by_hand import STAGING, allow, bucket, environments, facts, role

from envfence.access.demands import Demand
from envfence.graph import Graph, link
from envfence.graph.automaton import compile_pattern
from envfence.graph.demands import EdgeDemands
from envfence.graph.graph import GraphNode, make_graph
from envfence.graph.reach import accepted, search
from envfence.model import Condition, Edge, Fact, Node, Placement
from envfence.values import Symbol, hole_char

PROD, STAG = "app@production", "app@staging"
SLOT, OTHER = hole_char(0), hole_char(1)
SYMBOLS = (Symbol("var.slot"), Symbol("var.other"))
VIA = compile_pattern("assumes+ may[destroy]")
ROOT = f"arn:aws:iam::{STAGING}:root"


def tagged(node: Node, env: str) -> Node:
    return msgspec.structs.replace(node, facts={"tags.env": Fact(value=env)})


def built(store: str, deployers: Sequence[str], hole: str = SLOT) -> Graph:
    """A role `ci` that may become every role whose tag `env` is `var.slot`; each of these may delete the table of
    production if its tag `env` is the hole."""
    deploy, table = (f"arn:aws:iam::{STAGING}:role/{{}}", f"arn:aws:dynamodb:eu-west-1:{STAGING}:table/orders")
    grants = []
    for env in deployers:
        address = f"aws_iam_role.{env}"
        grants.append(allow("trust", address, ["sts:AssumeRole"], (), (ROOT,)))
        grants.append(allow("identity", "aws_iam_role.ci", ["sts:AssumeRole"], (deploy.format(env),), **only(SLOT)))
        grants.append(allow("identity", address, ["dynamodb:DeleteTable"], (table,), **only(hole)))
    nodes = [role("ci", STAGING), *(tagged(role(env, STAGING), env) for env in deployers)]
    orders = msgspec.structs.replace(bucket("orders", account=STAGING), type="aws_dynamodb_table", names=(table,))
    staging = facts(STAG, nodes, grants, symbols=SYMBOLS)
    return link([staging, facts(PROD, [tagged(orders, store)])], environments(PROD, STAG))


def only(hole: str) -> dict[str, tuple[Condition, ...]]:
    """Only where the tag `env` is what the hole holds."""
    return {"conditions": (Condition(test="StringEquals", variable="aws:ResourceTag/env", values=(hole,)),)}


def paths(graph: Graph) -> list[tuple[Edge, ...]]:
    """The ways on which `ci` may destroy something by becoming another role."""
    reached = search(graph, VIA, [f"{STAG}:aws_iam_role.ci"])
    return [reached.path(before, edge) for before, edge, _ in accepted(graph, VIA, reached)]


def test_two_steps_that_need_the_same_are_a_way() -> None:
    (path,) = paths(built("prod", ["prod"]))
    assert [edge.certainty for edge in path] == ["possible", "possible"]


def test_two_steps_that_need_different_things_of_one_unknown_are_none() -> None:
    assert paths(built("staging", ["prod"])) == []


def test_of_two_unknowns_they_may_need_what_they_like() -> None:
    assert len(paths(built("staging", ["prod"], OTHER))) == 1


def test_the_way_through_another_role_is_found() -> None:
    (path,) = paths(built("staging", ["prod", "staging"]))
    assert path[0].target == f"{STAG}:aws_iam_role.staging"


def edge(source: str, target: str, kind: str = "assumes", certainty: str = "possible") -> Edge:
    return Edge(
        kind=kind, source=source, target=target, certainty=certainty, capability="destroy" if kind == "may" else ""
    )


def needing(text: str) -> tuple[Demand, ...]:
    return (Demand(f"{SLOT}-deploy", text, True),)


def test_a_sure_step_demands_nothing() -> None:
    demands = EdgeDemands()
    first, last = edge("a", "b"), edge("b", "c")
    demands.add(first, needing("prod-deploy"))
    demands.add(last, needing("staging-deploy"))
    assert demands.contradict([first, last])
    assert not demands.contradict([first, edge("b", "c", certainty="proved")])


def test_several_reasons_for_one_step_demand_only_what_all_of_them_do() -> None:
    demands = EdgeDemands()
    first, last = edge("a", "b"), edge("b", "c")
    demands.add(first, needing("prod-deploy"))
    demands.add(last, needing("staging-deploy"))
    demands.add(last, needing("prod-deploy"))
    assert not demands.contradict([first, last])


def test_a_resource_that_is_unknown_as_a_whole_may_be_a_list() -> None:
    demands = EdgeDemands()
    first, last = edge("a", "b"), edge("b", "c")
    for one, name in ((first, "prod"), (last, "staging")):
        demands.add(one, (Demand(SLOT, f"arn:aws:iam::{STAGING}:role/{name}", True),))
    assert not demands.contradict([first, last])


def test_a_longer_way_round_is_taken_when_the_shortest_contradicts_itself() -> None:

    steps = [edge("a", "b"), edge("a", "x"), edge("x", "b"), edge("b", "c", "may")]
    demands = EdgeDemands()
    demands.add(steps[0], needing("prod-deploy"))
    demands.add(steps[3], needing("staging-deploy"))
    nodes = [GraphNode(name, role(name, STAGING), STAG, Placement()) for name in "abcx"]
    graph = make_graph(nodes, steps, environments(STAG), demands=demands)
    reached = search(graph, VIA, ["a"])
    ((before, last, _),) = [each for each in accepted(graph, VIA, reached) if each[1].target == "c"]
    assert [each.target for each in reached.path(before, last)] == ["x", "b", "c"]
