"""Rule kind `require`: something must, or must not, be there.

Parameters: `of` (selector), and one of

* `forbids: node`: no node may fit `of` at all (a static access key); `at` names the fact of the node whose place is
  the cause, else the node's own, and whose value stands in `verb` for `{}`;
* `forbids: literal-secret`: no secret may be written out in source at a node that fits;
* `forbids: blanket-grant`: no identity that fits may be allowed every action on everything;
* `forbids: conflict`: the inputs of a deployment must agree on its environment;
* `forbids: …-suppression`: judged elsewhere, with the suppressions;
* `beside: {edge, direction, node}`: a node that fits must have such a neighbour;
* `watched: destruction | backup-failure | audit`: what another environment of the root is alerted of, or records,
production must be as well.

`nonproduction` is the severity where the node is nonproduction; `doubt` is what the claim depends on that no source
shows: with it a finding is possible at most. Findings are about one thing, so `from` is null; the
same cause in several environments is one finding for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from envfence.graph.graph import Graph, GraphNode, LinkedGrant
from envfence.judge.alarms import unwatched
from envfence.judge.context import (
    Claim,
    Context,
    doubts,
    end_of,
    first_span,
    header,
    label,
    make_finding,
    placed,
    root_of,
)
from envfence.judge.fences import NONPRODUCTION, Side, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches, selected
from envfence.model import End, Evidence, Finding, Hop, Signal
from envfence.paths import parent

#: More places of one cause than this are not shown.
_MOST_EVIDENCE = 12
#: More copies of a credential than this are only counted in the message.
_MOST_PLACES = 3
#: The mode of a node that is a job of a pipeline, and what stands for all of one file.
_JOB, _JOBS = "job", "jobs"


@dataclass(frozen=True, slots=True)
class Case:
    """One node at which the claim is broken, with what shows it and what of it goes into the fingerprint."""

    node: GraphNode
    evidence: tuple[Evidence, ...]
    content: str
    says: str
    sure: bool = True
    #: What else the claim depends on.
    doubts: tuple[str, ...] = ()
    #: Where the cause stands, when it is one for several root modules; and its address there.
    root: str | None = None
    address: str = ""


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a require rule, in a fixed order."""
    groups: dict[tuple[str, str], tuple[Side, list[Case]]] = {}
    for case in _cases(graph, rule):
        for side in sides_of(case.node, graph.environments.tiers):
            root = root_of(graph, case.node) if case.root is None else case.root
            key = cause_key(root, _causing(case), case.content)
            groups.setdefault((key, side.name), (side, []))[1].append(case)
    for key, name in sorted(groups):
        side, cases = groups[(key, name)]
        yield _finding(rule, side, cases, key)


def _causing(case: Case) -> str:
    """What a case is about, for the fingerprint: the jobs of one pipeline file are mended together."""
    if case.node.node.mode == _JOB:
        return _JOBS
    return case.address or case.evidence[0].address or case.node.node.address


def _cases(graph: Graph, rule: Rule) -> Iterator[Case]:
    makers = {
        "node": _nodes,
        "literal-secret": _literals,
        "blanket-grant": _blanket_grants,
        "conflict": _conflicts,
    }
    if "beside" in rule.parameters:
        yield from _alone(graph, rule)
    elif "watched" in rule.parameters:
        yield from _unwatched(graph, rule)
    elif rule.parameters.get("forbids") in makers:
        yield from makers[rule.parameters["forbids"]](graph, rule)


def _nodes(graph: Graph, rule: Rule) -> Iterator[Case]:
    for node in selected(rule.parameters["of"], graph):
        copies = [edge.evidence for edge in graph.into.get(node.id, ()) if edge.kind == "holds"]
        opened = [graph.nodes[edge.target] for edge in graph.out.get(node.id, ()) if edge.kind == "holds"]
        users = (header(other, "this is whom it opens") for other in opened if other.node.mode == "managed")
        cause = tuple(_telling(node, rule.parameters.get("at", "")))
        evidence = (*cause, header(node, "declared here"), *users, *(item for places in copies for item in places))
        says = _verb(rule, node) + _whereabouts(opened, copies)
        case = Case(node, evidence[:_MOST_EVIDENCE], node.node.type, says)
        yield case if cause else _in_text(case)


def _in_text(case: Case) -> Case:
    """A case whose cause is the text of a module is one, however often the module is called."""
    node = case.node
    if not node.calls or node.span.path == node.calls[-1].span.path:
        return case
    address = ".".join(node.node.address.rpartition("module.")[2].split(".")[1:])
    return replace(case, root=parent(node.span.path), address=address or node.node.address)


def _verb(rule: Rule, node: GraphNode) -> str:
    """What a rule says of a node, with the value of the fact that it names in the place of `{}`."""
    fact = node.node.facts.get(rule.parameters.get("at", ""))
    verb: str = rule.parameters.get("verb", "is declared")
    return verb.replace("{}", str(fact.value) if fact is not None else "")


def _whereabouts(opened: list[GraphNode], copies: list[tuple[Evidence, ...]]) -> str:
    """Whom a credential opens and where copies of it lie, as the end of a message."""
    whom = f" and opens {label(opened[0])}" if opened else ""
    places = list(dict.fromkeys(places[0].address for places in copies if places and places[0].address))
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return whom + (f"; a copy lies in {', '.join(places[:_MOST_PLACES])}{more}" if places else "")


def _telling(node: GraphNode, name: str) -> Iterator[Evidence]:
    """The place of the fact that a rule names as the cause."""
    fact = node.node.facts.get(name)
    if fact is not None and fact.span is not None:
        says = fact.reason or f"{name.rpartition('.')[2].replace('-', ' ')} here"
        yield Evidence(span=fact.span, says=says, address=node.node.address)


