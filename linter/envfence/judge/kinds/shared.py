"""Rule kind `shared`: two environments, one of them production, hold the same thing.

Parameters: `what`, `of` (selector of the thing), `via` (edge kinds by which it is used), `uses` ("targets": the edges
lead from the thing to what it enters; "sources": from who uses it), `verb`.

* `resource`, `reference`, `identity`, `key`, `boundary`, `state`, `store`: a node that nodes of both environments use;
  `resource` is one that is declared, `reference` one that is only named.
* `store`: as these, where nothing says to which environment the store itself belongs.
* `value`: the same secret value at nodes of both environments;
* `root`: the deployment whose nodes are in both environments, each with a signal of its own: one state, one apply.

The finding runs from the other environment to production: one for each thing and pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import (
    MOST_ALSO,
    Claim,
    Context,
    doubts,
    end_of,
    first_span,
    label,
    make_finding,
    placed,
    root_of,
)
from envfence.judge.fences import NONPRODUCTION, PRODUCTION, Side, crosses, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches
from envfence.model import Edge, End, Evidence, Finding, Hop
from envfence.secretness import is_description
from envfence.words import words_in_name

#: Edge kinds whose source is the thing and whose target is the user.
_OUTWARD = frozenset({"encrypts", "contains", "may", "assumes"})
#: Names of attributes that say no more than that there is a value.
_SAYS_NOTHING = frozenset({"value", "secret_string", "secret_data", "secret"})
_DEFAULT_VIA = {
    "resource": "reads-secret",
    "reference": "reads-secret",
    "identity": "runs-as",
    "key": "encrypts",
    "boundary": "acts-in",
    "state": "stores-state",
    "store": "points-at",
}


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a thing: who uses it, on which side, and what shows it."""

    side: Side
    user: GraphNode
    evidence: tuple[Evidence, ...]
    says: str
    unknowns: tuple[str, ...] = ()
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Thing:
    """What is shared. `node` is None for a value, which is known only by being the same."""

    name: str
    key: str
    uses: tuple[Use, ...]
    node: GraphNode | None = None


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a shared rule, in a fixed order."""
    things = {"value": _values, "root": _roots}.get(rule.parameters["what"], _nodes)(graph, rule)
    found: dict[str, Finding] = {}
    for thing in things:
        for finding in _findings(graph, rule, context, thing):
            before = found.get(finding.fingerprint)
            found[finding.fingerprint] = finding if before is None else _with(before, finding)
    yield from found.values()


def _with(finding: Finding, other: Finding) -> Finding:
    """A finding with the ends of another one that has the same cause: a further instance of the same resource."""
    if other.certainty == "proved" and finding.certainty != "proved":
        finding, other = other, finding
    also = (*finding.also, (other.source, other.target), *other.also)
    return msgspec.structs.replace(
        finding, also=tuple(dict.fromkeys(also))[:MOST_ALSO], also_total=finding.also_total + other.also_total + 1
    )


def _nodes(graph: Graph, rule: Rule) -> Iterator[Thing]:
    """Nodes that are used over the rule's edges."""
    tiers = graph.environments.tiers
    what = rule.parameters["what"]
    kinds = set(
        rule.parameters.get("via", _DEFAULT_VIA[what]).replace("|", " ").replace("(", " ").replace(")", " ").split()
    )
    selector = rule.parameters.get("of", {})
    outward = {"targets": kinds, "sources": set()}.get(rule.parameters.get("uses", ""), kinds & _OUTWARD)
    for node_id, node in graph.nodes.items():
        if node_id not in graph.into and node_id not in graph.out:
            continue
        external = node.node.kind == "external" or node_id.startswith("external:")
        if (what == "reference" and not external) or (what == "resource" and external):
            continue
        if what == "store" and node.placement.environments:
            continue  # using another environment's is a crossing into it
        if node.node.kind == "secret" and _is_no_secret(node):
            continue
        uses = [*_uses(graph, node_id, kinds - outward, outward)]
        if not uses or not matches(selector, node, tiers):
            continue
        own = [Use(side, node, (), "is declared") for side in sides_of(node, tiers) if side.members and side.sure]
        if external and len(own) > 1:
            own = []  # in an account of several environments: that says nothing about this one thing
        yield Thing(label(node), f"{what} {node.node.address}", (*uses, *own), node)


