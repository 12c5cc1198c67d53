"""Deployments from Terragrunt: every `terragrunt.hcl` that is not only included by others is one.

Comes in: the files. Goes out: one candidate per unit, or several where a process variable chooses the environment.
Must not know: how Terragrunt's expressions are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

import msgspec

from envfence.bind.assumed import Assumptions, multiplied
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.definition import as_json
from envfence.bind.paths import basename, is_terraform, parent, stem
from envfence.bind.process import ProcessVariables
from envfence.bind.remote import flat_settings
from envfence.bind.roots import is_example
from envfence.bind.signals import is_environment_variable, own_statements_first, path_signals, value_signal
from envfence.bind.survey import Survey
from envfence.bind.terragrunt import Reader, TerragruntConfig
from envfence.bind.terragrunt.holed import as_holed_json
from envfence.bind.terragrunt.places import is_tainted, resolve
from envfence.bind.terragrunt.stacks import STACK_FILE, stack_units
from envfence.evaluate import CallDecl
from envfence.hcl.ast import Block, Body, SourceText
from envfence.model import Input, Problem, Signal
from envfence.values import Mapping, Span, Symbols, Value, has_holes
from envfence.words import canonical_name, word_of_value

RANK = 5
_NAMES = ("terragrunt.hcl", "terragrunt.hcl.json")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit and how it is read: with which process variables that nothing here decides."""

    path: str | None
    directory: str
    span: Span
    values: Value = None
    symbols: Symbols | None = None

    def read(self, survey: Survey, given: frozenset[str], environ: Dict[str, str]) -> TerragruntConfig:
        if self.path is None:
            return TerragruntConfig(path=self.span.path, open=True)
        return Reader(survey, environ, given, self.values, self.symbols).unit(self.path, self.directory)


def find(context: Context, earlier: Dict[str, Sequence[Candidate]]) -> Found:
    """One candidate per unit and environment."""
    survey = context.survey
    files = [path for path in survey.paths() if basename(path) in (*_NAMES, STACK_FILE)]
    if not files:
        return Found()
    process = ProcessVariables(survey, context.scripts)
    made = stack_units(Reader(survey), [path for path in files if basename(path) == STACK_FILE])
    templates = {unit.path for unit in made}
    units = [_Unit(unit.path, unit.directory, unit.span, unit.values, unit.symbols) for unit in made]
    units += [_Unit(p, parent(p), Span(p, 1)) for p in files if basename(p) in _NAMES and p not in templates]
    read = [(unit, unit.read(survey, process.names, {})) for unit in units]
    included = {path for _, config in read for path in config.includes}
    has_plain = any(not is_example(survey, unit.directory) for unit in units)
    found: list[Candidate] = []
    problems: list[Problem] = []
    for unit, config in read:
        if unit.values is None and unit.path is not None and not _is_unit(survey, unit.path, config, included):
            continue
        if config.skip or (has_plain and is_example(survey, unit.directory)):
            continue
        found += _of_unit(context, unit, config, process)
        problems += _not_written(config)
        problems += _pinned(context, unit, config)
    return Found(tuple(multiplied(Assumptions(context), found)), tuple(problems))


def _of_unit(context: Context, unit: _Unit, config: TerragruntConfig, process: ProcessVariables) -> list[Candidate]:
    """The deployments of one unit: of the environment that its path names, or of each that a process variable may
    name."""
    survey = context.survey
    asked = [name for name in sorted(config.variables) if is_environment_variable(name)]
    if asked:
        own = _own_word(survey, unit) or _own_value(unit, process, asked)
        if own:
            environ: dict[str, str] = {}
            for name in asked:
                known = [value for value in process.values(name) if canonical_name(value) == canonical_name(own)]
                environ.update(process.beside(name, known[0] if known else own))
            found = _candidate(context, unit, unit.read(survey, process.names, environ), "", "", None)
            name = next((each for each in asked if each in environ), "")
            return [_overridden(found, process.given(name, environ[name]) if name else {})]
        for name, values in _variants(survey, config, process, asked).items():
            return [
                _overridden(
                    _candidate(
                        context, unit, unit.read(survey, process.names, process.beside(name, value)), name, value, place
                    ),
                    process.given(name, value),
                )
                for value, place in values.items()
            ]
    return [_overridden(_candidate(context, unit, config, "", "", None), process.given("", ""))]


