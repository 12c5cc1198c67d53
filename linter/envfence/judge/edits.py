"""The one edit in source that mends a finding about a guard, a flag or backups, where one edit does.

In: a node, the attribute and what the node says about it. Out: `Edit`s, None where more than one
attribute must change, where the right value is not known, or where the change would replace the store. Must not know
rules, nor how sources are edited.
"""

from __future__ import annotations

from typing import Any

from envfence.graph.graph import GraphNode
from envfence.judge.protection import ABSENT, PREVENT_DESTROY, Offer, is_dangerous, terraform
from envfence.model import Edit, Fact
from envfence.providers.catalogue import Danger, Entry, prefix_of
from envfence.providers.common.facts import MODULE_ARGUMENTS

#: What the texts of the rules about backups ask for: long enough for what is found after a long weekend.
DAYS_OF_BACKUPS = 7
_SOURCES = (".tf", ".tf.json", ".tofu", ".tofu.json")
#: Providers whose nested attributes are blocks: what is not there may be written as one.
_BLOCKS = frozenset({"aws", "azurerm", "google", "google-beta", "kubernetes"})
_PROVIDERS = "provider."


def switching_on(node: GraphNode, entry: Entry, offer: Offer | None) -> Edit | None:
    """The edit that switches a guard on; for a store that offers none, the one that stops Terraform.

    None for what holds backups: what locks those cannot be taken back, which nobody but its owner decides.
    """
    if node.node.kind == "backup":
        return None
    if offer is None:
        return _edit(node, entry, PREVENT_DESTROY, ABSENT, "true")
    return _edit(node, entry, offer.path, offer.fact, terraform(offer.guard.protects[0]))


def made_safe(node: GraphNode, entry: Entry, path: str, danger: Danger, fact: Fact) -> Edit | None:
    """The edit that takes the danger out of a flag: false, or the provider's default where that is safe."""
    if fact.value is True and True in danger.when:
        return _edit(node, entry, path, fact, "false")
    safe = danger.default
    if safe is None or isinstance(safe, bool) != isinstance(fact.value, bool) or is_dangerous(safe, danger.when):
        return None
    return _edit(node, entry, path, fact, terraform(safe))


def kept_longer(node: GraphNode, entry: Entry, path: str, fact: Fact, value: Any) -> Edit | None:
    """The edit that keeps backups, or keeps them for a week.

    None where the attribute has a twin: which of the two applies depends on what else is set.
    """
    retention = entry.retention[path]
    if retention.instead:
        return None
    if value is False or (value is None and False in retention.unsafe):
        return _edit(node, entry, path, fact, "true")
    counted = isinstance(fact.value if fact.state == "known" else retention.default, int)
    if retention.about == "days" and counted and not isinstance(value, bool) and value < DAYS_OF_BACKUPS:
        return _edit(node, entry, path, fact, str(DAYS_OF_BACKUPS))
    return None


def _edit(node: GraphNode, entry: Entry, path: str, fact: Fact, value: str) -> Edit | None:
    if not value or isinstance(fact.value, list) or not node.span.path.endswith(_SOURCES):
        return None
    if path.startswith(_PROVIDERS) or path in entry.replaces:
        return None  # one setting for all that the provider makes; or an edit that would destroy what it protects
    arguments = node.node.facts.get(MODULE_ARGUMENTS)
    if arguments is not None:
        path = arguments.value.get(path, "")
    elif "." in path and path != PREVENT_DESTROY and fact.state == "absent" and fact.span is None:
        # The block around it is not there: what else it needs is known to be nothing only where blocks are the custom.
        path = path if prefix_of(node.node.type) in _BLOCKS else ""
    return Edit(block=node.span, path=path, value=value, written=fact.origin) if path else None
