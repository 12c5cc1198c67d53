"""Where a value was written; nothing is computed until somebody asks.

Comes in: a block with its scope. Goes out: spans and chains of evidence. Must not know: how values are judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.evaluate.scope import Scope
from envfence.hcl import ast
from envfence.model import Evidence
from envfence.values import Span

if TYPE_CHECKING:
    from envfence.evaluate.instance import ModuleInstance


class Trace:
    """Answers for one block instance."""

    def __init__(self, owner: ModuleInstance, scope: Scope, block: ast.Block, address: str) -> None:
        self._owner = owner
        self._scope = scope
        self._block = block
        self._address = address

    def span_of(self, path: str) -> Span | None:
        attribute = self._block.body.attributes.get(path)
        return attribute.span if attribute else None

    def origin(self, path: str) -> tuple[Evidence, ...]:
        span = self.span_of(path)
        return (Evidence(span=span, says="set here", address=self._address),) if span else ()

    def origin_of_leaf(self, path: str, leaf: str) -> tuple[Evidence, ...]:
        return self.origin(path)

    def is_sensitive(self, path: str) -> bool:
        attribute = self._block.body.attributes.get(path)
        return attribute is not None and self._owner.is_sensitive(attribute.expr, self._scope)
