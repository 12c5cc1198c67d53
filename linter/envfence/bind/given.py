"""Variables that something gives to a root module with a value that nobody can tell from source.

Comes in: the deployments of a root, the command lines of the repository. Goes out: the same deployments, with an input
of unknown value where the default of a variable would otherwise be taken for a fact. Must not know: how either was
found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from envfence.bind.candidate import Candidate, Line
from envfence.bind.context import Context
from envfence.bind.lines import word_key
from envfence.bind.signals import is_environment_variable
from envfence.evaluate import VariableDecl
from envfence.evaluate.inputs import is_literal
from envfence.model import Input
from envfence.values import Span
from envfence.words import words_in_name

#: These know all that is given to them: nothing that stands elsewhere adds to it.
_COMPLETE = frozenset({"command", "definer", "unit"})
_ORIGINS = {"definer": "cli", "unit": "terragrunt"}


def complete(context: Context, root: str, candidates: Sequence[Candidate], lines: Sequence[Line]) -> list[Candidate]:
    """The candidates of one root, each with what is given to it but not known.

    A command line that names no environment is how any deployment of its root may be made; of one that names another
    environment only that it gives a variable at all is evidence, where the value has to be worked out when it runs."""
    own = [line for line in lines if line.root == root or line.root is None]
    given = _given(own)
    opened = any(line.open for line in own)
    selects = any(line.workspace_open for line in own)
    result: list[Candidate] = []
    for candidate in candidates:
        if candidate.axis not in _COMPLETE:
            added = _fitting(context, candidate, given)
            candidate = replace(candidate, inputs=(*candidate.inputs, *added), open=opened and not candidate.var_files)
            candidate = replace(candidate, backend_given=_backend(candidate, own))
        elif candidate.axis == "command":
            candidate = replace(candidate, backend_given=_backend(candidate, own))
        is_chosen = selects and candidate.workspace == "default" and candidate.axis not in _ORIGINS
        result.append(_opened(context, replace(candidate, workspace_open=candidate.workspace_open or is_chosen)))
    return result


def _backend(candidate: Candidate, lines: Iterable[Line]) -> tuple[tuple[str, str | None, Span], ...]:
    """The settings that lines give to the backend of a candidate: those of its environment, and those that name none.
    What two of them do not agree about is not known."""
    word = word_key(candidate)
    found: dict[str, tuple[str | None, Span]] = {}
    for line in lines:
        named = {each.canonical for _, text, _ in line.backend for each in words_in_name(text or "") if each.sure}
        if named and word and word not in named:
            continue
        for name, text, span in line.backend:
            before = found.setdefault(name, (text, span))
            if before[0] != text:
                found[name] = (None, before[1])
    return tuple((name, *found[name]) for name in sorted(found))


def json_of(declared: VariableDecl, text: str | None) -> str | None:
    """The text of a `-var` or `TF_VAR_` as JSON; None when it is not known or an expression that is no JSON."""
    if text is None:
        return None
    if is_literal(declared):
        return json.dumps(text)
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except (ValueError, RecursionError):
        return None


def _given(lines: Iterable[Line]) -> list[tuple[Input, bool]]:
    """The inputs that the lines give to any deployment, by name, and whether var files go before them. A value is known
    only when all lines that name no environment give the same and nothing else gives another."""
    lines = list(lines)
    general = sum(line.general for line in lines)
    found: dict[str, list[tuple[Input, bool]]] = {}
    for line in lines:
        for each in line.inputs:
            if each.json is None or line.general:
                found.setdefault(each.name, []).append((each, each.name in line.ahead))
    result: list[tuple[Input, bool]] = []
    for name in sorted(found):
        several = found[name]
        late = [(each, ahead) for each, ahead in several if each.origin == "cli"]
        chosen, _ = (late or several)[0]
        texts = {each.json for each, _ in several}
        if len(texts) > 1 or len(several) < general:
            chosen = Input(name=name, json=None, origin=chosen.origin, span=chosen.span)
        result.append((chosen, bool(late) and all(ahead for _, ahead in late)))
    return result


def _fitting(context: Context, candidate: Candidate, given: Iterable[tuple[Input, bool]]) -> Iterator[Input]:
    """Those that the deployment has no value of its own for that goes before them."""
    known = {each.name for each in candidate.inputs}
    declared = context.survey.module(candidate.root).variables
    files: set[str] = set()
    for path in candidate.var_files:
        files |= set(context.survey.assignments(path))
    for each, ahead in given:
        # The line is not of this deployment at all when it names another environment than the var file does.
        settled = each.name in files and (ahead or is_environment_variable(each.name))
        if each.name in declared and each.name not in known and not settled:
            yield each


def _opened(context: Context, candidate: Candidate) -> Candidate:
    """Where files or maps that nobody can read give values, any variable without a value of its own may have one."""
    if not candidate.open:
        return candidate
    known = {each.name for each in candidate.inputs}
    for path in candidate.var_files:
        known |= set(context.survey.assignments(path))
    origin = _ORIGINS.get(candidate.axis, "cli")
    added = tuple(
        Input(name=name, json=None, origin=origin, span=candidate.span)
        for name in sorted(context.survey.module(candidate.root).variables)
        if name not in known
    )
    return replace(candidate, inputs=(*candidate.inputs, *added))
