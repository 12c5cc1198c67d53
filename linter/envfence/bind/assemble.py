"""From candidates to deployments: names, signals of path and defaults, backends.

Comes in: the candidates of each root. Goes out: deployments with unique ids. Must not know: how they were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from envfence.bind.backends import backend_of
from envfence.bind.candidate import Axis, Candidate
from envfence.bind.context import Context
from envfence.bind.defaults import default_signals
from envfence.bind.paths import stem
from envfence.bind.signals import path_signals
from envfence.model import Backend, Deployment, Signal


def assemble(
    context: Context, by_root: Mapping[str, Sequence[Candidate]]
) -> tuple[tuple[Deployment, ...], dict[str, tuple[str, ...]]]:
    """All deployments, sorted by id, and what each is known to read."""
    unique: dict[str, Deployment] = {}
    reads: dict[str, tuple[str, ...]] = {}
    for root in sorted(by_root):
        made = [(candidate, _deployment(context, candidate)) for candidate in named(by_root[root])]
        keys = Counter(deployment.backend.key for _, deployment in made if deployment.backend is not None)
        for candidate, found in made:
            deployment = _without_shared_key(found, keys)
            unique.setdefault(deployment.id, deployment)
            if candidate.reads:
                reads[deployment.id] = candidate.reads
    return tuple(unique[key] for key in sorted(unique)), reads


def _without_shared_key(deployment: Deployment, keys: Counter[str]) -> Deployment:
    """Two deployments of one root cannot have one state: they would destroy each other. Something that no file shows (a
    workspace, an option of `init`) tells their states apart, so their keys are not known."""
    backend = deployment.backend
    if backend is None or not backend.key or keys[backend.key] < 2:
        return deployment
    return msgspec.structs.replace(deployment, backend=msgspec.structs.replace(backend, key=""))


def named(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of one root with names that tell them apart; equal ones are merged.

    Two with one name and different inputs are told apart by their var files' stems, and then by number.
    """
    distinct: list[Candidate] = []
    seen: dict[tuple[object, ...], int] = {}
    for candidate in candidates:
        key = (candidate.unit, candidate.name, candidate.workspace, candidate.var_files, candidate.inputs)
        if key in seen:
            first = distinct[seen[key]]
            distinct[seen[key]] = replace(first, signals=tuple(dict.fromkeys((*first.signals, *candidate.signals))))
            continue
        seen[key] = len(distinct)
        distinct.append(candidate)
    taken: set[tuple[str | None, str]] = set()
    result: list[Candidate] = []
    for candidate in distinct:
        name = candidate.name
        if (candidate.unit, name) in taken and candidate.var_files:
            name = "+".join(stem(path) for path in candidate.var_files)
        number, base = 2, name
        while (candidate.unit, name) in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add((candidate.unit, name))
        result.append(replace(candidate, name=name))
    return result


def deployment_id(directory: str, name: str) -> str:
    """`ROOT` or `ROOT@NAME`; the scanned root itself is `.`."""
    return (directory or ".") + (f"@{name}" if name else "")


def _deployment(context: Context, candidate: Candidate) -> Deployment:
    directory = candidate.root if candidate.unit is None else candidate.unit
    signals: list[Signal] = list(candidate.signals)
    signals += path_signals(context.survey, directory, candidate.span)
    if candidate.unit is None:
        signals += default_signals(context.survey, candidate, context.roots.library)
    backend, extra = backend_of(context, candidate)
    is_open = candidate.workspace_open or _has_other_workspaces(context, candidate, backend)
    if backend is not None and is_open:
        backend = msgspec.structs.replace(backend, key="")
    workspace = candidate.workspace
    if backend is not None and workspace == "default":
        workspace = backend.settings.get("workspaces.name", workspace)
    return Deployment(
        id=deployment_id(directory, candidate.name),
        root=candidate.root,
        config_dir=directory,
        name=candidate.name,
        workspace=workspace,
        workspace_open=is_open and workspace == "default",
        var_files=candidate.var_files,
        inputs=candidate.inputs,
        signals=tuple(dict.fromkeys((*signals, *extra))),
        backend=backend,
        inferred=candidate.inferred,
        generated=candidate.generated,
        span=candidate.span,
    )


#: Settings of a backend that are of use only with several workspaces.
_FOR_WORKSPACES = ("workspace_key_prefix", "workspaces.prefix", "workspaces.tags", "workspaces.project")


def _has_other_workspaces(context: Context, candidate: Candidate, backend: Backend | None) -> bool:
    """Whether a root module is made for workspaces (its backend names a place for their states, its code asks for the
    workspace) and nothing says which one this is."""
    if candidate.workspace != "default" or backend is None or backend.settings.get("workspaces.name"):
        return False
    if backend.type not in ("cloud", "remote") and not any(backend.settings.get(name) for name in _FOR_WORKSPACES):
        return False
    survey = context.survey
    texts = (survey.parsed(path) for path in survey.module(candidate.root).files)
    return any(parsed is not None and b"terraform.workspace" in parsed.text.data for parsed in texts)


def axes_of(by_root: Mapping[str, Sequence[Candidate]]) -> tuple[Axis, ...]:
    """The axes of all roots: what chose between two deployments or more."""
    axes: list[Axis] = []
    for root in sorted(by_root):
        for kind in sorted({candidate.axis for candidate in by_root[root] if candidate.axis}):
            values: dict[str, Signal] = {}
            for candidate in by_root[root]:
                word = candidate.word or candidate.name
                if candidate.axis == kind and word:
                    says = f"{kind} {word}"
                    values.setdefault(word, Signal(kind="input", value=word, span=candidate.span, says=says))
            if values:
                axes.append(Axis(root=root, kind=kind, values=tuple(values[word] for word in sorted(values))))
    return tuple(axes)
