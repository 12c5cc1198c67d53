"""Terraform's functions, on values that may be unknown or have holes.

Comes in: a function's name, evaluated arguments and a `FunctionContext`. Goes out: a value; `FunctionError` where
Terraform would refuse the call. Must not know: scopes, modules, where arguments came from.

    call("join", ["-", Sequence(("a", hole))], FunctionContext(symbols, scope)) -> "a-<hole>"

* `name` may have the prefix `core::`. A provider's function (`provider::x::y`) is unknown.
* The arguments are values as the evaluator has them; `call` converts and checks them against the parameters
  (`upper(1)` is "1"). An expanded last argument (`max(list...)`) is expanded by the evaluator; when it is unknown, use
  `unknown_call`.
* `LAZY` names are the evaluator's business, since their arguments may fail: `try` and `can`. Given to `call` they
  behave as if no argument failed.
* What depends on unknowns is an `Unknown` whose symbol is made of the function's name and arguments: the same call on
  the same unknowns is the same unknown. Impure functions are equal to nothing.
* Sensitivity is not part of a value: `sensitive` and `nonsensitive` return their argument, the evaluator marks.
"""

from __future__ import annotations

from envfence.evaluate.functions.context import Files, FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.registry import NAMES, call, unknown_call

#: Functions whose arguments must be evaluated one by one, since a failure of one is an answer.
LAZY = frozenset({"try", "can"})

__all__ = ["LAZY", "NAMES", "Files", "FunctionContext", "FunctionError", "Undecided", "call", "unknown_call"]
