"""Deployments from Atmos stacks: one for each component of each stack.

Comes in: the files. Goes out: candidates with the values of their stacks. Must not know: how stacks are merged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from envfence.bind.atmos import CONFIG_FILES, Instance, instances, is_open
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.paths import basename, parent
from envfence.bind.signals import own_statements_first, path_signals, value_signal
from envfence.model import Input, Signal

RANK = 8


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate for each component of each stack of each Atmos project."""
    found: list[Candidate] = []
    for name in CONFIG_FILES:
        for path in context.by_name.get(name, ()):
            found += [_candidate(context, each) for each in instances(context.survey, path)]
    return Found(tuple(found))


def _candidate(context: Context, each: Instance) -> Candidate:
    stack = each.stack or each.path.rpartition(".")[0]
    is_plain = each.component == basename(each.directory)
    signals = tuple(_signals(context, each))
    return Candidate(
        root=each.directory,
        span=each.span,
        name=stack if is_plain else f"{stack}/{each.component}",
        word=next((signal.value for signal in signals), ""),
        workspace=(stack if is_plain else f"{stack}-{each.component}") if each.stack else "default",
        inputs=tuple(_inputs(context, each)),
        signals=signals,
        backend_type=each.backend_type,
        backend_settings=each.backend,
        axis="definer",
        workspace_open=not each.stack,
    )


def _inputs(context: Context, each: Instance) -> Iterator[Input]:
    declared = context.survey.module(each.directory).variables
    for name, value in sorted(each.values.items()):
        if name in declared:
            yield Input(name=name, json=None if is_open(value) else _json(value), origin="cli", span=each.span)


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None  # a date, or keys of several kinds: nothing that Atmos would pass on as it is


def _signals(context: Context, each: Instance) -> Iterator[Signal]:
    """What the stack's values say of the environment; where they say nothing, the folder of the stack."""
    named: list[tuple[str, Signal]] = []
    for name, value in sorted(each.values.items()):
        if isinstance(value, str) and not is_open(value):
            signal = value_signal("input", name, value, each.span)
            named += [(name, signal)] if signal is not None else []
    yield from own_statements_first(named)
    if not named:
        for signal in path_signals(context.survey, parent(each.path), each.span):
            if signal.kind == "path":
                yield signal