def _overridden(candidate: Candidate, given: Dict[str, str | None]) -> Candidate:
    """The candidate without the inputs that a process variable `TF_VAR_…` replaces: Terragrunt hands its own inputs
    over
    as such variables, and only those that nothing has set. What replaces them is taken as not known."""
    inputs = tuple(
        msgspec.structs.replace(each, json=None, holed="", symbols=()) if each.name in given else each
        for each in candidate.inputs
    )
    return replace(candidate, inputs=inputs)


def _own_word(survey: Survey, unit: _Unit) -> str:
    """The environment that the path of a unit names; empty where it names none or several."""
    signals = path_signals(survey, unit.directory, unit.span)
    words = {signal.value for signal in signals if signal.kind == "path" and word_of_value(signal.value) is not None}
    return words.pop() if len(words) == 1 else ""


def _own_value(unit: _Unit, process: ProcessVariables, asked: Sequence[str]) -> str:
    """The innermost directory of a unit that is called like a value which pipelines give to one of the variables: they
    run it with that (`tools` beside `dev` and `prod`); empty for none."""
    written = {value for name in asked for value in process.values(name) if value}
    return next((part for part in reversed(unit.directory.split("/")) if part in written), "")


def _not_written(config: TerragruntConfig) -> Iterator[Problem]:
    for label, file in sorted(config.generated.items()):
        if file is None:
            reason = f'what generate "{label}" writes is not known'
            hides = "the providers and settings in that file"
            yield Problem(stage="bind", reason=reason, span=Span(config.path, 1), hides=hides)


def _pinned(context: Context, unit: _Unit, config: TerragruntConfig) -> Iterator[Problem]:
    """That a unit's module is in the tree, but the unit asks for an earlier state of it."""
    query = config.source.partition("?")[2] if isinstance(config.source, str) else ""
    if "ref=" in query and _module_of(context, unit.directory, config) != unit.directory:
        yield Problem(
            stage="bind",
            reason=f"the module of {unit.directory} is pinned to a commit; its present state here is read instead",
            span=config.source_span or unit.span,
            hides="differences between the two",
        )


def _is_unit(survey: Survey, path: str, config: TerragruntConfig, included: set[str]) -> bool:
    has_code = any(is_terraform(name) for name in survey.files.get(parent(path), ()))
    if path in included:
        module = survey.module(parent(path))
        makes_something = has_code and bool(module.resources or module.calls)
        return makes_something or (config.source is not None and bool(config.includes))
    return has_code or config.source is not None or bool(config.includes)


def _variants(
    survey: Survey, config: TerragruntConfig, process: ProcessVariables, asked: Sequence[str]
) -> dict[str, dict[str, Span]]:
    """A process variable that names the environment, with its values: the names beside the file that its default
    reads, and what pipelines set it to."""
    for name in asked:
        default = config.variables[name]
        written = process.values(name)
        every = [*written, default]
        values = {value: place for value, place in written.items() if word_of_value(value, every) is not None}
        if word_of_value(default) is not None:
            values.update((own, at) for own, at in _beside(survey, config, default).items() if own not in values)
            if values and canonical_name(default) not in map(canonical_name, values):
                values[default] = Span(config.path, 1)
        if len(values) > 1 or (values and not default):
            return {name: dict(sorted(values.items()))}
    return {}


def _beside(survey: Survey, config: TerragruntConfig, default: str) -> dict[str, Span]:
    """The environments whose files lie beside the one that a unit reads when nothing sets its process variable."""
    values: dict[str, Span] = {}
    for path in config.files:
        if stem(path) != default:
            continue
        suffix = basename(path)[len(default) :]
        beside = [other for other in survey.files.get(parent(path), ()) if other.endswith(suffix)]
        stems = [other[: len(other) - len(suffix)] for other in beside]
        for own in stems:
            if own and word_of_value(own, stems) is not None:
                values.setdefault(own, Span(f"{parent(path)}/{own}{suffix}".lstrip("/"), 1))
    return values if len(values) > 1 else {}


