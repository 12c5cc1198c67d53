"""Lines of scripts that run other scripts of the repository, or targets of its Makefiles.

Comes in: the words of a line. Goes out: what it runs in turn, with its arguments. Must not know: Terraform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from envfence.bind.ci.yamltext import data_of
from envfence.bind.paths import parent
from envfence.bind.shell import Recipe, Unfold, expand, is_literal
from envfence.bind.survey import Survey
from envfence.paths import join

_SHELLS = frozenset({"bash", "sh", "zsh", "source", "."})
_SOURCES = frozenset({"source", "."})
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
_TARGET = re.compile(r"^([\w./%-]+(?:\s+[\w./%-]+)*)\s*::?(?!=)\s*(.*)$")
_SETTING = re.compile(r"^(?:export\s+|override\s+)?([A-Za-z_]\w*)\s*(?:[:?+]|::)?=\s*(.*)$")
_EVAL = re.compile(r"\$\(eval\s+(?:export\s+)?([A-Za-z_]\w*)\s*[:?+]?=\s*((?:[^()]|\$\(\w+\))*)\)")
_MAX_TARGETS = 60


def unfolder(survey: Survey) -> Unfold:
    """What a line of a script of this repository runs in turn."""
    makefiles: dict[str, _Makefile | None] = {}

    def unfold(words: list[str], known: Mapping[str, str], directory: str) -> Recipe | None:
        if words and words[0].rpartition("/")[2] == "make":
            return _make(survey, makefiles, words[1:], known, directory)
        return _script(survey, words, known, directory)

    return unfold


def _script(survey: Survey, words: list[str], known: Mapping[str, str], directory: str) -> Recipe | None:
    """A script that is run with arguments, or read into the same shell."""
    is_sourced = bool(words) and words[0] in _SOURCES
    if words and words[0] in _SHELLS:
        words = [word for index, word in enumerate(words[1:]) if not (word.startswith("-") and not index)]
    if not words or not is_literal(words[0]) or "\0" in directory:
        return None
    path = join(directory, words[0])
    if path is None or not survey.has_file(path):
        return None
    data = data_of(survey, path)
    if not (path.endswith((".sh", ".bash", ".env")) or data.startswith(b"#!") or is_sourced):
        return None
    given = {str(number): word for number, word in enumerate(words[1:10], 1)}
    text = data.decode("utf-8", "replace")
    return Recipe(text, {**known, **given}, directory, parent(path), sets=is_sourced)


class _Makefile:
    """The targets of a Makefile: what each needs, sets and runs; and what is set for all of them."""

    def __init__(self, text: str) -> None:
        self.needs: dict[str, list[str]] = {}
        self.sets: dict[str, list[tuple[str, str]]] = {}
        self.runs: dict[str, list[str]] = {}
        self.shared: dict[str, str] = {}
        self._read(text.replace("\\\n", " "))

    def _read(self, text: str) -> None:
        names: list[str] = []
        for line in text.splitlines():
            if line.startswith("\t"):
                for name in names:
                    self.runs.setdefault(name, []).append(line.strip())
                continue
            plain = line.split("#", 1)[0].rstrip()
            setting = _SETTING.match(plain)
            target = None if setting else _TARGET.match(plain)
            if setting:
                self.shared.setdefault(setting[1], setting[2].strip())
            elif target:
                names = target[1].split()
                self._target(names, target[2])

    def _target(self, names: list[str], rest: str) -> None:
        setting = _SETTING.match(rest)
        body, _, recipe = rest.partition(";")
        for name in names:
            self.runs.setdefault(name, [])
            if setting:
                self.sets.setdefault(name, []).append((setting[1], setting[2].strip()))
            else:
                self.needs.setdefault(name, []).extend(body.split())
                if recipe:
                    self.runs[name].append(recipe.strip())


def _make(
    survey: Survey,
    makefiles: dict[str, _Makefile | None],
    words: list[str],
    known: Mapping[str, str],
    directory: str,
) -> Recipe | None:
    given: dict[str, str] = {}
    targets: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word in ("-C", "--directory") and pending:
            directory = _moved(directory, pending.pop(0))
        elif word.startswith("--directory="):
            directory = _moved(directory, word.partition("=")[2])
        elif "=" in word and not word.startswith("-"):
            name, _, value = word.partition("=")
            given[name] = value
        elif not word.startswith("-"):
            targets.append(word)
    makefile = _makefile(survey, makefiles, directory)
    if makefile is None or not any(target in makefile.runs for target in targets):
        return None
    values: dict[str, str] = {}
    for name, text in makefile.shared.items():
        values[name] = known.get(name) or expand(text, {**known, **values})
    values.update(given)
    lines: list[str] = []
    for target in targets:
        _collect(makefile, target, lines, set())
    fixed = frozenset(given)
    kept = [line for line in lines if not any(line.startswith(f"{name}=") for name in fixed)]
    return Recipe("\n".join(kept), {**known, **values}, directory, directory, lines=True)


def _moved(directory: str, text: str) -> str:
    found = join(directory, text) if is_literal(text) else None
    return "\0" if found is None else found  # no directory has this name


def _makefile(survey: Survey, makefiles: dict[str, _Makefile | None], directory: str) -> _Makefile | None:
    if directory not in makefiles:
        path = next((p for name in _MAKEFILES if (p := join(directory, name)) and survey.has_file(p)), None)
        data = data_of(survey, path) if path is not None else b""
        makefiles[directory] = _Makefile(data.decode("utf-8", "replace")) if data else None
    return makefiles[directory]


def _collect(makefile: _Makefile, target: str, lines: list[str], seen: set[str]) -> None:
    """The lines of a target after those of what it needs."""
    if target in seen or len(seen) > _MAX_TARGETS:
        return
    seen.add(target)
    lines += [f"{name}={value}" for name, value in makefile.sets.get(target, ())]
    for needed in makefile.needs.get(target, ()):
        _collect(makefile, needed, lines, seen)
    for line in makefile.runs.get(target, ()):
        assigned = _EVAL.findall(line)
        lines += [f"{name}={value.strip()}" for name, value in assigned]
        if not assigned:
            lines.append(line.replace("$(MAKE)", "make").replace("$$", "$"))
