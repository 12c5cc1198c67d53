"""What a repeated block is to expressions, and module calls as objects whose outputs are evaluated when they are read.

Comes in: expansions. Goes out: values. Must not know: how modules are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from envfence.evaluate.convert import Type
from envfence.evaluate.declarations import CallDecl
from envfence.evaluate.failures import EvaluationError
from envfence.evaluate.repetition import Key, Repetition
from envfence.evaluate.scope import LazyMapping, Scope
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import static
from envfence.values import Mapping, Sequence, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance

T = TypeVar("T")
_DEPTH = 10


@dataclass(slots=True)
class Expansion(Generic[T]):
    """The instances of a block by key; `scopes` has the address and scope of each instance of a module call."""

    repetition: Repetition
    instances: dict[Key, T] = field(default_factory=dict)
    scopes: dict[Key, tuple[str, Scope]] = field(default_factory=dict)


def as_value(expansion: Expansion[T], values: list[Value], owner: ModuleInstance, address: str) -> Value:
    """A repeated block in an expression: an object, a tuple or a map of objects, or unknown."""
    repeated = expansion.repetition
    if repeated.kind == "unknown" or repeated.maybe:
        naming = owner.deployment.run.naming
        unknown = naming.unknown(address, repeated.reason or "how many there are is unknown", None)
        if repeated.maybe:
            owner.deployment.run.maybe[unknown.symbol] = values[0]
        return unknown
    if repeated.kind == "single":
        return values[0] if values else None
    if repeated.kind == "count":
        return Sequence(tuple(values))
    return Mapping({str(key): value for key, value in zip(expansion.instances, values, strict=True)})


class ModuleObject(LazyMapping):
    """A module instance in an expression; without its module (not in the tree) every output is unknown."""

    __slots__ = ("address", "call", "instance", "owner")

    def __init__(self, instance: ModuleInstance | None, address: str, owner: ModuleInstance, call: CallDecl) -> None:
        object.__setattr__(self, "instance", instance)
        object.__setattr__(self, "address", address)
        object.__setattr__(self, "owner", owner)
        object.__setattr__(self, "call", call)
        object.__setattr__(self, "kind", "object")

    instance: ModuleInstance | None
    address: str
    owner: ModuleInstance
    call: CallDecl

    @property
    def complete(self) -> bool:
        """Whether all attributes are known of."""
        return self.instance is not None

    @property
    def items(self) -> dict[str, Value]:
        """All attributes that are known of."""
        if self.instance is None:
            return {}
        items = {}
        for name in sorted(self.instance.module.outputs):
            try:
                items[name] = self.attribute(name)
            except EvaluationError as error:
                items[name] = self._unknown(name, error.message)
        return items

    def attribute(self, name: str) -> Value:
        """One attribute."""
        if self.instance is None:
            return self._unknown(name, f"the module of {self.address} is not in this repository")
        return self.instance.output(name, self.call.block)

    def _unknown(self, name: str, reason: str) -> Unknown:
        naming = self.owner.deployment.run.naming
        return naming.unknown(f"{self.address}.{name}", reason, self.call.block.header, names=(self.call.name, name))

    def opaque(self) -> Unknown:
        """The whole object as one unknown."""
        naming = self.owner.deployment.run.naming
        return naming.unknown(self.address, f"{self.address} is not in this repository", self.call.block.header)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def as_written(value: Value, kind: Type, depth: int = 0) -> Value:
    """`value` with partly computed objects turned into the objects that `kind` asks for."""
    if isinstance(value, LazyMapping):
        if kind.kind != "object":
            return Mapping(value.items) if value.complete else value.opaque()
        return Mapping({a.name: as_written(value.attribute(a.name), a.type, depth + 1) for a in kind.attributes})
    return value if depth > _DEPTH else _parts_as_written(value, kind, depth)


def _parts_as_written(value: Value, kind: Type, depth: int) -> Value:
    if isinstance(value, Mapping) and kind.element is not None:
        return Mapping({k: as_written(v, kind.element, depth + 1) for k, v in value.items.items()}, value.kind)
    if isinstance(value, Mapping) and kind.attributes:
        types = {attribute.name: attribute.type for attribute in kind.attributes}
        return Mapping({k: as_written(v, types.get(k, kind), depth + 1) for k, v in value.items.items()}, value.kind)
    if isinstance(value, Sequence) and kind.element is not None:
        return Sequence(tuple(as_written(item, kind.element, depth + 1) for item in value.items), value.kind)
    return value


def provider_names(body: ast.Body) -> dict[str, str]:
    """`providers = { inner = outer }` of a module call."""
    attribute = body.attributes.get("providers")
    if attribute is None or not isinstance(attribute.expr, ast.ObjectExpr):
        return {}
    found = {}
    for key, value in attribute.expr.items:
        inner, outer = reference_key(key), reference_key(value)
        if inner and outer:
            found[inner] = outer
    return found


def reference_key(expr: ast.Expr) -> str | None:
    """`aws` or `aws.alias`, as a reference or as text."""
    expr = static(expr) if isinstance(expr, ast.Literal) else expr
    if isinstance(expr, ast.Literal):
        return expr.value if isinstance(expr.value, str) else None
    if isinstance(expr, ast.TemplateWrap):
        return reference_key(expr.inner)
    if isinstance(expr, ast.Name):
        return expr.name
    if isinstance(expr, ast.GetAttr) and isinstance(expr.source, ast.Name):
        return f"{expr.source.name}.{expr.name}"
    return None
