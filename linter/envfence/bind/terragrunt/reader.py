"""Reads one Terragrunt file with what it includes and reads.

Comes in: paths. Goes out: `TerragruntConfig`. Must not know: which files are units.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from envfence.bind.paths import parent
from envfence.bind.survey import Survey
from envfence.bind.terragrunt.frame import Frame
from envfence.bind.terragrunt.generated import generated_file
from envfence.bind.terragrunt.places import resolve
from envfence.hcl import ast
from envfence.hcl.jsonsyntax import blocks
from envfence.model import GeneratedFile
from envfence.values import Mapping, Sequence, Span, Symbols, Unknown, Value, has_holes

#: So many files read each other, at most.
_MAX_DEPTH = 12
_BLOCKS = {
    "include": 1,
    "locals": 0,
    "terraform": 0,
    "remote_state": 0,
    "dependency": 1,
    "dependencies": 0,
    "generate": 1,
    "feature": 1,
}


@dataclass(slots=True)
class TerragruntConfig:
    """What one file says, with its includes merged in.

    `inputs` are values by name with the place of each; `source` is the text of `terraform.source`; `dependencies` are
    directories of units. `constants` are plain texts among the locals of this file and of those it read, with their
    places. `variables` are the process variables it asked for with the default it took; `files` all files it read.
    `var_files` are the files that it passes to Terraform; `open` is set when the inputs, or what is passed to
    Terraform, are not all known: any variable may be given. `generated` are the files that it writes beside the module,
    by label, None for one whose text is not known. `deep` are the names of inputs that are merged with what stands
    here. `dependency` are the units that it depends on as its expressions see them, by label;
    `symbols` is the table of the holes in all its values.
    """

    path: str
    locals: Value = None
    inputs: dict[str, tuple[Value, Span]] = field(default_factory=dict)
    source: Value = None
    source_span: Span | None = None
    backend: str = ""
    backend_config: Value = None
    backend_span: Span | None = None
    backend_places: dict[str, Span] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    skip: bool = False
    constants: tuple[tuple[str, str, Span], ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    open: bool = False
    generated: dict[str, GeneratedFile | None] = field(default_factory=dict)
    deep: frozenset[str] = frozenset()
    dependency: dict[str, Value] = field(default_factory=dict)
    symbols: Symbols = field(default_factory=Symbols)

    def as_value(self) -> Mapping:
        """What `read_terragrunt_config` and an exposed include give."""
        given: Value = Mapping({name: value for name, (value, _) in self.inputs.items()})
        return Mapping({"locals": self.locals, "inputs": given, "dependency": Mapping(self.dependency)})


class Reader:
    """Reads Terragrunt files of one tree. `environ` are process variables with the values they have, `given` the names
    of those that something sets to a value that is not known here; `values` is what a stack passes to a unit, with
    holes of the table `symbols`."""

    def __init__(
        self,
        survey: Survey,
        environ: Dict[str, str] | None = None,
        given: frozenset[str] = frozenset(),
        values: Value = None,
        symbols: Symbols | None = None,
    ) -> None:
        self.survey = survey
        #: One table for all files: their values are mixed.
        self.symbols = Symbols() if symbols is None else symbols
        self.environ = dict(environ or {})
        self.given = given
        self.values = values

    def unit(self, path: str, directory: str | None = None) -> TerragruntConfig:
        """The configuration of a unit, which runs in `directory` where that is not where the file lies."""
        where = parent(path) if directory is None else directory
        return self.read(path, where, where, 0)

    def read(self, path: str, here: str, original: str, depth: int) -> TerragruntConfig:
        """One file. `here` is what it takes for its own directory (for an included file: that of the unit)."""
        config = TerragruntConfig(path=path, files=(path,), symbols=self.symbols)
        parsed = self.survey.parsed(path) if self.survey.has_file(path) and depth < _MAX_DEPTH else None
        if parsed is None:
            config.locals = Mapping({})
            return config
        found = blocks(parsed.body, _BLOCKS)
        attributes = parsed.body.attributes
        frame = Frame(self, config, found, here, original, depth)
        self._include(frame, config, [block for block in found if block.type == "include"], depth)
        frame.note_dependencies(found)
        config.locals = frame.all_locals()
        self._blocks(frame, config, found)
        self._inputs(frame, config, attributes.get("inputs"))
        skip = attributes.get("skip")
        config.skip = skip is not None and frame.value(skip.expr) is True
        return config

    def _include(self, frame: Frame, config: TerragruntConfig, found: list[ast.Block], depth: int) -> None:
        exposed: dict[str, Value] = {}
        for block in found:
            attribute = block.body.attributes.get("path")
            text = frame.value(attribute.expr) if attribute is not None else None
            target = resolve(text, frame.here) if isinstance(text, str) else None
            if target is None:
                continue
            label = block.labels[0] if block.labels else ""
            frame.include_directories[label] = parent(target)
            included = self.read(target, frame.here, frame.original, depth + 1)
            strategy = block.body.attributes.get("merge_strategy")
            how = frame.value(strategy.expr) if strategy is not None else None
            _merge(config, included, how if isinstance(how, str) else "shallow")
            exposed[label] = included.as_value()
        if exposed:
            bare = exposed.get("")
            frame.scope.names["include"] = bare if bare is not None and len(exposed) == 1 else Mapping(exposed)

    def _blocks(self, frame: Frame, config: TerragruntConfig, found: tuple[ast.Block, ...]) -> None:
        dependencies = list(config.dependencies)
        for block in found:
            attributes = block.body.attributes
            if block.type == "terraform":
                _arguments(self.survey, frame, config, block)
            if block.type == "terraform" and "source" in attributes:
                config.source = frame.value(attributes["source"].expr)
                config.source_span = attributes["source"].span
            elif block.type == "generate" and block.labels:
                path, contents, keep = (
                    frame.value(attributes[name].expr) if name in attributes else None
                    for name in ("path", "contents", "if_exists")
                )
                config.generated[block.labels[0]] = generated_file(path, contents, keep, block.header)
            elif block.type == "remote_state":
                kind = frame.value(attributes["backend"].expr) if "backend" in attributes else None
                config.backend = kind if isinstance(kind, str) else ""
                config.backend_config = frame.value(attributes["config"].expr) if "config" in attributes else None
                config.backend_span = block.header
                config.backend_places = _places(attributes.get("config"))
            elif block.type == "dependency" and "config_path" in attributes:
                dependencies += frame.directories(attributes["config_path"].expr)
            elif block.type == "dependencies" and "paths" in attributes:
                dependencies += frame.directories(attributes["paths"].expr)
        config.dependencies = tuple(dict.fromkeys(dependencies))

    def _inputs(self, frame: Frame, config: TerragruntConfig, attribute: ast.Attribute | None) -> None:
        if attribute is None:
            return
        value = frame.value(attribute.expr)
        places = _places(attribute)
        parts = _parts(frame, attribute.expr) if isinstance(value, Unknown) else (value,)
        for part in parts:
            if isinstance(part, Mapping):
                for name, given in part.items.items():
                    if name in config.deep and name in config.inputs:
                        given = _merged(config.inputs[name][0], given)
                    config.inputs[name] = (given, places.get(name, attribute.span))
            elif isinstance(part, Unknown):
                for name in config.inputs:
                    config.inputs[name] = (_perhaps(frame, part, name), attribute.span)
        config.open = config.open or not isinstance(value, Mapping)


def _parts(frame: Frame, expr: ast.Expr) -> tuple[Value, ...]:
    """What a `merge` is made of: each part goes before those on its left, whatever they hold."""
    if isinstance(expr, ast.Call) and expr.name == "merge" and not expr.expand:
        return tuple(frame.value(arg) for arg in expr.args)
    return (frame.value(expr),)


def _perhaps(frame: Frame, unknown: Unknown, name: str) -> Unknown:
    """An input that something not known may give as well."""
    return frame.scope.run.naming.fresh(f"inputs.{name}", unknown.reason, unknown.span)


def _places(written: ast.Attribute | None) -> dict[str, Span]:
    """Where the entries of an object that is written out stand."""
    items = written.expr.items if written is not None and isinstance(written.expr, ast.ObjectExpr) else ()
    return {key.value: key.span for key, _ in items if isinstance(key, ast.Literal) and isinstance(key.value, str)}


def _arguments(survey: Survey, frame: Frame, config: TerragruntConfig, block: ast.Block) -> None:
    """What `extra_arguments` passes to Terraform: var files that are here, or something that is not known."""
    for extra in block.body.blocks:
        attributes = extra.body.attributes if extra.type == "extra_arguments" else {}
        for name in ("required_var_files", "optional_var_files"):
            value = frame.value(attributes[name].expr) if name in attributes else Sequence(())
            items = value.items if isinstance(value, Sequence) else (None,)
            for item in items:
                path = resolve(item, frame.here) if isinstance(item, str) and not has_holes(item) else None
                if path is not None and survey.has_file(path):
                    config.var_files = (*(each for each in config.var_files if each != path), path)
                elif path is None or name == "required_var_files":
                    config.open = True
        for name in ("arguments", "env_vars"):
            value = frame.value(attributes[name].expr) if name in attributes else Sequence(())
            config.open = config.open or _may_give(value)


def _may_give(value: Value) -> bool:
    """Whether arguments or process variables may give values to Terraform's variables."""
    items = [*value.items] if isinstance(value, Sequence | Mapping) else [None]
    texts = [item if isinstance(item, str) else "-var" for item in items]
    return any(text.lstrip("-").startswith("var") or text.startswith("TF_VAR_") or has_holes(text) for text in texts)


