"""Policies of a resource that deny its own deletion: they hold against any caller of the account.

In: the resources of a deployment that carry or attach such a policy. Out: guards edges. Must not know other
deployments, or who else may do what.

Only a statement without conditions that denies everyone counts; one whose text is partly unknown counts as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.aws.policyjson import Bare, Data, PolicyError, loads
from envfence.providers.common.edges import UNSURE
from envfence.providers.common.values import at, texts
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: Type of the resource with the policy: the policy, what names the guarded thing, its type, what deletes it.
_POLICIES = {
    "aws_backup_vault_policy": (
        "policy",
        "backup_vault_name",
        "aws_backup_vault",
        ("backup:deleterecoverypoint", "backup:deletebackupvault"),
    ),
    "aws_dynamodb_resource_policy": ("policy", "resource_arn", "aws_dynamodb_table", ("dynamodb:deletetable",)),
    "aws_s3_bucket_policy": ("policy", "bucket", "aws_s3_bucket", ("s3:deletebucket", "s3:deleteobject")),
    "aws_efs_file_system_policy": (
        "policy",
        "file_system_id",
        "aws_efs_file_system",
        ("elasticfilesystem:deletefilesystem",),
    ),
}
_SAYS = "guards (deny policy)"


def finish(builder: FactsBuilder) -> None:
    """A guards edge from each policy that denies deletion to what it is attached to."""
    for resource in builder.resources:
        facts = _POLICIES.get(resource.type)
        if facts is None or resource.mode != "managed":
            continue
        path, names, form, actions = facts
        says = _verdict(texts_at(resource, path), actions)
        for name in texts_at(resource, names) if says else ():
            builder.add_reference(
                Reference(
                    kind="guards",
                    node=resource.address,
                    sought=name if name.startswith("arn:") else f"{form}:{name}",
                    evidence=builder.evidence(resource, path, "denies its deletion"),
                    says=says,
                )
            )


def texts_at(resource: Resource, path: str) -> list[str]:
    """The strings at a path."""
    return [name for value in at(resource.values, path) for name in texts(value) if name]


def _verdict(policies: list[str], actions: tuple[str, ...]) -> str:
    """What the edge says; empty when nothing is denied."""
    for policy in policies:
        try:
            data = loads(policy)
        except PolicyError:
            # A policy of which only the symbol is known may well deny it.
            return f"{UNSURE}{_SAYS}" if has_holes(policy) else ""
        if any(_denies(statement, actions) for statement in _statements(data)):
            return _SAYS
    return ""


def _statements(data: Data) -> Iterator[dict[str, Data]]:
    found = data.get("Statement") if isinstance(data, dict) else None
    for statement in found if isinstance(found, list) else [found]:
        if isinstance(statement, dict):
            yield statement


def _denies(statement: dict[str, Data], actions: tuple[str, ...]) -> bool:
    if statement.get("Effect") != "Deny" or statement.get("Condition") or not _everyone(statement.get("Principal")):
        return False
    denied = [text.lower() for text in _listed(statement.get("Action"))]
    return any(action == text or _covers(text, action) for action in actions for text in denied)


def _everyone(principal: Data) -> bool:
    return principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))


def _listed(value: Data) -> Iterable[str]:
    if isinstance(value, Bare):
        return ()
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _covers(pattern: str, action: str) -> bool:
    """Whether a pattern with a star at its end covers an action."""
    return pattern.endswith("*") and action.startswith(pattern[:-1])
