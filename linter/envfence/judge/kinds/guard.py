"""Rule kind `guard`: a store of a tier has, or has not, such a guard, flag, retention or backup.

Parameters: `of` (selector), `nouns` (words of the catalogue for what it is; all when left out), and one claim:

* `lacks: guard`: nothing makes its deletion fail. `offered` are further nouns, judged only where the type offers a
guard;
* `strength: terraform`: what makes its deletion fail holds against Terraform only, though the API offers a guard;
* `has: [HARM …]`: a dangerous flag of the catalogue with such a harm is set;
* `lacks: backups`: its backups are switched off, or kept for fewer than `minimum` days;
* `trait: FACT`: a fact that a provider file states (backups inside the volume);
* `environments: N`: one delete removes the data of N or more environments.

An unknown value makes no finding. One finding per place that decides: a literal in a module that several deployments
call is one cause, and the others are in `also`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.context import Claim, Context, doubts, end_of, label, make_finding, root_of
from envfence.judge.fences import Side, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.protection import (
    API,
    NONE,
    TERRAFORM,
    Offer,
    Protection,
    facts_state,
    is_copy,
    is_dangerous,
    protection,
    terraform,
)
from envfence.judge.rules import Rule
from envfence.judge.selectors import matches
from envfence.judge.temporary import is_lock_table, is_temporary
from envfence.model import End, Evidence, Fact, Finding
from envfence.providers.catalogue import Danger, Entry, catalogue
from envfence.values import Span


@dataclass(frozen=True, slots=True)
class Case:
    """One node at which the claim is broken: the place that decides, what goes into the fingerprint, and the
    message."""

    node: GraphNode
    cause: Evidence
    content: str
    says: str
    fix: str = ""


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a guard rule, in a fixed order."""
    groups: dict[tuple[Span, str], list[tuple[Case, Side]]] = {}
    for case in _cases(graph, rule):
        side = _side(case.node, rule, graph)
        if side is not None:
            groups.setdefault((case.cause.span, case.content), []).append((case, side))
    for _, cases in sorted(groups.items()):
        yield _finding(graph, rule, cases)


def _cases(graph: Graph, rule: Rule) -> Iterator[Case]:
    claim = _claim(rule)
    tiers = graph.environments.tiers
    entries = catalogue()
    for node in graph.nodes.values():
        if node.node.mode != "managed" or not matches(rule.parameters["of"], node, tiers):
            continue
        entry = entries.entry(node.node.type)
        if entry is not None:
            yield from claim(node, entry, graph, rule)


_Judge = Callable[[GraphNode, Entry, Graph, Rule], Iterator[Case]]


def _claim(rule: Rule) -> _Judge:
    parameters = rule.parameters
    if "has" in parameters:
        return _flagged
    if "trait" in parameters:
        return _with_trait
    if "environments" in parameters:
        return _spanning
    if "strength" in parameters:
        return _terraform_only
    return _short_of_backups if parameters["lacks"] == "backups" else _unguarded


# ---------------------------------------------------------------- deletion guards


