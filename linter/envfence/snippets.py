"""The source lines a report shows, with secrets masked.

In: findings, the tree, the places of literal secrets. Out: lines by `PATH:LINE`. Whatever could be a secret is masked
even
where nobody recognised it as one: a report ends up in pull requests and logs, where the file itself may not be
readable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import re2

from envfence.model import Finding, Secret
from envfence.tree import Tree, Unreadable

_MAX_LINE = 400
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
_REFERENCE = re2.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_*-]+)+")
_USER_INFO = re2.compile(r"(://[^:/@\s\"']+:)[^@/\s\"']+@")
_LONG_RUN = re2.compile(r"[A-Za-z0-9+/=_\-]{32,}")
_UUID = re2.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def collect(findings: Iterable[Finding], tree: Tree, secret_lines: frozenset[tuple[str, int]]) -> dict[str, str]:
    """The lines that the findings point at. `secret_lines` hold a literal secret: there every literal is masked."""
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for finding in findings:
        for path, line in _places(finding):
            if path and line:
                wanted[path].add(line)
    snippets: dict[str, str] = {}
    for path in sorted(wanted):
        lines = _lines(tree, path)
        for number in sorted(wanted[path]):
            if number <= len(lines):
                text = lines[number - 1][:_MAX_LINE]
                snippets[f"{path}:{number}"] = mask(text, everything=(path, number) in secret_lines)
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
    return str(_LONG_RUN.sub(_masked_run, line))


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
    mixed = any(char.isupper() for char in run) and any(char.islower() for char in run)
    # Names of resources are words; keys and hashes mix digits and cases all along.
    return _MASK if digits >= 4 and (mixed or digits * 4 >= len(run)) and run.count("-") < 3 else run


def _places(finding: Finding) -> Iterator[tuple[str, int]]:
    yield finding.cause.span.path, finding.cause.span.line
    yield finding.target.file, finding.target.line
    if finding.source:
        yield finding.source.file, finding.source.line
    for hop in finding.path:
        yield hop.end.file, hop.end.line
        for evidence in hop.evidence:
            yield evidence.span.path, evidence.span.line


def _lines(tree: Tree, path: str) -> list[str]:
    try:
        return tree.read(path).decode("utf-8", "replace").splitlines()
    except Unreadable:
        return []
