"""Nodes with settings → facts: what of the settings is a secret, by digest only, and what they point at.

In: nodes of one file, the settings of each. Out: `Facts`. Must not know formats, environments, rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from envfence.model import Deployment, Evidence, Facts, Grant, Node, Reference, Secret
from envfence.sources.settings.targets import targets_of
from envfence.sources.settings.values import Setting, is_reference, secret_value, without_login
from envfence.sources.tokens import find_tokens
from envfence.values import Span

Hasher = Callable[[str], str]
#: The mode of nodes that are made from settings.
MODE = "settings"
#: More than this of one file is a list of data, not settings.
_MOST = 400


@dataclass(slots=True)
class Part:
    """One node of a file with its settings and what it leads to; `kept` where others may look it up."""

    node: Node
    settings: list[Setting] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    kept: bool = False


def file_part(path: str, settings: Iterable[Setting]) -> Part:
    """A file of settings that belong to nothing smaller."""
    node = Node(address="variables", kind="other", type="settings", span=Span(path, 1), mode=MODE)
    return Part(node, list(settings))


def told(path: str, text: str, settings: Iterable[Setting]) -> list[Setting]:
    """Settings, with those marked that are platform tokens: whoever reads the file has them."""
    listed = list(settings)
    if not any(secret_value(setting) for setting in listed):
        return listed
    values = {token.value for token in find_tokens(path, text)}
    return [replace(setting, told=True) if setting.value in values else setting for setting in listed]


def facts_of(
    deployment: Deployment, parts: Iterable[Part], hasher: Hasher, *, written: bool = True, grants: Iterable[Grant] = ()
) -> Facts | None:
    """The facts of one file, None where nothing in it matters. `written` is False where a literal is no news: in what
    only tests use."""
    nodes: list[Node] = []
    secrets: list[Secret] = []
    references: list[Reference] = []
    for part in parts:
        found = list(_secrets(part, hasher, written))
        pointing = [*part.references, *_pointing(part)]
        secrets += found
        references += pointing
        if found or pointing or part.kept:
            nodes.append(part.node)
    held = tuple(grants)
    if not (nodes or secrets or references or held):
        return None
    return Facts(
        deployment=deployment,
        nodes=tuple(nodes),
        references=tuple(dict.fromkeys(references)),
        secrets=tuple(secrets),
        grants=held,
    )


def _secrets(part: Part, hasher: Hasher, written: bool) -> Iterator[Secret]:
    seen: set[tuple[str, str]] = set()
    address = part.node.address
    for setting in part.settings[:_MOST]:
        value = secret_value(setting)
        if value and (setting.name, value) not in seen:
            seen.add((setting.name, value))
            literal = written and not setting.told
            digest = hasher(value)
            yield Secret(node=address, span=setting.span, name=setting.name, digest=digest, literal=literal)


def _pointing(part: Part) -> Iterator[Reference]:
    for setting in part.settings[:_MOST]:
        text = without_login(setting.value)
        if is_reference(text):
            continue
        for target in targets_of(setting.name, text):
            says = f"{setting.name} names {target.shown}"
            evidence = (Evidence(span=setting.span, says=says, address=part.node.address),)
            yield Reference(
                kind="points-at", node=part.node.address, sought=target.sought, evidence=evidence, says="is pointed at"
            )
