"""Lines of scripts that run other scripts of the repository, or targets of its Makefiles.

In: the words of a line. Out: what it runs in turn, with its arguments. Must not know Terraform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envfence.paths import join, parent
from envfence.sources.files import Files
from envfence.sources.workflows.makefiles import Makefile
from envfence.sources.workflows.shell import MAX_SCRIPT, Recipe, Unfold, expand, is_literal

_SHELLS = frozenset({"bash", "sh", "zsh", "source", "."})
_SOURCES = frozenset({"source", "."})
_MAKEFILES = ("Makefile", "makefile", "GNUmakefile")


#: The bytes of a file of the repository; None where there is none that can be read.
Read = Callable[[str], bytes | None]


def unfolder_of(files: Files) -> Unfold:
    """What a line of a pipeline runs in turn; a program that nobody wrote by hand is none."""

    def read(place: str) -> bytes | None:
        entry = files.tree.stat(place)
        return files.data(place) if entry is not None and entry.kind == "file" and entry.size <= MAX_SCRIPT else None

    return unfolder(read)


def unfolder(read: Read) -> Unfold:
    """What a line of a script of the repository runs in turn."""
    makefiles: dict[str, Makefile | None] = {}

    def unfold(words: list[str], known: Mapping[str, str], directory: str) -> Recipe | None:
        if words and words[0].rpartition("/")[2] == "make":
            return _make(read, makefiles, words[1:], known, directory)
        return _script(read, words, known, directory)

    return unfold


def _script(read: Read, words: list[str], known: Mapping[str, str], directory: str) -> Recipe | None:
    """A script that is run with arguments, or read into the same shell."""
    is_sourced = bool(words) and words[0] in _SOURCES
    if words and words[0] in _SHELLS:
        words = [word for index, word in enumerate(words[1:]) if not (word.startswith("-") and not index)]
    if not words or not is_literal(words[0]):
        return None
    path = join(directory, words[0])
    data = read(path) if path is not None else None
    if path is None or data is None:
        return None
    if not (path.endswith((".sh", ".bash", ".env")) or data.startswith(b"#!") or is_sourced):
        return None
    given = {str(number): word for number, word in enumerate(words[1:10], 1)}
    text = data.decode("utf-8", "replace")
    return Recipe(text, {**known, **given}, directory, parent(path), sets=is_sourced)


def _make(
    read: Read,
    makefiles: dict[str, Makefile | None],
    words: list[str],
    known: Mapping[str, str],
    directory: str,
) -> Recipe | None:
    given: dict[str, str] = {}
    targets: list[str] = []
    place: str | None = directory
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word in ("-C", "--directory") and pending:
            place = _moved(place, pending.pop(0))
        elif word.startswith("--directory="):
            place = _moved(place, word.partition("=")[2])
        elif "=" in word and not word.startswith("-"):
            name, _, value = word.partition("=")
            given[name] = value
        elif not word.startswith("-"):
            targets.append(word)
    makefile = _makefile(read, makefiles, place) if place is not None else None
    if place is None or makefile is None or not any(target in makefile.runs for target in targets):
        return None
    values: dict[str, str] = {}
    for name, text in makefile.shared.items():
        values[name] = known.get(name) or expand(text, {**known, **values})
    values.update(given)
    lines = [line for target in targets for line in makefile.lines(target)]
    kept = [line for line in lines if not any(line.startswith(f"{name} := ") for name in given)]
    return Recipe("\n".join(kept), {**known, **values}, place, place, lines=True)


def _moved(directory: str | None, text: str) -> str | None:
    return join(directory, text) if directory is not None and is_literal(text) else None


def _makefile(read: Read, makefiles: dict[str, Makefile | None], directory: str) -> Makefile | None:
    if directory not in makefiles:
        paths = (path for name in _MAKEFILES if (path := join(directory, name)) is not None)
        data = next((found for path in paths if (found := read(path)) is not None), b"")
        makefiles[directory] = Makefile(data.decode("utf-8", "replace")) if data else None
    return makefiles[directory]
