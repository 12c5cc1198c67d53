"""The environments that a root module's own code provides for, where no file gives the variable that names them.

Comes in: root modules. Goes out: the variable, and a use for each value it may have: what the code compares it with,
indexes maps with or looks up in lists, in the root module or in a module that gets it as an argument. Must not know:
how roots are deployed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from envfence.bind.axis import AxisReader, Use
from envfence.bind.candidate import Candidate
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.probe import evaluator
from envfence.bind.signals import is_environment_variable, is_own_statement, path_signals
from envfence.bind.syntax import literal_text
from envfence.evaluate import VariableDecl
from envfence.model import Input, Signal
from envfence.words import word_of_value

#: So many modules are followed from one root, and so deep.
_MOST_MODULES = 50
_MAX_DEPTH = 4
#: More values than anybody has environments: then the variable is something else, or what else there is stays open.
_MOST_VALUES = 24


class Assumptions:
    """What the roots of one repository provide for; every variable of every module is read once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._readers: dict[tuple[str, str], tuple[AxisReader, tuple[Use, ...]]] = {}

    def axis(self, root: str, given: frozenset[str] = frozenset()) -> tuple[str, list[Use]]:
        """The variable with the most values, and one use for each; none where every such variable is `given`."""
        survey = self.context.survey
        module = survey.module(root)
        known = given | {name for path in automatic_files(survey, root) for name in survey.assignments(path)}
        best: tuple[str, list[Use]] = ("", [])
        named = [name for name in sorted(module.variables) if is_environment_variable(name)]
        # Beside `environment`, `partner_environment` is that of somebody else's system.
        own = [name for name in named if is_own_statement(name)]
        for name in own or named:
            values = self._values(root, name) if name not in known else []
            if len(best[1]) < len(values) <= _MOST_VALUES:
                best = (name, values)
        return best

    def _values(self, root: str, variable: str) -> list[Use]:
        """What the root module itself provides for; what the modules that it calls do where that decides nothing: they
        may serve other roots, too, with more environments."""
        declared = self.context.survey.module(root).variables[variable]
        own = _values(self._read(root, variable)[1], declared)
        return own if len(own) > 1 else _values(self._uses(root, variable), declared)

    def _uses(self, root: str, variable: str) -> list[Use]:
        """The uses of a variable in a root module and, where it goes on as an argument, in the modules it calls."""
        found: list[Use] = []
        waiting, seen = [(root, variable, 0)], {(root, variable)}
        while waiting and len(seen) <= _MOST_MODULES:
            directory, name, depth = waiting.pop(0)
            reader, uses = self._read(directory, name)
            found += uses
            for step in self._passed_on(directory, reader) if depth < _MAX_DEPTH else ():
                if step not in seen:
                    seen.add(step)
                    waiting.append((*step, depth + 1))
        return found

    def _read(self, directory: str, name: str) -> tuple[AxisReader, tuple[Use, ...]]:
        key = (directory, name)
        if key not in self._readers:
            survey = self.context.survey
            reader = AxisReader(survey.module(directory), ("var", name), evaluator(survey.loader, directory))
            self._readers[key] = (reader, reader.uses())
        return self._readers[key]

    def _passed_on(self, directory: str, reader: AxisReader) -> Iterator[tuple[str, str]]:
        """(directory, variable) of the modules that get the value as it is."""
        for _, call in sorted(reader.module.calls.items()):
            target = self.context.survey.loader.directory_of_call(reader.module, call)
            if target is None or target == directory:
                continue
            for argument, attribute in call.block.body.attributes.items():
                if reader.is_input(attribute.expr):
                    yield target, argument


def _values(uses: Sequence[Use], declared: VariableDecl) -> list[Use]:
    result: dict[str, Use] = {}
    default = declared.default
    text = literal_text(default) if default is not None else None
    every = [use.whole for use in uses if use.whole] + ([text] if text else [])
    if default is not None and text and word_of_value(text, every) is not None:
        result[text] = Use(text, text, "compare", default.span)
    for use in uses:
        if use.whole and use.whole != "default" and word_of_value(use.whole, every) is not None:
            result.setdefault(use.whole, use)
    return [result[value] for value in sorted(result)]


def assumption(variable: str, use: Use) -> tuple[Input, Signal]:
    """The input and the signal of a deployment that is assumed because the code provides for it."""
    given = Input(name=variable, json=json.dumps(use.whole), origin="assumed", span=use.span)
    words = () if word_of_value(use.whole) else (use.whole.lower(),)
    says = f'var.{variable} may be "{use.whole}"'
    return given, Signal(kind="input", value=use.whole, span=use.span, says=says, words=words)


def multiplied(assumptions: Assumptions, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Units whose environment is decided by what is not in the repository, once for each environment that their code
    provides for.

    Code that provides for one value only (`var.environment != "prod"`) runs in the environments, too, that other units
    with this value provide for."""
    open_units = {
        number: axis
        for number, candidate in enumerate(candidates)
        if _is_open(assumptions.context, candidate)
        and (axis := assumptions.axis(candidate.root, _given(assumptions.context, candidate)))[1]
    }
    result: list[Candidate] = []
    for number, candidate in enumerate(candidates):
        variable, uses = open_units.get(number, ("", []))
        if len(uses) == 1:
            uses = _beside(variable, uses[0], open_units.values())
        result += [_assumed(candidate, variable, use) for use in uses] if len(uses) > 1 else [candidate]
    return result


def _is_open(context: Context, candidate: Candidate) -> bool:
    """Whether nothing says which environment a unit is for: neither its path nor what it is given."""
    told = (*candidate.signals, *path_signals(context.survey, candidate.unit or candidate.root, candidate.span))
    return not candidate.name and not any(signal.kind in ("input", "path", "default") for signal in told)


def _given(context: Context, candidate: Candidate) -> frozenset[str]:
    """The variables that a unit has a value for."""
    known = {each.name for each in candidate.inputs if each.json is not None}
    return frozenset(known.union(*(context.survey.assignments(path) for path in candidate.var_files)))


def _beside(variable: str, own: Use, axes: Iterable[tuple[str, list[Use]]]) -> list[Use]:
    found = {own.whole: own}
    for name, uses in axes:
        if name == variable and any(use.whole == own.whole for use in uses):
            for use in uses:
                found.setdefault(use.whole, use)
    return [found[value] for value in sorted(found)]


def _assumed(candidate: Candidate, variable: str, use: Use) -> Candidate:
    given, signal = assumption(variable, use)
    return replace(
        candidate,
        name=use.whole,
        word=use.whole,
        inputs=(*(each for each in candidate.inputs if each.name != variable), given),
        signals=(*candidate.signals, signal),
        inferred=True,
    )
