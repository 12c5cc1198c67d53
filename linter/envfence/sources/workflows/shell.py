"""Shell scripts, recipes of Makefiles and lines of pipelines as simple commands; nothing is run.

In: a text, the variables that are known, the directory it starts in. Out: one `Simple` for each command that may
matter, with what earlier lines set. Must not know commands, nor where the script stands.

What a branch or a loop sets is known inside of it only; what is set to something that cannot be told is `UNTOLD`, which
is no literal and never a default.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from envfence.paths import join
from envfence.sources.workflows.shell_lines import lines_of, pieces_of

#: Longer scripts are no command lines of pipelines.
MAX_SCRIPT = 200_000
_MAX_DEPTH = 4
_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-=]([^{}]*))?\}|\$\((\w+)\)|\$(\w+)")
_NO_LITERAL = re.compile(r"[$`*?<>{}\ue000]|\(\(")
#: `$(dirname "$0")`: where the script itself lies.
_OWN_PLACE = re.compile(
    r"\$\(\s*(?:cd\s+)?[\"']?(?:\$\(\s*)?dirname\s+(?:--\s+)?[\"']?\$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}?[\"']?\s*\)"
    r"(?:[\"']?\s*(?:>\s*/dev/null\s*)?(?:2>&1\s*)?&&\s*pwd(?:\s+-P)?\s*\))?"
)
_OWN = "\1"
#: A command of which the output is used.
_SUBSTITUTED = re.compile(r"\$\((?!\()([^()]*)\)")
#: The value of a variable that is set to something that nobody can tell.
UNTOLD = "$?"
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_MAKE_ASSIGNED = re.compile(r"(?:export\s+|override\s+)?([A-Za-z_]\w*)\s*(?:([:?+])=\s*|\s=\s+)(.*)")
_DECLARES = frozenset(("export", "local", "readonly", "declare", "typeset"))
#: Words in front of a command that change nothing about it.
_LEADS = frozenset(("sudo", "time", "exec", "command", "env", "then", "do", "!", "{", "else"))
_OPENS = frozenset(("if", "case", "for", "while", "until", "select"))
_CLOSES = frozenset(("fi", "esac", "done"))
_ARMS = frozenset(("else", "elif"))
#: What changes where later commands run, or what they see.
_MOVES = re.compile(
    r"(?:^|[;&|({]|\bthen\b|\bdo\b|\belse\b|\))[\s@+-]*(?:cd|pushd|popd|export|local|readonly|declare|typeset|if|case|for|while|until"
    r"|select|fi|esac|done|else|elif|\w+\s*[:?+]?=)|;;|^\s*\(|\)\s*$"
)
_SHELLS = frozenset(("bash", "sh", "zsh", "dash"))
_RUNNERS = re.compile(
    r"(?:^|[\s/])(?:make|source|bash|sh|zsh|dash|\.)\s|\.(?:sh|bash)(?:[\s\"']|$)|(?:^|\s)\.{0,2}/?\w[\w./-]*/[\w.-]+"
)


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command. `words` have the known variables filled in, others stay as they are written; `given` are the
    variables that it sees; `directory` is relative to the tree, None where that is not known, and `own` is where its
    script lies; `line` counts from 1 in the outermost text. Commands with the same `process` share one shell. `sure`
    says that no branch of a script which a line runs in turn decides whether it is run."""

    words: tuple[str, ...]
    given: Mapping[str, str]
    directory: str | None
    own: str
    line: int
    process: int
    sure: bool = True

    def path(self, text: str, start: str | None = None) -> str | None:
        """The place in the tree that a word names; None when it cannot be told."""
        return _moved(self.directory if start is None else start, text, self.own)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a line runs in turn: a script of the repository or targets of a Makefile. `own` is where the script lies;
    `sets` is set for one that runs in the same shell; `lines` is set where each line starts in `directory` again."""

    text: str
    known: Mapping[str, str]
    directory: str
    own: str
    sets: bool = False
    lines: bool = False


#: What a line runs in turn: from its words, the variables and the directory.
Unfold = Callable[[list[str], Mapping[str, str], str], Recipe | None]


@dataclass(slots=True)
class _Branch:
    """A branch or loop that is being read: what was known before it, and what it sets."""

    before: dict[str, str]
    sets: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Shell:
    """One process. `left` are directories to come back to, `outer` those of subshells with what was known there."""

    directory: str | None
    known: dict[str, str]
    own: str = ""
    process: int = 0
    sure: bool = True
    left: list[str | None] = field(default_factory=list)
    outer: list[tuple[str | None, dict[str, str]]] = field(default_factory=list)
    branches: list[_Branch] = field(default_factory=list)


def simple_commands(
    text: str,
    known: Mapping[str, str],
    directory: str | None,
    matters: re.Pattern[str],
    unfold: Unfold | None = None,
    defaults: bool = False,
) -> Iterator[Simple]:
    """The simple commands of a text that fit `matters`. `unfold` says what a line runs in turn, whose commands then
    stand at that line; with `defaults` a variable that nothing sets has the default of `${NAME:-default}`."""
    reader = _Reader(matters, unfold, defaults)
    yield from reader.read(text, _Shell(directory, dict(known), directory or ""), 0, False)


def expand(text: str, known: Mapping[str, str], defaults: bool = False) -> str:
    """`text` with the known variables in it; unknown ones stay and make it useless, as `is_literal` tells."""

    def filled(match: re.Match[str]) -> str:
        value = known.get(match[1] or match[3] or match[4])
        if value is None or (not value and match[2] is not None):
            return match[2] if defaults and match[2] is not None else match[0]
        return value

    return _VARIABLE.sub(filled, text) if "$" in text else text


def is_literal(text: str) -> bool:
    """Whether nothing in a text waits for a shell, make or pipeline."""
    return bool(text) and not _NO_LITERAL.search(text)


def options(words: tuple[str, ...], *names: str) -> Iterator[str]:
    """The values of an option, written `-name=value`, `--name=value` or `-name value`, in order."""
    for index, word in enumerate(words):
        if not word.startswith("-"):
            continue
        key, equals, value = word.lstrip("-").partition("=")
        if key in names and equals:
            yield value
        elif key in names and index + 1 < len(words):
            yield words[index + 1]


class _Reader:
    """Reads texts, and what they run in turn."""

    def __init__(self, matters: re.Pattern[str], unfold: Unfold | None, defaults: bool) -> None:
        self.matters = matters
        self.unfold = unfold
        self.defaults = defaults
        self.processes = 0

    def read(self, text: str, shell: _Shell, depth: int, again: bool) -> Iterator[Simple]:
        start = shell.directory
        text = text[:MAX_SCRIPT]
        for number, line in lines_of(_OWN_PLACE.sub(_OWN, text) if "dirname" in text else text):
            if again:
                shell.directory = start
            if not self._may_matter(line):
                continue
            for piece, ends in pieces_of(line):
                for simple in self._piece(piece.strip().lstrip("@+-").strip(), shell, number, depth):
                    yield replace(simple, line=number)
                _ended(shell, ends)

    def _may_matter(self, text: str) -> bool:
        return bool(self.matters.search(text) or _MOVES.search(text) or _RUNNERS.search(text))

    def _piece(self, piece: str, shell: _Shell, line: int, depth: int) -> Iterator[Simple]:
        """One command; what only changes what later ones see is no command."""
        if not piece or not (self._may_matter(piece) or "=" in piece):
            return
        for text in _SUBSTITUTED.findall(piece) if depth < _MAX_DEPTH else ():
            if self.matters.search(text):
                inner = _Shell(shell.directory, dict(shell.known), shell.own, shell.process, shell.sure)
                yield from self.read(text, inner, depth + 1, False)
        made = _MAKE_ASSIGNED.fullmatch(piece)
        if made is not None:
            if made[2] != "?" or made[1] not in shell.known:
                self._set(shell, made[1], made[3].strip().strip("\"'"))
            return
        words = _without_leads(list(_words(piece)), shell)
        given = shell.known
        while words and (match := _ASSIGNED.fullmatch(words[0])) is not None:
            given = dict(given) if given is shell.known else given
            given[match[1]] = self._value(match[1], match[2], shell)
            words = _without_leads(words[1:], shell)
        if not words:
            for name in given if given is not shell.known else ():
                if given[name] != shell.known.get(name):
                    self._note(shell, name, given[name])
            return
        words = [expand(word, given, self.defaults) for word in words]
        if not self._moves(words, shell):
            sure = shell.sure and not (depth and shell.branches)
            simple = Simple(tuple(words), given, shell.directory, shell.own, line, shell.process, sure)
            yield from self._unfolded(piece, simple, shell, depth)

    def _unfolded(self, piece: str, simple: Simple, shell: _Shell, depth: int) -> Iterator[Simple]:
        recipe = self._recipe(simple) if depth < _MAX_DEPTH and _RUNNERS.search(piece) else None
        if recipe is None:
            if self.matters.search(" ".join(simple.words)):
                yield simple
            return
        inner = shell
        if not recipe.sets:
            self.processes += 1
            inner = _Shell(recipe.directory, dict(recipe.known), recipe.own, self.processes, simple.sure)
        inner.own, before = recipe.own, inner.own
        yield from self.read(recipe.text, inner, depth + 1, recipe.lines)
        inner.own = before

    def _recipe(self, simple: Simple) -> Recipe | None:
        words = list(simple.words)
        if simple.directory is None:
            return None
        for index, word in enumerate(words[:-2]):
            if word.rpartition("/")[2] in _SHELLS and re.fullmatch(r"-\w*c", words[index + 1]):
                return Recipe(words[index + 2], simple.given, simple.directory, simple.own)
        return self.unfold(words, simple.given, simple.directory) if self.unfold is not None else None

    def _moves(self, words: list[str], shell: _Shell) -> bool:
        """Whether a command changes the shell itself; if it does, it is done."""
        if words[0] in _DECLARES:
            for word in words[1:]:
                match = _ASSIGNED.fullmatch(word)
                if match is not None:
                    self._set(shell, match[1], match[2])
        elif words[0] == "popd":
            shell.directory = shell.left.pop() if shell.left else None
        elif words[0] in ("cd", "pushd"):
            operands = [word for word in words[1:] if word not in ("--", "-P", "-L")]
            before = shell.directory
            if operands[:1] == ["-"]:
                shell.directory = shell.left.pop() if shell.left else None
            else:
                shell.directory = _moved(before, operands[0], shell.own) if operands else None
            shell.left.append(before)
        else:
            return False
        return True

    def _set(self, shell: _Shell, name: str, text: str) -> None:
        self._note(shell, name, self._value(name, text, shell))

    def _value(self, name: str, text: str, shell: _Shell) -> str:
        value = expand(text, shell.known, self.defaults)
        return value if is_literal(value) or not value or name.startswith("TF_VAR_") else UNTOLD

    def _note(self, shell: _Shell, name: str, value: str) -> None:
        shell.known[name] = value
        for branch in shell.branches:
            branch.sets.add(name)


@lru_cache(maxsize=4096)
def _words(piece: str) -> tuple[str, ...]:
    """The words of a command; a job is read in many runs, which have most of their lines in common."""
    try:
        return tuple(shlex.split(piece))
    except ValueError:
        return tuple(piece.split())


def _without_leads(words: list[str], shell: _Shell) -> list[str]:
    """The words without those that only lead to the command; branches that they open or close are noted."""
    while words:
        first = words[0]
        if first in _OPENS:
            shell.branches.append(_Branch(dict(shell.known)))
            if first in ("for", "select"):
                _loop_variable(words, shell)
                return []
            if first == "case":
                return words[3:] if words[2:3] == ["in"] else []
        elif first in _CLOSES:
            _close(shell)
        elif first in _ARMS:
            _next_arm(shell)
        elif first == "function":
            words = words[1:]
        elif first not in _LEADS and not first.endswith("()"):
            return words
        words = words[1:]
    return words


def _loop_variable(words: list[str], shell: _Shell) -> None:
    if len(words) > 1:
        shell.known[words[1]] = UNTOLD
        for branch in shell.branches:
            branch.sets.add(words[1])


def _next_arm(shell: _Shell) -> None:
    if shell.branches:
        shell.known = dict(shell.branches[-1].before)


def _close(shell: _Shell) -> None:
    """What a branch may have set is not known after it."""
    if shell.branches:
        branch = shell.branches.pop()
        shell.known = {**branch.before, **dict.fromkeys(sorted(branch.sets), UNTOLD)}


def _ended(shell: _Shell, ends: str) -> None:
    if ends == "(":
        shell.outer.append((shell.directory, dict(shell.known)))
    elif ends == ")" and shell.outer:
        shell.directory, shell.known = shell.outer.pop()
    elif ends == ";;":
        _next_arm(shell)


def _moved(directory: str | None, text: str, own: str) -> str | None:
    """The directory that `text` names, seen from another; None when that cannot be told."""
    if not text.startswith(_OWN):
        return join(directory, text) if directory is not None and is_literal(text) else None
    rest = text.removeprefix(_OWN).lstrip("/") or "."
    return join(own, rest) if is_literal(rest) else None
