"""One instance of a resource or data source: its attributes as written, and what a reference to it gives.

Comes in: a block with its scope. Goes out: `Resource`, and `ResourceObject` for expressions. Attributes are evaluated
when they are read, each once. Must not know: how instances are found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.evaluate.access import attribute_of
from envfence.evaluate.blocks import block_kinds, guarded, nested
from envfence.evaluate.declarations import ResourceDecl, literal
from envfence.evaluate.failures import EvaluationError
from envfence.evaluate.provenance import Trace
from envfence.evaluate.repetition import Key
from envfence.evaluate.results import StateRequest
from envfence.evaluate.scope import LazyMapping, Scope
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import blocks
from envfence.model import CallSite, Evidence
from envfence.values import Mapping, Sequence, Span, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance

#: Arguments that are Terraform's own, not the provider's.
META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"})
#: The whole schema of the one type that Terraform itself brings; unset attributes of it are null, not unknown.
_BUILTIN = {"terraform_data": ("id", "input", "output", "triggers_replace")}
_STATES = frozenset({"terraform_remote_state", "tfe_outputs"})


class Resource:
    """An instance of a resource or data source in one deployment; named as in `model.Node`.

    `exists` is "yes" or "maybe". `values` holds what is written: attributes, and nested blocks as lists in order, where
    an unknown item stands for any number of further blocks.
    """

    __slots__ = (
        "_cache", "_computed", "_object", "_pending", "_trace", "_values", "address", "block", "calls", "exists", "key",
        "mode",
        "module_path", "name", "owner", "provider_key", "scope", "type",
    )  # fmt: skip

    def __init__(
        self, owner: ModuleInstance, decl: ResourceDecl, address: str, key: Key, exists: str, scope: Scope
    ) -> None:
        self.owner = owner
        self.block = decl.block
        self.mode = decl.mode
        self.type = decl.type
        self.name = decl.name
        self.address = address
        self.key = key
        self.exists = exists
        self.scope = scope
        self.module_path = owner.path
        self.calls: tuple[CallSite, ...] = owner.calls
        self.provider_key = owner.provider_of(decl)
        self._cache: dict[str, Value] = {}
        self._pending: set[str] = set()
        self._values: Mapping | None = None
        self._computed: dict[str, Value] | None = None
        self._object: ResourceObject | None = None
        self._trace: Trace | None = None

    @property
    def span(self) -> Span:
        """The block's header."""
        return self.block.header

    @property
    def values(self) -> Mapping:
        """All attributes and nested blocks as written."""
        if self._values is None:
            body = self.block.body
            names = [name for name in body.attributes if name not in META]
            names.extend(kind for kind in block_kinds(body, META) if kind not in body.attributes)
            self._values = Mapping({name: self.written(name) for name in sorted(names)})
        return self._values

    def written(self, name: str) -> Value:
        """One attribute or list of blocks as written; raises `KeyError` when it is not."""
        if name in self._cache:
            return self._cache[name]
        if name in self._pending:
            raise EvaluationError(f"Cycle: {self.address}.{name} depends on itself", self.span)
        body = self.block.body
        attribute = body.attributes.get(name)
        if attribute is None and (name in META or name not in block_kinds(body, META)):
            raise KeyError(name)
        self._pending.add(name)
        try:
            if attribute is not None:
                value = guarded(attribute.expr, self.scope, self._report, f"{self.address}.{name}")
            else:
                value = nested(body.blocks, name, self.scope, self._report)
        finally:
            self._pending.discard(name)
        self._cache[name] = value
        return value

    def _report(self, error: EvaluationError, at: ast.Node) -> None:
        if self.exists == "yes":
            self.owner.report(error, at)

    def reference(self) -> ResourceObject:
        """What expressions see of this instance."""
        if self._object is None:
            self._object = ResourceObject(self)
        return self._object

    def computed(self) -> dict[str, Value]:
        """Attributes that the options' functions compute; those of the type before those of the fallback."""
        if self._computed is None:
            self._computed = {}  # a function that asks for its own resource sees nothing computed
            self._computed = self.owner.deployment.compute(self)
        return self._computed

    def unknown(self, name: str) -> Value:
        """The unknown that stands for an attribute which is not set."""
        run = self.scope.run
        reason = f"{self.address}.{name} is known after apply" if self.mode == "managed" else f"{self.address} is read"
        what, names = f"{self.address}.{name}", (self.name,)
        if name != "id" or self.mode != "managed":
            return run.naming.unknown(what, reason, self.span, names=names)
        value = run.naming.unknown(what, reason, self.span, "string", names)
        run.not_null.add(value.symbol)
        return value

    def attribute(self, name: str) -> Value:
        """What a reference to an attribute gives: as written if set, else computed, else unknown."""
        try:
            value = self.written(name)
        except KeyError:
            value = None
        if value is not None:
            if name not in self.block.body.attributes and isinstance(value, Sequence):
                return Sequence(
                    tuple(_open(item, self, f"{name}[{at}]") for at, item in enumerate(value.items)), "list"
                )
            return value
        if self.type in _BUILTIN and self.mode == "managed":
            return self._builtin(name)
        if self.mode == "data" and self.type in _STATES:
            state = self._state(name)
            if state is not None:
                return state
        computed = self.computed()
        return computed[name] if name in computed else self.unknown(name)

    def _builtin(self, name: str) -> Value:
        if name not in _BUILTIN[self.type]:
            raise EvaluationError(f'Unsupported attribute: {self.type} has no attribute "{name}"', self.span)
        if name == "id":
            return self.unknown(name)
        if name == "output":
            return None if self.attribute("input") is None else self.unknown(name)
        return None

    def _state(self, name: str) -> Value | None:
        if name not in ("outputs", "values", "nonsensitive_values"):
            return None
        cached = self._cache.get(f"{name}()")
        if cached is None:
            cached = self._cache[f"{name}()"] = self._read_state(name)
        return cached

    def _read_state(self, name: str) -> Value:
        deployment = self.owner.deployment
        reader = deployment.options.states
        if reader is not None:
            request = StateRequest(
                self.type, self.values, self.owner.module.directory, self.scope.run.symbols, self.scope.run.naming.scope
            )
            found = reader.outputs(request)
            if found is not None:
                return found
        return self.unknown(name)

    def whole(self) -> dict[str, Value]:
        """All attributes that are known of."""
        items = {name: self.attribute(name) for name in self.values.items}
        items.update({name: value for name, value in self.computed().items() if items.get(name) is None})
        for name in _BUILTIN.get(self.type, ("id",)):
            if name not in items:
                items[name] = self.attribute(name)
        return {name: items[name] for name in sorted(items)}

    def release(self) -> None:
        """Drops what is cached and refers back to this resource."""
        self._object = self._trace = None

    # ------------------------------------------------------------ lifecycle

    def _lifecycle(self) -> ast.Body | None:
        found = blocks(self.block.body, {"lifecycle": 0})
        return found[0].body if found else None

    @property
    def prevent_destroy(self) -> bool | None:
        """`lifecycle { prevent_destroy }`; None when it is not set."""
        body = self._lifecycle()
        if body is None or "prevent_destroy" not in body.attributes:
            return None
        return literal(body, "prevent_destroy") in (True, "true")

    @property
    def ignore_changes(self) -> tuple[str, ...]:
        """The attributes of `ignore_changes`, `("all",)` for all of them."""
        body = self._lifecycle()
        attribute = body.attributes.get("ignore_changes") if body is not None else None
        if attribute is None:
            return ()
        items = attribute.expr.items if isinstance(attribute.expr, ast.TupleExpr) else (attribute.expr,)
        return tuple(_reference_text(item) for item in items)

    def required_versions(self, provider: str) -> tuple[str, ...]:
        """What the module of a resource, and all that call it, demand of the version of a provider."""
        module: ModuleInstance | None = self.owner
        found: dict[str, None] = {}
        while module is not None:
            text = module.module.required_providers.get(provider)
            if text:
                found[text] = None
            module = module.parent
        return tuple(found)

    # ------------------------------------------------------------ provenance

    def _tracer(self) -> Trace:
        if self._trace is None:
            self._trace = Trace(self.owner, self.scope, self.block, self.address)
        return self._trace

    def span_of(self, path: str) -> Span | None:
        """The place of an attribute or nested block: `settings[0].tier`."""
        return self._tracer().span_of(path)

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """Where the value of an attribute was written: the attribute itself first, the deciding place last."""
        return self._tracer().origin(path)

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """Where this very string inside the attribute's value was written, the deciding place last."""
        return self._tracer().origin_of_leaf(path, leaf)

    def is_sensitive(self, path: str) -> bool:
        """Whether the attribute's value, or a part of it, is marked sensitive."""
        return self._tracer().is_sensitive(path)


