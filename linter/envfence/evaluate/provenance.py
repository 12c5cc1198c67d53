"""Where a value was written; nothing is computed until somebody asks.

Comes in: a block instance, and paths such as `settings[0].tier`. Goes out: spans, and chains of evidence from the
attribute to the place of the literal. Must not know: how values are judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from envfence.evaluate.blocks import is_dynamic
from envfence.evaluate.datafiles import span_in_file
from envfence.evaluate.expressions import iterate
from envfence.evaluate.failures import EvaluationError
from envfence.evaluate.leaves import Leaves
from envfence.evaluate.scope import Scope
from envfence.evaluate.spots import Move, Pair, Path, Spot, value_at, value_of
from envfence.evaluate.tracing import computing, moves
from envfence.hcl import ast
from envfence.model import Evidence
from envfence.values import Mapping, Sequence, Span, Unknown

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance

_LONGEST = 60
_MOST_VISITS = 3_000
#: Blocks inside blocks are followed so deep.
_DEEPEST = 20
_STEP = re.compile(r'\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\[(\d+)\]|([^.\[\]]+)')


@lru_cache(maxsize=4096)
def parse_path(path: str) -> Path:
    """`settings[0].tags["a b"]` as its steps."""
    steps: list[str | int] = []
    for match in _STEP.finditer(path):
        quoted, index, name = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else quoted.replace('\\"', '"'))
    return tuple(steps)


class Moves:
    """The moves of spots, each worked out once: the same scopes come back, so that their values are known too."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[ast.Expr, Scope, ast.Block | None, Path, int], tuple[Spot, list[Move]]] = {}

    def of(self, spot: Spot) -> list[Move]:
        """As `moves` gives them."""
        # The spot is kept with its moves, so that the identity of its bindings stays theirs.
        key = (spot.expr, spot.scope, spot.block, spot.path, id(spot.bindings) if spot.bindings else 0)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (spot, moves(spot))
        return known[1]


class Known:
    """What the traces of one deployment share: each step and each value is looked at once."""

    def __init__(self) -> None:
        self.moves = Moves()
        self.leaves = Leaves()


class Trace:
    """Answers for one block instance: a resource or a module call."""

    def __init__(self, owner: ModuleInstance, scope: Scope, block: ast.Block, address: str) -> None:
        self._owner = owner
        self._scope = scope
        self._block = block
        self._address = address
        self._known = owner.deployment.known
        self._found: dict[str, tuple[ast.Attribute | None, ast.Block | None, Spot | None]] = {}

    def _find(self, path: str) -> tuple[ast.Attribute | None, ast.Block | None, Spot | None]:
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._look(path)
        return found

    def _look(self, path: str) -> tuple[ast.Attribute | None, ast.Block | None, Spot | None]:
        """The attribute (with the spot of its expression and the rest of the path) or nested block at a path."""
        steps = parse_path(path)
        body, block = self._block.body, None
        spot = Spot(ast.Literal(self._block.file, 0, 0, None), self._scope, self._owner, self._block)
        while steps:
            name, steps = str(steps[0]), steps[1:]
            attribute = body.attributes.get(name)
            if attribute is not None:
                return attribute, block, spot.at(attribute.expr, steps)
            index = steps[0] if steps and isinstance(steps[0], int) else 0
            steps = steps[1:] if steps and isinstance(steps[0], int) else steps
            found = _nested(body, name, index, spot)
            if found is None:
                return None, None, None
            block, body, spot = found
        return None, block, spot

    def span_of(self, path: str) -> Span | None:
        """The place of an attribute or nested block, None when it is not written."""
        direct = self._block.body.attributes.get(path)
        if direct is not None:
            return direct.span
        attribute, block, _ = self._find(path)
        if attribute is not None:
            return attribute.span
        return block.header if block is not None else None

    def origin(self, path: str) -> tuple[Evidence, ...]:
        """The attribute first, then every place that its value came through, the deciding one last."""
        attribute, block, spot = self._find(path)
        if attribute is None or spot is None:
            return (Evidence(span=block.header, says=path, address=self._address),) if block is not None else ()
        chain = [Evidence(span=attribute.span, says=path, address=self._address)]
        for _ in range(_LONGEST):
            in_file = span_in_file(spot)
            if in_file is not None:
                return _distinct([*chain, Evidence(span=in_file, says="written here", address=chain[-1].address)])
            following = self._known.moves.of(spot)
            if len(following) != 1:
                break
            chain.extend(following[0].evidence)
            if following[0].spot is None:
                return _distinct(chain)
            spot = following[0].spot
        if spot.path or isinstance(spot.expr, ast.Literal | ast.Template | ast.ObjectExpr | ast.TupleExpr):
            absent = spot.path and isinstance(spot.expr, ast.ObjectExpr)
            says = f"does not set {spot.path[0]}" if absent else "written here"
            chain.append(Evidence(span=spot.expr.span, says=says, address=chain[-1].address))
        return _distinct(chain)

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        """The places through which a string inside the attribute's value came, where it was written last."""
        attribute, _, spot = self._find(path)
        if attribute is None or spot is None:
            return self.origin(path)
        chain = [Evidence(span=attribute.span, says=path, address=self._address)]
        found = _Search(leaf, self._known).chain(spot, 0)
        if found is None:
            return self.origin(path)
        return _distinct([*chain, *found])

    def is_sensitive(self, path: str) -> bool:
        """Whether the value at a path, or a part of it, is marked sensitive."""
        attribute, _, spot = self._find(path)
        if attribute is None or spot is None:
            return False
        return spot.owner.is_sensitive(attribute.expr, spot.scope)


