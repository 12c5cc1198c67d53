"""Reach and shortest paths against networkx, on random graphs."""

from __future__ import annotations

from itertools import pairwise

import networkx
from hypothesis import given
from hypothesis import strategies as st

from envfence.graph import Graph, GraphNode, make_graph
from envfence.graph.automaton import compile_pattern
from envfence.graph.reach import accepted, search
from envfence.model import Edge, Environments, Node, Placement
from envfence.values import Span

NAMES = [f"n{number}" for number in range(8)]
EDGES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.sampled_from(["runs-as", "assumes", "may"]),
        st.sampled_from(["proved", "possible"]),
    ),
    max_size=24,
)
EMPTY = Environments(deployments={}, nodes={}, identities={}, tiers={})


def graph_of(edges: list[tuple[str, str, str, str]]) -> Graph:
    nodes = [
        GraphNode(name, Node(address=name, kind="identity", type="t", span=Span("f", 1)), "", Placement())
        for name in NAMES
    ]
    made = [Edge(kind=kind, source=source, target=target, certainty=sure) for source, target, kind, sure in edges]
    return make_graph(nodes, made, EMPTY)


def oracle(edges: list[tuple[str, str, str, str]], kinds: set[str], proved: bool) -> networkx.DiGraph[str]:
    result = networkx.DiGraph()
    result.add_nodes_from(NAMES)
    result.add_edges_from((s, t) for s, t, kind, sure in edges if kind in kinds and (sure == "proved" or not proved))
    return result


@given(EDGES)
def test_reach_is_that_of_networkx(edges: list[tuple[str, str, str, str]]) -> None:
    reached = search(graph_of(edges), compile_pattern("(runs-as|assumes)*"), ["n0"])
    expected = networkx.descendants(oracle(edges, {"runs-as", "assumes"}, proved=False), "n0") | {"n0"}
    assert {node for node, _ in reached.back} == expected


@given(EDGES)
def test_proved_paths_are_shortest_among_proved(edges: list[tuple[str, str, str, str]]) -> None:
    reached = search(graph_of(edges), compile_pattern("(runs-as|assumes)*"), ["n0"])
    lengths = networkx.single_source_shortest_path_length(oracle(edges, {"runs-as", "assumes"}, proved=True), "n0")
    assert {node for node, _ in reached.proved} == set(lengths)
    shortest: dict[str, int] = {}
    for state in reached.proved:
        path = reached.path(state)
        assert all(edge.certainty == "proved" for edge in path)
        shortest[state[0]] = min(len(path), shortest.get(state[0], len(path)))
    assert shortest == dict(lengths)


@given(EDGES)
def test_paths_hang_together_and_begin_at_a_start(edges: list[tuple[str, str, str, str]]) -> None:
    graph = graph_of(edges)
    automaton = compile_pattern("(runs-as|assumes)* may")
    reached = search(graph, automaton, ["n0", "n1"])
    ends = set()
    for before, edge, _ in accepted(graph, automaton, reached):
        path = (*reached.path(before), edge)
        ends.add(edge.target)
        assert path[0].source in ("n0", "n1")
        assert all(one.target == two.source for one, two in pairwise(path))
        assert [step.kind for step in path].index("may") == len(path) - 1
    walk = oracle(edges, {"runs-as", "assumes"}, proved=False)
    sources = set().union(*(networkx.descendants(walk, start) | {start} for start in ("n0", "n1")))
    assert ends == {target for source, target, kind, _ in edges if kind == "may" and source in sources}


def test_the_order_of_edges_changes_nothing() -> None:
    edges = [("n0", "n1", "assumes", "proved"), ("n0", "n2", "assumes", "proved"), ("n1", "n3", "may", "proved")]
    edges += [("n2", "n3", "may", "proved")]
    automaton = compile_pattern("assumes* may")
    one, other = graph_of(edges), graph_of(edges[::-1])
    assert one.out == other.out
    assert search(one, automaton, ["n0"]).back == search(other, automaton, ["n0"]).back
