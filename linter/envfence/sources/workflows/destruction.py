"""Commands that destroy what holds data, or a whole environment, and whether they ask before they do. The data is
`rules/pipelines.yaml`.

In: the words of a command. Out: what it destroys and the texts that name it. Must not know scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from envfence.sources.workflows.shell import Simple, is_literal, options
from envfence.sources.workflows.terraform import Terraform
from envfence.sources.workflows.vocabulary import names_environment
from envfence.yamls import load_yaml

#: Somebody's own machine: what is destroyed there is nobody's.
_AT_HOME = re.compile(r"localhost|127\.0\.0\.1|0\.0\.0\.0|localstack|host\.docker\.internal|--dry-?run(?!=none)")
_WITHOUT_ASKING = frozenset(("auto-approve", "force", "terragrunt-non-interactive", "non-interactive"))
_VARIABLE = re.compile(r"[A-Za-z_]\w*=")
_MOST_WORDS = 80


@dataclass(frozen=True, slots=True)
class Destruction:
    """A command that destroys. `what` is the tool and its verb; `asks` says that it waits for somebody's answer;
    `names` are the literal texts of the command that may name what it is done to."""

    what: str
    asks: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str] | None
    every: tuple[re.Pattern[str], ...]
    unless: frozenset[str]
    asks: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    forms: Mapping[str, _Form]
    runners: frozenset[str]
    profiles: tuple[str, ...]


@cache
def _tables() -> _Tables:
    data: dict[str, Any] = load_yaml(resources.files("envfence.rules").joinpath("pipelines.yaml").read_bytes())
    forms = {
        tool: _Form(
            re.compile(entry["pattern"]) if "pattern" in entry else None,
            tuple(re.compile(text) for text in entry.get("every", ())),
            frozenset(entry.get("asks-unless", ())),
            "asks-unless" in entry,
        )
        for tool, entry in data["destroys"].items()
    }
    return _Tables(forms, frozenset(data["runners"]), tuple(data["profiles"]))


@cache
def destructive_tools() -> re.Pattern[str]:
    """What a text must hold to be looked at: the name of a tool that can destroy."""
    names = sorted({tool.partition("-")[0] for tool in _tables().forms}, key=lambda name: (-len(name), name))
    return re.compile(rf"(?:^|[\s/\"';|&(])(?:{'|'.join(map(re.escape, names))})(?=[\s\"']|$)", re.IGNORECASE)


def destruction(simple: Simple) -> Destruction | None:
    """What a command other than Terraform destroys; None for any other command."""
    words = simple.words[:_MOST_WORDS]
    text = " ".join(words)
    if _AT_HOME.search(text):
        return None
    start = _start(words)
    what, form = _matched(words, start, text)
    if form is None:
        return None
    asks = form.asks and not (form.unless & {word.partition("=")[0] for word in words})
    return Destruction(what, asks, (*_profiles(simple, words[:start]), *_names(words[start + 1 :])))


def destroys(words: tuple[str, ...]) -> str:
    """The tool and verb of a command that destroys, however it is run; empty for any other."""
    words = words[:_MOST_WORDS]
    return _matched(words, _start(words), " ".join(words))[0]


def _matched(words: tuple[str, ...], start: int, text: str) -> tuple[str, _Form | None]:
    """(tool and verb, the form) of a command whose tool stands at `start`; ("", None) where it destroys nothing."""
    for name in (words[start].rpartition("/")[2], f"{words[start]}-graphql") if start < len(words) else ():
        form = _tables().forms.get(name)
        verb = _verb(form, words[start + 1 :], text) if form is not None else None
        if verb is not None:
            return f"{name.partition('-')[0]} {verb}".strip(), form
    return "", None


def terraform_destruction(line: Terraform) -> Destruction:
    """What `terraform destroy` comes to."""
    flags = {word.lstrip("-").partition("=")[0] for word in line.words[1:] if word.startswith("-")}
    files, _ = line.files("var-file")
    given = (text.partition("=") for text in options(line.words, "var"))
    named = [value for name, _, value in given if names_environment(name) and is_literal(value)]
    before = line.simple.words[: -len(line.words)] if len(line.words) <= len(line.simple.words) else ()
    stems = [path.rpartition("/")[2].partition(".")[0] for path in files]
    return Destruction(
        f"{line.tool} destroy",
        not flags & _WITHOUT_ASKING,
        (*_profiles(line.simple, before), *stems, *named),
    )


def _start(words: tuple[str, ...]) -> int:
    """Where the command begins behind what runs it for somebody else (`aws-vault exec production --`, `npx`)."""
    start = words.index("--") + 1 if "--" in words[:8] else 0
    while start < len(words) - 1 and words[start] in _tables().runners:
        start += 1
    return start


def _verb(form: _Form, words: tuple[str, ...], text: str) -> str | None:
    """The words of a command that destroy; None where they do not."""
    if form.every:
        return "DELETE" if all(pattern.search(text) for pattern in form.every) else None
    operands = " ".join(word for word in words if not word.startswith("-"))
    match = form.pattern.search(operands) if form.pattern is not None else None
    return match[0].strip(" /") if match is not None else None


def _names(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        text = word.partition("=")[2] if word.startswith("-") else word
        if "://" in text and not text.startswith(("s3://", "gs://")):
            # Of an address, what comes behind the host names what is destroyed there.
            yield from text.partition("://")[2].partition("?")[0].split("/")[1:]
        elif text and is_literal(text):
            yield text


def _profiles(simple: Simple, before: tuple[str, ...]) -> Iterator[str]:
    """As whom the command acts: a profile that is set, or the words of what runs it."""
    for name in _tables().profiles:
        if is_literal(simple.given.get(name, "")):
            yield simple.given[name]
    yield from (word for word in before if is_literal(word) and not word.startswith("-") and not _VARIABLE.match(word))
