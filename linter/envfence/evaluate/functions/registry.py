"""The door to all functions: looks one up, converts and checks the arguments, calls it, and names what stays unknown.

Comes in: name, arguments, context. Goes out: a value or `FunctionError`. Must not know: what any function does.
"""

from __future__ import annotations

from msgspec.structs import replace

from envfence.evaluate import limits
from envfence.evaluate.convert import ConversionError, Unsure, convert
from envfence.evaluate.functions import (
    collections,
    dates,
    encoding,
    files,
    formatting,
    hashing,
    maps,
    network,
    numbers,
    regexes,
    sets,
    strings,
    types,
    yamls,
)
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import TABLE, Function, Parameter, fresh_call, known_throughout
from envfence.evaluate.functions.spec import unknown_call as _unknown_call
from envfence.values import Mapping, Sequence, Unknown, Value

#: Modules declare their functions when they are imported; naming them here is what brings them in.
GROUPS = (
    collections,
    dates,
    encoding,
    files,
    formatting,
    hashing,
    maps,
    network,
    numbers,
    regexes,
    sets,
    strings,
    types,
    yamls,
)

#: Functions whose result holds what their lists hold, and nothing else; the others leave something out.
_GATHERING = frozenset({"compact", "concat", "distinct", "flatten", "reverse", "setunion", "sort", "tolist", "toset"})
_MOST_PARTS = 200

#: The names of all functions, without `core::`.
NAMES = frozenset(TABLE)


def call(name: str, args: list[Value] | tuple[Value, ...], context: FunctionContext) -> Value:
    """The value of `name(args...)`.

    Raises `FunctionError` where Terraform would. Whatever is not decided, or beyond a limit, is `Unknown`.
    """
    bare = name.removeprefix("core::")
    given = tuple(args)
    if bare.startswith("provider::"):
        return _unknown_call(bare, given, context, "a function of a provider")
    function = TABLE.get(bare)
    if function is None:
        raise FunctionError(f'there is no function named "{name}"')
    parameters = _parameters(function, len(given))
    try:
        ready = tuple(
            _argument(function, at, arg, parameter, context)
            for at, (arg, parameter) in enumerate(zip(given, parameters, strict=True))
        )
        if function.impure:
            return fresh_call(bare, context, f"{bare}() differs each time", function.returns)
        if not function.partial and not known_throughout(ready):
            return _unknown_call(bare, ready, context, returns=function.returns)
        return _within_limits(_run(function, context, ready))
    except ConversionError as error:
        raise FunctionError(f"{bare}(): {error.message}") from None
    except (Undecided, Unsure) as error:
        unknown = _unknown_call(bare, given, context, error.reason, function.returns)
        return replace(unknown, parts=_parts(given)) if bare in _GATHERING else unknown
    except RecursionError:
        return _unknown_call(bare, given, context, "the value is nested too deeply", function.returns)


def _parts(args: tuple[Value, ...]) -> tuple[Value, ...]:
    """What a list that is gathered from lists is made of; nothing where none of it is known."""
    made: list[Value] = []
    pending = list(reversed(args))
    while pending and len(made) < _MOST_PARTS:
        item = pending.pop()
        if isinstance(item, Sequence) or (isinstance(item, Unknown) and item.parts):
            pending.extend(reversed(item.items if isinstance(item, Sequence) else item.parts))
        elif isinstance(item, (str, Unknown)) and item != "":
            made.append(item)
        elif item is not None and item != "":
            return ()
    is_told = not pending and any(isinstance(item, str) for item in made)
    return tuple(made) if is_told else ()


def _run(function: Function, context: FunctionContext, args: tuple[Value, ...]) -> Value:
    """The function's answer. What it refuses while something is unknown, Terraform refuses only later."""
    try:
        return function.run(context, *args)
    except FunctionError as error:
        if function.partial and not known_throughout(args):
            raise Undecided(error.message) from None
        raise


def unknown_call(
    name: str, args: list[Value] | tuple[Value, ...], context: FunctionContext, reason: str = ""
) -> Unknown:
    """What `name(args...)` is when the arguments themselves are not settled, for example an unknown `list...`."""
    function = TABLE.get(name.removeprefix("core::"))
    return _unknown_call(
        name.removeprefix("core::"), tuple(args), context, reason, function.returns if function else "any"
    )


def _parameters(function: Function, given: int) -> tuple[Parameter, ...]:
    fixed = len(function.parameters)
    if given < fixed:
        raise FunctionError(f"{function.name}() requires {fixed} arguments, but {given} are given")
    if given > fixed and function.variadic is None:
        raise FunctionError(f"{function.name}() takes {fixed} arguments, but {given} are given")
    rest = (function.variadic,) * (given - fixed) if function.variadic else ()
    return function.parameters + rest


def _argument(function: Function, at: int, arg: Value, parameter: Parameter, context: FunctionContext) -> Value:
    if arg is None:
        if parameter.nullable:
            return None
        raise FunctionError(f"argument {at + 1} of {function.name}() must not be null")
    try:
        made = convert(arg, parameter.type, context.symbols)
    except ConversionError as error:
        raise FunctionError(f"argument {at + 1} of {function.name}(): {error.message}") from None
    if parameter.type.kind == "string" and isinstance(made, Unknown) and not parameter.nullable:
        return made.symbol  # it is not null, so it is a text: one hole
    return made


def _within_limits(result: Value) -> Value:
    if isinstance(result, str) and len(result) > limits.STRING:
        raise Undecided("the string would be too long")
    if isinstance(result, (Sequence, Mapping)) and len(result) > limits.COLLECTION:
        raise Undecided("the collection would be too large")
    return result
