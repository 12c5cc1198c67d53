"""How evaluation says that there is no value.

Comes in: nothing. Goes out: the two exceptions that cross expression boundaries.
Must not know: scopes, modules.
"""

from __future__ import annotations

from envfence.values import Span


class EvaluationError(Exception):
    """Terraform itself would refuse this; `try` and `can` see it as a failure. `message` is for people."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


class UndeclaredError(EvaluationError):
    """A name that nothing declares: Terraform refuses it before it evaluates anything, `try` or not."""


class LimitError(Exception):
    """A limit of `limits` was met: whatever is being computed is unknown, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
