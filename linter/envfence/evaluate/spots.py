"""Places where values come from: an expression with its surroundings, and the step to the next.

Comes in: expressions and scopes. Goes out: `Spot`s and `Move`s, and the value at a spot. Must not know: which spot
follows which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.scope import Scope
from envfence.hcl import ast
from envfence.model import Evidence
from envfence.values import Value

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance

Path = tuple[str | int, ...]


class Spot(msgspec.Struct, frozen=True, eq=False):
    """`block` is the one whose count or for_each `each` and `count` mean; `bindings` what loop variables stand for."""

    expr: ast.Expr
    scope: Scope
    owner: ModuleInstance
    block: ast.Block | None
    path: Path = ()
    bindings: dict[str, Spot] = {}

    def to(self, expr: ast.Expr) -> Spot:
        """Another expression of the same place, with the same path."""
        return Spot(expr, self.scope, self.owner, self.block, self.path, self.bindings)

    def at(self, expr: ast.Expr, path: Path) -> Spot:
        """Another expression of the same place, and a path inside its value."""
        return Spot(expr, self.scope, self.owner, self.block, path, self.bindings)

    def along(self, path: Path) -> Spot:
        """The same expression with another path."""
        return Spot(self.expr, self.scope, self.owner, self.block, path, self.bindings)

    def inside(self, scope: Scope, bindings: dict[str, Spot]) -> Spot:
        """The same expression where more names are bound."""
        return Spot(self.expr, scope, self.owner, self.block, self.path, bindings)


class Pair(ast.Expr):
    """The iterator of a dynamic block: `.value` is the item that the bound spot stands for, `.key` its key."""

    __slots__ = ("bound",)

    def __init__(self, bound: Spot) -> None:
        self.file, self.start, self.end = bound.expr.file, bound.expr.start, bound.expr.end
        self.bound = bound


class Move(msgspec.Struct, frozen=True, eq=False):
    """The next spot, and what was passed on the way to it."""

    spot: Spot | None
    evidence: tuple[Evidence, ...] = ()


def value_of(spot: Spot) -> Value:
    """The value at a spot, its path not applied; an unknown where there is none. For a pair, that of what it binds."""
    return value_at(spot.expr, spot.scope)


def value_at(expr: ast.Expr, scope: Scope) -> Value:
    """The value of an expression in a scope that no loop changes any more; evaluated once in a run."""
    if isinstance(expr, Pair):
        return value_of(expr.bound)
    known = scope.run.traced
    key = (expr, scope)
    if key in known:
        return known[key]
    try:
        value = evaluate(expr, scope)
    except (EvaluationError, LimitError, RecursionError) as error:
        value = scope.run.naming.fresh("trace", str(error))
    known[key] = value
    return value
