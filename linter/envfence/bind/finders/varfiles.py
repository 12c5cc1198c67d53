"""Deployments from var files that lie in the repository: `staging.tfvars`, `env/prod/terraform.tfvars`,
`projects/leap.tfvars`.

Comes in: the files attached to each root. Goes out: one candidate per set of files that are passed together.
Must not know: workspaces, pipelines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from envfence.bind.assumed import Assumptions
from envfence.bind.attach import COMMON, ValueFile
from envfence.bind.candidate import Candidate, Found
from envfence.bind.context import Context
from envfence.bind.finders.backendfiles import environment_variable
from envfence.bind.paths import basename, is_below, parent
from envfence.bind.signals import assignment_signals
from envfence.bind.survey import Survey
from envfence.model import Input, Signal
from envfence.values import Span
from envfence.words import may_be_invented, tokens, word_of_value

RANK = 40


def find(context: Context, earlier: Mapping[str, Sequence[Candidate]]) -> Found:
    """One candidate per environment, or per file, for each root that has var files of its own."""
    found: list[Candidate] = []
    assumptions = Assumptions(context)
    for root, attached in sorted(context.attached.items()):
        files = attached.var_files
        if files:
            variable = environment_variable(context, root)
            sets = _sets(context.survey, root, files)
            found += [_agreeing(each, variable, context, assumptions) for each in sets] if variable else sets
    return Found(tuple(found))


def _agreeing(candidate: Candidate, variable: str, context: Context, assumptions: Assumptions) -> Candidate:
    """A set of files with the variable that names the environment, which a pipeline gives, as the file is called:
    `prod.tfvars` is passed where `env` is `prod`. Not where the code has another word for the same environment."""
    known = word_of_value(candidate.word)
    named = [path for path in candidate.var_files if basename(path).partition(".")[0] == candidate.word]
    given = any(variable in context.survey.assignments(path) for path in candidate.var_files)
    if known is None or not named or given:
        return candidate
    name, uses = assumptions.axis(candidate.root)
    values = {use.whole: word_of_value(use.whole) for use in uses} if name == variable else {}
    if candidate.word not in values and any(
        each is not None and each.canonical == known.canonical for each in values.values()
    ):
        return candidate
    assumed = Input(name=variable, json=json.dumps(candidate.word), origin="assumed", span=Span(named[-1], 1))
    return replace(candidate, inputs=(*candidate.inputs, assumed))


def _sets(survey: Survey, root: str, files: list[ValueFile]) -> list[Candidate]:
    own = basename(root)
    named = {file.path for file in files if file.stem == own and own}
    commons = [file for file in files if not file.word and _is_common(file, files)]
    groups: dict[str, list[ValueFile]] = {}
    for file in files:
        if file in commons:
            continue
        word = file.word or file.stem
        if not file.word and not _is_alternative(file, files):
            commons.append(file)
            continue
        found = word_of_value(word)
        groups.setdefault(found.canonical if found else word, []).append(file)
    if not groups:
        return _alternatives(survey, root, commons)
    sets: list[Candidate] = []
    for key in sorted(groups):
        members = groups[key]
        if named:
            members = [file for file in members if file.path in named or _is_plain_common(file)]
            if not any(file.path in named for file in members):
                continue
        sets += _of_group(survey, root, commons, members)
    return sets


def _is_common(file: ValueFile, files: list[ValueFile]) -> bool:
    return len(files) > 1 and bool(set(tokens(file.stem)) & COMMON) and any(other.word for other in files)


def _is_plain_common(file: ValueFile) -> bool:
    return bool(set(tokens(file.stem)) & COMMON)


def _is_alternative(file: ValueFile, files: list[ValueFile]) -> bool:
    """Whether a file without a word of the vocabulary stands where its siblings are environments, and sets what they
    set."""
    alike = [other for other in files if other.word and parent(other.path) == parent(file.path)]
    return any(file.names and 2 * len(other.names & file.names) >= len(file.names) for other in alike)


def _alternatives(survey: Survey, root: str, files: list[ValueFile]) -> list[Candidate]:
    """Files without any environment word: each is a deployment of its own when they set the same variables."""
    if len(files) == 1:
        return [_candidate(survey, root, files, "", "")]
    clash = any(a.names & b.names for i, a in enumerate(files) for b in files[i + 1 :])
    if not clash:
        return [_candidate(survey, root, files, "", "")]
    commons = [file for file in files if _is_plain_common(file)]
    others = [file for file in files if file not in commons] or files
    return [_candidate(survey, root, [*(c for c in commons if c is not o), o], o.stem, "") for o in others]


def _of_group(survey: Survey, root: str, commons: list[ValueFile], members: list[ValueFile]) -> list[Candidate]:
    base = [file for file in members if _is_plain_common(file) and len(members) > 1]
    special = [file for file in members if file not in base]
    word = _word(members)
    clash = len(special) > 1 and any(a.names & b.names for i, a in enumerate(special) for b in special[i + 1 :])
    own = [file for file in special if is_below(file.path, root)]
    if clash and len(own) == 1:
        # One of its own and others from above: these are what several roots have in common, and go first.
        special, clash = [*(file for file in special if file not in own), *own], False
    if not clash:
        return [_candidate(survey, root, [*commons, *base, *special], word, word)]
    return [_candidate(survey, root, [*commons, *base, one], _name(one, word), word) for one in special]


def _word(members: list[ValueFile]) -> str:
    """The word as the files write it: one that is a whole directory or file name before one that is a part of it."""
    words = [file.word or file.stem for file in members]
    return min(words, key=lambda text: (len(tokens(text)), text))


def _name(file: ValueFile, word: str) -> str:
    if file.word_at == file.path or not file.word:
        return file.stem
    return f"{word}+{file.stem}"


def _is_naming(text: str, told: list[Signal]) -> bool:
    """Whether a name differs from what files say only in what one tier calls its environments."""
    word = word_of_value(text)
    said = [word_of_value(signal.value) for signal in told if signal.kind == "input"]
    return word is not None and bool(said) and {each.tier for each in said if each is not None} == {word.tier}


def _candidate(survey: Survey, root: str, files: list[ValueFile], name: str, word: str) -> Candidate:
    told = [each for file in files for each in assignment_signals(survey, survey.assignments(file.path).values())]
    signals: list[Signal] = list(told)
    for file in files:
        text = file.word or (file.stem if word and file.stem == word else "")
        if text:
            known = word_of_value(text) is not None
            says = f"var file {file.path}" + ("" if known else " beside those of other environments")
            is_leading = file.word_at == file.path and text != file.stem
            words = () if known or not (is_leading or may_be_invented(text)) else (text.lower(),)
            # A folder may serve another environment too: what the file says itself goes before its folder.
            # So does it before its own name where both are of one tier: that is a matter of naming.
            stated = any(signal.kind == "input" for signal in told)
            kind = "file" if stated and (file.word_at != file.path or _is_naming(text, told)) else "input"
            signals.append(Signal(kind=kind, value=text, span=Span(file.path, 1), says=says, words=words))
    return Candidate(
        root=root,
        span=Span(files[-1].path, 1),
        name=name,
        word=word,
        axis="var-files",
        var_files=tuple(file.path for file in files),
        signals=tuple(signals),
    )
