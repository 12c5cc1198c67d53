"""Evaluates one deployment: the root module with its inputs, and all modules below it.

Comes in: a loader, a `Deployment`, `Options`. Goes out: `Evaluated`, or a `Scope` for single expressions.
Must not know: environments, rules, what resources mean.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from envfence.evaluate import limits
from envfence.evaluate.backend import backend_of
from envfence.evaluate.blocks import body_values, guarded
from envfence.evaluate.convert import Type
from envfence.evaluate.declarations import CallDecl, Module, literal
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.inputs import settings
from envfence.evaluate.instance import ModuleInstance
from envfence.evaluate.loader import Loader
from envfence.evaluate.provenance import Known, Trace
from envfence.evaluate.resource import Resource
from envfence.evaluate.results import ComputeRequest, Evaluated, Options, OutputValue, ProviderConfig, UnreadCall
from envfence.evaluate.scope import Run, Scope
from envfence.evaluate.validation import check_variables
from envfence.hcl import ast
from envfence.model import CallSite, Deployment, Problem
from envfence.values import Mapping, Sequence, Span, Symbols, Value

_RECURSION = 12_000
_CALL_META = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})
_PROVIDER_META = frozenset({"alias", "version"})
_EMPTY = Mapping({})
_ACCOUNT = re.compile(r"arn:[^:]*:iam::([^:]*):")


def evaluate_deployment(loader: Loader, deployment: Deployment, options: Options | None = None) -> Evaluated:
    """Everything one deployment declares, with values."""
    run = DeploymentRun(loader, deployment, options or Options())
    with deep_recursion():
        return run.evaluate()


def open_scope(loader: Loader, deployment: Deployment, options: Options | None = None) -> Scope:
    """The scope of a deployment's root module, for single expressions."""
    run = DeploymentRun(loader, deployment, options or Options())
    run.has_sensitive = True  # the expressions are not known yet, they may say `sensitive()` themselves
    return run.root().scope


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Lets expressions nest as deeply as our own limits allow, rather than Python's."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class DeploymentRun:
    """The state of one evaluation, shared by all module instances of the deployment."""

    def __init__(self, loader: Loader, deployment: Deployment, options: Options) -> None:
        self.loader = loader
        self.deployment = deployment
        self.options = options
        self.symbols = Symbols()
        self.run = Run(self.symbols, deployment.id, loader.tree, deployment.root, options.steps)
        self.run.cwd = options.cwd
        self.types: dict[ast.Expr, Type] = {}
        self.known = Known()
        self.workspace = self._workspace()
        self._errors: dict[Problem, None] = {}
        self._problems: dict[Problem, None] = {}
        self._located: dict[tuple[str, str], Module | None] = {}
        self._instances = 0
        self._walked = 0
        self._provider_values: dict[str, Mapping] = {}
        self._places: dict[str, tuple[Mapping, tuple[str, str]]] = {}
        self._circles: set[ast.Block] = set()
        self._own_providers: dict[str, frozenset[str]] = {}
        #: Whether any module met so far speaks of sensitive values at all; most never do.
        self.has_sensitive = False
        module = loader.completed(deployment.root, deployment.generated)
        self._module = module
        self._settings = settings(self.run, loader, deployment, module, options)
        self._visited: dict[str, Module] = {}
        self._visit(module)

    def root(self) -> ModuleInstance:
        """A new instance of the root module. It is not kept here: it refers to this run, and a circle of both would
        keep the memory of either."""
        root = ModuleInstance(self, self._module)
        root.settings = self._settings.values
        return root

    def _workspace(self) -> Value:
        """What `terraform.workspace` says; where the deployment's workspace is open, one unknown in all modules."""
        if not self.deployment.workspace_open:
            return self.deployment.workspace
        reason = "nothing says in which workspace this root is applied"
        unknown = self.run.naming.unknown("terraform.workspace", reason, self.deployment.span, "string")
        self.run.not_null.add(unknown.symbol)
        return unknown

    # ------------------------------------------------------------ services for module instances

    def refuse(self, reason: str, span: Span) -> None:
        """Records what Terraform would refuse."""
        self._errors[Problem(stage="evaluate", reason=reason, span=span, deployment=self.deployment.id)] = None

    def note(self, reason: str, span: Span, hides: str) -> None:
        """Records what is not known."""
        problem = Problem(stage="evaluate", reason=reason, span=span, deployment=self.deployment.id, hides=hides)
        self._problems[problem] = None

    def repeats(self, body: ast.Body) -> bool:
        """Whether a block has count, for_each or a lifecycle that may disable it."""
        attributes = body.attributes
        return "count" in attributes or "for_each" in attributes or any(b.type == "lifecycle" for b in body.blocks)

    def count_instances(self, more: int) -> None:
        """Counts instances; raises `LimitError` when the deployment has too many."""
        self._instances += more
        if self._instances > limits.INSTANCES_PER_DEPLOYMENT:
            raise LimitError(f"the deployment has over {limits.INSTANCES_PER_DEPLOYMENT} instances")

    def shown_directory(self, directory: str) -> str:
        """A module's directory as `path.module` says it: relative to the root module."""
        if directory == self.deployment.root:
            return "."
        return posixpath.relpath("/" + directory, "/" + self.deployment.root)

    def module_of(self, caller: ModuleInstance, call: CallDecl) -> Module | None:
        """The module that a call means; None when it is not in the tree, or a call of itself."""
        key = (caller.module.directory + "\0" + ".".join(caller.names), call.name)
        if key not in self._located:
            self._located[key] = self._locate(caller, call)
        return self._located[key]

    def _locate(self, caller: ModuleInstance, call: CallDecl) -> Module | None:
        names = ".".join((*caller.names, call.name))
        found = self.loader.locate(caller.module.directory, call, self.deployment.root, names)
        if found.directory is None:
            return None
        above: ModuleInstance | None = caller
        while above is not None:
            if above.module.directory == found.directory:
                self.refuse(f"Module cycle: {names} calls a module that it is part of", call.block.header)
                self._circles.add(call.block)
                return None
            above = above.parent
        if caller.depth >= limits.MODULE_DEPTH:
            self.note("modules are nested too deeply", call.block.header, f"module {names}")
            return None
        if found.ref:
            reason = f"module {names} is pinned to {found.ref}; its present state in this repository is read instead"
            self.note(reason, call.block.header, "differences between the two")
        module = self.loader.module(found.directory)
        self._visit(module)
        return module

    def _visit(self, module: Module) -> None:
        self._visited[module.directory] = module
        self.has_sensitive = self.has_sensitive or module.mentions_sensitive

    def own_providers(self, module: Module) -> frozenset[str]:
        """The keys of a module's own provider blocks."""
        known = self._own_providers.get(module.directory)
        if known is None:
            known = self._own_providers[module.directory] = frozenset(provider_key(block) for block in module.providers)
        return known

    # ------------------------------------------------------------ computed attributes

    def compute(self, resource: Resource) -> dict[str, Value]:
        """What the options' functions compute for a resource."""
        function = self.options.computed.get(resource.type)
        fallback = self.options.computed.get("*")
        if function is None and fallback is None:
            return {}
        key = resource.provider_key
        config = self._provider_values.get(key, _EMPTY)
        values = resource.values
        account, region = self._place(key, config)
        request = ComputeRequest(
            address=resource.address,
            mode=resource.mode,
            type=resource.type,
            values=values,
            account=account,
            region=region,
            partition="aws",
            provider_config=config,
            symbols=self.symbols,
            scope=self.deployment.id,
        )
        result = dict(fallback(request)) if fallback is not None else {}
        if function is not None:
            result.update(function(request))
        return result

    def _place(self, key: str, config: Mapping) -> tuple[str, str]:
        """The account and the region of a provider configuration."""
        known = self._places.get(key)
        if known is None or known[0] is not config:
            place = self._account(key, config), self._region(key, config)
            known = self._places[key] = (config, place)
        return known[1]

    def _hole(self, what: str) -> str:
        return self.run.naming.unknown(what, f"{what} is not known", None, "string").symbol

    def _account(self, key: str, config: Mapping) -> str:
        allowed = config.items.get("allowed_account_ids")
        if isinstance(allowed, Sequence) and len(allowed.items) == 1 and isinstance(allowed.items[0], str):
            return allowed.items[0]
        roles = config.items.get("assume_role")
        if isinstance(roles, Sequence) and len(roles.items) == 1 and isinstance(roles.items[0], Mapping):
            arn = roles.items[0].items.get("role_arn")
            found = _ACCOUNT.match(arn) if isinstance(arn, str) else None
            if found and found[1]:
                return found[1]
        return self._hole(f"account({key})")

    def _region(self, key: str, config: Mapping) -> str:
        region = config.items.get("region")
        return region if isinstance(region, str) and region else self._hole(f"region({key})")

    # ------------------------------------------------------------ everything

    def evaluate(self) -> Evaluated:
        """Evaluates all there is."""
        resources: list[Resource] = []
        unread: list[UnreadCall] = []
        configs: list[ProviderConfig] = []
        root = self.root()
        self._errors.update(dict.fromkeys(self._settings.errors))
        for config in self._providers(root):
            configs.append(config)
            self._provider_values[config.key] = config.values
        self._walk(root, resources, unread, configs)
        outputs = self._outputs(root)
        for reason, span in self.run.limited.items():
            self.note(reason, span, "what depends on it")
        for module in self._visited.values():
            self._errors.update(dict.fromkeys(module.errors))
            self._problems.update(dict.fromkeys(module.problems))
        resources.sort(key=lambda resource: resource.address)
        files = sorted({path for module in self._visited.values() for path in module.files} | set(self._settings.files))
        return Evaluated(
            deployment=self.deployment,
            symbols=self.symbols,
            resources=tuple(resources),
            providers=tuple(sorted(configs, key=lambda config: config.key)),
            unread_calls=tuple(sorted(unread, key=lambda call: call.address)),
            outputs=outputs,
            problems=tuple(sorted(self._problems)),
            errors=tuple(sorted(self._errors)),
            unset=self._unset(),
            backend=self.deployment.backend or backend_of(self._module),
            scope=root.scope,
            files=tuple(files),
            release=partial(self.release, root),
        )

    def release(self, root: ModuleInstance) -> None:
        """Drops all caches, which hold cycles: memory for whoever goes on without a collector. What is asked for later
        is worked out again."""
        run = self.run
        for cache in (run.traced, run.maybe, run.sizes, run.contexts, run.templates):
            cache.clear()
        self.known = Known()
        instances = [root]
        while instances:
            instances.extend(instances.pop().release())

    def _unset(self) -> tuple[Problem, ...]:
        given = self._settings.values
        return tuple(
            Problem(stage="evaluate", reason=f'No value for required variable "{decl.name}"', span=decl.span)
            for decl in self._module.variables.values()
            if decl.default is None and decl.name not in given
        )

    def _walk(
        self,
        instance: ModuleInstance,
        resources: list[Resource],
        unread: list[UnreadCall],
        configs: list[ProviderConfig],
    ) -> None:
        wanted = self.options.wanted
        for decl in instance.module.resources.values():
            if decl.mode == "ephemeral":
                continue
            for resource in instance.expand(decl).instances.values():
                if not self._room(decl.block):
                    return
                if wanted is None or wanted(resource.type):
                    _ = resource.values
                resources.append(resource)
        for call in instance.module.calls.values():
            expansion = instance.expand_call(call)
            for key, child in expansion.instances.items():
                path, scope = expansion.scopes[key]
                if not self._room(call.block):
                    return
                if child is None:
                    repeated = expansion.repetition
                    maybe = repeated.maybe or repeated.kind == "unknown" or instance.maybe
                    unread.append(self._unread(instance, call, path, scope, "maybe" if maybe else "yes"))
                    continue
                for config in self._providers(child):
                    configs.append(config)
                    self._provider_values[config.key] = config.values
                self._walk(child, resources, unread, configs)
        check_variables(instance)

    def _room(self, block: ast.Block) -> bool:
        """Counts one more instance of a resource or module; false, and a problem, when there are too many."""
        self._walked += 1
        if self._walked <= limits.INSTANCES_PER_DEPLOYMENT:
            return True
        reason = f"the deployment has over {limits.INSTANCES_PER_DEPLOYMENT} resources and modules"
        self.run.limited.setdefault(reason, block.header)
        return False

    def _unread(self, owner: ModuleInstance, call: CallDecl, path: str, scope: Scope, exists: str) -> UnreadCall:
        values = body_values(call.block.body, scope, owner.report, _CALL_META)
        trace = Trace(owner, scope, call.block, path)
        calls = (*owner.calls, CallSite(address=path, span=call.block.header))
        source = call.source or "a source that is computed"
        says = "is part of itself: a module cycle" if call.block in self._circles else "is not in this repository"
        named = ".".join(f"module.{name}" for name in (*owner.names, call.name))
        self.note(f"the module {source} {says}", call.block.header, f"the resources of {named}")
        header = call.block.header
        return UnreadCall(
            path, call.source, call.version, values, header, calls, trace.origin, exists, trace.origin_of_leaf
        )

    def _providers(self, instance: ModuleInstance) -> Iterator[ProviderConfig]:
        for block in instance.module.providers:
            key = provider_key(block)
            values = body_values(block.body, instance.scope, instance.report, _PROVIDER_META)
            shown = f"{instance.path}:{key}" if instance.path else key
            yield ProviderConfig(shown, instance.path, values, block.header)

    def _outputs(self, root: ModuleInstance) -> dict[str, OutputValue]:
        found: dict[str, OutputValue] = {}
        for name, decl in sorted(root.module.outputs.items()):
            if decl.expr is None:
                continue
            value = guarded(decl.expr, root.scope, root.report, f"output.{name}")
            sensitive = decl.sensitive or root.is_sensitive(decl.expr, root.scope)
            found[name] = OutputValue(value, sensitive, decl.span)
        return found


def provider_key(block: ast.Block) -> str:
    """`aws` or `aws.alias`."""
    alias = literal(block.body, "alias")
    return f"{block.labels[0]}.{alias}" if isinstance(alias, str) else block.labels[0]


__all__ = ["DeploymentRun", "EvaluationError", "deep_recursion", "evaluate_deployment", "open_scope", "provider_key"]