def _literals(graph: Graph, rule: Rule) -> Iterator[Case]:
    tiers = graph.environments.tiers
    for found in graph.secrets:
        node = graph.nodes.get(found.node)
        if not found.secret.literal or node is None or not matches(rule.parameters["of"], node, tiers):
            continue
        name = found.secret.name
        here = Evidence(span=found.secret.span, says=f"{name} is written out here", address=node.node.address)
        further = tuple(item for item in found.secret.written if item.span != here.span)
        says = "is written out in source" if name == node.node.address else f"has its {name} written out in source"
        yield Case(node, (here, *further), f"literal {name}", says)


def _blanket_grants(graph: Graph, rule: Rule) -> Iterator[Case]:
    tiers = graph.environments.tiers
    asked = {linked.holder for linked in graph.grants if _asks_second_factor(linked)}
    for linked in graph.grants:
        node = graph.nodes.get(linked.holder)
        if node is None or linked.holder in asked or not _is_blanket(linked):
            continue
        if matches(rule.parameters["of"], node, tiers):
            evidence = linked.grant.evidence or (Evidence(span=linked.grant.span, says="statement"),)
            yield Case(node, evidence, "every action on everything", rule.parameters.get("verb", "may do everything"))


def _asks_second_factor(linked: LinkedGrant) -> bool:
    """Whether a statement takes rights away from whoever has not shown a second factor: no mere key opens them."""
    grant = linked.grant
    return grant.effect == "Deny" and any(
        "multifactorauth" in condition.variable.lower() for condition in grant.conditions
    )


def _is_blanket(linked: LinkedGrant) -> bool:
    grant = linked.grant
    if grant.effect != "Allow" or grant.policy != "identity" or grant.conditions:
        return False
    return "*" in grant.resources and bool({"*", "*:*"} & set(grant.actions))


def _conflicts(graph: Graph, rule: Rule) -> Iterator[Case]:
    tiers = graph.environments.tiers
    for deployment, signals in graph.environments.conflicts:
        node = graph.nodes.get(f"{deployment}:terraform")
        if node is not None and matches(rule.parameters["of"], node, tiers):
            values = ", ".join(f"{signal.kind} says {signal.value}" for signal in signals)
            yield Case(
                node,
                tuple(_signal(signal) for signal in signals),
                f"conflict: {values}",
                f"is placed by contradicting inputs: {values}",
                root=parent(signals[0].span.path) if signals else None,
            )


def _signal(signal: Signal) -> Evidence:
    return Evidence(span=signal.span, says=signal.says or f"{signal.kind}: {signal.value}")


def _alone(graph: Graph, rule: Rule) -> Iterator[Case]:
    """Nodes without the neighbour that they need."""
    tiers = graph.environments.tiers
    wanted = rule.parameters["beside"]
    for node in selected(rule.parameters["of"], graph):
        edges = (graph.into if wanted.get("direction", "in") == "in" else graph.out).get(node.id, ())
        ends = [
            graph.nodes[edge.source if wanted.get("direction", "in") == "in" else edge.target]
            for edge in edges
            if edge.kind == wanted["edge"]
        ]
        if not any(matches(wanted.get("node", {}), end, tiers) for end in ends):
            content = f"no {wanted['edge']}"
            yield Case(
                node, (header(node, "declared here"),), content, rule.parameters.get("verb", f"has no {wanted['edge']}")
            )


def _unwatched(graph: Graph, rule: Rule) -> Iterator[Case]:
    tiers = graph.environments.tiers
    for found in unwatched(graph, rule.parameters["watched"]):
        if matches(rule.parameters["of"], found.node, tiers):
            content = f"not watched: {rule.parameters['watched']}"
            yield Case(found.node, found.evidence, content, found.says, doubts=found.doubts)


def _finding(rule: Rule, side: Side, cases: list[Case], key: str) -> Finding:
    first = min(cases, key=lambda case: (not case.sure, not case.node.placement.firm, case.node.id))
    unknowns = doubts((first.node,), {first.node.id: side}) if _needs_environment(rule) else _existence(first.node)
    unknowns = (*unknowns, *first.doubts)
    if "doubt" in rule.parameters:
        unknowns = (*unknowns, rule.parameters["doubt"])
    others: list[tuple[End | None, End]] = [
        (None, end_of(case.node)) for case in cases if case.node.id != first.node.id
    ]
    return make_finding(
        Claim(
            rule=rule,
            message=f"{placed(first.node, side)} {first.says}{_likewise(first.node, len(others))}",
            target=first.node,
            between=("", side.name),
            severity=rule.parameters.get("nonproduction", "") if side.tier == NONPRODUCTION else "",
            certainty="possible" if unknowns or not first.sure else "proved",
            cause=first_span(first.evidence, first.node.span),
            key=key,
            path=(Hop(end=end_of(first.node), evidence=first.evidence),) if len(first.evidence) > 1 else (),
            also=tuple(others),
            unknowns=unknowns,
        )
    )


def _likewise(node: GraphNode, others: int) -> str:
    """The end of a message about jobs: in which file, and how many more there."""
    if node.node.mode != _JOB:
        return ""
    more = f"; so does {others} more job there" if others == 1 else f"; so do {others} more jobs there"
    return f" ({node.span.path})" + (more if others else "")


def _needs_environment(rule: Rule) -> bool:
    """Whether the claim speaks of an environment: a literal secret is one wherever it stands."""
    selector = rule.parameters["of"]
    return "tier" in selector or "environment" in selector


def _existence(node: GraphNode) -> tuple[str, ...]:
    return () if node.exists else (f"whether {label(node)} exists",)
