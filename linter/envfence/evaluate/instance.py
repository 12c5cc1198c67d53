"""One instance of a module: answers to the names in its expressions, evaluating each at most once.

Comes in: a `Module`, the call that instantiates it, the deployment. Goes out: values of variables, locals, resources,
module calls and outputs. Must not know: who reads the results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from envfence.evaluate import limits
from envfence.evaluate.convert import ConversionError, Type, Unsure, convert, parse_type
from envfence.evaluate.declarations import CallDecl, Module, ResourceDecl, VariableDecl
from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError, UndeclaredError
from envfence.evaluate.marks import is_sensitive_name
from envfence.evaluate.modules import Expansion, ModuleObject, as_value, as_written, provider_names, reference_key
from envfence.evaluate.repetition import SINGLE, Repetition, repetition, shown_key
from envfence.evaluate.resource import Resource
from envfence.evaluate.scope import Scope
from envfence.evaluate.sensitivity import Ephemeral, is_sensitive
from envfence.hcl import ast
from envfence.model import CallSite, Problem
from envfence.values import Span, Unknown, Value

if TYPE_CHECKING:
    from envfence.evaluate.deployment import DeploymentRun
    from envfence.evaluate.inputs import Setting

_SPECIAL_PATHS = frozenset({"module", "root", "cwd"})


class ModuleInstance:
    """The root module, or one instance of a module call; `path` is its address, "" for the root."""

    def __init__(
        self,
        deployment: DeploymentRun,
        module: Module,
        path: str = "",
        parent: ModuleInstance | None = None,
        call: CallDecl | None = None,
        call_scope: Scope | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.deployment = deployment
        self.module = module
        self.path = path
        self.parent = parent
        self.call_decl = call
        self.call_scope = call_scope
        self.names = names
        self.depth: int = parent.depth + 1 if parent else 0
        self.prefix = f"{path}." if path else ""
        site = (CallSite(address=path, span=call.block.header),) if call else ()
        self.calls: tuple[CallSite, ...] = (*parent.calls, *site) if parent else ()
        self.providers = provider_names(call.block.body) if call else {}
        self.settings: dict[str, Setting] = {}
        self._scope: Scope | None = None
        self._values: dict[str, Value] = {}
        self._failures: dict[str, EvaluationError] = {}
        self._pending: set[str] = set()
        self._sensitive: dict[tuple[str, str, tuple[str, ...], bool], bool] = {}
        self._expansions: dict[str, Expansion[Resource]] = {}
        self._calls: dict[str, Expansion[ModuleInstance | None]] = {}

    def release(self) -> list[ModuleInstance]:
        """Drops what is cached here; gives the instances below."""
        children = [child for calls in self._calls.values() for child in calls.instances.values() if child is not None]
        for expansion in self._expansions.values():
            for resource in expansion.instances.values():
                resource.release()
        for cache in (self._values, self._failures, self._expansions, self._calls):
            cache.clear()
        self._scope = None
        return children

    @property
    def scope(self) -> Scope:
        """What expressions in this module see outside of any repeated block."""
        if self._scope is None:
            self._scope = Scope(self.deployment.run, self)
        return self._scope

    # ------------------------------------------------------------ once

    def _once(self, key: str, compute: Callable[[], Value], at: ast.Node) -> Value:
        """The value under `key`, computed at most once; an error is an error each time, a cycle is an error."""
        values = self._values
        if key in values:
            return values[key]
        if key in self._failures:
            raise self._failures[key]
        if key in self._pending:
            raise EvaluationError(f"Cycle: {self.prefix}{key} depends on itself", at.span)
        self._pending.add(key)
        run = self.deployment.run
        run.depth += 1
        try:
            if run.depth > limits.REFERENCE_DEPTH:
                raise LimitError("references are nested too deeply")
            value = compute()
            run.weigh(value)
        except EvaluationError as error:
            self._failures[key] = error
            raise
        except LimitError as limit:
            run.limited.setdefault(limit.reason, at.span)
            value = run.naming.unknown(f"{self.prefix}{key}", limit.reason, at.span)
        finally:
            run.depth -= 1
            self._pending.discard(key)
        values[key] = value
        return value

    # ------------------------------------------------------------ variables and locals

    def variable(self, name: str, at: ast.Node) -> Value:
        """The value of `var.NAME`."""
        key = f"var.{name}"
        if key in self._values:
            return self._values[key]
        decl = self.module.variables.get(name)
        if decl is None:
            raise UndeclaredError(f'Reference to undeclared input variable: "{name}"', at.span)
        return self._once(key, lambda: self._variable(decl), at)

    def _variable(self, decl: VariableDecl) -> Value:
        given, value = self._given(decl)
        if value is None and not decl.nullable:
            given = False
        if not given:
            if decl.default is None:
                return self._unset(decl)
            value = evaluate(decl.default, Scope(self.deployment.run, None))
        if value is None or (isinstance(value, str) and decl.type_expr is None):
            return value
        return self._converted(decl, value)

    def _given(self, decl: VariableDecl) -> tuple[bool, Value]:
        if self.call_scope is None or self.call_decl is None:
            setting = self.settings.get(decl.name)
            return (True, setting.value) if setting is not None else (False, None)
        attribute = self.call_decl.block.body.attributes.get(decl.name)
        if attribute is None:
            return False, None
        try:
            return True, evaluate(attribute.expr, self.call_scope)
        except EvaluationError as error:
            self.report(error, attribute.expr)
            return True, self._named(decl, error.message, attribute.span)

    def _unset(self, decl: VariableDecl) -> Value:
        return self._named(decl, f"variable {decl.name} has no value", decl.span)

    def _named(self, decl: VariableDecl, reason: str, span: Span) -> Unknown:
        kind = self.type_of(decl)
        type_ = kind.kind if kind is not None and kind.kind not in ("object", "tuple") else "any"
        what = f"{self.prefix}var.{decl.name}"
        return self.deployment.run.naming.unknown(what, reason, span, type_, names=(decl.name,))

    def type_of(self, decl: VariableDecl) -> Type | None:
        """The declared type of a variable, None when it has none."""
        if decl.type_expr is None:
            return None
        known = self.deployment.types.get(decl.type_expr)
        if known is None:
            constants = Scope(self.deployment.run, None)
            try:
                known = parse_type(decl.type_expr, lambda expr: evaluate(expr, constants))
            except (ConversionError, Unsure, EvaluationError):
                known = Type("any")
            self.deployment.types[decl.type_expr] = known
        return known

    def _converted(self, decl: VariableDecl, value: Value) -> Value:
        kind = self.type_of(decl)
        if kind is None or kind.kind == "any":
            return value
        try:
            return convert(as_written(value, kind), kind, self.deployment.run.symbols)
        except ConversionError as error:
            problem = EvaluationError(f'Invalid value for variable "{decl.name}": {error.message}', decl.span)
            self.report(problem, decl.block)
            return self._named(decl, problem.message, decl.span)
        except Unsure as error:
            return self._named(decl, error.reason, decl.span)

    def local(self, name: str, at: ast.Node) -> Value:
        """The value of `local.NAME`."""
        key = f"local.{name}"
        if key in self._values:
            return self._values[key]
        attribute = self.module.locals.get(name)
        if attribute is None:
            raise UndeclaredError(f'Reference to undeclared local value: "{name}"', at.span)
        return self._once(key, lambda: evaluate(attribute.expr, self.scope), at)

    def output(self, name: str, at: ast.Node) -> Value:
        """The value of an output."""
        decl = self.module.outputs.get(name)
        if decl is None:
            raise UndeclaredError(f'Unsupported attribute: the module has no output "{name}"', at.span)
        if decl.expr is None:
            return None
        expr = decl.expr
        return self._once(f"output.{name}", lambda: evaluate(expr, self.scope), at)

    def special(self, head: str, name: str, at: ast.Node) -> Value:
        """`path.NAME`, `terraform.NAME`, `ephemeral.…`."""
        deployment, naming = self.deployment, self.deployment.run.naming
        if head == "path" and name in _SPECIAL_PATHS:
            if name == "cwd":
                cwd = deployment.options.cwd
                where = "the working directory is not known"
                return cwd if cwd is not None else naming.unknown("path.cwd", where, at.span, "string")
            return deployment.shown_directory(self.module.directory) if name == "module" else "."
        if head == "terraform" and name == "workspace":
            return deployment.workspace
        if head == "ephemeral":
            return naming.unknown(f"{self.prefix}ephemeral.{name}", "ephemeral values are not known", at.span)
        raise EvaluationError(f'Invalid reference: "{head}.{name}"', at.span)

    # ------------------------------------------------------------ resources

    def resource(self, key: str, at: ast.Node) -> Value:
        """All instances of a resource, as expressions see them."""
        decl = self.module.resources.get(key)
        if decl is None:
            raise UndeclaredError(f'Reference to undeclared resource: "{key}"', at.span)
        expansion = self.expand(decl)
        known = self._values.get(key)
        if known is None:
            values: list[Value] = [instance.reference() for instance in expansion.instances.values()]
            known = self._values[key] = as_value(expansion, values, self, f"{self.prefix}{key}")
        return known

    def expand(self, decl: ResourceDecl) -> Expansion[Resource]:
        """The instances of a resource."""
        known = self._expansions.get(decl.key)
        if known is None:
            repeated, scopes = self._repetition(decl.key, decl.block)
            known = Expansion(repeated)
            base = f"{self.prefix}{decl.key}"
            for key, scope in scopes:
                address = base + shown_key(key) if repeated.kind != "unknown" else f"{base}[?]"
                exists = "maybe" if repeated.maybe or repeated.kind == "unknown" or self.maybe else "yes"
                known.instances[key] = Resource(self, decl, address, key, exists, scope)
            self._expansions[decl.key] = known
        return known

    @property
    def maybe(self) -> bool:
        """Whether it is unknown if this module instance exists."""
        return bool(self.parent and self.call_decl and (self.uncertain or self.parent.maybe))

    uncertain = False
    marking: frozenset[str] = frozenset({"sensitive"})
    clearing: frozenset[str] = frozenset({"nonsensitive", "issensitive", "can"})

    def _repetition(self, name: str, block: ast.Block) -> tuple[Repetition, list[tuple[str | int | None, Scope]]]:
        """How often a block stands, and a scope for each instance; an unknown number is one symbolic instance."""
        body = block.body
        if not self.deployment.repeats(body):
            return SINGLE, [(None, self.scope)]
        try:
            if name in self._pending:
                raise EvaluationError(f"Cycle: the number of {self.prefix}{name} depends on itself", block.header)
            self._pending.add(name)
            try:
                repeated = repetition(body, self.scope)
                self.deployment.count_instances(len(repeated.instances))
            finally:
                self._pending.discard(name)
        except EvaluationError as error:
            self.report(error, block)
            repeated = Repetition("unknown", reason=error.message, counted="count" in body.attributes)
        except LimitError as limit:
            self.deployment.run.limited.setdefault(limit.reason, block.header)
            repeated = Repetition("unknown", reason=limit.reason, counted="count" in body.attributes)
        if repeated.kind == "unknown":
            return repeated, [("?", self._symbolic_scope(name, repeated, block))]
        scopes: list[tuple[str | int | None, Scope]] = []
        for key, value in repeated.instances:
            scope = Scope(self.deployment.run, self)
            if isinstance(key, int):
                scope.count_index = key
            elif key is not None:
                scope.each_key, scope.each_value = key, value
            scopes.append((key, scope if key is not None else self.scope))
        return repeated, scopes

    def _symbolic_scope(self, name: str, repeated: Repetition, block: ast.Block) -> Scope:
        naming = self.deployment.run.naming
        scope = Scope(self.deployment.run, self)
        address = f"{self.prefix}{name}[?]"
        if repeated.counted:
            scope.count_index = naming.unknown(f"{address}.count.index", repeated.reason, block.header, "number")
        else:
            scope.each_key = naming.unknown(f"{address}.each.key", repeated.reason, block.header, "string")
            scope.each_value = naming.unknown(f"{address}.each.value", repeated.reason, block.header)
        return scope

    # ------------------------------------------------------------ module calls

    def call(self, name: str, at: ast.Node) -> Value:
        """All instances of a module call, as expressions see them."""
        decl = self.module.calls.get(name)
        if decl is None:
            raise UndeclaredError(f'Reference to undeclared module: "{name}"', at.span)
        expansion = self.expand_call(decl)
        key = f"module.{name}"
        known = self._values.get(key)
        if known is None:
            values: list[Value] = []
            for instance_key, child in expansion.instances.items():
                address = f"{self.prefix}{key}{shown_key(instance_key)}"
                values.append(ModuleObject(child, address, self, decl))
            known = self._values[key] = as_value(expansion, values, self, f"{self.prefix}{key}")
        return known

    def expand_call(self, decl: CallDecl) -> Expansion[ModuleInstance | None]:
        """The instances of a module call; None for each where its module is not in the tree."""
        known = self._calls.get(decl.name)
        if known is None:
            repeated, scopes = self._repetition(f"module.{decl.name}", decl.block)
            known = self._calls[decl.name] = Expansion(repeated)
            module = self.deployment.module_of(self, decl)
            base = f"{self.prefix}module.{decl.name}"
            for key, scope in scopes:
                path = base + shown_key(key) if repeated.kind != "unknown" else f"{base}[?]"
                known.scopes[key] = (path, scope)
                known.instances[key] = None if module is None else self._child(module, path, decl, scope, repeated)
        return known

    def _child(self, module: Module, path: str, decl: CallDecl, scope: Scope, repeated: Repetition) -> ModuleInstance:
        child = ModuleInstance(self.deployment, module, path, self, decl, scope, (*self.names, decl.name))
        child.uncertain = repeated.maybe or repeated.kind == "unknown"
        return child

    # ------------------------------------------------------------ providers, errors, sensitivity

    def provider_of(self, decl: ResourceDecl) -> str:
        """The key of a resource's provider configuration as the root module names it."""
        attribute = decl.block.body.attributes.get("provider")
        key = reference_key(attribute.expr) if attribute else None
        return self.resolve_provider(key or decl.type.partition("_")[0])

    def resolve_provider(self, key: str) -> str:
        """A provider configuration's key, as this module names it, in the words of the root module."""
        if self.parent is None:
            return key
        if key in self.providers:
            return self.parent.resolve_provider(self.providers[key])
        if key in self.deployment.own_providers(self.module):
            return f"{self.path}:{key}"
        return self.parent.resolve_provider(key)

    def report(self, error: EvaluationError, at: ast.Node) -> None:
        """Records what Terraform would refuse; not for what may not exist at all, where the error may never happen."""
        if self.maybe:
            return
        self.deployment.refuse(error.message, error.span or at.span)

    def is_sensitive(self, expr: ast.Expr, scope: Scope) -> bool:
        """Whether the value of an expression, or a part of it, is marked sensitive."""
        return self.deployment.has_sensitive and is_sensitive(expr, self)

    def is_ephemeral(self, exprs: tuple[ast.Expr, ...], scope: Scope) -> bool:
        """Whether expressions use ephemeral variables or resources."""
        return any(is_sensitive(expr, Ephemeral(self.module)) for expr in exprs)

    def is_sensitive_itself(self, expr: ast.Expr, scope: Scope) -> bool:
        """Whether the value itself is marked."""
        return self.deployment.has_sensitive and is_sensitive(expr, self, itself=True)

    def sensitive_name(self, head: str, name: str, rest: tuple[str, ...], depth: int, itself: bool) -> bool:
        """Whether `head.name.rest` is sensitive."""
        key = (head, name, rest[:1], itself)
        known = self._sensitive.get(key)
        if known is None:
            self._sensitive[key] = False  # a cycle adds nothing
            known = self._sensitive[key] = is_sensitive_name(self, (head, name, *rest), depth, itself)
        return known


__all__ = ["ModuleInstance", "Problem"]
