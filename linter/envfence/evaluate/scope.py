"""What an expression can see, and objects whose attributes are computed when they are read.

Comes in: nothing. Goes out: `Run` (one deployment's evaluation), `Scope` (the names at one place), `LazyMapping`,
the protocol `Names` by which a module answers. Must not know: how modules are loaded.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from envfence.evaluate import limits
from envfence.evaluate.failures import LimitError
from envfence.evaluate.functions.context import Files, FunctionContext
from envfence.evaluate.naming import Naming
from envfence.hcl import ast
from envfence.values import Mapping, Sequence, Span, Symbols, Unknown, Value

#: Values without parts.
_LEAVES = frozenset({str, bool, int, Decimal, type(None), Unknown})


class LazyMapping(Mapping):
    """An object that knows more attributes than its `items` show; `attribute` computes one or makes its unknown.

    Functions that look at a whole object get `opaque()` instead.
    """

    __slots__ = ()

    @property
    def complete(self) -> bool:
        """Whether `items` holds all attributes, so that the object may be looped over and looked up by unknown keys."""
        return False

    def attribute(self, name: str) -> Value:
        """The attribute called `name`; raises `EvaluationError` where Terraform would refuse."""
        raise NotImplementedError

    def opaque(self) -> Unknown:
        """The whole object as one unknown."""
        raise NotImplementedError

    def inside(self, attribute: str, name: str) -> Unknown | None:
        """What `attribute.name` may turn out to be though only other parts of `attribute` are set; None for nothing."""
        return None


class Names(Protocol):
    """What a module instance answers to the expressions in it. All raise `EvaluationError` for undeclared names."""

    def variable(self, name: str, at: ast.Node) -> Value:
        """The value of `var.NAME`."""

    def local(self, name: str, at: ast.Node) -> Value:
        """The value of `local.NAME`."""

    def resource(self, key: str, at: ast.Node) -> Value:
        """All of `TYPE.NAME` or `data.TYPE.NAME`: an object, or a list or map of them."""

    def call(self, name: str, at: ast.Node) -> Value:
        """All of `module.NAME`."""

    def special(self, head: str, name: str, at: ast.Node) -> Value:
        """`path.NAME` and `terraform.NAME`."""

    def is_sensitive(self, expr: ast.Expr, scope: Scope) -> bool:
        """Whether the value of an expression, or a part of it, is marked sensitive."""

    def is_ephemeral(self, exprs: tuple[ast.Expr, ...], scope: Scope) -> bool:
        """Whether expressions use ephemeral values."""

    def is_sensitive_itself(self, expr: ast.Expr, scope: Scope) -> bool:
        """Whether the value itself is marked, not merely a part of it."""


class Run:
    """One evaluation: its symbols, its budgets, and where files are read.

    `base` is the directory that relative file names start from. `candidates` holds the few values that an unknown may
    have, by symbol, where they are known; `not_null` the symbols of what is never null.
    """

    __slots__ = (
        "assumed", "base", "candidates", "characters", "contexts", "cwd", "depth", "doubts", "files", "limited",
        "maybe", "naming", "not_null", "sizes", "steps", "symbols", "templates", "traced", "trying",
    )  # fmt: skip

    def __init__(self, symbols: Symbols, scope: str, files: Files | None, base: str, steps: int = limits.STEPS) -> None:
        self.symbols = symbols
        self.naming = Naming(symbols, scope)
        self.files = files
        self.base = base
        self.steps = steps
        #: The working directory, where somebody told it.
        self.cwd: str | None = None
        self.characters = limits.CHARACTERS
        self.depth = 0
        #: Counts what might fail once the unknown is known; `try` looks whether it grew.
        self.doubts = 0
        #: Counts the conditionals of which an unknown decides the type: there a value is kept as it is, as in a plan.
        self.assumed = 0
        #: How many `try` and `can` are around.
        self.trying = 0
        self.candidates: dict[str, tuple[Value, ...]] = {}
        self.not_null: set[str] = set()
        #: The one instance that a block with an unknown count of 0 or 1 may have, by the symbol of the whole block.
        self.maybe: dict[str, Value] = {}
        self.sizes: dict[int, tuple[int, Value]] = {}
        #: Which limits were met, and where first.
        self.limited: dict[str, Span] = {}
        self.contexts: dict[int, FunctionContext] = {}
        self.templates: dict[tuple[str, bytes], ast.Expr] = {}
        #: What provenance evaluated again.
        self.traced: dict[tuple[ast.Expr, Scope], Value] = {}

    def weigh(self, value: Value, depth: int = 0) -> int:
        """The number of nodes a value has when it is written out; shared parts are looked at once.

        Raises `LimitError` for a value so large that whoever walks over it would not come to an end.
        """
        if not isinstance(value, (Sequence, Mapping)) or isinstance(value, LazyMapping):
            return 1
        known = self.sizes.get(id(value))
        if known is not None:
            return known[0]
        if depth > limits.DEPTH:
            raise LimitError("a value is nested too deeply")
        size = 1
        for item in value.items if isinstance(value, Sequence) else value.items.values():
            size += 1 if item.__class__ in _LEAVES else self.weigh(item, depth + 1)
        if size > limits.STEPS_PER_VALUE:
            raise LimitError("a value is too large")
        self.sizes[id(value)] = (size, value)  # the value is kept, so that its id stays its own
        return size

    def spend(self, characters: int) -> None:
        """Counts the characters of a new string; raises `LimitError` when one or all of them are too long."""
        if characters > limits.STRING:
            raise LimitError("a string is longer than 1 MB")
        self.characters -= characters
        if self.characters < 0:
            raise LimitError("the strings of the deployment are longer than 64 MB together")


class Scope:
    """The names at one place: those of the module, loop variables, and each/count/self of a block's instance.

    A scope is reused by all iterations of a loop, so values never keep one; `module` is None in template files.
    """

    __slots__ = ("count_index", "each_key", "each_value", "in_template", "item", "module", "names", "run", "self_value")

    def __init__(self, run: Run, module: Names | None, names: dict[str, Value] | None = None) -> None:
        self.run = run
        self.module = module
        self.names: dict[str, Value] = {} if names is None else names
        self.item: Value = None
        self.each_key: Value = None
        self.each_value: Value = None
        self.count_index: Value = None
        self.self_value: Value = None
        self.in_template = 0

    def with_extra(self, variables: dict[str, Value], local_values: dict[str, Value]) -> Scope:
        """The same scope in which `var` and `local` know more names."""
        names = _Extended(self.module, variables, local_values) if self.module is not None else None
        return Scope(self.run, names, dict(self.names))

    def child(self) -> Scope:
        """A scope that sees the same and may name more."""
        scope = Scope(self.run, self.module, dict(self.names))
        scope.item = self.item
        scope.each_key = self.each_key
        scope.each_value = self.each_value
        scope.count_index = self.count_index
        scope.self_value = self.self_value
        scope.in_template = self.in_template
        return scope


class _Extended:
    """A module's names with some more variables and locals."""

    def __init__(self, base: Names, variables: dict[str, Value], local_values: dict[str, Value]) -> None:
        self._variables = variables
        self._locals = local_values
        self._base = base
        self.resource = base.resource
        self.call = base.call
        self.special = base.special
        self.is_sensitive = base.is_sensitive
        self.is_sensitive_itself = base.is_sensitive_itself
        self.is_ephemeral = base.is_ephemeral

    def variable(self, name: str, at: ast.Node) -> Value:
        """The value of `var.NAME`."""
        return self._variables[name] if name in self._variables else self._base.variable(name, at)

    def local(self, name: str, at: ast.Node) -> Value:
        """The value of `local.NAME`."""
        return self._locals[name] if name in self._locals else self._base.local(name, at)
