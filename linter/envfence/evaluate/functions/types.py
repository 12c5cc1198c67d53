"""Explicit conversions, failure handling and sensitivity.

Comes in: converted arguments. Goes out: values. Must not know: how an argument was written; `try` and `can` get
values, so nothing of theirs has failed (the evaluator does the rest).
"""

from __future__ import annotations

from envfence.evaluate.convert import ANY, BOOL, NUMBER, STRING, list_of, map_of, set_of
from envfence.evaluate.functions.context import FunctionContext, FunctionError, Undecided
from envfence.evaluate.functions.spec import function, nullable
from envfence.values import Unknown, Value


@function("tostring", nullable(STRING), returns="string", partial=True)
def tostring(_context: FunctionContext, value: Value) -> Value:
    """A primitive as a string."""
    return value


@function("tonumber", nullable(NUMBER), returns="number", partial=True)
def tonumber(_context: FunctionContext, value: Value) -> Value:
    """A number, or a string that spells one."""
    return value


@function("tobool", nullable(BOOL), returns="bool", partial=True)
def tobool(_context: FunctionContext, value: Value) -> Value:
    """A bool, or a string that spells one."""
    return value


@function("tolist", nullable(list_of(ANY)), returns="list", partial=True)
def tolist(_context: FunctionContext, value: Value) -> Value:
    """A list of elements of one type."""
    return value


@function("toset", nullable(set_of(ANY)), returns="set", partial=True)
def toset(_context: FunctionContext, value: Value) -> Value:
    """A set of elements of one type."""
    return value


@function("tomap", nullable(map_of(ANY)), returns="map", partial=True)
def tomap(_context: FunctionContext, value: Value) -> Value:
    """A map of values of one type."""
    return value


@function("try", variadic=nullable(ANY), partial=True)
def try_(_context: FunctionContext, *values: Value) -> Value:
    """The first argument, as none has failed."""
    if not values:
        raise FunctionError("try() requires at least one argument")
    return values[0]


@function("can", nullable(ANY), returns="bool", partial=True)
def can(_context: FunctionContext, value: Value) -> Value:
    """Whether the argument has not failed; an unknown one still may."""
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    return True


@function("sensitive", nullable(ANY), partial=True)
def sensitive(_context: FunctionContext, value: Value) -> Value:
    """The value itself; the evaluator marks it."""
    return value


@function("nonsensitive", nullable(ANY), partial=True)
def nonsensitive(_context: FunctionContext, value: Value) -> Value:
    """The value itself; the evaluator takes the mark off."""
    return value


@function("issensitive", nullable(ANY), returns="bool", partial=True)
def issensitive(context: FunctionContext, value: Value) -> Value:
    """Whether the value is marked, if the evaluator tells."""
    if not context.sensitive or (isinstance(value, Unknown) and not context.sensitive[0]):
        raise Undecided("whether it is sensitive is not known")
    return context.sensitive[0]


@function("ephemeralasnull", nullable(ANY), partial=True)
def ephemeralasnull(_context: FunctionContext, value: Value) -> Value:
    """The value itself: what is ephemeral is never known here."""
    if isinstance(value, Unknown):
        raise Undecided(value.reason)
    return value
