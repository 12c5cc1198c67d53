"""Jenkins pipelines as facts: every stage that runs something for an environment is a node.

In: Jenkinsfiles, which are programs: stages, shell steps, `input` and credentials are found by their form alone. Out:
one `Facts` a file. Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import re2

from envfence.model import Facts
from envfence.sources.files import Files
from envfence.sources.workflows.commands import runs
from envfence.sources.workflows.jobs import Job, SecretUse, job_facts
from envfence.sources.workflows.vocabulary import credential_of, hinting_text
from envfence.values import Span, Symbols

_STAGE = re2.compile(r"""\bstage\s*\(\s*['"]([^'"\n]{1,80})['"]\s*\)""")
_SHELL = re2.compile(r"""(?s)\b(?:sh|bat)\s*\(?\s*(?:script\s*:\s*)?('''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|"[^"\n]*")""")
_ASKS = re2.compile(r"""\binput\s*(?:\(|\{|['"]|message\s*:)""")
_CREDENTIAL = re2.compile(r"""(?:credentialsId\s*:\s*|credentials\s*\(\s*)['"]([\w.-]{1,100})['"]""")
_MOST_STAGES = 100


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every Jenkinsfile."""
    for path in files.of("jenkins"):
        text = files.text(path)
        jobs = list(_stages(path, text)) if "stage" in text else []
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1))


def _stages(path: str, text: str) -> Iterator[Job]:
    found = list(_STAGE.finditer(text))[:_MOST_STAGES]
    asked = False
    seen: dict[str, int] = {}
    for index, match in enumerate(found):
        name = str(match.group(1))
        seen[name] = seen.get(name, 0) + 1
        end = found[index + 1].start() if index + 1 < len(found) else len(text)
        body = text[match.end() : end]
        asked = asked or _ASKS.search(body) is not None
        label = name if seen[name] == 1 else f"{name}#{seen[name]}"
        first = text.count("\n", 0, match.start()) + 1
        job = Job(f"stages.{label}", "jenkins_stage", Span(path, first), hint=hinting_text(name))
        job.gate = "manual" if asked else "none"
        start = match.end()
        for shell in _SHELL.finditer(body):
            line = text.count("\n", 0, start + shell.start(1)) + 1
            script = str(shell.group(1)).strip("'\"")
            job.runs.extend((run, Span(path, line + run.line - 1)) for run in runs(script, {}, ""))
        for kept in _CREDENTIAL.finditer(body):
            if credential_of(str(kept.group(1))) is not None:
                line = text.count("\n", 0, start + kept.start()) + 1
                job.secrets.append(SecretUse(str(kept.group(1)), Span(path, line)))
        if job.runs or job.secrets:
            yield job
