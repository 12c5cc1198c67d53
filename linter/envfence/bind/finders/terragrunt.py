"""Deployments from Terragrunt: every `terragrunt.hcl` that is not only included by others is one.

Comes in: the files. Goes out: one candidate per unit, or several where a process variable chooses the environment.
Must not know: how Terragrunt's expressions are evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.defaults import automatic_files
from envfence.bind.definition import as_json
from envfence.bind.paths import basename, is_terraform, parent, stem
from envfence.bind.remote import flat_settings
from envfence.bind.signals import is_environment_variable, own_statements_first, value_signal
from envfence.bind.survey import Survey
from envfence.bind.terragrunt import Reader, TerragruntConfig
from envfence.bind.terragrunt.places import is_tainted, resolve
from envfence.evaluate import CallDecl
from envfence.hcl.ast import Block, Body, SourceText
from envfence.model import Input, Signal
from envfence.values import Mapping as MappingValue
from envfence.values import Span, has_holes
from envfence.words import word_of_value

RANK = 5
_NAMES = ("terragrunt.hcl", "terragrunt.hcl.json")


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per unit and environment."""
    survey = context.survey
    paths = [path for path in survey.paths() if basename(path) in _NAMES]
    read = {path: Reader(survey).unit(path) for path in paths}
    included = {path for config in read.values() for path in config.includes}
    found: list[Candidate] = []
    for path, config in read.items():
        if config.skip or not _is_unit(survey, path, config, included):
            continue
        variants = _variants(survey, config)
        for name, values in variants.items():
            for value, place in values.items():
                chosen = Reader(survey, {name: value}).unit(path)
                found.append(_candidate(context, path, chosen, name, value, place))
        if not variants:
            found.append(_candidate(context, path, config, "", "", None))
    return Found(tuple(found))


def _is_unit(survey: Survey, path: str, config: TerragruntConfig, included: set[str]) -> bool:
    has_code = any(is_terraform(name) for name in survey.files.get(parent(path), ()))
    if path in included:
        return has_code or (config.source is not None and bool(config.includes))
    return has_code or config.source is not None or bool(config.includes)


def _variants(survey: Survey, config: TerragruntConfig) -> dict[str, dict[str, Span]]:
    """A process variable that names the environment, with its values: the names beside the file that its default
    reads."""
    for name, default in sorted(config.variables.items()):
        if not is_environment_variable(name) or word_of_value(default) is None:
            continue
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
        if len(values) > 1:
            return {name: dict(sorted(values.items()))}
    return {}


def _candidate(
    context: Context, path: str, config: TerragruntConfig, variable: str, value: str, place: Span | None
) -> Candidate:
    unit = parent(path)
    signals: list[Signal] = []
    if place is not None:
        words = () if word_of_value(value) else (value.lower(),)
        signals.append(Signal(kind="input", value=value, span=place, says=f"{variable}={value}", words=words))
    # A value that may come from the default of a process variable is only what holds if nobody sets it.
    assumed = place is None and any(is_environment_variable(name) for name in config.variables)
    inputs, named = _inputs(config, "default" if assumed else "input")
    signals += own_statements_first(named)
    root = _module_of(context, unit, config)
    settings = dict(flat_settings(config.backend_config)) if isinstance(config.backend_config, MappingValue) else {}
    return Candidate(
        root=root,
        span=Span(path, 1),
        name=value,
        word=value,
        unit=unit,
        axis="unit",
        inputs=inputs,
        signals=tuple(dict.fromkeys(signals)),
        backend_type=config.backend,
        backend_settings={key: text for key, text in settings.items() if not is_tainted(text)},
        reads=config.dependencies,
        var_files=_var_files(context.survey, unit, root, config),
        open=config.open,
    )


def _inputs(config: TerragruntConfig, kind: str) -> tuple[tuple[Input, ...], list[tuple[str, Signal]]]:
    """What a unit gives, and the signals of what names its environment, by name: of the inputs with this kind, and of
    constants."""
    inputs: list[Input] = []
    named: list[tuple[str, Signal]] = []
    for name, (given, span) in sorted(config.inputs.items()):
        known = None if is_tainted(given) else as_json(given)
        inputs.append(Input(name=name, json=known, origin="terragrunt", span=span))
        if isinstance(given, str) and not has_holes(given):
            written = next((at for other, text, at in config.constants if text == given and other == name), span)
            signal = value_signal(kind, name, given, written)
            named += [(name, signal)] if signal is not None else []
    for name, text, span in config.constants:
        signal = value_signal("input", f"local.{name}", text, span)
        named += [(name, signal)] if signal is not None and name not in config.inputs else []
    return tuple(inputs), named


def _var_files(survey: Survey, unit: str, root: str, config: TerragruntConfig) -> tuple[str, ...]:
    """The files that go before the inputs: those beside the unit, which Terragrunt copies to its module, and those that
    it passes."""
    beside = automatic_files(survey, unit) if unit != root else ()
    return tuple(dict.fromkeys((*beside, *config.var_files)))


def _module_of(context: Context, unit: str, config: TerragruntConfig) -> str:
    """The directory of the unit's module: of its source when that is in the tree, else its own (which may hold
    none)."""
    source = config.source
    if not isinstance(source, str) or has_holes(source):
        return unit
    text = source.partition("?")[0]
    if not text.startswith(("git::", "git@", "http", "github.com", "tfr:")):
        directory = resolve(text.replace("//", "/"), unit)
        if directory is not None and any(is_terraform(name) for name in context.survey.files.get(directory, ())):
            return directory
        return unit
    empty = SourceText(unit, b"")
    call = CallDecl("unit", source, None, Block(empty, 0, 0, "module", ("unit",), Body(empty, 0, 0, {}, ()), 0))
    return context.survey.loader.locate(unit, call).directory or unit
