"""AWS Backup selections and snapshot policies: which stores they copy, by ARN with wildcards or by tag.

In: the selections of a deployment and its nodes. Out: backs-up edges. Must not know other deployments, or what a plan
keeps.

A selection with a condition that is not understood, or an exclusion, makes no edge for what it may leave out; one of
which something is unknown perhaps selects everything, and by tag perhaps that whose tags are unknown. The backup of an
instance holds the volumes that are attached to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from envfence.evaluate import EvaluationError, evaluate_expression
from envfence.hcl.ast import Expr, TupleExpr
from envfence.model import Fact, LocalEdge, Node
from envfence.providers.common.edges import UNSURE
from envfence.providers.common.facts import SELECTED_TAGS
from envfence.providers.common.values import ABSENT, Absent, at, one, text, texts, unknown_in
from envfence.values import Mapping, Sequence, Unknown, Value, as_blocks

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_SELECTION = "aws_backup_selection"
_SNAPSHOTS = "aws_dlm_lifecycle_policy"
_ATTACHMENT = "aws_volume_attachment"


def finish(builder: FactsBuilder) -> None:
    """An edge from each selection to every store that it selects, or may select as far as anybody knows."""
    makers = [each for each in builder.resources if each.type in _CHOICES and each.mode == "managed"]
    if not makers:
        return
    stores = [node for node in builder.nodes() if node.kind in _BACKED_UP and node.type.startswith("aws_")]
    attached = _attached(builder, stores)
    for maker in makers:
        choose, path = _CHOICES[maker.type]
        if maker.type == _SELECTION and builder.has_node(maker.address):
            builder.add_fact(maker.address, SELECTED_TAGS, Fact(value=_asked_tags(maker), span=maker.span))
        for node in stores:
            selected = choose(maker, node)
            if selected is not False:
                for address in (node.address, *attached.get(node.address, ())):
                    _add(builder, maker, path, address, "" if selected else UNSURE)


def _add(builder: FactsBuilder, maker: Resource, path: str, address: str, sure: str) -> None:
    builder.add_edge(
        LocalEdge(
            kind="backs-up",
            source=maker.address,
            target=address,
            evidence=builder.evidence(maker, path, "selects what is backed up"),
            says=f"{sure}backs up",
        )
    )


def _attached(builder: FactsBuilder, stores: list[Node]) -> dict[str, list[str]]:
    """The volumes that are attached to each instance, by address."""
    by_name = {name: node.address for node in stores for name in node.names}
    found: dict[str, list[str]] = {}
    for each in builder.resources:
        if each.type == _ATTACHMENT and each.mode == "managed":
            volume = by_name.get(f"aws_ebs_volume:{text(one(each.values, 'volume_id'))}")
            instance = by_name.get(f"aws_instance:{text(one(each.values, 'instance_id'))}")
            if volume and instance:
                found.setdefault(instance, []).append(volume)
    return found


def _asked_tags(selection: Resource) -> list[list[str]]:
    """Keys and values of tags, any of which a selection selects by: its plan may back up other deployments too."""
    wanted = [[key, value] for key, value in _tags(selection)]
    conditions = list(_conditions(selection))
    return wanted + [
        [key, value] for kind, key, value in conditions if kind == "string_equals" and len(conditions) == 1
    ]


def _snapshots(policy: Resource, node: Node) -> bool | None:
    """Whether a snapshot policy chooses a volume or an instance, by any of its tags."""
    kinds = {found for value in at(policy.values, "policy_details.resource_types") for found in texts(value)}
    if _BY_POLICIES.get(node.type) not in kinds:
        return False
    answers = [
        _holds(node, key, text(value))
        for tags in at(policy.values, "policy_details.target_tags")
        for key, value in (tags.items.items() if isinstance(tags, Mapping) else (("", None),))
    ]
    return True if True in answers else None if None in answers else False


_BY_POLICIES = {"aws_ebs_volume": "VOLUME", "aws_instance": "INSTANCE"}
_BACKED_UP = ("store", "compute")


def _is_unknown(selection: Resource) -> bool:
    """Whether what a selection selects is not wholly known. An ARN with an unknown part names what it names."""
    if any(unknown_in(item) is not None and not (text(item) or "").startswith("arn:") for item in _named(selection)):
        return True
    paths = ("selection_tag.key", "selection_tag.value", "condition")
    return any(unknown_in(value) is not None for path in paths for value in at(selection.values, path))


def _named(selection: Resource) -> tuple[Value | Absent, ...]:
    """What a selection names. One element that Terraform would refuse does not hide the others."""
    value = one(selection.values, "resources")
    if isinstance(value, Sequence):
        return value.items
    written = selection.block.body.attributes.get("resources") if isinstance(value, Unknown) else None
    if written is None or not isinstance(written.expr, TupleExpr):
        return (value,)
    return tuple(item for each in written.expr.items if (item := _element(selection, each)) is not None)


def _element(selection: Resource, expression: Expr) -> Value:
    """The value of one element; None for what is declared nowhere, and so names nothing that is here."""
    try:
        return evaluate_expression(expression, selection.scope)
    except EvaluationError:
        return None


def _selects(selection: Resource, node: Node) -> bool | None:
    """Whether a selection selects a store; None when nobody knows."""
    selected = _chosen(selection, node)
    return None if selected is False and _is_unknown(selection) else selected


def _chosen(selection: Resource, node: Node) -> bool | None:
    arns = [name for name in node.names if name.startswith("arn:")]
    if any(_matches(pattern, arn) for pattern in texts(one(selection.values, "not_resources")) for arn in arns):
        return False
    patterns = [found for item in _named(selection) if (found := text(item)) is not None]
    named = any(_matches(pattern, arn) for pattern in patterns for arn in arns)
    if one(selection.values, "condition") is not ABSENT:
        return _all((named, *(_fits(node, *each) for each in _conditions(selection))))
    tags = list(_tags(selection))
    if named and not tags:
        return True
    answers = [_holds(node, key, value) for key, value in tags]
    return True if True in answers else None if None in answers else False


def _all(answers: tuple[bool | None, ...]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _tags(selection: Resource) -> Iterator[tuple[str, str]]:
    """The tags of `selection_tag` blocks: one that fits is enough."""
    for block in _blocks(selection, "selection_tag"):
        key, value = text(block.items.get("key")), text(block.items.get("value"))
        if key and value:
            yield key, value


def _conditions(selection: Resource) -> Iterator[tuple[str, str, str]]:
    """Kind, tag and value of `condition` blocks, all of which must fit."""
    for block in _blocks(selection, "condition"):
        for kind, parts in block.items.items():
            for part in as_blocks(parts):
                if isinstance(part, Mapping):
                    key = text(part.items.get("key")) or ""
                    yield kind, key.removeprefix("aws:ResourceTag/"), text(part.items.get("value")) or ""
                else:
                    yield "", "", ""


def _fits(node: Node, kind: str, key: str, value: str) -> bool | None:
    """Whether a condition is met; None when its tag is not known."""
    if _is_hidden(node, key):
        return None
    fact = node.facts.get(f"tags.{key}")
    own = str(fact.value) if fact is not None else None
    met = {
        "string_equals": own == value,
        "string_not_equals": own != value,
        "string_like": own is not None and _matches(value, own),
        "string_not_like": own is None or not _matches(value, own),
    }
    return met.get(kind, False)


def _is_hidden(node: Node, key: str) -> bool:
    """Whether nobody knows if a node has a tag, or which value."""
    fact = node.facts.get(f"tags.{key}")
    return "tags" in node.facts if fact is None else fact.state != "known"


def _blocks(selection: Resource, name: str) -> Iterator[Mapping]:
    found = selection.values.items.get(name)
    if isinstance(found, Sequence):
        yield from (item for item in found.items if isinstance(item, Mapping))


def _holds(node: Node, key: str, value: str | None) -> bool | None:
    if _is_hidden(node, key) or value is None:
        return None
    fact = node.facts.get(f"tags.{key}")
    return fact is not None and fact.value == value


def _matches(pattern: str, arn: str) -> bool:
    return bool(_compiled(pattern).fullmatch(arn))


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


_CHOICES = {_SELECTION: (_selects, "resources"), _SNAPSHOTS: (_snapshots, "policy_details")}
