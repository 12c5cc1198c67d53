"""How a function is declared, and how the unknown result of a call is named.

Comes in: a function's parameters and its Python function. Goes out: the table of all declared functions,
`unknown_call`.
Must not know: any single function.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from envfence.evaluate import limits
from envfence.evaluate.convert import Type
from envfence.evaluate.functions.context import FunctionContext, Undecided
from envfence.evaluate.partial import is_hole
from envfence.values import Mapping, Sequence, Symbol, Unknown, Value, has_holes

Run = Callable[..., Value]

_DESCRIBED_NODES = 2_000
_DESCRIBED_TEXT = 160


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: the type its argument is converted to, and whether null is allowed."""

    type: Type
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A declared function.

    `run` gets the context and the converted arguments. Unless `partial`, it only sees arguments that are known
    throughout; a partial one sees unknown values and holed strings (an unknown string argument as a string that is
    one hole) and raises
    `Undecided` where they decide the result. `returns` is the type of an unknown result. What an impure function
    returns is not even equal to itself.
    """

    name: str
    parameters: tuple[Parameter, ...]
    variadic: Parameter | None
    returns: str
    partial: bool
    impure: bool
    run: Run


TABLE: dict[str, Function] = {}


def nullable(type_: Type) -> Parameter:
    """A parameter that accepts null."""
    return Parameter(type_, nullable=True)


def function(
    name: str,
    *parameters: Type | Parameter,
    variadic: Type | Parameter | None = None,
    returns: str = "any",
    partial: bool = False,
    impure: bool = False,
) -> Callable[[Run], Run]:
    """Declares the decorated Python function as the Terraform function `name`; see `Function`."""

    def declare(run: Run) -> Run:
        fixed = tuple(item if isinstance(item, Parameter) else Parameter(item) for item in parameters)
        rest = Parameter(variadic) if isinstance(variadic, Type) else variadic
        TABLE[name] = Function(name, fixed, rest, returns, partial, impure, run)
        return run

    return declare


def known_throughout(args: tuple[Value, ...]) -> bool:
    """Whether nothing in the arguments is unknown. Shared parts are looked at once; raises `Undecided` for a value that
    would be too large if it were written out."""
    sizes: dict[int, int] = {}
    return False not in [_measure(arg, sizes, 0) for arg in args]


def _measure(value: Value, sizes: dict[int, int], depth: int) -> bool:
    if isinstance(value, str):
        return not has_holes(value)
    if isinstance(value, Unknown):
        return False
    if not isinstance(value, (Sequence, Mapping)):
        return True
    if id(value) in sizes:
        return True
    if depth > limits.DEPTH:
        raise Undecided("the value is nested too deeply")
    keys: tuple[str, ...] = () if isinstance(value, Sequence) else tuple(value.items)
    items = value.items if isinstance(value, Sequence) else tuple(value.items.values())
    known = not any(has_holes(key) for key in keys) and False not in [
        _measure(item, sizes, depth + 1) for item in items
    ]
    size = 1 + sum(sizes.get(id(item), 1) for item in items)
    if size > limits.STEPS_PER_VALUE:
        raise Undecided("the value is too large")
    if known:
        sizes[id(value)] = size
    return known


def unknown_call(
    name: str, args: tuple[Value, ...], context: FunctionContext, reason: str = "", returns: str = "any"
) -> Unknown:
    """The result of a call that cannot be told: the same for the same function, arguments and scopes."""
    described, scopes, exact = _describe_call(name, args, context)
    if exact:
        symbol = context.symbols.intern(Symbol(what=described, scope=_scope(scopes, context)))
    else:
        symbol = context.symbols.fresh(f"{name}(…)", context.scope)
    if not reason:
        reason = next((arg.reason for arg in args if isinstance(arg, Unknown)), f"{name}() of something unknown")
    names = {name for arg in args if isinstance(arg, Unknown) for name in arg.names}
    return Unknown(symbol, reason, context.span, returns, tuple(sorted(names)))


def fresh_call(name: str, context: FunctionContext, reason: str, returns: str) -> Unknown:
    """The result of an impure function: equal to nothing."""
    return Unknown(context.symbols.fresh(f"{name}()", context.scope), reason, context.span, returns)


def _scope(scopes: set[str], context: FunctionContext) -> str:
    owned = scopes - {""}
    if not owned:
        return "" if scopes else context.scope
    return next(iter(owned)) if len(owned) == 1 else context.scope


def _describe_call(name: str, args: tuple[Value, ...], context: FunctionContext) -> tuple[str, set[str], bool]:
    describer = _Describer(context)
    try:
        for arg in args:
            describer.holes(arg, 0)
        inner = ", ".join(describer.text(arg) for arg in args)
    except (KeyError, Undecided):
        return name, set(), False
    if len(inner) > _DESCRIBED_TEXT:
        digest = hashlib.sha256(inner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        inner = f"{inner[:_DESCRIBED_TEXT]}…#{digest}"
    return f"{name}({inner})", {symbol.scope for symbol in describer.symbols.values()}, True


class _Describer:
    """Writes arguments as text that differs when they differ: symbols by name, with their scope if there are
    several."""

    def __init__(self, context: FunctionContext) -> None:
        self.context = context
        self.symbols: dict[str, Symbol] = {}
        self.nodes = 0

    def holes(self, value: Value, depth: int) -> None:
        """Collects all symbols; raises `Undecided` beyond the limits, `KeyError` for a symbol that is not ours."""
        self.nodes += 1
        if self.nodes > _DESCRIBED_NODES or depth > limits.DEPTH:
            raise Undecided("too large to be described")
        if isinstance(value, Unknown):
            self.symbols[value.symbol] = self.context.symbols.symbol(value.symbol)
        elif isinstance(value, str):
            if not value.isascii():
                for char in value:
                    if is_hole(char):
                        self.symbols[char] = self.context.symbols.symbol(char)
        elif isinstance(value, Sequence):
            for item in value.items:
                self.holes(item, depth + 1)
        elif isinstance(value, Mapping):
            for key, item in value.items.items():
                self.holes(key, depth + 1)
                self.holes(item, depth + 1)

    def name(self, char: str) -> str:
        """How a symbol is written."""
        symbol = self.symbols[char]
        many = len({other.scope for other in self.symbols.values()} - {""}) > 1
        return f"{symbol.what}@{symbol.scope}" if many else symbol.what

    def quoted(self, value: str) -> str:
        """The description of a string: a lone hole by its bare name, so that it is described as the unknown itself."""
        if len(value) == 1 and value in self.symbols:
            return self.name(value)
        plain = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
        if not plain.isascii():
            plain = "".join(f"${{{self.name(char)}}}" if char in self.symbols else char for char in plain)
        return f'"{plain}"'

    def text(self, value: Value) -> str:
        """The description of a value; `holes` was called with it before."""
        if isinstance(value, Unknown):
            return self.name(value.symbol) + (f":{value.type}" if value.type in ("list", "set", "map") else "")
        if isinstance(value, str):
            return self.quoted(value)
        if isinstance(value, Sequence):
            inner = ", ".join(self.text(item) for item in value.items)
            return f"[{inner}]" if value.kind == "tuple" else f"{value.kind}[{inner}]"
        if isinstance(value, Mapping):
            inner = ", ".join(f"{self.text(key)} = {self.text(item)}" for key, item in value.items.items())
            return f"{{{inner}}}" if value.kind == "object" else f"map{{{inner}}}"
        return "null" if value is None else str(value).lower()


def each_part(
    context: FunctionContext, name: str, text: str, rest: tuple[Value, ...], change: Callable[[str], str]
) -> str:
    """Applies a function that works character by character: to the known parts, and by name to each hole
    (`upper("a-<hole>")` is "A-" and the hole `upper(<hole>)`)."""
    if not has_holes(text):
        return change(text)
    if len(text) > limits.HOLES and sum(map(is_hole, text)) > limits.HOLES:
        raise Undecided("the string has too many unknown parts")
    made, known = [], []
    for char in text:
        if not is_hole(char):
            known.append(char)
            continue
        made.append(change("".join(known)) if known else "")
        known.clear()
        made.append(unknown_call(name, (char, *rest), context, returns="string").symbol)
    made.append(change("".join(known)) if known else "")
    return "".join(made)


def checked_length(length: int) -> None:
    """Raises `Undecided` when a string of `length` characters is more than the limit; asked before it is built."""
    if length > limits.STRING:
        raise Undecided("the string would be too long")


def checked_count(count: int) -> None:
    """Raises `Undecided` when a collection of `count` items is more than the limit; asked before it is built."""
    if count > limits.COLLECTION:
        raise Undecided("the collection would be too large")


def normal(text: str) -> str:
    """Text in the normal form that all of Terraform's strings have."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decoded(text: str) -> str:
    """Text that came out of bytes; raises `Undecided` when it contains characters that we use for holes."""
    if has_holes(text):
        raise Undecided("the text contains private-use characters")
    checked_length(len(text))
    return normal(text)
