"""A definition of a deployment in Terraform itself: which of its arguments say what.

Comes in: evaluated arguments of a resource or module call. Goes out: directory, workspace name, var files, variables,
tags. Must not know: how it was evaluated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from envfence.bind.candidate import Candidate
from envfence.bind.context import Context
from envfence.bind.given import json_of
from envfence.bind.paths import basename, is_var_file
from envfence.bind.signals import axis_part, own_statements_first, value_signal, var_file_signals
from envfence.evaluate import VariableDecl
from envfence.model import Input, Signal
from envfence.paths import join
from envfence.values import Mapping, Sequence, Span, Unknown, Value, has_holes, is_fully_known
from envfence.words import tokens, word_of_value

_DIRECTORY_ARGUMENTS = [
    "working_directory",
    "project_root",
    "root_directory",
    "root_dir",
    "terraform_directory",
    "terraform_dir",
    "working_dir",
    "directory",
    "path",
]
_NAME_ARGUMENTS = ["workspace_name", "workspace", "name", "stack_name"]
_TAG_ARGUMENTS = ["workspace_tags", "tag_names", "tags", "labels"]
_REPOSITORY_ARGUMENTS = ["identifier", "repository", "repo", "repository_name"]


#: Words in the name of an argument that holds variables, also some that the root does not declare.
_VARIABLES = frozenset(["variables", "variable", "tfvars", "vars", "inputs"])


@dataclass(frozen=True, slots=True)
class Definition:
    """One instance of a call or resource that may define a deployment. `variables` are resources that set one
    variable each."""

    definer: str
    address: str
    values: Mapping
    span: Span
    variables: tuple[tuple[Dict[str, Value], Span], ...]
    span_of: Callable[[str], Span | None]

    def text(self, *names: str) -> str | None:
        """The first of these arguments that is a known, non-empty text."""
        for name in names:
            value = self.values.items.get(name)
            if isinstance(value, str) and value and not has_holes(value):
                return value
        return None

    def place(self, name: str) -> Span:
        """Where an argument is written, else where the definition is."""
        return self.span_of(name) or self.span


def directory_named(context: Context, definition: Definition) -> str | None:
    """The root module that a definition names, or None."""
    for name in _DIRECTORY_ARGUMENTS:
        text = definition.text(name)
        if text is None:
            continue
        directory = join("", text.strip("/"))
        if directory is not None and directory in context.deployable:
            return directory
    return None


def workspace_name(definition: Definition) -> str | None:
    """The name of the workspace that a definition makes; None when it is not known."""
    return definition.text(*_NAME_ARGUMENTS)


def repository_of(definition: Definition) -> str:
    """The repository that a definition reads its directory from; empty where it does not say."""
    for value in (definition.values, *nested(definition.values)):
        for name in _REPOSITORY_ARGUMENTS:
            text = value.items.get(name)
            if isinstance(text, str) and "/" in text and not has_holes(text):
                return text.lower()
    return ""


def nested(values: Mapping) -> Iterator[Mapping]:
    """The objects directly inside, also those in lists (nested blocks)."""
    for value in values.items.values():
        if isinstance(value, Mapping):
            yield value
        elif isinstance(value, Sequence):
            yield from (item for item in value.items if isinstance(item, Mapping))


def candidate_of(context: Context, definition: Definition, root: str, name: str) -> Candidate:
    """The deployment that a definition defines."""
    files = var_files_of(context, definition, root)
    inputs = inputs_of(context, definition, root)
    signals = list(_signals(definition, root, name))
    signals += var_file_signals(context.survey, files, definition.place("tfvars_files"))
    named: list[tuple[str, Signal]] = []
    for entry in inputs:
        text = json.loads(entry.json) if entry.json is not None else None
        signal = value_signal("input", entry.name, text, entry.span) if isinstance(text, str) else None
        named += [(entry.name, signal)] if signal is not None else []
    signals += own_statements_first(named)
    return Candidate(
        root=root,
        span=definition.span,
        name=name,
        word=axis_part(name, root),
        workspace=name,
        var_files=files,
        inputs=inputs,
        signals=tuple(dict.fromkeys(signals)),
        axis="definer",
        open=is_open(definition),
    )


def _signals(definition: Definition, root: str, name: str) -> Iterator[Signal]:
    part = axis_part(name, root)
    if word_of_value(part) is not None:
        span = definition.place("workspace_name")
        yield Signal(kind="input", value=part, span=span, says=f"workspace {name}")
    for argument in _TAG_ARGUMENTS:
        value = definition.values.items.get(argument)
        items = value.items if isinstance(value, Sequence) else ()
        for item in items:
            if (
                isinstance(item, str)
                and not has_holes(item)
                and len(tokens(item)) == 1
                and word_of_value(item) is not None
            ):
                yield Signal(kind="input", value=item, span=definition.place(argument), says=f"workspace tag {item}")


def var_files_of(context: Context, definition: Definition, root: str) -> tuple[str, ...]:
    """The var files that a definition lists, in its order; relative paths by a unique suffix in the repository."""
    found: list[str] = []
    for value in definition.values.items.values():
        if isinstance(value, Sequence):
            for item in value.items:
                if isinstance(item, str) and is_var_file(item) and not has_holes(item):
                    path = _resolve(context, item, root)
                    if path is not None and path not in found:
                        found.append(path)
        if found:
            return tuple(found)
    return ()


def _resolve(context: Context, text: str, root: str) -> str | None:
    for base in (root, ""):
        path = join(base, text.lstrip("/") if not base else text)
        if path is not None and context.survey.has_file(path):
            return path
    suffix = "/" + text.lstrip("./")
    matches = [path for path in context.by_name.get(basename(text), ()) if ("/" + path).endswith(suffix)]
    return matches[0] if len(matches) == 1 else None


def inputs_of(context: Context, definition: Definition, root: str) -> tuple[Input, ...]:
    """The variables that a definition gives: maps whose keys the root declares, and resources that set one each."""
    declared = context.survey.module(root).variables
    found: dict[str, Input] = {}
    for name, value in sorted(definition.values.items.items()):
        if not isinstance(value, Mapping) or not value.items:
            continue
        known = [key for key in value.items if key in declared]
        if len(known) == len(value.items) or (known and _VARIABLES & set(tokens(name))):
            for key in known:
                found[key] = Input(name=key, json=as_json(value.items[key]), origin="cli", span=definition.place(name))
    for values, place in definition.variables:
        named = _variable(values)
        if named in declared:
            text = _given(values, declared[named])
            found[named] = Input(name=named, json=text, origin="cli", span=place)
    return tuple(found[key] for key in sorted(found))


def _variable(values: Dict[str, Value]) -> str:
    """The Terraform variable that a resource sets; empty where it is another kind of variable or its name is not
    known."""
    named, category = values.get("key") or values.get("name"), values.get("category", "terraform")
    if not isinstance(named, str) or has_holes(named):
        return ""
    if category == "env" and not named.startswith("TF_VAR_"):
        return ""
    return named.removeprefix("TF_VAR_")


def _given(values: Dict[str, Value], declared: VariableDecl) -> str | None:
    """Its value as JSON. One that is marked sensitive is somebody's secret: that it is given is enough."""
    value = values.get("value")
    certain = values.get("sensitive", False) is False and values.get("category", "terraform") in ("terraform", "env")
    if not certain or value is None or isinstance(values.get("category"), Unknown):
        return None
    return json_of(declared, value) if values.get("hcl") is True and isinstance(value, str) else as_json(value)


def is_open(definition: Definition) -> bool:
    """Whether a definition gives variables whose names are not known."""
    for values, _ in definition.variables:
        named = values.get("key") or values.get("name")
        if values.get("category") != "env" and (not isinstance(named, str) or has_holes(named)):
            return True
    return any(_holds_variables(name) and _has_unknown_names(value) for name, value in definition.values.items.items())


def _holds_variables(argument: str) -> bool:
    words = tokens(argument)
    return words[-1:] in (("variables",), ("tfvars",), ("vars",)) and not {"env", "environment"} & set(words)


def _has_unknown_names(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, Mapping) and any(map(has_holes, value.items)))


def as_json(value: Value) -> str | None:
    """A value as JSON text; None when a part of it is not known."""
    return json.dumps(_plain(value), sort_keys=True) if is_fully_known(value) else None


def _plain(value: Value, depth: int = 0) -> Any:
    if depth > 50:
        return None
    if isinstance(value, Sequence):
        return [_plain(item, depth + 1) for item in value.items]
    if isinstance(value, Mapping):
        return {key: _plain(item, depth + 1) for key, item in value.items.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value