def _merged(above: Value, own: Value, depth: int = 0) -> Value:
    """A value of an included file with the including file's: maps key by key, lists one after the other."""
    if depth < _MAX_DEPTH and isinstance(above, Mapping) and isinstance(own, Mapping):
        items = dict(above.items)
        for name, value in own.items.items():
            items[name] = _merged(items[name], value, depth + 1) if name in items else value
        return Mapping(items)
    if isinstance(above, Sequence) and isinstance(own, Sequence):
        return Sequence((*above.items, *own.items))
    return own


def _merge(config: TerragruntConfig, included: TerragruntConfig, how: str) -> None:
    """What an included file says holds until the including one says otherwise, unless nothing is to be merged."""
    config.includes = (*config.includes, included.path, *included.includes)
    absorb(config, included)
    if how == "no_merge":
        return
    deep = how == "deep"
    config.deep |= included.deep | (frozenset(included.inputs) if deep else frozenset())
    for name, (value, span) in included.inputs.items():
        merged = _merged(config.inputs[name][0], value) if deep and name in config.inputs else value
        config.inputs[name] = (merged, span)
    config.generated.update(included.generated)
    config.open = config.open or included.open
    config.var_files = tuple(dict.fromkeys((*config.var_files, *included.var_files)))
    if included.source is not None:
        config.source, config.source_span = included.source, included.source_span
    if included.backend:
        config.backend, config.backend_config = included.backend, included.backend_config
        config.backend_span, config.backend_places = included.backend_span, included.backend_places
    config.dependencies = tuple(dict.fromkeys((*config.dependencies, *included.dependencies)))
    config.dependency = {**included.dependency, **config.dependency}


def absorb(config: TerragruntConfig, other: TerragruntConfig) -> None:
    """Takes over what was read on behalf of another file."""
    config.constants = tuple(dict.fromkeys((*config.constants, *other.constants)))
    config.variables.update(other.variables)
    config.files = tuple(dict.fromkeys((*config.files, *other.files)))
