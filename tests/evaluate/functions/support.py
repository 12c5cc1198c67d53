"""Short ways to write values and calls in the tests of functions."""

from collections.abc import Mapping as AbstractMapping
from decimal import Decimal
from typing import Any

from envfence.evaluate.functions import FunctionContext, FunctionError, call
from envfence.tree import DictTree
from envfence.values import Mapping, Sequence, Symbol, Symbols, Unknown, Value

SYMBOLS = Symbols()


def hole(what: str = "var.x", scope: str = "root") -> str:
    """A hole in a string."""
    return SYMBOLS.intern(Symbol(what=what, scope=scope))


def unknown(what: str = "var.x", kind: str = "any") -> Unknown:
    """A wholly unknown value."""
    return Unknown(hole(what), f"{what} is not known", type=kind)


def value(plain: Any) -> Value:
    """A value from plain Python data: a list is a tuple, a set a set of strings, a dict an object."""
    if isinstance(plain, list):
        return Sequence(tuple(value(item) for item in plain))
    if isinstance(plain, set):
        return Sequence(tuple(sorted(plain)), "set")
    if isinstance(plain, AbstractMapping):
        return Mapping({key: value(plain[key]) for key in sorted(plain)})
    return Decimal(str(plain)) if isinstance(plain, float) else plain


def plain(made: Value) -> Any:
    """Plain Python data from a value; collections of all kinds as lists and dicts, unknown as "?"."""
    if isinstance(made, Sequence):
        return [plain(item) for item in made.items]
    if isinstance(made, Mapping):
        return {key: plain(item) for key, item in made.items.items()}
    if isinstance(made, Unknown):
        return "?"
    return float(made) if isinstance(made, Decimal) else made


def context(files: dict[str, str | bytes] | None = None, base: str = "") -> FunctionContext:
    """A context, with files if the test has some."""
    return FunctionContext(
        symbols=SYMBOLS, scope="root", files=DictTree(files) if files is not None else None, base=base
    )


def run(name: str, *args: Any, within: FunctionContext | None = None) -> Any:
    """The plain result of a call on plain arguments, "ERROR" where Terraform refuses it."""
    try:
        return plain(call(name, [value(arg) for arg in args], within or context()))
    except FunctionError:
        return "ERROR"
