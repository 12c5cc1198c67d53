"""The facts of a plan on both of its sides, and what is left out of them.

Comes in: a plan document. Goes out: its `Sides`. Must not know other plans, rules or the repository.

Facts are made of what the plan changes and of what matters to that: see `_context`. The rest cannot change a finding
about the plan; it is counted, and not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace

import msgspec

from envfence.evaluate import Evaluated
from envfence.evaluate.planned import Located, PlanSides, was_there
from envfence.judge.changes.planned import DESTROY, FORGET, KEEP, REPLACE, Planned
from envfence.model import Facts
from envfence.pipeline import Hasher
from envfence.planning.homes import deployment_of
from envfence.providers.catalogue import catalogue, prefix_of
from envfence.providers.extract import extract, needs_values
from envfence.providers.registry import provider
from envfence.settings import Settings
from envfence.sources.plans import PlanDocument, ResourceChange

#: (deployment, address)
Place = tuple[str, str]
#: So many resources that say nothing else are asked in which environment they are.
_WITNESSES = 300
#: Edges of what protects other things.
_PROTECTING = frozenset({"guards", "backs-up", "copies"})
#: Kinds of what never acts on anything.
_PASSIVE = frozenset({"store", "backup", "secret", "key", "alarm", "other"})


@dataclass(frozen=True, slots=True)
class Sides:
    """The facts of one document after and before, what happens to each address, and the addresses it changes."""

    document: PlanDocument
    after: Facts
    before: Facts
    planned: dict[str, Planned]
    touched: frozenset[Place]

    @property
    def name(self) -> str:
        """The deployment's id."""
        return self.after.deployment.id

    def narrow(self, wanted: Set[Place]) -> Sides:
        """The same with no more on the side before than what is changed, what protects, and what is `wanted`."""
        kept = {
            node.address
            for node in self.before.nodes
            if (self.name, node.address) in self.touched
            or (self.name, node.address) in wanted
            or _protects(node.type)
            or _owner(node.address) in self.planned
        }
        return replace(self, before=_only(self.before, kept))

    def earlier_places(self, places: Set[Place]) -> Iterator[Place]:
        """Where things were before that are at some places after."""
        for address, planned in self.planned.items():
            if planned.now != address and (self.name, planned.now) in places:
                yield self.name, address

    def union(self) -> Facts:
        """Everything that is there before or after, for the question where it belongs."""
        there = {node.address for node in self.after.nodes}
        gone = tuple(node for node in self.before.nodes if node.address not in there)
        return msgspec.structs.replace(self.after, nodes=(*self.after.nodes, *gone))


class _Maker:
    """Makes the facts of parts of one document."""

    def __init__(self, document: PlanDocument, settings: Settings, hasher: Hasher, located: Located) -> None:
        self._sides = PlanSides(document, deployment_of(document, settings), located)
        self._hasher = hasher

    def after(self, addresses: Set[str]) -> Facts:
        """Of what will be there at these addresses."""
        return self._facts(self._sides.after(lambda change: change.address in addresses))

    def before(self, addresses: Set[str]) -> Facts:
        """Of what was there at these addresses."""
        return self._facts(self._sides.before(lambda change: change.address in addresses))

    def _facts(self, evaluated: Evaluated) -> Facts:
        """Facts of a plan hold no secrets: its values are not written in source, and most are not shown."""
        return msgspec.structs.replace(extract(evaluated, catalogue(), self._hasher), secrets=())


def sides_of(
    document: PlanDocument,
    located: Located,
    settings: Settings,
    hasher: Hasher,
    is_named: Callable[[str], bool] = lambda type_: False,
) -> Sides:
    """Both sides of a document. `is_named` are types that rules ask for by name, whatever else is known of them."""
    maker = _Maker(document, settings, hasher, located)
    changed = [each for each in document.changes if each.is_changed]
    told = {each.address for each in _telling(changed, is_named)}
    earlier, fresh = maker.before(told), maker.after(told)
    context = _context(document, changed, earlier, fresh)
    after = maker.after(told | context) if context else fresh
    return Sides(
        document=document,
        after=after,
        before=_before(after, earlier, told) if not document.is_state else _nothing(after),
        planned=_planned_of(document, changed),
        touched=_touched(document, after, changed, told),
    )


def _telling(changed: Iterable[ResourceChange], is_named: Callable[[str], bool]) -> Iterator[ResourceChange]:
    """The changed resources of types that somebody looks at, and some others: their names may tell the environment."""
    others = 0
    for each in changed:
        if needs_values(each.type) or is_named(each.type):
            yield each
        elif others < _WITNESSES:
            others += 1
            yield each


def _planned_of(document: PlanDocument, changed: Iterable[ResourceChange]) -> dict[str, Planned]:
    planned = {each.previous_address or each.address: _planned(each) for each in changed if was_there(each)}
    planned.update({each.address: Planned(KEEP, each.address) for each in document.changes if not each.is_changed})
    return planned


