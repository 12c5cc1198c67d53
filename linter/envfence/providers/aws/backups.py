"""AWS Backup selections: which stores a plan copies, by ARN with wildcards or by tag.

In: the selections of a deployment and its nodes. Out: backs-up edges. Must not know other deployments, or what a plan
keeps.

A selection with a condition that is not understood, or an exclusion, makes no edge for what it may leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from envfence.model import LocalEdge, Node
from envfence.providers.common.values import ABSENT, one, text, texts
from envfence.values import Mapping, Sequence

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_SELECTION = "aws_backup_selection"


def finish(builder: FactsBuilder) -> None:
    """An edge from each selection to every store that it selects."""
    selections = [each for each in builder.resources if each.type == _SELECTION and each.mode == "managed"]
    if not selections:
        return
    stores = [node for node in builder.nodes() if node.kind == "store" and node.type.startswith("aws_")]
    for selection in selections:
        for node in stores:
            if _selects(selection, node):
                builder.add_edge(
                    LocalEdge(
                        kind="backs-up",
                        source=selection.address,
                        target=node.address,
                        evidence=builder.evidence(selection, "resources", "selects what is backed up"),
                        says="backs up",
                    )
                )


def _selects(selection: Resource, node: Node) -> bool:
    arns = [name for name in node.names if name.startswith("arn:")]
    if any(_matches(pattern, arn) for pattern in texts(one(selection.values, "not_resources")) for arn in arns):
        return False
    patterns = texts(one(selection.values, "resources"))
    named = any(_matches(pattern, arn) for pattern in patterns for arn in arns)
    if one(selection.values, "condition") is not ABSENT:
        return named and all(_holds(node, *each) for each in _conditions(selection))
    tags = list(_tags(selection))
    return (named and not tags) or any(_holds(node, key, value) for key, value in tags)


def _tags(selection: Resource) -> Iterator[tuple[str, str]]:
    """The tags of `selection_tag` blocks: one that fits is enough."""
    for block in _blocks(selection, "selection_tag"):
        key, value = text(block.items.get("key")), text(block.items.get("value"))
        if key and value:
            yield key, value


def _conditions(selection: Resource) -> Iterator[tuple[str, str]]:
    """The tags of `condition` blocks, all of which must fit; another kind of condition is one that never does."""
    for block in _blocks(selection, "condition"):
        for kind, parts in block.items.items():
            for part in parts.items if isinstance(parts, Sequence) else ():
                if kind == "string_equals" and isinstance(part, Mapping):
                    key = text(part.items.get("key")) or ""
                    yield key.removeprefix("aws:ResourceTag/"), text(part.items.get("value")) or ""
                else:
                    yield "", ""


def _blocks(selection: Resource, name: str) -> Iterator[Mapping]:
    found = selection.values.items.get(name)
    if isinstance(found, Sequence):
        yield from (item for item in found.items if isinstance(item, Mapping))


def _holds(node: Node, key: str, value: str) -> bool:
    fact = node.facts.get(f"tags.{key}")
    return fact is not None and fact.state == "known" and fact.value == value


def _matches(pattern: str, arn: str) -> bool:
    return bool(_compiled(pattern).fullmatch(arn))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