def _uses(graph: Graph, node_id: str, inward: set[str], outward: set[str]) -> Iterator[Use]:
    tiers = graph.environments.tiers
    users = [(edge, edge.source) for edge in graph.into.get(node_id, ()) if edge.kind in inward]
    users += [(edge, edge.target) for edge in graph.out.get(node_id, ()) if edge.kind in outward]
    for edge, user in users:
        for side in sides_of(graph.nodes[user], tiers):
            if side.members:
                yield _use(graph, edge, user, side)


def _use(graph: Graph, edge: Edge, user: str, side: Side) -> Use:
    says = edge.says or edge.kind
    return Use(side, graph.nodes[user], edge.evidence, says, edge.unknowns, edge.certainty == "proved")


def _values(graph: Graph, rule: Rule) -> Iterator[Thing]:
    """Secret values that stand at more than one node."""
    tiers = graph.environments.tiers
    selector = rule.parameters.get("of", {})
    by_digest: dict[str, list[Use]] = {}
    names: dict[str, set[str]] = {}
    for found in graph.secrets:
        node = graph.nodes.get(found.node)
        if not found.secret.digest or node is None or not matches(selector, node, tiers):
            continue
        here = Evidence(span=found.secret.span, says=_value_of(found.secret.name), address=node.node.address)
        evidence = (here, *(item for item in found.secret.written if item.span != here.span))
        for side in sides_of(node, tiers):
            if side.members and not _is_for_another(found.secret.name, side):
                by_digest.setdefault(found.secret.digest, []).append(
                    Use(side, node, evidence, "holds the same value as")
                )
        names.setdefault(found.secret.digest, set()).add(found.secret.name)
    for digest, uses in sorted(by_digest.items(), key=lambda item: min(use.evidence[0] for use in item[1])):
        name = min(names[digest])
        yield Thing(_value_of(name), f"value {name}", tuple(uses))


def _roots(graph: Graph, rule: Rule) -> Iterator[Thing]:
    """Deployments that hold nodes of several environments and belong to none of them."""
    tiers = graph.environments.tiers
    held: dict[str, list[Use]] = {}
    for node in graph.nodes.values():
        own = node.placement.environments
        if node.node.mode == "managed" and len(own) == 1 and matches(rule.parameters.get("of", {}), node, tiers):
            here = Evidence(span=node.span, says="declared here", address=node.node.address)
            use = Use(sides_of(node, tiers)[0], node, (here,), "is applied together with")
            held.setdefault(node.deployment, []).append(use)
    for deployment, uses in sorted(held.items()):
        home = graph.environments.deployments.get(deployment)
        if home is None or len(home.environments) != 1:
            yield Thing(f"the root module {deployment}", "root", tuple(uses))


def _is_no_secret(node: GraphNode) -> bool:
    """Whether what a secret store keeps is by all its names none: a host, a user's name, a certificate."""
    names = [name.rpartition("/")[2].rpartition(":")[2] for name in node.node.names]
    return bool(names) and all(name.isascii() and is_description(name) for name in names)


def _is_for_another(name: str, side: Side) -> bool:
    """Whether a secret by its own name is a lower environment's, though production holds it: not production's own."""
    words = [word for word in words_in_name(name) if word.sure] if side.tier == PRODUCTION else []
    return bool(words) and all(word.tier == NONPRODUCTION for word in words)


def _value_of(name: str) -> str:
    return "its value" if name in _SAYS_NOTHING else f"the value of {name}"


