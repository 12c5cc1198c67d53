"""Scripts that destroy without asking, as facts: shell scripts, targets of Makefiles and justfiles, scripts of a
package, tasks of a Taskfile. Each of them is a job that somebody, or an agent, starts by hand.

In: these files. Out: one `Facts` for each that holds such a command. A script that asks, or that refuses production, is
none; one that takes its environment as an argument is where its default says. Must not know environments or rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from envfence.model import Facts, Signal
from envfence.sources.documents import Table
from envfence.sources.files import Files
from envfence.sources.settings.places import is_for_tests, is_sample, path_signals
from envfence.sources.workflows.commands import Run, runs
from envfence.sources.workflows.jobs import Job, job_facts
from envfence.sources.workflows.recipes import Named, of_justfile, of_makefile, of_package, of_shell, of_taskfile
from envfence.sources.workflows.vocabulary import hinting_text
from envfence.values import Span, Symbols
from envfence.words import words_in_name

_CALLED = "commands"
_TASKFILE = re.compile(r"(?:^|/)[Tt]askfile(?:\.dist)?\.ya?ml$")
_DESTROYS = re.compile(
    rb"destroy|delet|drop|reset|remove|uninstall|\brb\b|terminate|wipe|migrate:fresh|down\b", re.IGNORECASE
)
#: A person is asked, or must have said so in a variable.
_ASKS = re.compile(
    r"\bread\s+(?:-\w+\s+)*(?:[\"'][^\"']*[\"']\s+)?\w|confirm|are\s+you\s+sure|\b(?:whiptail|dialog|gum)\b|\bselect\s+\w+\s+in\b"
    r"|\$\(error\b|\bprompt\b|\bdry.?run\b",
    re.IGNORECASE,
)
#: A condition on the environment that ends the script.
_REFUSES = re.compile(
    r"(?:[!=]=?|=~|-eq|-ne|\bin\b|\))\s*[\"'(]*[\w*^-]*(?:prod|live|staging|dev|test|sandbox)[^\n]*(?:\n[^\n]*){0,3}\bexit\b",
    re.IGNORECASE,
)


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of every file with a script that destroys without asking."""
    for path, found in _files(files):
        jobs = [job for named in found for job in _job(path, named)]
        if jobs:
            yield job_facts(path, jobs, Symbols(), Span(path, 1), _CALLED)


def _files(files: Files) -> Iterator[tuple[str, Iterator[Named]]]:
    makers = {"shell": of_shell, "makefile": of_makefile, "justfile": of_justfile}
    for kind, make in makers.items():
        for path in files.of(kind):
            if _may_destroy(files, path):
                yield path, make(files.text(path))
    for path in files.of("json", "yaml"):
        of_tables = of_package if path.endswith("package.json") else of_taskfile if _TASKFILE.search(path) else None
        if of_tables is not None and _may_destroy(files, path):
            documents = files.documents(path).items
            if documents and isinstance(documents[0], Table):
                yield path, of_tables(documents[0])


def _may_destroy(files: Files, path: str) -> bool:
    return not (is_sample(path) or is_for_tests(path)) and _DESTROYS.search(files.data(path) or b"") is not None


def _job(path: str, named: Named) -> Iterator[Job]:
    """The job of a script, unless it waits for somebody."""
    text = named.text
    if not _DESTROYS.search(text.encode()) or _ASKS.search(text) or _REFUSES.search(text):
        return
    found = [run for run in runs(text, named.known, path.rpartition("/")[0], defaults=True) if _is_unasked(run)]
    if not found:
        return
    file = path.rpartition("/")[2]
    hint = "" if _between(file) else hinting_text(named.name or file.partition(".")[0])
    place = Span(path, named.place(found[0].line))
    job = Job(named.address if named.name else file, "script", place, hint=hint)
    job.triggers["script"] = True
    job.runs = [(run, Span(path, named.place(run.line))) for run in found]
    job.signals = list(_signals(path, job))
    job.tidy()
    yield job


def _is_unasked(run: Run) -> bool:
    return run.destroys is not None and not run.destroys.asks


def _signals(path: str, job: Job) -> Iterator[Signal]:
    """The one environment that the commands name; else what the directories of the file say."""
    found: dict[str, Signal] = {}
    for run, span in job.runs:
        for text in run.destroys.names if run.destroys is not None else ():
            for signal in _named(text, span):
                found.setdefault(signal.words[0], signal)
    if len(found) == 1:
        yield from found.values()
    elif not found and not _between(path.rpartition("/")[2]):
        yield from path_signals(path.rpartition("/")[0])


def _between(file: str) -> bool:
    """Whether the name of a file speaks of environments of several tiers: it copies from one to another."""
    return len({word.tier for word in words_in_name(file) if word.sure}) > 1


def _named(text: str, span: Span) -> Iterator[Signal]:
    """The signal of a word of a command; sentences (a query, a message) name things of their own. Of the word only the
    environment in it is shown: it may be a password."""
    found = {word.canonical for word in words_in_name(text) if word.sure} if len(text.split()) == 1 else set()
    if len(found) == 1:
        word = found.pop()
        yield Signal(kind="input", value=word, span=span, says=f"the command names {word}", words=(word,))
