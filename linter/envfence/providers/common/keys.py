"""Static keys of identities: where their secret halves go, and which of them soon stop working.

In: the resources and module calls of a deployment. Out: edges `holds` from whatever is given a key's secret half, facts
`short-lived` of keys. Must not know what a key opens, rules.

A copy is seen by what is unknown in a value: the secret half of a key is a symbol that names the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from envfence.model import Evidence, Fact, LocalEdge
from envfence.providers.common.registry_modules import described
from envfence.providers.common.values import one, text
from envfence.values import Mapping as MappingValue
from envfence.values import Sequence, Symbol, Unknown, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The attributes of each type that are enough to act as its identity.
_SECRET_PARTS = {
    "aws_iam_access_key": ("secret", "ses_smtp_password_v4", "ses_smtp_password"),
    "google_service_account_key": ("private_key",),
    "azuread_application_password": ("value",),
    "azuread_service_principal_password": ("value",),
}
_INDEX = r"\[(?:[^\[\]]|\[[^\]]*\])*\]"
_MODULES = rf"(?:module\.[\w-]+(?:{_INDEX})?\.)*"
_PARTS = "|".join(rf"{type_}\.[\w-]+(?:{_INDEX})?\.(?:{'|'.join(parts)})" for type_, parts in _SECRET_PARTS.items())
_PART = re.compile(rf"(?<![\w.-])({_MODULES}(?:{_PARTS}))(?![\w])")
_OUTPUT = re.compile(rf"(?<![\w.-])({_MODULES}module\.[\w-]+(?:{_INDEX})?\.[\w-]+)")
_ANY_INDEX = re.compile(_INDEX)
_ROTATION = re.compile(r"time_rotating\.[\w-]+(?:\[[^\]]*\])?")
#: Attributes whose change makes a new key.
_RENEWED_BY = ("rotate_when_changed", "keepers")
_DAYS = {"rotation_minutes": 1 / 1440, "rotation_hours": 1 / 24, "rotation_days": 1, "rotation_months": 31}
_HOURS = re.compile(r"(\d{1,6})h")
#: A key that is replaced within a quarter is no long-lived one.
_MOST_DAYS = 93
_TERRAFORM = "terraform"
_DEEPEST = 12


def add_keys(builder: FactsBuilder, is_read: Callable[[str], bool]) -> None:
    """The copies and lifetimes of all static keys of a deployment; `is_read` tells the types whose values matter."""
    keys = {each.address: each for each in builder.resources if each.mode == "managed" and each.type in _SECRET_PARTS}
    published = dict(_published(builder))
    if not keys and not published:
        return
    for key in keys.values():
        _lifetime(key, builder)
    targets = {**{address: address for address in keys}, **published}
    for resource in builder.resources:
        if resource.mode == "managed" and is_read(resource.type):
            _copies_in(resource, targets, builder)
    for call in builder.evaluated.unread_calls:
        for name, value in call.values.items.items():
            here = Evidence(span=call.span, says="is handed the key", address=call.address)
            source = call.address if builder.has_node(call.address) else _TERRAFORM
            _add(source, _named(value, targets, builder), (here, *call.origin(name)), builder)
    for name, output in builder.evaluated.outputs.items():
        here = Evidence(span=output.span, says="shows the key to whoever reads the state", address=f"output.{name}")
        _add(_TERRAFORM, _named(output.value, targets, builder), (here,), builder)


def _published(builder: FactsBuilder) -> Iterator[tuple[str, str]]:
    """(output that shows a secret half, address of the key) of calls of published modules that make keys."""
    for call in builder.evaluated.unread_calls:
        found = described(call.source, call.version)
        if found is not None and builder.has_node(f"{call.address}.{found[0].address}"):
            for name in found[0].secret_outputs:
                yield f"{call.address}.{name}", f"{call.address}.{found[0].address}"


def _copies_in(resource: Resource, targets: Mapping[str, str], builder: FactsBuilder) -> None:
    for path, value in _settings(resource.values):
        found = [each for each in _named(value, targets, builder) if each[0] != resource.address]
        if found:
            _add(resource.address, found, builder.evidence(resource, path, "holds a copy of the key"), builder)


def _settings(values: MappingValue) -> Iterator[tuple[str, Value]]:
    """(dotted path, value) of every attribute, and of every entry of one that is a map."""
    for name, value in values.items.items():
        if isinstance(value, MappingValue):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items.items())
        else:
            yield name, value


def _add(source: str, found: list[tuple[str, str]], evidence: tuple[Evidence, ...], builder: FactsBuilder) -> None:
    for key, part in found:
        edge = LocalEdge(kind="holds", source=source, target=key, evidence=evidence, says="holds a copy of")
        builder.add_edge(edge)
        builder.add_fact(key, f"used-as.{'mail' if 'smtp' in part else 'key'}", Fact(value=True))


def _named(value: Value, targets: Mapping[str, str], builder: FactsBuilder) -> list[tuple[str, str]]:
    """(address of the key, attribute) of every secret half of a key in a value."""
    found: dict[tuple[str, str], None] = {}
    for symbol in _symbols(value, builder, _DEEPEST):
        if symbol.scope != builder.scope:
            continue
        for match in _PART.finditer(symbol.what):
            address, _, part = match[1].rpartition(".")
            key = targets.get(address) or targets.get(_ANY_INDEX.sub("[?]", address))
            if key is not None:
                found[key, part] = None
        for match in _OUTPUT.finditer(symbol.what):
            if match[1] in targets:
                found[targets[match[1]], match[1].rpartition(".")[2]] = None
    return sorted(found)


def _symbols(value: Value, builder: FactsBuilder, depth: int) -> Iterator[Symbol]:
    """Everything unknown in a value."""
    if isinstance(value, str | Unknown):
        content = value.symbol if isinstance(value, Unknown) else value
        yield from (builder.symbols.symbol(char) for char in content if has_holes(char))
    elif depth:
        inner = value.items.values() if isinstance(value, MappingValue) else ()
        for item in value.items if isinstance(value, Sequence) else inner:
            yield from _symbols(item, builder, depth - 1)


def _lifetime(key: Resource, builder: FactsBuilder) -> None:
    reason = _ends_soon(key, builder)
    if reason and builder.has_node(key.address):
        builder.add_fact(key.address, "short-lived", Fact(value=True, span=key.span, reason=reason))


def _ends_soon(key: Resource, builder: FactsBuilder) -> str:
    """Why a key soon stops working; empty when nothing says so."""
    if text(one(key.values, "status")) == "Inactive":
        return "it is switched off"
    hours = _HOURS.match(text(one(key.values, "end_date_relative")) or "")
    if hours is not None and int(hours[1]) <= _MOST_DAYS * 24:
        return f"it ends after {hours[0]}"
    clocks = {match[0] for name in _RENEWED_BY for match in _clocks(key.values.items.get(name), builder)}
    return next((f"{clock.address} renews it" for clock in builder.resources if _renews(clock, clocks, key)), "")


def _clocks(value: Value, builder: FactsBuilder) -> Iterator[re.Match[str]]:
    for symbol in _symbols(value, builder, _DEEPEST):
        yield from _ROTATION.finditer(symbol.what)


def _renews(clock: Resource, clocks: set[str], key: Resource) -> bool:
    """Whether a clock is one of those of a key, and runs often enough."""
    prefix = f"{key.module_path}." if key.module_path else ""
    if clock.type != "time_rotating" or clock.address.removeprefix(prefix) not in clocks:
        return False
    periods = [(one(clock.values, name), days) for name, days in _DAYS.items()]
    return any(isinstance(count, int | float) and count * days <= _MOST_DAYS for count, days in periods)
