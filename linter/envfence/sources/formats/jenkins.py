"""Jenkins pipelines as facts: every stage that runs something for an environment is a node, once for each environment
that whoever starts it may choose.

In: Jenkinsfiles, which are programs: stages, shell steps, `input`, choices of parameters and credentials are found by
their form alone. Out: one `Facts` a file. Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

from envfence.model import Facts, Signal
from envfence.sources.files import Files
from envfence.sources.workflows.commands import Run, runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.shell import Unfold
from envfence.sources.workflows.unfolding import unfolder_of
from envfence.sources.workflows.vocabulary import credential_of, hinting_text, names_environment, telling_word
from envfence.values import Span, Symbols

_STAGE = re2.compile(r"""\bstage\s*\(\s*['"]([^'"\n]{1,80})['"]\s*\)""")
_SHELL = re2.compile(r"""(?s)\b(?:sh|bat)\s*\(?\s*(?:script\s*:\s*)?('''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|"[^"\n]*")""")
_ASKS = re2.compile(r"""\binput\s*(?:\(|\{|['"]|message\s*:)""")
_STARTS = re2.compile(r"""\btriggers\s*\{|\bpipelineTriggers\s*\(""")
_CREDENTIAL = re2.compile(
    r"""(?m)(?:^[ \t]*(\w+)\s*=\s*credentials\s*\(\s*|\bcredentialsId\s*:\s*)['"]([^'"\n]{1,120})['"]"""
    r"""(?:\s*,\s*variable\s*:\s*['"](\w+)['"])?"""
)
_CHOICE = re2.compile(
    r"""\bchoice\s*\(\s*name\s*:\s*['"](\w+)['"]\s*,\s*choices\s*:\s*(\[[^\[\]]*\]|'[^']*'|"[^"]*")"""
)
_QUOTED = re2.compile(r"""['"]([^'"\n]+)['"]""")
_NAME = re2.compile(r"[\w.-]+")
_MOST_STAGES, _MOST_OPTIONS = 100, 12


@dataclass(frozen=True, slots=True)
class _Option:
    """What somebody chooses when they start a pipeline: a parameter and its value; none where there is no choice."""

    parameter: str = ""
    value: str = ""
    line: int = 0

    def filled(self, text: str) -> str:
        """A text with the value in it."""
        if not self.parameter:
            return text
        name = self.parameter
        pattern = rf"\$\{{(?:params\.|env\.)?{name}\}}|\$(?:params\.)?{name}\b"
        return str(re2.sub(pattern, lambda match: self.value, text))


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every Jenkinsfile."""
    unfold = unfolder_of(files)
    for path in files.of("jenkins"):
        text = files.text(path)
        jobs = list(_jobs(path, text, unfold)) if "stage" in text else []
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _jobs(path: str, text: str, unfold: Unfold) -> Iterator[Job]:
    for option in _options(text):
        yield from _stages(path, text, option, unfold)


def _options(text: str) -> list[_Option]:
    """The environments that a parameter lets people choose from."""
    for match in _CHOICE.finditer(text):
        name, listed = str(match.group(1)), str(match.group(2))
        values = _QUOTED.findall(listed) if listed.startswith("[") else listed.strip("'\"").split("\\n")
        words = {telling_word(str(value)) for value in values} - {""}
        if len(words) > 1 or (words and names_environment(name)):
            line = text.count("\n", 0, match.start()) + 1
            return [_Option(name, str(value), line) for value in values if value][:_MOST_OPTIONS]
    return [_Option()]


def _stages(path: str, text: str, option: _Option, unfold: Unfold) -> Iterator[Job]:
    found = list(_STAGE.finditer(text))[:_MOST_STAGES]
    head = found[0].start() if found else 0
    asked = bool(option.parameter) and _STARTS.search(text) is None
    seen: dict[str, int] = {}
    for index, match in enumerate(found):
        name = str(match.group(1))
        seen[name] = seen.get(name, 0) + 1
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        asked = asked or _ASKS.search(text[match.end() : end]) is not None
        label = name if seen[name] == 1 else f"{name}#{seen[name]}"
        label = f"{label}[{option.value}]" if option.parameter else label
        first = text.count("\n", 0, match.start()) + 1
        job = Job(f"stages.{label}", "jenkins_stage", Span(path, first), hint=hinting_text(name))
        job.gate = "manual" if asked else "none"
        if option.parameter:
            says = f"{option.parameter} is {option.value}"
            job.signals.append(Signal(kind="input", value=option.value, span=Span(path, option.line), says=says))
        part = (match.end(), end)
        job.runs.extend(_scripts(path, text, part, option, unfold))
        job.secrets.extend(_credentials(path, text, part, option))
        if job.runs or job.secrets:
            job.secrets += [] if not job.runs else _credentials(path, text, (0, head), option)
            job.tidy()
            yield job


def _scripts(
    path: str, text: str, part: tuple[int, int], option: _Option, unfold: Unfold
) -> Iterator[tuple[Run, Span]]:
    """What the shell steps in a part of the program run."""
    known = {option.parameter: option.value} if option.parameter else {}
    start, end = part
    for shell in _SHELL.finditer(text[start:end]):
        line = text.count("\n", 0, start + shell.start(1)) + 1
        script = option.filled(str(shell.group(1)).strip("'\""))
        yield from ((run, Span(path, line + run.line - 1)) for run in runs(script, known, "", unfold=unfold))


def _credentials(path: str, text: str, part: tuple[int, int], option: _Option) -> list[SecretUse]:
    """The credentials that Jenkins keeps and a part of the program takes, by the name under which it keeps them."""
    found = []
    for kept in _CREDENTIAL.finditer(text[part[0] : part[1]]):
        name, key = option.filled(str(kept.group(2))), str(kept.group(1) or kept.group(3) or "")
        if _NAME.fullmatch(name) and credential_of(name, key) is not None:
            line = text.count("\n", 0, part[0] + kept.start(2)) + 1
            found.append(SecretUse(name, Span(path, line), key))
    return found
