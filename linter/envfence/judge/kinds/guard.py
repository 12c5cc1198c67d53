"""Rule kind `guard`: a store of a tier has, or has not, such a guard, flag, retention or backup.

Parameters: `of` (selector), `nouns` (words of the catalogue for what it is; all when left out), and one claim:

* `lacks: guard`: nothing makes its deletion fail. `offered` are further nouns, judged only where the type offers a
guard;
* `strength: terraform`: what makes its deletion fail holds against Terraform only, though the API offers a guard;
* `has: [HARM …]`: a dangerous flag of the catalogue with such a harm is set;
* `lacks: backups`: its backups are switched off, or kept for fewer than `minimum` days (and more than `above`);
* `lacks: recovery`, `lacks: copy`, `lacks: versions`: no way back to a point in time, no copy of the backups in another
region, nothing kept of what is deleted or overwritten;
* `lacks: plan`: nothing that makes backups covers it;
* `trait: FACT`: a fact that a provider file states (backups inside the volume);
* `environments: N`: one delete removes the data of N or more environments.

`doubt` says what the harm depends on that no source shows: then a finding is possible at most. An unknown value makes
no finding. One finding per place that decides: a literal in a module that several deployments call is one cause, and
the others are in `also`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from envfence.graph.graph import Graph, GraphNode
from envfence.judge.backups import in_no_plan, is_backed_up, lacking, short_of_backups
from envfence.judge.cases import Case, declared_at, expiring, place, said
from envfence.judge.context import Claim, Context, doubts, end_of, label, make_finding, root_of
from envfence.judge.edits import made_safe, switching_on
from envfence.judge.fences import Side, sides_of
from envfence.judge.fingerprints import cause_key
from envfence.judge.present import Present, present_in
from envfence.judge.protection import (
    API,
    IGNORE_CHANGES,
    NONE,
    TERRAFORM,
    UNKNOWN,
    Offer,
    Protection,
    facts_state,
    is_copy,
    is_dangerous,
    protection,
    terraform,
)
from envfence.judge.rules import Rule
from envfence.judge.selectors import selected
from envfence.judge.temporary import is_made_again, is_temporary
from envfence.model import Edit, End, Evidence, Fact, Finding
from envfence.providers.catalogue import Entry, catalogue
from envfence.words import tier_of


def judge(graph: Graph, rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of a guard rule, in a fixed order."""
    groups: dict[_Key, list[tuple[Case, Side]]] = {}
    for case in _cases(graph, rule):
        side = _side(case.node, rule, graph)
        if side is not None:
            groups.setdefault(_key(case), []).append((case, side))
    for _, cases in sorted(groups.items()):
        yield _finding(graph, rule, cases)


_Key = tuple[str, int, int, str]


def _key(case: Case) -> _Key:
    """What is told together: one place and one value; of a group all of one type in one directory."""
    span = case.cause.span
    if case.group:
        return span.path.rpartition("/")[0], 0, 0, f"{case.group} {case.node.node.type} {bool(case.doubts)}"
    return span.path, span.line, span.column or 0, case.content


def _cases(graph: Graph, rule: Rule) -> Iterator[Case]:
    claim = _claim(rule, graph)
    entries = catalogue()
    for node in selected(rule.parameters["of"], graph):
        entry = entries.entry(node.node.type) if node.node.mode == "managed" else None
        if entry is not None:
            yield from claim(node, entry, graph, rule)


_Judge = Callable[[GraphNode, Entry, Graph, Rule], Iterator[Case]]


def _claim(rule: Rule, graph: Graph) -> _Judge:
    parameters = rule.parameters
    if "has" in parameters:
        return _flagged
    if "trait" in parameters:
        return _with_trait
    if "environments" in parameters:
        return _spanning
    if "strength" in parameters:
        return _terraform_only
    if parameters["lacks"] in ("guard", "plan"):
        return partial(_unguarded if parameters["lacks"] == "guard" else _unplanned, present_in(graph))
    return _without_backups


# ---------------------------------------------------------------- deletion guards