class ResourceObject(LazyMapping):
    """A resource instance as expressions see it: any attribute may be asked for."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        object.__setattr__(self, "resource", resource)
        object.__setattr__(self, "kind", "object")

    resource: Resource

    @property
    def complete(self) -> bool:
        """Whether all attributes are known of."""
        return self.resource.type in _BUILTIN

    @property
    def items(self) -> dict[str, Value]:
        """All attributes that are known of."""
        return self.resource.whole()

    def attribute(self, name: str) -> Value:
        """One attribute."""
        return self.resource.attribute(name)

    def opaque(self) -> Unknown:
        """The whole object as one unknown."""
        resource = self.resource
        reason = f"{resource.address} is known after apply"
        return resource.scope.run.naming.unknown(resource.address, reason, resource.span, names=(resource.name,))

    def inside(self, attribute: str, name: str) -> Unknown | None:
        """A provider may compute parts of an object whose other parts are set."""
        if self.complete:
            return None
        self.resource.scope.run.doubts += 1
        return attribute_of_unknown(self.resource, f"{attribute}.{name}")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class NestedObject(LazyMapping):
    """A nested block of a resource as expressions see it: what is not written in it is unknown."""

    __slots__ = ("inner", "path", "resource")

    def __init__(self, inner: Mapping, resource: Resource, path: str) -> None:
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "resource", resource)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "kind", "object")

    inner: Mapping
    resource: Resource
    path: str

    @property
    def items(self) -> dict[str, Value]:
        """All attributes that are known of."""
        return self.inner.items

    def attribute(self, name: str) -> Value:
        """One attribute."""
        value = self.inner.items.get(name)
        if value is None:
            return self.resource.unknown(f"{self.path}.{name}")
        return _open_all(value, self.resource, f"{self.path}.{name}")

    def opaque(self) -> Unknown:
        """The whole object as one unknown."""
        return attribute_of_unknown(self.resource, self.path)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def attribute_of_unknown(resource: Resource, path: str) -> Unknown:
    """The unknown `ADDRESS.path`."""
    reason = f"{resource.address}.{path} is known after apply"
    return resource.scope.run.naming.unknown(
        f"{resource.address}.{path}", reason, resource.span, names=(resource.name,)
    )


def _open(value: Value, resource: Resource, path: str) -> Value:
    return NestedObject(value, resource, path) if isinstance(value, Mapping) else value


def _open_all(value: Value, resource: Resource, path: str) -> Value:
    if isinstance(value, Sequence) and value.kind == "list" and any(isinstance(i, Mapping) for i in value.items):
        return Sequence(tuple(_open(item, resource, f"{path}[{at}]") for at, item in enumerate(value.items)), "list")
    return value


def _reference_text(expr: ast.Expr) -> str:
    if isinstance(expr, ast.Name):
        return expr.name
    if isinstance(expr, ast.Literal):
        return str(expr.value)
    if isinstance(expr, ast.GetAttr):
        return f"{_reference_text(expr.source)}.{expr.name}"
    if isinstance(expr, ast.Index):
        key = expr.key.value if isinstance(expr.key, ast.Literal) else "?"
        return f"{_reference_text(expr.source)}[{key}]"
    return "?"


__all__ = ["META", "NestedObject", "Resource", "ResourceObject", "attribute_of"]