def _findings(graph: Graph, rule: Rule, context: Context, thing: Thing) -> Iterator[Finding]:
    """One finding for each pair of another environment and production."""
    by_side: dict[Side, list[Use]] = {}
    for use in thing.uses:
        by_side.setdefault(use.side, []).append(use)
    own = {use.side for use in thing.uses if thing.node is not None and use.user is thing.node}
    for source, target in _pairs(by_side, own if rule.parameters["what"] == "state" else set()):
        severity = context.fences.severity(source, target, rule.severity)
        if crosses(source, target) and severity is not None:
            yield _finding(graph, rule, thing, (source, target), severity, (by_side[source], by_side[target]))


def _pairs(by_side: dict[Side, list[Use]], owners: set[Side]) -> Iterator[tuple[Side, Side]]:
    """(other environment, production); and, for a thing that bears the name of one of its users, (it, another)."""
    for source in sorted(by_side):
        if source.tier == PRODUCTION:
            continue
        named = source in owners and len(by_side[source]) > 1
        for target in sorted(by_side):
            if target.tier == PRODUCTION or (named and target != source):
                yield source, target


def _finding(
    graph: Graph, rule: Rule, thing: Thing, sides: tuple[Side, Side], severity: str, uses: tuple[list[Use], list[Use]]
) -> Finding:
    first, last = (min(found, key=_rank) for found in uses)
    nodes = [first.user, last.user, *([thing.node] if thing.node and thing.node.node.kind != "external" else [])]
    unknowns = (*doubts(nodes[:2], {first.user.id: sides[0], last.user.id: sides[1]}), *first.unknowns, *last.unknowns)
    proved = not unknowns and first.proved and last.proved and all(node.exists for node in nodes)
    verb = rule.parameters.get("verb", "uses the same")
    also = tuple(_also(uses, first, last))
    return make_finding(
        Claim(
            rule=rule,
            message=f"{placed(first.user, sides[0])} {verb} {placed(last.user, sides[1])}: {thing.name}",
            source=first.user,
            target=last.user,
            between=(sides[0].name, sides[1].name),
            severity=severity,
            certainty="proved" if proved else "possible",
            cause=first_span(first.evidence or last.evidence, first.user.span),
            key=cause_key(root_of(graph, thing.node or last.user), first.user.node.address, thing.key),
            path=_path(thing, first, last),
            also=also,
            also_total=max(len(uses[0]), len(uses[1])) - 1,
            unknowns=unknowns,
        )
    )


def _rank(use: Use) -> tuple[bool, bool, bool, str]:
    return (not use.proved, not use.user.placement.firm, not use.evidence, use.user.id)


def _path(thing: Thing, first: Use, last: Use) -> tuple[Hop, ...]:
    """User, thing, user: read downwards, with the places of both uses."""
    hops = [Hop(end=end_of(first.user), edge="shares", says=first.says, evidence=first.evidence)]
    if thing.node is not None and thing.node.id not in (first.user.id, last.user.id):
        hops.append(Hop(end=end_of(thing.node), edge="shares", says="is used as well by", evidence=last.evidence))
        return (*hops, Hop(end=end_of(last.user)))
    return (*hops, Hop(end=end_of(last.user), evidence=last.evidence))


def _also(uses: tuple[Iterable[Use], Iterable[Use]], first: Use, last: Use) -> Iterator[tuple[End | None, End]]:
    """Other users of either side, each with the finding's other end."""
    seen = {first.user.id, last.user.id}
    for use in sorted(uses[0], key=_rank):
        if use.user.id not in seen:
            seen.add(use.user.id)
            yield _place(use), _place(last)
    for use in sorted(uses[1], key=_rank):
        if use.user.id not in seen:
            seen.add(use.user.id)
            yield _place(first), _place(use)


def _place(use: Use) -> End:
    """The end that uses a thing; a deployment is shown where it does so, not where its root module begins."""
    end = end_of(use.user)
    if use.user.node.kind != "deployment" or not use.evidence:
        return end
    span = use.evidence[0].span
    return msgspec.structs.replace(end, file=span.path, line=span.line)
