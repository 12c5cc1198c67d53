"""Which module instances and resources of one root carry an environment, because a sibling carries another.

Comes in: the nodes of a deployment whose addresses may name environments, the repository's names. Goes out: votes by
the path of a step in an address. Must not know: where the deployment itself is, who wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from envfence.environments.addresses import Step, steps_of
from envfence.environments.names import Names
from envfence.environments.votes import STRENGTH, Vote
from envfence.model import Node, Signal
from envfence.values import Span
from envfence.words import spelled, tokens

_INSTANCE = STRENGTH["instance"]

#: What siblings have in common: the place, the type, the label without the word for an environment.
_Group = tuple[str, ...]
#: (group, environment, spelling) that a step names.
_Saying = tuple[_Group, str, str]
#: (environment, spelling, step, the first node below it)
_Member = tuple[str, str, Step, Node]


def carriers(nodes: Iterable[Node], names: Names) -> dict[str, Vote]:
    """Path of a step → the environment that it carries: its key or label names one, a sibling's names another.

    A word that is also a noun where it stands (`api_stage`, `media-test-bucket`) counts beside a sibling that differs
    in nothing but a word that is none (`api_prod`).
    """
    groups: dict[_Group, dict[str, _Member]] = defaultdict(dict)
    doubtful: list[tuple[_Saying, Step, Node]] = []
    seen: set[str] = set()
    for node in nodes:
        for step in steps_of(node.address):
            if step.path in seen:
                continue
            seen.add(step.path)
            sayings = list(_sayings(step, names))
            for group, key, spelling in sayings:
                groups[group].setdefault(step.path, (key, spelling, step, node))
                names.met(key, spelling, _INSTANCE)
            doubtful += ((saying, step, node) for saying in (() if sayings else _doubtful(step, names)))
    _settle(groups, doubtful, names)
    carried: dict[str, Vote] = {}
    for members in groups.values():
        if len({key for key, *_rest in members.values()}) > 1:
            for path, member in members.items():
                carried.setdefault(path, _vote(member, names))
    return carried


def _settle(
    groups: dict[_Group, dict[str, _Member]], doubtful: Iterable[tuple[_Saying, Step, Node]], names: Names
) -> None:
    """Adds the doubtful steps to the groups in which somebody else surely names another environment."""
    sure = {group: {key for key, *_rest in members.values()} for group, members in groups.items()}
    for (group, key, spelling), step, node in doubtful:
        if sure.get(group, set()) - {key}:
            groups[group].setdefault(step.path, (key, spelling, step, node))
            names.met(key, spelling, _INSTANCE)


def _sayings(step: Step, names: Names) -> Iterator[_Saying]:
    """What a step's key and label surely name."""
    if step.key:
        found = names.of_value(step.key)
        if found is not None:
            yield (step.place, step.type, step.label, "[]"), *found
    named = names.of_name(step.label)
    if len(named) == 1:
        ((key, spelling),) = named.items()
        yield _group(step, spelling), key, spelling


def _doubtful(step: Step, names: Names) -> Iterator[_Saying]:
    """What a step's label may name: its only token that spells an environment, whatever noun it may be."""
    found = spelled(step.label) if names.may_name(step.label) else ()
    if len(found) == 1:
        yield _group(step, found[0].raw), names.key_of_word(found[0]), found[0].raw


def _group(step: Step, spelling: str) -> _Group:
    words = tokens(spelling)
    stem = [part for part in tokens(step.label) if part not in words]
    return step.place, step.type, "_".join(stem), ""


def _vote(member: _Member, names: Names) -> Vote:
    key, _spelling, step, node = member
    text = step.key if step.key and names.of_value(step.key) else step.label
    says = f"instance {text}, beside others for other environments"
    signal = Signal(kind="instance", value=text, span=_span_of(node, step), says=says)
    return Vote(_INSTANCE, frozenset([key]), signal)


def _span_of(node: Node, step: Step) -> Span:
    """The module call of a step, or the resource itself."""
    if step.type:
        return node.span
    return next(
        (call.span for call in node.calls if call.address in (step.path, step.path.partition("[")[0])), node.span
    )
