"""What a reviewer must acknowledge of a plan.

Comes in: the sides of a plan, both graphs. Goes out: a digest of what it destroys, replaces or unguards. Must not know
the repository.
"""

from __future__ import annotations

from envfence.judge.changes.acknowledged import Digest
from envfence.judge.changes.planned import DESTROY, REPLACE, UNGUARD, Plan, digest
from envfence.judge.changes.weakened import is_left_unguarded
from envfence.planning.sides import Sides
from envfence.providers.extract import JUDGED_KINDS
from envfence.sources.plans import ResourceChange


def digest_of(sides: Sides, plan: Plan) -> Digest:
    """What one plan destroys, replaces or unguards, as far as there is something in it to lose."""
    what: dict[str, str] = {}
    rows = []
    for change in sides.document.changes:
        address = change.previous_address or change.address
        action = _dangerous(change, address, sides.name, plan) if change.is_changed else ""
        if action:
            what[address if change.destroys else change.address] = action
            rows.append((address, action, _identity(change)))
    addresses = frozenset(node.address for facts in (sides.before, sides.after) for node in facts.nodes)
    return Digest(sides.name, digest(rows), what, addresses)


def _dangerous(change: ResourceChange, address: str, deployment: str, plan: Plan) -> str:
    was = plan.before.nodes.get(f"{deployment}:{address}")
    is_now = plan.after.nodes.get(f"{deployment}:{change.address}")
    node = was or is_now
    if node is None or node.node.kind not in JUDGED_KINDS:
        return ""
    if change.destroys and was is not None:
        return REPLACE if change.replaces else DESTROY
    return UNGUARD if is_now is not None and is_left_unguarded(was, is_now, plan.before, plan.after) else ""


def _identity(change: ResourceChange) -> str:
    """What the platform calls it: the same address of another environment is another thing."""
    values, hidden = change.before(), change.sensitive(after=False)
    for name in ("arn", "id"):
        found = values.get(name)
        if isinstance(found, str) and hidden is not True and not (isinstance(hidden, dict) and hidden.get(name)):
            return found
    return ""
