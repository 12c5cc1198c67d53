"""Rule kind `shared`: two environments, one of them production, hold the same thing.

Parameters: `what`, `of` (selector of the thing), `by` (selector of its users), `via` (edge kinds by which it is used),
`uses` ("targets": the edges lead from the thing to what it enters; "sources": from who uses it), `verb`.

* `resource`, `reference`, `identity`, `key`, `boundary`, `state`, `store`: a node that nodes of both environments use;
  `resource` is one that is declared, `reference` one that is only named.
* `store`: as these, where nothing says to which environment the store itself belongs.
* `value`: the same secret value at nodes of both environments, or at one of another environment than what issues it;
* `root`: the deployment whose nodes are in both environments, each with a signal of its own: one state, one apply.

The finding runs from the other environment to production: one for each thing and pair; secrets that one root module
obtains from one store are one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from envfence.graph.deploying import KEPT
from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import (
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
from envfence.judge.fences import PRODUCTION, SHARED, Side, crosses, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.gathering import Part, capped, gathered
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches, opens
from envfence.judge.things import (
    Thing,
    Use,
    block_of,
    is_for_another,
    owners_by_name,
    owners_of_value,
    store_of,
    used_at,
)
from envfence.model import Edge, End, Evidence, Finding, Hop, Secret

#: Edge kinds whose source is the thing and whose target is the user.
_OUTWARD = frozenset({"encrypts", "contains", "may", "assumes"})
#: Names of attributes that say no more than that there is a value.
_SAYS_NOTHING = frozenset({"value", "secret_string", "secret_data", "secret"})
#: An edge kind of `via`, with the capabilities that count: `may[write|destroy]`.
_STEP = re.compile(r"([a-z-]+)(?:\[([a-z|-]+)\])?")
#: So loud is a secret of another environment that lies in production: it opens nothing of production.
_LOUDEST_DOWNWARDS = "medium"
#: So many places are named by one finding.
_MOST_PLACES = 200
_DEFAULT_VIA = {
    "resource": "reads-secret",
    "reference": "reads-secret",
    "identity": "runs-as",
    "key": "encrypts",
    "boundary": "acts-in",
    "state": "stores-state",
    "store": "points-at",
}


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a shared rule, in a fixed order."""
    things = {"value": _values, "root": _roots}.get(rule.parameters["what"], _nodes)(graph, rule)
    found: dict[str, list[Part]] = {}
    for thing in things:
        for part in _findings(graph, rule, context, thing):
            found.setdefault(part.finding.fingerprint, []).append(part)
    yield from map(gathered, found.values())


def _nodes(graph: Graph, rule: Rule) -> Iterator[Thing]:
    """Nodes that are used over the rule's edges."""
    tiers = graph.environments.tiers
    what = rule.parameters["what"]
    via = _steps(rule.parameters.get("via", _DEFAULT_VIA[what]))
    kinds = set(via)
    selector, users = (rule.parameters.get(name, {}) for name in ("of", "by"))
    outward = {"targets": kinds, "sources": set()}.get(rule.parameters.get("uses", ""), kinds & _OUTWARD)
    for node_id, node in graph.nodes.items():
        if node_id not in graph.into and node_id not in graph.out:
            continue
        external = node.node.kind == "external" or node_id.startswith("external:")
        if (what == "reference" and not external) or (what == "resource" and external):
            continue
        if what == "store" and (node.placement.environments or node.placement.tier == SHARED):
            continue  # using another environment's is a crossing into it; a hub's is meant for all
        if node.node.kind == "secret" and not opens(node):
            continue
        uses = [use for use in _uses(graph, node_id, via, outward) if matches(users, use.user, tiers)]
        if not uses or not matches(selector, node, tiers):
            continue
        own = [
            Use(side, node, (), "is declared")
            for side in sides_of(node, tiers)
            if side.members and side.sure and not (external and is_for_another(label(node), side))
        ]
        if what == "identity" or (external and node.node.kind == "secret"):
            own = [use for use in own if use.side.tier == PRODUCTION]  # to read or to act downwards is no news
        if what == "identity" and external and not node.placement.firm:
            own = []  # a name at most says whose it is
        if rule.parameters.get("uses") == "targets" or (external and len(own) > 1):
            own = []  # it enters others; or it is in an account of several environments, which says nothing about it
        yield Thing(label(node), f"{what} {node.node.address}", (*uses, *own), node)


def _steps(via: str) -> dict[str, frozenset[str]]:
    """The edge kinds of a rule, each with the capabilities that count; all where none is named."""
    return {match[1]: frozenset((match[2] or "").split("|")) - {""} for match in _STEP.finditer(via)}