def _unguarded(present: Present, node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    if is_copy(node, entry) or is_made_again(node):
        return
    found = protection(node, entry, graph)
    if found.strength != NONE:
        return
    off = found.switched_off
    own = any(not offer.guard.universal for offer in found.offers) or _locks_beside(node, entry, present)
    offered = entry.noun in rule.parameters.get("offered", ()) and own
    kept = entry.noun == "cache" or (entry.noun in _CONTAINERS and is_temporary(node))
    switched = off is not None and not kept and "nouns" in rule.parameters
    if not (entry.noun in rule.parameters.get("nouns", ()) or offered or switched):
        return
    offer = off or found.offer(API) or found.offer(TERRAFORM)
    says = _unguarded_text(offer, entry, rule.parameters.get("verb", "")) + _better(offer, found.offer(API))
    edit = switching_on(node, entry, found.offer(API) or offer) or switching_on(node, entry, offer)
    yield Case(node, _deciding(node, offer), "unguarded", says, (*expiring(node, entry), *_not_purged(node)), edit)


def _not_purged(node: GraphNode) -> tuple[str, ...]:
    """Why a deletion may be taken back though nothing stops it: the provider is told not to purge what it deletes."""
    for name, fact in sorted(node.node.facts.items()):
        if name.startswith("provider.features.") and ".purge_" in name and fact.value is False:
            return (f"whether anyone but Terraform may purge it ({name.removeprefix('provider.')} = false)",)
    return ()


def _locks_beside(node: GraphNode, entry: Entry, present: Present) -> bool:
    """Whether other things beside a node are locked: then a lock is what this type offers."""
    return any("lock" in helper.effect and present.beside(node, name) for name, helper in entry.helpers.items())


def _unguarded_text(offer: Offer | None, entry: Entry, verb: str) -> str:
    if offer is None:
        return f"{verb or _BY_ONE_CALL}: this type has no guard of its own{_alternatives(entry)}"
    if offer.state == "off":
        return f"{verb or _deletable(offer)}: {said(offer.path, offer.fact)}; {_holds(offer)}"
    unset = f"{offer.path} is not set, and the provider's default does not protect"
    return f"{verb or _deletable(offer)}: {unset}; {_holds(offer)}"


def _better(offer: Offer | None, api: Offer | None) -> str:
    """The guard on the platform's side, where the message spoke of one on Terraform's."""
    return f"; {_holds(api)}" if offer is not None and api is not None and offer.guard.side != API else ""


_BY_ONE_CALL = "can be deleted by one call"


def _deletable(offer: Offer) -> str:
    """A guard on Terraform's side would only have stopped a plan."""
    return _BY_ONE_CALL if offer.guard.side == API else "is not kept from being destroyed by a plan"


def _holds(offer: Offer) -> str:
    against = "against any caller" if offer.guard.side == API else "against Terraform only, not against an API call"
    return f"`{offer.line}` holds {against}"


def _alternatives(entry: Entry) -> str:
    locks = [name for name, helper in sorted(entry.helpers.items()) if "lock" in helper.effect]
    own = "`lifecycle { prevent_destroy = true }` holds against Terraform only"
    return f"; {locks[0]} holds against any caller, {own}" if locks else f"; {own}"


def _terraform_only(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    if is_copy(node, entry) or entry.noun not in rule.parameters.get("nouns", (entry.noun,)) or is_made_again(node):
        return
    found: Protection = protection(node, entry, graph)
    offer = found.offer(API)
    if found.strength != TERRAFORM or offer is None or offer.state == "unknown":
        return
    says = (
        f"is guarded by {found.by} only, which an API call does not ask: {offer.path} is "
        f"{'off' if offer.state == 'off' else 'not set'}; {_holds(offer)}"
    )
    edit = switching_on(node, entry, offer)
    yield Case(node, _deciding(node, offer), f"terraform-only {offer.path}", says, edit=edit)


# ---------------------------------------------------------------- flags


def _flagged(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    nouns = rule.parameters.get("nouns")
    if is_copy(node, entry) or (nouns is not None and entry.noun not in nouns):
        return
    found = protection(node, entry, graph)
    if found.strength in (API, TERRAFORM) or (entry.noun in _CONTAINERS and is_temporary(node)):
        return
    ignored = node.node.facts.get(IGNORE_CHANGES)
    if ignored is not None and "all" in ignored.value:
        return
    for path, danger in entry.dangers.items():
        if danger.harm in rule.parameters["has"]:
            fact = node.node.facts.get(path)
            if fact is not None and fact.state == "known" and is_dangerous(fact.value, danger.when):
                unsure = (f"whether {found.by} guards it",) if found.strength == UNKNOWN else ()
                rewritten = _rewritten(node, graph) if danger.harm == "no-recovery" else ()
                edit = made_safe(node, entry, path, danger, fact)
                yield _flag(node, path, fact, rule, (*unsure, *rewritten), edit)


#: What is named after what is put into it. A database is not judged by its name.
_CONTAINERS = ("bucket", "dataset", "table", "registry", "storage account", "search index")


def _flag(node: GraphNode, path: str, fact: Fact, rule: Rule, unsure: tuple[str, ...], edit: Edit | None) -> Case:
    says = f"{rule.parameters.get('verb', 'has a dangerous flag')}: {said(path, fact)}"
    written = place(node, fact, said(path, fact))
    group = "written again" if any(_WRITTEN_AGAIN in doubt for doubt in unsure) else ""
    return Case(node, written, f"{path} = {terraform(fact.value)}", says, unsure, edit, group)


_WRITTEN_AGAIN = "would write the same value again"


def _rewritten(node: GraphNode, graph: Graph) -> tuple[str, ...]:
    """Why losing a secret may cost nothing: this deployment writes its value, and would write it again."""
    for edge in graph.into.get(node.id, ()):
        writer = graph.nodes.get(edge.source)
        if edge.kind != "points-at" or writer is None or not writer.node.type.startswith(f"{node.node.type}_"):
            continue
        ignored = writer.node.facts.get(IGNORE_CHANGES)
        if ignored is None or not any(name == "all" or name.startswith("secret_") for name in ignored.value):
            return (f"whether {writer.node.address} {_WRITTEN_AGAIN}",)
    return ()


# ---------------------------------------------------------------- backups, traits


def _without_backups(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    nouns = rule.parameters.get("nouns")
    if is_copy(node, entry) or is_made_again(node) or (nouns is not None and entry.noun not in nouns):
        return
    lacks = rule.parameters["lacks"]
    if lacks == "backups":
        yield from short_of_backups(node, entry, graph, rule.parameters)
    else:
        yield from lacking(node, entry, graph, lacks)


def _unplanned(present: Present, node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    if not is_copy(node, entry) and not is_made_again(node) and entry.noun in rule.parameters.get("nouns", ()):
        yield from in_no_plan(node, entry, graph, present)


def _with_trait(node: GraphNode, entry: Entry, graph: Graph, rule: Rule) -> Iterator[Case]:
    trait = rule.parameters["trait"]
    fact = node.node.facts.get(trait)
    if fact is None or fact.value is not True or (trait == "backups_inside" and is_backed_up(node, graph)):
        return
    yield Case(node, place(node, fact, "declared here"), trait, rule.parameters.get("verb", trait))


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
    yield Case(node, place(node, fact, "one for all environments"), "spans environments", says)


_TWO_TIERS = 2


# ---------------------------------------------------------------- places, findings


def _deciding(node: GraphNode, offer: Offer | None) -> Evidence:
    """Where the edit goes: the value that switches the guard off, else the block that lacks it."""
    if offer is not None and offer.state == "off":
        return place(node, offer.fact, said(offer.path, offer.fact))
    return Evidence(span=node.span, says="declared without a guard", address=declared_at(node))


def _elsewhere(node: GraphNode, graph: Graph) -> tuple[str, ...]:
    """A module or key on the way to the node that names an environment of another tier."""
    tiers = graph.environments.tiers
    for signal in node.node.signals:
        found = {tiers.get(word) or tier_of(word) for word in signal.words} if signal.kind == "instance" else set()
        if found == {"nonproduction"} and node.placement.tier == "production":
            return (f"whether {label(node)} is really in production ({signal.says})",)
    return ()


def _side(node: GraphNode, rule: Rule, graph: Graph) -> Side | None:
    """The side of the node that the rule is about: the first of the wanted tier."""
    wanted = rule.parameters["of"].get("tier")
    tiers = (wanted,) if isinstance(wanted, str) else wanted
    sides = sides_of(node, graph.environments.tiers)
    return next((side for side in sides if tiers is None or side.tier in tiers), None)


def _finding(graph: Graph, rule: Rule, cases: list[tuple[Case, Side]]) -> Finding:
    first, side = min(
        cases,
        key=lambda found: (
            not found[0].node.exists,
            not found[0].node.placement.firm,
            bool(found[0].doubts),
            found[0].node.id,
        ),
    )
    stated = (rule.parameters["doubt"],) if "doubt" in rule.parameters else ()
    unknowns = (*doubts((first.node,), {first.node.id: side}), *first.doubts, *stated, *_elsewhere(first.node, graph))
    others: list[tuple[End | None, End]] = [
        (None, end_of(case.node)) for case, _ in cases if case.node.id != first.node.id
    ]
    alone = len({case.cause.span for case, _ in cases}) == 1
    more = "" if alone else f" (as {len(others)} more beside it)"
    what = (first.node.node.type, first.group) if first.group else (first.node.node.address, first.content)
    return make_finding(
        Claim(
            rule=rule,
            message=f"{label(first.node)} ({side.name}) {first.says}{more}",
            target=first.node,
            between=("", side.name),
            certainty="possible" if unknowns else "proved",
            cause=first.cause,
            key=cause_key(root_of(graph, first.node), *what),
            also=tuple(others),
            unknowns=unknowns,
            edit=first.edit if alone else None,
        )
    )