def _candidate(
    context: Context, unit: _Unit, config: TerragruntConfig, variable: str, value: str, place: Span | None
) -> Candidate:
    signals: list[Signal] = []
    if place is not None:
        words = () if word_of_value(value) else (value.lower(),)
        signals.append(Signal(kind="input", value=value, span=place, says=f"{variable}={value}", words=words))
    # A value that may come from the default of a process variable is only what holds if nobody sets it.
    assumed = place is None and any(text and is_environment_variable(name) for name, text in config.variables.items())
    inputs, named = _inputs(config, "default" if assumed else "input")
    signals += own_statements_first(named)
    signals += _of_values(unit)
    root = _module_of(context, unit.directory, config)
    settings = dict(flat_settings(config.backend_config)) if isinstance(config.backend_config, Mapping) else {}
    return Candidate(
        root=root,
        span=unit.span,
        name=value,
        word=value,
        unit=unit.directory,
        axis="unit",
        inputs=inputs,
        signals=tuple(dict.fromkeys(signals)),
        backend_type=config.backend,
        backend_settings={key: text for key, text in settings.items() if not is_tainted(text)},
        backend_span=config.backend_span,
        backend_places=config.backend_places,
        reads=config.dependencies,
        var_files=_var_files(context.survey, unit.directory, root, config),
        open=config.open,
        generated=tuple(file for _, file in sorted(config.generated.items()) if file is not None),
    )


def _of_values(unit: _Unit) -> tuple[Signal, ...]:
    """What a stack says of a unit's environment."""
    given = unit.values.items if isinstance(unit.values, Mapping) else {}
    named = [
        (name, signal)
        for name, value in sorted(given.items())
        if isinstance(value, str)
        and not has_holes(value)
        and (signal := value_signal("input", f"values.{name}", value, unit.span)) is not None
    ]
    return own_statements_first(named)


def _inputs(config: TerragruntConfig, kind: str) -> tuple[tuple[Input, ...], list[tuple[str, Signal]]]:
    """What a unit gives, and the signals of what names its environment, by name: of the inputs with this kind, and of
    constants."""
    inputs: list[Input] = []
    named: list[tuple[str, Signal]] = []
    for name, (given, span) in sorted(config.inputs.items()):
        inputs.append(_input(name, given, span, config.symbols))
        if isinstance(given, str) and not has_holes(given):
            written = next((at for other, text, at in config.constants if text == given and other == name), span)
            signal = value_signal(kind, name, given, written)
            named += [(name, signal)] if signal is not None else []
    for name, text, span in config.constants:
        signal = value_signal("input", f"local.{name}", text, span)
        named += [(name, signal)] if signal is not None and name not in config.inputs else []
    return tuple(inputs), named


def _input(name: str, given: Value, span: Span, symbols: Symbols) -> Input:
    """What a unit gives to one variable: known, known in part, or not at all."""
    known = None if is_tainted(given) else as_json(given)
    holed, holes = ("", ()) if known is not None else as_holed_json(given, symbols)
    return Input(name=name, json=known, origin="terragrunt", span=span, holed=holed, symbols=holes)


def _var_files(survey: Survey, unit: str, root: str, config: TerragruntConfig) -> tuple[str, ...]:
    """The files that go before the inputs: those beside the unit, which Terragrunt copies to its module, and those that
    it passes."""
    beside = automatic_files(survey, unit) if unit != root else ()
    return tuple(dict.fromkeys((*beside, *config.var_files)))


def _module_of(context: Context, unit: str, config: TerragruntConfig) -> str:
    """The directory of the unit's module: of its source when that is in the tree, else its own (which may hold
    none)."""
    source = config.source
    text = source.partition("?")[0] if isinstance(source, str) else ""
    if not isinstance(source, str) or not text or has_holes(text):
        return unit
    local = text.removeprefix("git::")
    if local.startswith("."):
        text = local  # a clone of the repository that the path leads to: this one, where the module is in it
    if not text.startswith(("git::", "git@", "http", "github.com", "tfr:")):
        directory = resolve(text.replace("//", "/"), unit)
        if directory is not None and any(is_terraform(name) for name in context.survey.files.get(directory, ())):
            return directory
        return unit
    empty = SourceText(unit, b"")
    call = CallDecl("unit", text, None, Block(empty, 0, 0, "module", ("unit",), Body(empty, 0, 0, {}, ()), 0))
    return context.survey.loader.locate(unit, call).directory or unit