def _uses(graph: Graph, node_id: str, via: dict[str, frozenset[str]], outward: set[str]) -> Iterator[Use]:
    tiers = graph.environments.tiers
    inward = via.keys() - outward
    users = [(edge, edge.source) for edge in graph.into.get(node_id, ()) if edge.kind in inward]
    users += [(edge, edge.target) for edge in graph.out.get(node_id, ()) if edge.kind in outward]
    for edge, user in users:
        if via[edge.kind] and edge.capability not in via[edge.kind]:
            continue
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
        if found.secret.made and not _is_placed(node):
            continue  # a root that a default alone puts in production makes keys for everybody
        here = Evidence(span=found.secret.span, says=_value_of(found.secret.name), address=node.node.address)
        beside = (*found.secret.written, *_placed_by(graph, node))
        evidence = (here, *(item for item in beside if item.span != here.span))
        for side in sides_of(node, tiers):
            if side.members and not is_for_another(found.secret.name, side):
                by_digest.setdefault(found.secret.digest, []).append(_holding(side, node, evidence, found.secret))
        if not found.secret.made:
            names.setdefault(found.secret.digest, set()).add(found.secret.name)
    for digest, uses in sorted(by_digest.items(), key=lambda item: min(use.evidence[0] for use in item[1])):
        name = min(names.get(digest, ("secret",)))
        yield Thing(_value_of(name), f"value {name}", tuple(uses))


def _is_placed(node: GraphNode) -> bool:
    return node.placement.firm or any(signal.kind == "path" for signal in node.placement.evidence)


def _placed_by(graph: Graph, node: GraphNode) -> Iterator[Evidence]:
    """What puts a node on another side than its deployment: often the place to change."""
    home = graph.environments.deployments.get(node.deployment)
    if home is not None and home.environments != node.placement.environments:
        for signal in node.placement.evidence[:1]:
            yield Evidence(span=signal.span, says=signal.says or signal.value, address=node.node.address)


def _holding(side: Side, node: GraphNode, evidence: tuple[Evidence, ...], secret: Secret) -> Use:
    says = "issued what is kept by" if secret.made else "holds the same value as"
    return Use(side, node, evidence, says, proved=node.exists, issues=secret.made)


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


def _value_of(name: str) -> str:
    return "its value" if name in _SAYS_NOTHING else f"the value of {name}"


def _findings(graph: Graph, rule: Rule, context: Context, thing: Thing) -> Iterator[Part]:
    """One finding for each pair of another environment and production."""
    by_side: dict[Side, list[Use]] = {}
    for use in thing.uses:
        by_side.setdefault(use.side, []).append(use)
    owners = _owners(graph, rule, thing)
    for source, target in _pairs(by_side, _hosts(rule, thing, by_side)):
        wanted = capped(rule.severity, _LOUDEST_DOWNWARDS) if {source, target} & owners == {source} else rule.severity
        severity = context.fences.severity(source, target, wanted)
        if crosses(source, target) and severity is not None:
            yield _part(graph, rule, thing, (source, target), severity, owners)


def _owners(graph: Graph, rule: Rule, thing: Thing) -> frozenset[Side]:
    """Whose a secret is, as far as anything says so; of other things it does not matter."""
    if rule.parameters["what"] == "value":
        return owners_of_value(graph, thing.uses)
    if thing.node is not None and thing.node.node.kind == "secret":
        return owners_by_name(thing.name, thing.uses)
    return frozenset()


def _hosts(rule: Rule, thing: Thing, by_side: dict[Side, list[Use]]) -> set[Side]:
    """Who is asked for beside production: the side that a state bears the name of and is used by, the side that issues
    a secret."""
    if rule.parameters["what"] == "value":
        return {use.side for use in thing.uses if use.issues}
    own = {use.side for use in thing.uses if thing.node is not None and use.user is thing.node}
    return {side for side in own if len(by_side[side]) > 1} if rule.parameters["what"] == "state" else set()


def _pairs(by_side: dict[Side, list[Use]], hosts: set[Side]) -> Iterator[tuple[Side, Side]]:
    """(other environment, production); and, for a thing that belongs to one of its users, (it, another)."""
    for source in sorted(by_side):
        if source.tier == PRODUCTION:
            continue
        for target in sorted(by_side):
            if target.tier == PRODUCTION or (source in hosts and target != source):
                yield source, target


