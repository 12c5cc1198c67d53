"""Evaluated resources made by hand, so that extract is tested without a parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from envfence.evaluate.results import UnreadCall
from envfence.model import CallSite, Deployment, Evidence, Facts, Problem
from envfence.providers.catalogue import catalogue
from envfence.providers.extract import extract
from envfence.values import Mapping, Sequence, Span, Symbol, Symbols, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate import Evaluated

SPAN = Span("main.tf", 1)


def value(data: Any) -> Value:
    """Plain data as the evaluator would have it."""
    if isinstance(data, dict):
        return Mapping({key: value(item) for key, item in data.items()})
    if isinstance(data, list):
        return Sequence(tuple(value(item) for item in data))
    found: Value = data
    return found


@dataclass
class FakeModule:
    required_providers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeOwner:
    module: FakeModule = field(default_factory=FakeModule)
    parent: None = None


@dataclass
class FakeResource:
    address: str
    values: Mapping
    mode: str = "managed"
    key: str | None = None
    module_path: str = ""
    calls: tuple[CallSite, ...] = ()
    span: Span = SPAN
    exists: str = "yes"
    prevent_destroy: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    provider_key: str = ""
    places: dict[str, Span] = field(default_factory=dict)
    owner: FakeOwner = field(default_factory=FakeOwner)

    @property
    def type(self) -> str:
        return self.address.removeprefix("data.").split(".")[-2]

    @property
    def name(self) -> str:
        return self.address.split(".")[-1]

    def span_of(self, path: str) -> Span | None:
        return self.places.get(path)

    def origin(self, path: str) -> tuple[Evidence, ...]:
        return ()

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        return ()

    def required_versions(self, provider: str) -> tuple[str, ...]:
        return ()


@dataclass
class FakeProvider:
    key: str
    values: Mapping
    module_path: str = ""
    span: Span = SPAN


@dataclass
class FakeOutput:
    value: Value
    span: Span = SPAN
    sensitive: bool = False


@dataclass
class FakeScope:
    module: None = None


@dataclass
class FakeEvaluated:
    """As `evaluate.Evaluated`; `unknown` makes what a reference evaluates to."""

    resources: tuple[FakeResource, ...]
    providers: tuple[FakeProvider, ...] = ()
    unread_calls: tuple[UnreadCall, ...] = ()
    symbols: Symbols = field(default_factory=Symbols)
    outputs: dict[str, FakeOutput] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()
    scope: FakeScope = field(default_factory=FakeScope)
    deployment: Deployment = field(
        default_factory=lambda: Deployment(id="app", root="app", config_dir="app", span=SPAN)
    )

    def unknown(self, what: str) -> Unknown:
        """The unknown that a reference to an attribute nobody knows evaluates to."""
        return Unknown(self.symbols.intern(Symbol(what=what, scope=self.deployment.id)), "not known before apply")


def resource(address: str, data: dict[str, Any] | None = None, **more: Any) -> FakeResource:
    """A resource with plain data as its values."""
    converted = {key: item if isinstance(item, Unknown) else value(item) for key, item in (data or {}).items()}
    found = FakeResource(address=address, values=Mapping(converted), **more)
    found.mode = "data" if address.startswith("data.") else found.mode
    found.provider_key = found.provider_key or found.type.partition("_")[0]
    return found


def facts_of_fake(evaluated: FakeEvaluated, hasher: Callable[[str], str] = str) -> Facts:
    """The facts of a deployment made by hand."""
    return extract(cast("Evaluated", evaluated), catalogue(), hasher)