def _touched(
    document: PlanDocument, after: Facts, changed: Iterable[ResourceChange], told: Set[str]
) -> frozenset[Place]:
    name = after.deployment.id
    if document.is_state:
        return frozenset((name, node.address) for node in after.nodes)
    parts = (node.address for node in after.nodes if _owner(node.address) in told)
    earlier = (each.previous_address for each in changed if each.previous_address)
    return frozenset((name, address) for address in (*told, *earlier, *parts))


# ---------------------------------------------------------------- what matters to what is changed


def _context(document: PlanDocument, changed: Iterable[ResourceChange], before: Facts, after: Facts) -> frozenset[str]:
    """The resources that a plan leaves alone and that matter to what it changes, by address: what protects stores;
    where something is new, what may act on it; where a way is opened, all that anything is known of."""
    rest = [each for each in document.changes if not each.is_changed and needs_values(each.type)]
    if document.is_state or (rest and _opens(after, before)):
        return frozenset(each.address for each in rest)
    new = any(not was_there(each) for each in changed)
    witnesses = frozenset(each.address for each in rest[:_WITNESSES])
    return witnesses | {each.address for each in rest if _protects(each.type) or (new and _acts(each.type))}


def _opens(after: Facts, before: Facts) -> bool:
    """Whether a way may be open that was not: something may be done that could not be, acts that did not, or was
    denied."""
    return bool(_ways(after) - _ways(before)) or bool(_denials(before) - _denials(after))


def _ways(facts: Facts) -> set[bytes]:
    acting = {node.address for node in facts.nodes if node.kind not in _PASSIVE}
    rows = (
        *(each for each in facts.grants if each.effect == "Allow" or each.unknown),
        *(each for each in facts.references if each.kind not in _PROTECTING),
        *(each for each in facts.edges if each.source in acting),
    )
    return {msgspec.json.encode(each) for each in rows} | {address.encode() for address in acting}


def _denials(facts: Facts) -> set[bytes]:
    return {msgspec.json.encode(each) for each in facts.grants if each.effect == "Deny"}


def _acts(type_: str) -> bool:
    """Whether a resource of this type can do something to another, or let somebody."""
    entry = catalogue().entry(type_)
    return type_ in provider(prefix_of(type_)).extractors or (entry is not None and entry.kind not in _PASSIVE)


def _protects(type_: str) -> bool:
    entry = catalogue().entry(type_)
    return entry is not None and any(edge.kind in _PROTECTING for edge in entry.edges.values())


def _owner(address: str) -> str:
    return address.rpartition(".")[0]


# ---------------------------------------------------------------- what happens to each thing


def _planned(change: ResourceChange) -> Planned:
    if change.replaces:
        return Planned(REPLACE, change.address, _because(change))
    if change.destroys:
        return Planned(DESTROY)
    return Planned(FORGET) if "forget" in change.change.actions else Planned(KEEP, change.address)


def _because(change: ResourceChange) -> str:
    """The attributes that cannot be changed in place."""
    paths = [".".join(str(step) for step in path) for path in change.change.replace_paths if isinstance(path, list)]
    return f"{', '.join(sorted(paths)[:3])} cannot be changed in place" if paths else ""


# ---------------------------------------------------------------- the side before


def _before(after: Facts, earlier: Facts, changed: Set[str]) -> Facts:
    """The side before: what the plan leaves alone as it is after, the rest as it was."""
    kept = {node.address for node in after.nodes if node.address not in changed and _owner(node.address) not in changed}
    there = kept | {node.address for node in earlier.nodes}
    same = _only(after, kept, there)
    return msgspec.structs.replace(
        earlier,
        nodes=(*same.nodes, *earlier.nodes),
        edges=(*same.edges, *earlier.edges),
        references=(*same.references, *earlier.references),
        grants=(*same.grants, *earlier.grants),
        symbols=after.symbols if len(after.symbols) > len(earlier.symbols) else earlier.symbols,
    )


def _only(facts: Facts, kept: Set[str], targets: Set[str] | None = None) -> Facts:
    """The part of facts that is about some addresses; `targets` are those that edges may lead to."""
    there = kept if targets is None else targets
    return msgspec.structs.replace(
        facts,
        nodes=tuple(node for node in facts.nodes if node.address in kept),
        edges=tuple(each for each in facts.edges if each.source in kept and each.target in there),
        references=tuple(each for each in facts.references if each.node in kept),
        grants=tuple(each for each in facts.grants if not each.holder or each.holder in kept),
    )


def _nothing(after: Facts) -> Facts:
    """The side before a state: a state is judged as it is, all of it."""
    return msgspec.structs.replace(after, nodes=(), edges=(), references=(), grants=())
