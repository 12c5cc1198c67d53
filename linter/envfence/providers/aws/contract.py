"""What the files of this folder ask of their surroundings: the resource that is looked at and the facts being built.

Nothing comes in or goes out: protocols, and small readers of values that every file here needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from envfence.model import CallSite, Evidence, Grant, Reference
from envfence.values import Mapping, Span, Symbol, Symbols, Unknown, Value
from envfence.values import Sequence as Items

_STEP = re.compile(r"([^.\[\]]+)(\[\])?")


class ResourceView(Protocol):
    """One instance of one resource, as evaluate gives it."""

    @property
    def address(self) -> str:
        """As Terraform prints it."""

    @property
    def mode(self) -> str:
        """`managed` or `data`."""

    @property
    def type(self) -> str:
        """The Terraform type."""

    @property
    def module_path(self) -> str:
        """The module instance it is in; empty for the root."""

    @property
    def calls(self) -> tuple[CallSite, ...]:
        """The module calls on the way to it."""

    @property
    def span(self) -> Span:
        """The header of its block."""

    @property
    def values(self) -> Mapping:
        """Attributes as written."""

    @property
    def provider_key(self) -> str:
        """The provider configuration it uses."""

    def span_of(self, path: str) -> Span | None:
        """The place of an attribute or nested block."""

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """Where the deciding value was written, nearest first."""

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """Where this very string inside the value was written."""


class Builder(Protocol):
    """Collects the facts of one deployment."""

    @property
    def resources(self) -> Sequence[Any]:
        """All resources of the deployment (each a `ResourceView`)."""

    @property
    def symbols(self) -> Symbols:
        """The symbols of the deployment."""

    @property
    def scope(self) -> str:
        """The id of the deployment."""

    @property
    def memo(self) -> dict[str, Any]:
        """A place for what a provider file works out once for a deployment."""

    def add_grant(self, grant: Grant) -> None:
        """Adds a statement."""

    def add_reference(self, reference: Reference) -> None:
        """Adds a reference to be bound by *link*."""

    def problem(self, reason: str, span: Span, hides: str = "") -> None:
        """Notes what could not be read."""


def text(value: Value) -> str | None:
    """A string value, holed; an unknown is its hole; None for anything else and for the empty string."""
    if isinstance(value, Unknown):
        return value.symbol
    return value if isinstance(value, str) and value else None


def walk(values: Mapping, path: str) -> Iterator[tuple[str, Value]]:
    """The values at a path such as `target[].role_arn`, each with its own path; nothing where a step is missing."""
    found: list[tuple[str, Value]] = [("", values)]
    for match in _STEP.finditer(path):
        name, each = match.group(1), match.group(2)
        found = [step for item in found for step in _step(item, name, bool(each))]
    yield from found


def _step(item: tuple[str, Value], name: str, each: bool) -> Iterator[tuple[str, Value]]:
    prefix, value = item
    if not isinstance(value, Mapping):
        return
    here = f"{prefix}.{name}" if prefix else name
    found = value.items.get(name)
    if each and isinstance(found, Items):
        yield from ((f"{here}[{index}]", element) for index, element in enumerate(found.items))
    elif found is not None:
        yield here, found


def attribute(builder: Builder, resource: ResourceView, name: str) -> str:
    """A string attribute, holed; when it is not set, the text that every reference to it evaluates to."""
    found = text(resource.values.items.get(name))
    if found:
        return found
    prefix = text(resource.values.items.get(f"{name}_prefix")) or ""
    what = f"{resource.address}.{name}" + (".suffix" if prefix else "")
    return prefix + builder.symbols.intern(Symbol(what=what, scope=builder.scope))


def place(resource: ResourceView, path: str) -> Span:
    """The place of an attribute, else of its resource."""
    return resource.span_of(path) or resource.span


def identifier(form: str, value: str) -> str:
    """A sought name in the form that nodes answer to: an ARN as it is, else `FORM:TEXT`."""
    return value if value.startswith("arn:") else f"{form}:{value}"