def _unguarded(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    if is_copy(node, entry) or is_lock_table(node):
        return
    found = protection(node, entry, graph)
    if found.strength != NONE:
        return
    off = found.switched_off
    offered = entry.noun in rule.parameters.get("offered", ()) and bool(found.offers)
    wanted = entry.noun in rule.parameters.get("nouns", ()) or offered or (off is not None and entry.noun != "cache")
    if not wanted:
        return
    offer = off or found.offer(API) or found.offer(TERRAFORM)
    yield Case(node, _deciding(node, offer), "unguarded", _unguarded_text(offer, entry), _fix_text(offer))


def _unguarded_text(offer: Offer | None, entry: Entry) -> str:
    if offer is None:
        return f"can be deleted by one call: this type has no guard of its own{_alternatives(entry)}"
    if offer.state == "off":
        return f"{_deletable(offer)}: {offer.path} = {terraform(offer.fact.value)}; {_holds(offer)}"
    unset = f"{offer.path} is not set, and the provider's default does not protect"
    return f"{_deletable(offer)}: {unset}; {_holds(offer)}"


def _deletable(offer: Offer) -> str:
    """A guard on Terraform's side would only have stopped a plan."""
    return "can be deleted by one call" if offer.guard.side == API else "is not kept from being destroyed by a plan"


def _holds(offer: Offer) -> str:
    against = "against any caller" if offer.guard.side == API else "against Terraform only, not against an API call"
    return f"`{offer.line}` holds {against}"


def _alternatives(entry: Entry) -> str:
    locks = [name for name, helper in sorted(entry.helpers.items()) if "lock" in helper.effect]
    own = "`lifecycle { prevent_destroy = true }` holds against Terraform only"
    return f"; {locks[0]} holds against any caller, {own}" if locks else f"; {own}"


def _fix_text(offer: Offer | None) -> str:
    return "add `lifecycle { prevent_destroy = true }`" if offer is None else f"set `{offer.line}`"


def _terraform_only(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    if is_copy(node, entry) or entry.noun not in rule.parameters.get("nouns", (entry.noun,)):
        return
    found: Protection = protection(node, entry, graph)
    offer = found.offer(API)
    if found.strength != TERRAFORM or offer is None or offer.state == "unknown":
        return
    says = (
        f"is guarded by {found.by} only, which an API call does not ask: {offer.path} is "
        f"{'off' if offer.state == 'off' else 'not set'}; {_holds(offer)}"
    )
    yield Case(node, _deciding(node, offer), f"terraform-only {offer.path}", says, _fix_text(offer))


# ---------------------------------------------------------------- flags


def _flagged(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    nouns = rule.parameters.get("nouns")
    if is_copy(node, entry) or (nouns is not None and entry.noun not in nouns):
        return
    guarded = protection(node, entry, graph).strength in (API, TERRAFORM)
    if guarded or (entry.noun == "bucket" and is_temporary(node)):
        return
    for path, danger in entry.dangers.items():
        if danger.harm in rule.parameters["has"]:
            fact = node.node.facts.get(path)
            if fact is not None and fact.state == "known" and is_dangerous(fact.value, danger.when):
                yield _flag(node, path, danger, fact, rule)


def _flag(node: GraphNode, path: str, danger: Danger, fact: Fact, rule: Rule) -> Case:
    value = terraform(fact.value)
    says = f"{rule.parameters.get('verb', 'has a dangerous flag')}: {path} = {value}"
    safe = f"set `{path.rpartition('.')[2]} = {terraform(_safe(danger))}`"
    return Case(node, _place(node, path, fact, f"{path} = {value}"), f"{path} = {value}", says, safe)


def _safe(danger: Danger) -> object:
    if danger.when == (True,):
        return False
    if danger.default is not None and not is_dangerous(danger.default, danger.when):
        return danger.default
    return 30


# ---------------------------------------------------------------- backups


def _short_of_backups(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    nouns = rule.parameters.get("nouns")
    if is_copy(node, entry) or (nouns is not None and entry.noun not in nouns) or _backed_up(node, graph):
        return
    for path, retention in entry.retention.items():
        if not retention.unsafe or "absent" in retention.unsafe:
            continue
        fact = node.node.facts.get(path)
        if fact is None or fact.state != "known":
            continue
        if is_dangerous(fact.value, retention.unsafe) or _short(path, fact, rule):
            value = terraform(fact.value)
            yield Case(
                node,
                _place(node, path, fact, f"{path} = {value}"),
                f"{path} = {value}",
                f"keeps too few backups: {path} = {value}",
            )
            return


def _short(path: str, fact: Fact, rule: Rule) -> bool:
    """Fewer days than the rule wants, for attributes that are about days of backups."""
    minimum = rule.parameters.get("minimum", 0)
    days = path.rpartition(".")[2] in ("backup_retention_period", "backup_retention_days")
    return days and isinstance(fact.value, int) and not isinstance(fact.value, bool) and fact.value < minimum


def _backed_up(node: GraphNode, graph: Graph) -> bool:
    return any(edge.kind == "backs-up" for edge in graph.into.get(node.id, ()))


def _with_trait(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    trait = rule.parameters["trait"]
    fact = node.node.facts.get(trait)
    if fact is None or fact.value is not True or (trait == "backups_inside" and _backed_up(node, graph)):
        return
    yield Case(node, _place(node, "", fact, "declared here"), trait, rule.parameters.get("verb", trait))


def _spanning(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    names = node.placement.environments
    tiers = graph.environments.tiers
    crossing = {tiers.get(name, "unknown") for name in names}
    if (
        len(names) < rule.parameters["environments"]
        or len(crossing) < _TWO_TIERS
        or facts_state(node, "spans_environments") != "known"
    ):
        return
    listed = " and ".join(sorted(names)) if len(names) == _TWO_TIERS else ", ".join(sorted(names))
    says = f"is one thing for {listed}: one delete removes the data of all of them"
    fact = node.node.facts["spans_environments"]
    yield Case(node, _place(node, "", fact, "one for all environments"), "spans environments", says)


_TWO_TIERS = 2


# ---------------------------------------------------------------- places, findings


def _deciding(node: GraphNode, offer: Offer | None) -> Evidence:
    """Where the edit goes: the value that switches the guard off, else the block that lacks it."""
    if offer is not None and offer.state == "off":
        return _place(node, offer.path, offer.fact, f"{offer.path} = {terraform(offer.fact.value)}")
    return Evidence(span=node.span, says="declared without a guard", address=node.node.address)


def _place(node: GraphNode, path: str, fact: Fact, says: str) -> Evidence:
    return Evidence(span=fact.origin or fact.span or node.span, says=says, address=node.node.address)


def _side(node: GraphNode, rule: Rule, graph: Graph) -> Side | None:
    """The side of the node that the rule is about: the first of the wanted tier."""
    wanted = rule.parameters["of"].get("tier")
    tiers = (wanted,) if isinstance(wanted, str) else wanted
    sides = sides_of(node, graph.environments.tiers)
    return next((side for side in sides if tiers is None or side.tier in tiers), None)


def _finding(graph: Graph, rule: Rule, cases: list[tuple[Case, Side]]) -> Finding:
    first, side = min(
        cases, key=lambda found: (not found[0].node.exists, not found[0].node.placement.firm, found[0].node.id)
    )
    unknowns = doubts((first.node,), {first.node.id: side})
    others: list[tuple[End | None, End]] = [
        (None, end_of(case.node)) for case, _ in cases if case.node.id != first.node.id
    ]
    return make_finding(
        Claim(
            rule=rule,
            message=f"{label(first.node)} ({side.name}) {first.says}",
            target=first.node,
            between=("", side.name),
            certainty="possible" if unknowns else "proved",
            cause=first.cause,
            key=cause_key(root_of(graph, first.node), first.node.node.address, first.content),
            also=tuple(others),
            unknowns=unknowns,
        )
    )
