"""Platform tokens in text files: scripts, makefiles, `.env` files, agent settings, workflows.

In: sources, the function that digests secrets. Out: one `Facts` for each file that holds a token; the file is a
deployment of its own.
Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from envfence.model import Deployment, Fact, Facts, Node, Secret, Signal
from envfence.sources.files import Files
from envfence.sources.tokens import Token, find_tokens
from envfence.values import Span

#: Files that stand for something else themselves: for the jobs or the settings in them.
_SPOKEN_FOR = frozenset({"github-workflow", "gitlab-ci", "jenkins", "dotenv"})
KINDS = frozenset({"shell", "makefile", "agent-config"}) | _SPOKEN_FOR


def facts(files: Files, hasher: Callable[[str], str]) -> Iterator[Facts]:
    """The facts of all text sources that hold a token, in order of their paths."""
    spoken_for = frozenset(files.of(*_SPOKEN_FOR))
    for path in files.of(*KINDS):
        tokens = find_tokens(path, files.text(path))
        if tokens:
            yield _facts(path, "tokens" if path in spoken_for else "", tokens, hasher)


def _facts(path: str, name: str, tokens: tuple[Token, ...], hasher: Callable[[str], str]) -> Facts:
    return Facts(
        deployment=_deployment(path, name),
        nodes=tuple(_node(token) for token in tokens),
        secrets=tuple(_secret(token, hasher) for token in tokens),
    )


def _deployment(path: str, name: str) -> Deployment:
    directory = path.rpartition("/")[0]
    return Deployment(
        id=f"{path}@{name}" if name else path, root=path, config_dir=directory, name=name, span=Span(path, 1)
    )


def _node(token: Token) -> Node:
    """Whoever can read the file has the token: it stands outside of every environment."""
    outside = Signal(
        kind="declared",
        value="outside",
        span=token.span,
        says="whoever can read the repository has it",
        words=("outside",),
    )
    return Node(
        address=token.name,
        kind="identity",
        type=f"{token.platform}_token",
        span=token.span,
        signals=(outside,),
        facts={
            "scope": Fact(value=token.scope, span=token.span),
            "platform": Fact(value=token.reaches, span=token.span),
            "narrow": Fact(value=token.narrow, span=token.span),
        },
        mode="token",
    )


def _secret(token: Token, hasher: Callable[[str], str]) -> Secret:
    return Secret(node=token.name, span=token.span, name=token.name, digest=hasher(token.value), literal=True)
