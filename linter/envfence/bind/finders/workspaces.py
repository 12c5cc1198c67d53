"""Deployments from `terraform.workspace`: one per value that the root module provides for.

Comes in: root modules that mention it. Goes out: one candidate per workspace. Must not know: var files.

What a file or map has an entry for is a workspace; what it is only compared with is one where there is no such map, in
this root or in another one of the same application (the same prefix before the environment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from envfence.bind.axis import AxisReader, Use
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.probe import evaluator
from envfence.bind.signals import axis_part, path_signals
from envfence.evaluate import Module
from envfence.model import Signal
from envfence.values import Span
from envfence.words import may_be_invented, word_of_value

RANK = 50
_SEED = ("terraform", "workspace")
_STRONG = ("file", "key", "list")


@dataclass(frozen=True, slots=True)
class _Axis:
    root: str
    uses: tuple[Use, ...]

    @property
    def prefix(self) -> str:
        """What stands before the environment in the workspaces of this root."""
        found = [use.whole[: -len(use.part)] for use in self.uses if use.whole.endswith(use.part)]
        longest = [prefix for prefix in found if prefix]
        return max(sorted(set(longest)), key=longest.count) if longest else ""


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per workspace of each root that has no better source of its workspaces."""
    axes: list[_Axis] = []
    for root in context.roots.roots:
        module = context.survey.module(root)
        if not mentions(context, module) or any(candidate.axis == "definer" for candidate in earlier.get(root, ())):
            continue
        reader = AxisReader(module, _SEED, evaluator(context.survey.loader, root))
        axes.append(_Axis(root, reader.uses()))
    shared = _by_prefix(axes)
    found: list[Candidate] = []
    for axis in axes:
        uses = chosen(axis.uses, shared.get(axis.prefix, {}))
        found += _candidates(axis, _fitting(context, axis, uses))
    return Found(tuple(found))


def _fitting(context: Context, axis: _Axis, uses: Sequence[Use]) -> list[Use]:
    """The workspaces that a directory of one tier can have: maps are copied between accounts with all their keys.

    Where workspaces begin with the application's name, an environment word in the directory is a part of that name.
    """
    root = axis.root
    if axis.prefix or any(use.how == "file" for use in uses):
        return list(uses)
    signals = path_signals(context.survey, root, Span(root or ".", 1))
    words = [word_of_value(signal.value) for signal in signals if signal.kind == "path"]
    tiers = {word.tier for word in words if word is not None}
    if len(tiers) != 1:
        return list(uses)
    fitting = [use for use in uses if (word := word_of_value(use.part)) is None or word.tier in tiers]
    return fitting if any(word_of_value(use.part) is not None for use in fitting) else []


def mentions(context: Context, module: Module) -> bool:
    """Whether a file of the module mentions the workspace at all."""
    texts = (context.survey.parsed(path) for path in module.files)
    return any(parsed is not None and b"terraform.workspace" in parsed.text.data for parsed in texts)


def _by_prefix(axes: Sequence[_Axis]) -> dict[str, dict[str, Use]]:
    """The environments that files of one application show, by the prefix of its workspaces."""
    found: dict[str, dict[str, Use]] = {}
    for axis in axes:
        for use in _strongest(axis.uses) if axis.prefix else ():
            if use.how == "file":
                found.setdefault(axis.prefix, {}).setdefault(use.part, use)
    return found


def _strongest(uses: Sequence[Use]) -> list[Use]:
    for hows in (("file",), ("key",), ("list",), ("compare",)):
        rank = [use for use in uses if use.how in hows and use.part != "default"]
        if any(word_of_value(use.part) is not None for use in rank):
            return rank
    return []


def chosen(uses: Sequence[Use], known: Mapping[str, Use] = MappingProxyType({})) -> list[Use]:
    """The uses that give workspaces: the strongest kind that holds environment words, one per value.

    `known` are the environments that other roots of the application show: then weaker kinds give none beside them, and
    comparisons with none of them, which are copied, none at all.
    """
    strongest = _strongest(uses)
    if strongest and strongest[0].how != "file" and known:
        copied = list(known.values()) if strongest[0].how == "compare" else strongest
        strongest = [use for use in strongest if use.part in known] or copied
    values = [use.part for use in strongest]
    result: dict[str, Use] = {}
    for use in strongest:
        if word_of_value(use.part, values) is not None or may_be_invented(use.part):
            result.setdefault(use.part, use)
            if use.whole and not result[use.part].whole:
                result[use.part] = use
    return [result[part] for part in sorted(result)]


def _candidates(axis: _Axis, uses: Sequence[Use]) -> list[Candidate]:
    found: list[Candidate] = []
    parts = [use.part for use in uses]
    for use in uses:
        workspace = use.whole or (axis.prefix + use.part if axis.prefix else use.part)
        stripped = use.part.removeprefix(axis.prefix) if axis.prefix and use.whole == use.part else use.part
        part = axis_part(stripped, axis.root)
        words = () if word_of_value(part) else tuple(w.canonical for w in [word_of_value(part, parts)] if w)
        says = f"workspace {workspace}"
        signal = Signal(kind="input", value=part, span=use.span, says=says, words=words)
        found.append(
            Candidate(
                root=axis.root,
                span=use.span,
                name=workspace,
                word=part,
                workspace=workspace,
                axis="workspace",
                signals=(signal,),
                inferred=use.how == "compare",
            )
        )
    return found
