"""Command lines of Terraform, OpenTofu and Terragrunt.

In: simple commands. Out: one `Terraform` for each that runs one of them, with its options. Must not know scripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from envfence.sources.workflows.shell import Simple, is_literal, options

#: A text that may hold such a command line.
MENTIONS = re.compile(
    r"(?:^|[\s/@\"'])(?:terraform|tofu|tf|terragrunt)(?:\s|$)|\$[({]?(?:TERRAFORM|TOFU|TF)[)}]?\s", re.IGNORECASE
)
#: The program itself, whatever stands before it (`aws-vault exec x --`, `env A=b`, `sudo`).
_BINARY = re.compile(r"(?:.*/)?(terraform|tofu|tf|terragrunt)|\$[({]?(TERRAFORM|TOFU|TF)[)}]?", re.IGNORECASE)
#: Commands of which the words are only text, files or names of programs.
_TALK = frozenset(
    (
        "echo",
        "printf",
        "grep",
        "cat",
        "sed",
        "awk",
        "which",
        "type",
        "cd",
        "ls",
        "cp",
        "mv",
        "rm",
        "mkdir",
        "git",
        "make",
    )
)
_REDIRECTS = re.compile(r"\d?>|&>|<|&$")
_WRAPS = frozenset(("run-all", "run", "stack"))
_CHOOSES = (("workspace", "select"), ("workspace", "new"))


@dataclass(frozen=True, slots=True)
class Terraform:
    """One command line. `tool` is terraform, tofu or terragrunt; `verb` its first operand that is a command;
    `directory` is where it works, None where that is not known; `words` are those of the line from the tool on, with
    what `TF_CLI_ARGS` adds."""

    tool: str
    verb: str
    directory: str | None
    words: tuple[str, ...]
    simple: Simple

    @property
    def operands(self) -> list[str]:
        """The words behind the tool that are no options."""
        return [word for word in self.words[1:] if not word.startswith("-")]

    @property
    def chooses(self) -> bool:
        """Whether it selects a workspace for later ones."""
        found = self.operands
        return any((one, other) == tuple(found[index : index + 2]) for one, other in _CHOOSES for index in (0, 1))

    @property
    def chosen(self) -> str:
        """The workspace that it selects; empty where its name is not known."""
        name = self.operands[-1]
        return name if is_literal(name) and name not in ("select", "new") else ""

    def files(self, option: str) -> tuple[tuple[str, ...], bool]:
        """(the files that an option names, whether another one is passed whose name is not known)."""
        texts = list(options(self.words, option))
        named = [
            path for text in texts if is_literal(text) and (path := self.simple.path(text, self.directory)) is not None
        ]
        return tuple(named), any(not is_literal(text) for text in texts)


def terraform_line(simple: Simple) -> Terraform | None:
    """The command line of Terraform in a simple command; None when it is another command."""
    words = _before_redirection(simple.words)
    index = 0
    while index < len(words) and not (match := _BINARY.fullmatch(words[index])):
        if words[index] in _TALK:
            return None
        index += 1
    if index == len(words) or match is None:
        return None
    name = (match[1] or match[2]).lower()
    tool = name if name in ("tofu", "terragrunt") else "terraform"
    words = _with_arguments(words[index:], simple)
    operands = [word for word in words[1:] if not word.startswith("-")]
    verb = operands[0] if operands else ""
    if verb in _WRAPS and tool == "terragrunt":
        verb = operands[1] if len(operands) > 1 else ""
    return Terraform(tool, verb, _directory(words, simple), words, simple)


def _before_redirection(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words up to where the output goes."""
    end = next((index for index, word in enumerate(words) if _REDIRECTS.match(word)), len(words))
    return words[:end]


def _with_arguments(words: tuple[str, ...], simple: Simple) -> tuple[str, ...]:
    """The words with what `TF_CLI_ARGS` and `TF_CLI_ARGS_VERB` put after the verb."""
    place = next((index for index, word in enumerate(words) if index and not word.startswith("-")), 0)
    if not place:
        return words
    texts = [simple.given.get(name, "") for name in (f"TF_CLI_ARGS_{words[place]}", "TF_CLI_ARGS")]
    added = [word for text in texts for word in text.split()]
    return (*words[: place + 1], *added, *words[place + 1 :])


def _directory(words: tuple[str, ...], simple: Simple) -> str | None:
    directory = simple.directory
    for text in options(words, "chdir", "terragrunt-working-dir", "working-dir"):
        if directory is None:
            return simple.path(text)
        directory = simple.path(text, directory)
    return directory