def _part(
    graph: Graph, rule: Rule, thing: Thing, sides: tuple[Side, Side], severity: str, owners: frozenset[Side]
) -> Part:
    uses = [use for use in thing.uses if use.side == sides[0]], [use for use in thing.uses if use.side == sides[1]]
    first, last = (min(found, key=_rank) for found in uses)
    nodes = [first.user, last.user, *([thing.node] if thing.node and thing.node.node.kind != "external" else [])]
    unknowns = (*doubts(nodes[:2], {first.user.id: sides[0], last.user.id: sides[1]}), *first.unknowns, *last.unknowns)
    proved = not unknowns and first.proved and last.proved and all(node.exists for node in nodes)
    finding = make_finding(
        Claim(
            rule=rule,
            message=_message(rule, thing, (first, last), owners),
            source=first.user,
            target=last.user,
            between=(sides[0].name, sides[1].name),
            severity=severity,
            certainty="proved" if proved else "possible",
            cause=first_span(first.evidence or last.evidence, first.user.span),
            key=_key(graph, rule, thing, first, last),
            path=_path(thing, first, last, _places(rule, thing, uses)),
            also=tuple(_also(uses, first, last)),
            also_total=max(len(uses[0]), len(uses[1])) - 1,
            unknowns=unknowns,
        )
    )
    return Part(finding, thing.name, (used_at(first), used_at(last)), sides[1] in owners)


def _key(graph: Graph, rule: Rule, thing: Thing, first: Use, last: Use) -> str:
    """The cause in canonical form: what one root module obtains from one store is one cause, and so is what one block
    holds in all instances of its module."""
    what = rule.parameters["what"]
    if what == "value":
        return cause_key(root_of(graph, last.user), block_of(first.user), thing.key)
    store = _store(rule, thing)
    if store:
        return cause_key(root_of(graph, first.user), store, f"{what} of a store")
    return cause_key(root_of(graph, thing.node or last.user), first.user.node.address, thing.key)


def _store(rule: Rule, thing: Thing) -> str:
    if rule.parameters["what"] != "reference" or thing.node is None or thing.node.node.kind != "secret":
        return ""
    return store_of(thing.node)


def _message(rule: Rule, thing: Thing, uses: tuple[Use, Use], owners: frozenset[Side]) -> str:
    """Who shares what with whom, beginning with the one that has what belongs to the other."""
    first, last = uses
    if thing.node is last.user:
        return f"{placed(first.user, first.side)} {first.says} {placed(last.user, last.side)}"  # the thing itself
    verb = rule.parameters.get("verb", "uses the same")
    whose = {first.side, last.side} & owners
    if first.issues:
        verb = "issued a secret that is kept by"
    elif last.issues:
        verb = "keeps a secret that was issued by"
    elif len(whose) == 1:
        host = whose.pop()
        first, last = uses if host == uses[1].side else (uses[1], uses[0])
        held = "keeps" if rule.parameters["what"] == "value" else "obtains"
        verb = f"{held} a secret of {host.name}, the same as"
    return f"{placed(first.user, first.side)} {verb} {placed(last.user, last.side)}: {thing.name}"


def _rank(use: Use) -> tuple[bool, bool, bool, str]:
    return (not use.proved, not use.user.placement.firm, not use.evidence or use.issues, use.user.id)


def _path(thing: Thing, first: Use, last: Use, more: tuple[Evidence, ...]) -> tuple[Hop, ...]:
    """User, thing, user: read downwards, with the places of both uses, and `more` places where the thing is used."""
    hops = [Hop(end=end_of(first.user), edge="shares", says=first.says, evidence=first.evidence)]
    if thing.node is not None and thing.node.id not in (first.user.id, last.user.id):
        places = tuple(dict.fromkeys((*last.evidence, *more)))
        hops.append(Hop(end=end_of(thing.node), edge="shares", says="is used as well by", evidence=places))
        return (*hops, Hop(end=end_of(last.user)))
    return (*hops, Hop(end=end_of(last.user), evidence=last.evidence))


def _places(rule: Rule, thing: Thing, uses: tuple[Iterable[Use], Iterable[Use]]) -> tuple[Evidence, ...]:
    """Every place that has to change before the environments keep their states apart: each backend, once; and of a
    pipeline's credential every place that gives it to a job, whichever environment that is of."""
    if rule.parameters["what"] == "state":
        listed = [use for side in uses for use in side]
    elif rule.parameters["what"] == "reference" and thing.node is not None and thing.node.node.type == KEPT:
        listed = [*thing.uses]
    else:
        return ()
    found = {each.span: each for use in listed for each in use.evidence}
    return tuple(found[span] for span in sorted(found))[:_MOST_PLACES]


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
    """The end that uses a thing; a deployment is shown where its own files do so, not where its root module begins."""
    end = end_of(use.user)
    if use.user.node.kind != "deployment" or not use.evidence:
        return end
    span = use.evidence[-1].span
    return msgspec.structs.replace(end, file=span.path, line=span.line)
