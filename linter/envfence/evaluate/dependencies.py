"""Inputs that are known in part: outputs of other units, and what only a run can tell.

Comes in: an `Input` with holes, the outputs of the deployments evaluated before. Goes out: its value, with the outputs
in their places. Must not know: Terragrunt.

Whoever finds such an input names an output by the expression that reads it, `dependency["DIRECTORY"].outputs.NAME`;
what follows or surrounds it may be any expression in which nothing else is unknown.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from envfence.evaluate.convert import ConversionError, to_string
from envfence.evaluate.expressions import evaluate
from envfence.evaluate.failures import EvaluationError, LimitError
from envfence.evaluate.scope import Run, Scope
from envfence.hcl import parse_expression
from envfence.model import Deployment, Input
from envfence.values import Mapping, Sequence, Unknown, Value, has_holes, hole_index

if TYPE_CHECKING:
    from envfence.evaluate.results import StateReader

_READS = re.compile(r'dependency\["([^"\\]*)"\]\.outputs')
#: A name that holds the output and nothing else: it is the same thing for everybody who reads it.
_PLAIN = re.compile(_READS.pattern + r'(\.[\w-]+|\["[^"\\]*"\]|\[\d+\])*')
#: These occur in names that are shortened, that mix scopes, or that quote a text in which something is unknown.
_NOT_AN_EXPRESSION = re.compile(r"[…@$\n]|\?\d")


def outputs_of(directory: str) -> str:
    """The name of the outputs of the unit in a directory."""
    return f"dependency[{json.dumps(directory, ensure_ascii=False)}].outputs"


class HoledInputs:
    """Fills the holes of a deployment's inputs; `states` has the outputs of the units evaluated so far."""

    def __init__(self, run: Run, deployment: Deployment, states: StateReader | None) -> None:
        self._run = run
        self._deployment = deployment
        self._states = states

    def fill(self, given: Input, value: Value) -> Value:
        """The value of an input; `value` is what its JSON text says, with holes."""
        return self._filled(value, [self._hole(symbol.what, symbol.scope, given) for symbol in given.symbols], given)

    def _filled(self, value: Value, holes: list[Value], given: Input) -> Value:
        if isinstance(value, Mapping):
            return Mapping({key: self._filled(item, holes, given) for key, item in value.items.items()})
        if isinstance(value, Sequence):
            return Sequence(tuple(self._filled(item, holes, given) for item in value.items))
        if not isinstance(value, str) or not has_holes(value):
            return value
        index = hole_index(value) if len(value) == 1 else None
        return self._text(value, holes, given) if index is None else holes[index]

    def _text(self, text: str, holes: list[Value], given: Input) -> Value:
        parts: list[str] = []
        for char in text:
            index = hole_index(char)
            try:
                parts.append(char if index is None else to_string(holes[index]))
            except ConversionError as error:
                return self._unknown(f"var.{given.name}", error.message, given)
        return "".join(parts)

    def _hole(self, what: str, scope: str, given: Input) -> Value:
        directories = _READS.findall(what)
        if not directories:
            says = "it" if "#" in what else what  # a number tells two unknowns apart, and a reader nothing
            reason = f"variable {given.name} is given by the {given.origin}: {says} is known only when it runs"
            return self._unknown(what, reason, given, None if scope else "")
        if _NOT_AN_EXPRESSION.search(what) is None:
            try:
                units = Mapping({directory: self._unit(directory, given) for directory in directories})
                return evaluate(parse_expression(what), Scope(self._run, None, {"dependency": units}))
            except (EvaluationError, LimitError):
                pass  # that unit has no such output as it is here
        is_plain = _PLAIN.fullmatch(what) is not None
        return self._unknown(what, f"{what} is not known", given, self._deployment.name if is_plain else None)

    def _unit(self, directory: str, given: Input) -> Mapping:
        """A unit with its outputs. That none are known need not mean that there are none."""
        name = self._deployment.name
        known = self._states.unit(directory, name, self._run.symbols) if self._states is not None else None
        if known is not None and known.items:
            return Mapping({"outputs": known})
        what = outputs_of(directory)
        return Mapping({"outputs": self._unknown(what, f"the outputs of {directory} are not known", given, name)})

    def _unknown(self, what: str, reason: str, given: Input, scope: str | None = None) -> Unknown:
        return self._run.naming.unknown(what, reason, given.span, names=(given.name,), scope=scope)
