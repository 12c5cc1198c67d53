"""Nodes for calls of well-known published modules whose text is not in the repository.

In: the module calls of a deployment that could not be read. Out: one node for each that the catalogue describes, with
what the call's arguments say about it. Must not know other deployments, rules.

The node stands for the resource inside the module. What an argument sets is a fact like any other; what the call leaves
out is the module's default where the catalogue has it for the version that is asked for, and unknown where it has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact, Node, Signal
from envfence.providers.common.boundaries import boundary_of
from envfence.providers.common.facts import MODULE_ARGUMENTS, scalar
from envfence.providers.common.registry_modules import Argument, PublishedModule, described
from envfence.providers.common.signals import address_signals, is_telling, signals_in_tags
from envfence.providers.common.templates import Subject, fill
from envfence.providers.common.values import text, unknown_in
from envfence.providers.common.versions import surely_at_least, surely_below
from envfence.values import Mapping, Sequence, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate.results import UnreadCall
    from envfence.providers.builder import FactsBuilder
    from envfence.providers.catalogue import Entry


def add_published_modules(builder: FactsBuilder) -> None:
    """Adds the nodes that stand for the published modules which a deployment calls."""
    for call in builder.evaluated.unread_calls:
        found = described(call.source, call.version)
        if found is None:
            continue
        module, constraint = found
        entry = builder.catalogue.entry(module.type)
        if entry is not None and _switched(call, module) is not False:
            builder.add_node(_node(call, module, constraint, entry, builder))


def _node(call: UnreadCall, module: PublishedModule, constraint: str, entry: Entry, builder: FactsBuilder) -> Node:
    values = _values(call, module)
    place = builder.place_of_key(module.type.partition("_")[0])
    address = f"{call.address}.{module.address}"
    subject = Subject(address, values, place.context, builder.symbols, builder.scope)
    names = [fill(template, subject) for template in (entry.arn, entry.id or "${?id}", *entry.names) if template]
    sure = call.exists == "yes" and _switched(call, module) is True
    return Node(
        address=address,
        kind=entry.kind,
        type=module.type,
        span=call.span,
        names=tuple(dict.fromkeys(n if n.startswith("arn:") else f"{module.type}:{n}" for n in names)),
        # The call may hand another provider configuration to the module: without a project of its own, nobody knows.
        boundary=boundary_of(module.type, values, place) if "project" in values.items else "",
        signals=_signals(call, values, entry),
        facts=_facts(call, module, constraint, entry),
        exists="yes" if sure else "maybe",
        calls=call.calls[:-1],
    )


def _switched(call: UnreadCall, module: PublishedModule) -> bool | None:
    """Whether the module's own switches let the resource exist; None when that depends on an unknown."""
    given = [call.values.items.get(name) for name in module.switches]
    if any(value is False or value == "false" for value in given):
        return False
    return None if any(unknown_in(value) is not None for value in given) else True


def _values(call: UnreadCall, module: PublishedModule) -> Mapping:
    """The arguments under the names of the attributes that they set, blocks as evaluation gives them."""
    found: dict[str, Value] = {}
    for name, argument in sorted(module.arguments.items()):
        value = _given(call, name, argument)
        if value is None:
            continue
        *blocks, leaf = argument.sets.split(".")
        inner: dict[str, Value] = {leaf: value}
        for block in reversed(blocks):
            inner = {block: Sequence((Mapping(inner),))}
        found.update(inner)
    return Mapping(found)


def _signals(call: UnreadCall, values: Mapping, entry: Entry) -> tuple[Signal, ...]:
    found: list[Signal] = []
    tags = values.items.get(entry.tags) if entry.tags else None
    if isinstance(tags, Mapping):
        found += signals_in_tags(tags, call.span)
    found += address_signals(call.address, call.span)
    for name in entry.named_by:
        value = text(values.items.get(name))
        if value and is_telling(value):
            found.append(Signal(kind="name", value=value, span=call.span, says=f"{name} = {value!r}"))
    return tuple(found)


def _facts(call: UnreadCall, module: PublishedModule, constraint: str, entry: Entry) -> dict[str, Fact]:
    by_attribute = {argument.sets: (name, argument) for name, argument in sorted(module.arguments.items())}
    facts: dict[str, Fact] = {}
    for path in entry.judged_attributes():
        known = by_attribute.get(path)
        if known is not None:
            facts[path] = _fact(call, known[0], known[1], constraint)
        elif path in entry.guards and entry.guards[path].universal:
            facts[path] = Fact(state="absent")
        else:
            facts[path] = Fact(state="unknown", reason=f"what {call.source} does about it is not known")
    names = {path: name for path, (name, _) in by_attribute.items() if path in facts}
    facts[MODULE_ARGUMENTS] = Fact(value=names, reason=call.address)
    return facts


def _fact(call: UnreadCall, name: str, argument: Argument, constraint: str) -> Fact:
    value = _given(call, name, argument)
    evidence = call.origin(name) if name in call.values.items else ()
    span = evidence[0].span if evidence else call.span
    if value is None:
        return _default(argument, constraint, call)
    if unknown_in(value) is not None:
        reason = value.reason if isinstance(value, Unknown) else "depends on an unknown value"
        return Fact(state="unknown", span=span, reason=reason)
    origin = evidence[-1].span if evidence and evidence[-1].span != span else None
    return Fact(value=scalar(value), span=span, origin=origin)


def _given(call: UnreadCall, name: str, argument: Argument) -> Value:
    """What the call gives: the argument, or one key of it where it is a map."""
    value = call.values.items.get(name)
    if not argument.keys or not isinstance(value, Mapping):
        return value
    found = next((value.items[key] for key in argument.keys if key in value.items), None)
    if found is None and value.items:
        return Unknown("", reason=f"what {call.source} makes of {name} without {argument.keys[0]} is not known")
    return found


def _default(argument: Argument, constraint: str, call: UnreadCall) -> Fact:
    newest = not constraint
    if argument.before is not None and surely_below(constraint, argument.since):
        return Fact(value=argument.before, span=call.span, reason="the module's default")
    if not argument.since or not (newest or surely_at_least(constraint, argument.since)):
        return Fact(state="unknown", span=call.span, reason=f"the default of {call.source} is not known")
    if argument.default is None:
        return Fact(state="absent", span=call.span)
    return Fact(value=argument.default, span=call.span, reason="the module's default")