def _nested(body: ast.Body, name: str, index: int, spot: Spot) -> tuple[ast.Block, ast.Body, Spot] | None:
    """The nested block `name[index]`, dynamic blocks counted as what they generate."""
    for block in body.blocks:
        if block.type == name:
            if index == 0:
                return block, block.body, spot
            index -= 1
        elif is_dynamic(block, name):
            generated = _generated(block, spot)
            if index < len(generated):
                content = next((inner for inner in block.body.blocks if inner.type == "content"), None)
                return (block, content.body, generated[index]) if content is not None else None
            index -= len(generated)
    return None


def _generated(block: ast.Block, spot: Spot) -> list[Spot]:
    source = block.body.attributes.get("for_each")
    if source is None:
        return []
    origin = spot.at(source.expr, ())
    collection = value_of(origin)
    try:
        pairs = iterate(collection, spot.scope, source.expr)
    except EvaluationError:
        return []
    if isinstance(pairs, Unknown):
        return []
    iterator = block.body.attributes.get("iterator")
    name = iterator.expr.name if iterator and isinstance(iterator.expr, ast.Name) else block.labels[0]
    is_set = isinstance(collection, Sequence) and collection.kind == "set"
    spots = []
    for key, value in pairs:
        scope = spot.scope.child()
        scope.names[name] = Mapping({"key": key, "value": value})
        step: Path = (key,) if isinstance(key, (str, int)) and not is_set else ()
        bound = origin.along(step)
        spots.append(spot.inside(scope, {**spot.bindings, name: bound.to(Pair(bound))}))
    return spots


def _expressions(body: ast.Body, spot: Spot, depth: int) -> Iterator[Spot]:
    """The expressions of a body and of all blocks in it, dynamic ones as what they generate."""
    for attribute in body.attributes.values():
        yield spot.at(attribute.expr, ())
    for block in body.blocks if depth < _DEEPEST else ():
        if block.type != "dynamic":
            yield from _expressions(block.body, spot, depth + 1)
            continue
        for content in (inner for inner in block.body.blocks if inner.type == "content"):
            for generated in _generated(block, spot):
                yield from _expressions(content.body, generated, depth + 1)


class _Search:
    """Looks for the place of one string below a spot."""

    def __init__(self, leaf: str, known: Known) -> None:
        self._leaf = leaf
        self._known = known
        self._visits = 0

    def chain(self, spot: Spot, depth: int) -> list[Evidence] | None:
        """The evidence on the way to the place where the string stands."""
        self._visits += 1
        if self._visits > _MOST_VISITS or depth > _LONGEST:
            return None
        expr = spot.expr
        if isinstance(expr, ast.Literal):
            return [self._here(spot)] if expr.value == self._leaf else None
        if not isinstance(expr, ast.Call) and not self._may_hold(spot):
            return None
        for move in self._known.moves.of(spot):
            if move.spot is None:
                return list(move.evidence)
            found = self.chain(move.spot, depth + 1)
            if found is not None:
                return [*move.evidence, *found]
        found = self._in_data_source(spot, depth)
        return found or ([self._here(spot)] if value_of(spot) == self._leaf else None)

    def _in_data_source(self, spot: Spot, depth: int) -> list[Evidence] | None:
        """As `chain`, where a data source works the value out."""
        resource = computing(spot)
        if resource is None:
            return None
        inner = Spot(spot.expr, resource.scope, resource.owner, resource.block)
        for part in _expressions(resource.block.body, inner, 0):
            found = self.chain(part, depth + 1)
            if found is not None:
                return found
        return None

    def _may_hold(self, spot: Spot) -> bool:
        """Whether the string may be inside a spot's value. That of a conditional is that of its branch: to evaluate
        both at each level of a chain of them would be a lot of work."""
        for _ in range(_LONGEST):
            expr = spot.expr
            condition = value_at(expr.condition, spot.scope) if isinstance(expr, ast.Conditional) else None
            if not isinstance(expr, ast.Conditional) or not isinstance(condition, bool):
                break
            spot = spot.to(expr.then if condition else expr.otherwise)
        return self._known.leaves.may_hold(value_of(spot), self._leaf)

    def _here(self, spot: Spot) -> Evidence:
        return Evidence(span=spot.expr.span, says="written here", address=spot.owner.path)


def _distinct(chain: list[Evidence]) -> tuple[Evidence, ...]:
    seen: set[Span] = set()
    kept = []
    for evidence in chain:
        if evidence.span not in seen:
            seen.add(evidence.span)
            kept.append(evidence)
    return tuple(kept)
