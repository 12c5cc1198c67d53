"""Facts of plain text files: scripts, makefiles, `.env` files, agent settings, workflows. Today: the platform tokens
in them.

In: a tree, its sources, the function that digests secrets. Out: one `Facts` for each file that holds a token; the
file is a deployment of its own.
Must not know environments or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from envfence.model import Deployment, Fact, Facts, Node, Problem, Secret, Signal, Source
from envfence.sources.tokens import MAX_BYTES, Token, find_tokens
from envfence.tree import Tree, Unreadable
from envfence.values import Span

KINDS = frozenset({"shell", "makefile", "dotenv", "agent-config", "github-workflow", "gitlab-ci", "jenkins"})


def text_facts(
    tree: Tree, sources: Iterable[Source], hasher: Callable[[str], str]
) -> tuple[tuple[Facts, ...], tuple[Problem, ...]]:
    """The facts of all text sources that hold a token, in order of their paths, and what could not be read."""
    facts: list[Facts] = []
    problems: list[Problem] = []
    for source in sources:
        if source.kind not in KINDS:
            continue
        try:
            text = tree.read(source.path, MAX_BYTES).decode("utf-8", "replace")
        except Unreadable as error:
            span = Span(source.path, 1)
            problems.append(Problem(stage="parse", reason=error.reason, span=span, hides="tokens in this file"))
            continue
        tokens = find_tokens(source.path, text)
        if tokens:
            facts.append(_facts(source.path, tokens, hasher))
    return tuple(facts), tuple(problems)


def _facts(path: str, tokens: tuple[Token, ...], hasher: Callable[[str], str]) -> Facts:
    return Facts(
        deployment=_deployment(path),
        nodes=tuple(_node(token) for token in tokens),
        secrets=tuple(_secret(token, hasher) for token in tokens),
    )


def _deployment(path: str) -> Deployment:
    directory = path.rpartition("/")[0]
    return Deployment(id=path, root=path, config_dir=directory, span=Span(path, 1))


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
