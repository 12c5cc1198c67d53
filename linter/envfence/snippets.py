"""The source lines a report shows, with secrets masked.

In: findings, the tree, the places of literal secrets. Out: lines by `PATH:LINE`. Whatever could be a secret is masked
even where nobody recognised it as one: a report ends up in pull requests and logs, where the file itself may not be
readable. Of a state nothing is shown: it holds every attribute of everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import re2

from envfence.model import End, Finding, Secret
from envfence.secretness import is_placeholder, is_public, is_weak
from envfence.tree import Tree, Unreadable

_MAX_LINE = 400
#: So much of a line is looked at for secrets.
_MOST_MASKED = 100_000
_STATE = re2.compile(r"\.tfstate(?:\.[^/]*)?$")
#: A text that goes on for more lines than this is cut off.
_MOST_LINES = 500
_MASK = "***"

_QUOTED = re2.compile(r'"[^"]*"|\'[^\']*\'')
#: A line that gives something a value, and one that only opens or closes: all others are the middle of a text.
_ASSIGNED = re2.compile(
    r"(\s*(?:export\s+|set\s+|-\s+)?(?:[\"']?[\w.*-]{1,60}[\"']?|\"\*\*\*\")\s*(?:=>|[:=])\s*)([^=\s].*)"
)
_STRUCTURE = re2.compile(r"\s*[\w.-]*(?:\s+\"\*\*\*\")*\s*[({\[]\s*|[\s})\],;]*")
_NAMED = r"(?:var|local|data|each|module|self|path|(?:aws|google|azurerm|random)_\w+)\.[\w.\[\]*-]+"
#: Behind a bracket only names of HCL and masked texts: in YAML values stand there without quotes.
_HARMLESS = re2.compile(
    rf"<<[-~]?\w+|[({{\[](?:[\s,(){{}}\[\]]|\"\*\*\*\"|[\w-]+\s+=\s|{_NAMED})*"
    r"|[a-z][\w]*\(.*|(?:var|local|data|each|module|self|path)\..*|\"\*\*\*\".*"
)
_SECRET_NAME = re2.compile(
    r"(?i)((?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?|signing_?key)[\"']?\s*[:=]\s*)"
    r"(\"[^\"$]{4,}\"|'[^'$]{4,}'|[^\s\"'${}()\[\],]{8,})"
)
#: A switch or a number at the end of a line.
_PLAIN = re2.compile(r"[=:]\s*(?:true|false|null|\d{1,5})\s*$")
_REFERENCE = re2.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_*-]+)+")
_USER_INFO = re2.compile(r"(://[^:/@\s\"']*:)[^/\s\"']+@")
_RUN = re2.compile(r"[A-Za-z0-9+/=_\-]{16,}")
_LONG = 32
_MOST_HYPHENS = 2
_FEWEST_DIGITS = 4
#: What stands between two changes of case or kind, and how much of it words have at least.
_PIECE = re2.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_WORD_LENGTH = 3.3
#: `subnet-0a1b2c3d4e5f67890`: an identifier that the platform gave.
_GIVEN_ID = re2.compile(r"[a-z]{1,12}-[0-9a-f]{8,17}")
_UUID = re2.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def collect(findings: Iterable[Finding], tree: Tree, secret_lines: frozenset[tuple[str, int]]) -> dict[str, str]:
    """The lines that the findings point at. `secret_lines` hold a literal secret: there every literal is masked."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for finding in findings:
        for path, line in _places(finding):
            if path and line and not _STATE.search(path):
                wanted[path].add(line)
    snippets: dict[str, str] = {}
    for path in sorted(wanted):
        lines = _lines(tree, path)
        for number in sorted(wanted[path]):
            if number <= len(lines):
                # Masked before it is cut: half of a text is not known for what it is.
                text = mask(lines[number - 1][:_MOST_MASKED], everything=(path, number) in secret_lines)
                snippets[f"{path}:{number}"] = text[:_MAX_LINE]
    return snippets


def lines_of(secrets: Iterable[Secret]) -> frozenset[tuple[str, int]]:
    """(path, line) of every line that secrets stand on, and of those their values came through."""
    found: set[tuple[str, int]] = set()
    for secret in secrets:
        for span in (secret.span, *(evidence.span for evidence in secret.written)):
            last = min(max(span.end_line, span.line), span.line + _MOST_LINES)
            found.update((span.path, line) for line in range(span.line, last + 1))
    return frozenset(found)


def mask(line: str, *, everything: bool = False) -> str:
    """`line` without what is or could be a secret; `everything` masks every literal in it."""
    if everything:
        line = _QUOTED.sub(f'"{_MASK}"', line)
        line = _only_names(line)
    line = str(_SECRET_NAME.sub(_masked_value, line))
    line = _USER_INFO.sub(rf"\1{_MASK}@", line)
    line = _UUID.sub(_MASK, line) if everything else line
    return str(_RUN.sub(_masked_run, line))


def careful(line: str) -> str:
    """`line` as it may be shown where nobody looked for secrets: masked where a literal in it could be one."""
    literals = (match.group()[1:-1] for match in _QUOTED.finditer(line) if "${" not in match.group())
    could_be = any(not (is_weak(text) or is_public(text) or is_placeholder(text)) for text in literals)
    bare = mask(line, everything=True)
    unread = bare == _MASK or (bare.endswith(f" {_MASK}") and not _PLAIN.search(line))
    return bare if could_be or unread else mask(line)


def _only_names(line: str) -> str:
    """A line without the values in it; in the middle of a text that is the secret, nothing of it is left."""
    if _STRUCTURE.fullmatch(line):
        return line
    assigned = _ASSIGNED.fullmatch(line)
    if assigned is None:
        return _MASK
    return line if _HARMLESS.fullmatch(assigned.group(2)) else f"{assigned.group(1)}{_MASK}"


def _masked_value(match: Any) -> str:
    # `…:secret:NAME` is the middle of an ARN.
    if match.start() and match.string[match.start() - 1] == ":" and match.group(1).lower() == "secret:":
        return str(match.group(0))
    # `password = var.password` names a secret and holds none.
    return str(match.group(0)) if _REFERENCE.fullmatch(match.group(2)) else f"{match.group(1)}{_MASK}"


def _masked_run(match: Any) -> str:
    run: str = match.group(0)
    digits = sum(char.isdigit() for char in run)
    if run.count("-") > _MOST_HYPHENS or digits < _FEWEST_DIGITS or _GIVEN_ID.fullmatch(run):
        return run
    if len(run) < _LONG:
        pieces = _PIECE.findall(run)
        letters = sum(char.isalpha() for char in run)
        return _MASK if letters >= _FEWEST_DIGITS and len(run) < _WORD_LENGTH * len(pieces) else run
    mixed = any(char.isupper() for char in run) and any(char.islower() for char in run)
    # Names of resources are words; keys and hashes mix digits and cases all along.
    return _MASK if mixed or digits * 4 >= len(run) else run


def _places(finding: Finding) -> Iterator[tuple[str, int]]:
    yield finding.cause.span.path, finding.cause.span.line
    for end in (finding.target, finding.source, *(hop.end for hop in finding.path)):
        if end is not None and not _is_whole_file(end):
            yield end.file, end.line
    for hop in finding.path:
        for evidence in hop.evidence:
            yield evidence.span.path, evidence.span.line


def _is_whole_file(end: End) -> bool:
    """Whether an end stands for a file: its first line says nothing about it, and nobody looked for secrets there."""
    return end.line == 1 and end.deployment.partition("@")[0] == end.file


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        return tree.read(path).decode("utf-8", "replace").splitlines()
    except Unreadable:
        return []
