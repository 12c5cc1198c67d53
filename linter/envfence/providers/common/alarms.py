"""What an alarm watches, and whether anybody hears it: facts that rules about monitoring read.

In: an alarm and what its provider's file made out of it. Out: facts of its node. Must not know any provider or rule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envfence.model import Fact
from envfence.providers.common.values import ABSENT, Absent, one
from envfence.values import Sequence, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: A fact: the list of what an alarm, a rule or a trail watches; its state is unknown where that cannot be read.
WATCHES = "alarm.watches"
#: A fact, true: the alarm is declared and switched off, or reaches nobody. Its reason says how.
SILENT = "alarm.silent"
#: A fact, true: an audit trail is declared and records nothing, or not all. Its reason says how.
UNRECORDED = "audit.unrecorded"
#: A fact, true: what an audit trail wrote can be changed without a trace.
ALTERABLE = "audit.alterable"
#: A fact, true: what an audit trail wrote goes with the store that it writes to, which deletes what is in it.
DELETABLE = "audit.deletable"
#: A fact, true: an audit trail records one region only.
ONE_REGION = "audit.one_region"

DESTRUCTION, BACKUP_FAILURE, AUDIT = "destruction", "backup-failure", "audit"

#: Calls that destroy data, or the key without which it cannot be read.
_DESTROYING = frozenset(
    {
        "deletebackup",
        "deletebackupvault",
        "deletebucket",
        "deletecachecluster",
        "deletecluster",
        "deletedbcluster",
        "deletedbclustersnapshot",
        "deletedbinstance",
        "deletedbsnapshot",
        "deletedomain",
        "deletefilesystem",
        "deleteglobalcluster",
        "deleteobject",
        "deleteobjects",
        "deleterecoverypoint",
        "deletereplicationgroup",
        "deletesecret",
        "deleteserverlesscache",
        "deletesnapshot",
        "deletestream",
        "deletetable",
        "deletevolume",
        "schedulekeydeletion",
    }
)
_EVENT_NAME = re.compile(r"eventName\s*=\s*\"?([A-Za-z]+)(\*?)")


def destroys(call: str) -> bool:
    """Whether a call of an API, by its name, destroys data. A name that ends in `*` stands for all that begin so."""
    name = call.lower()
    if name.endswith("*"):
        return any(known.startswith(name[:-1]) for known in _DESTROYING)
    return name in _DESTROYING


def calls_in(pattern: str) -> tuple[str, ...]:
    """The names of calls that a log filter asks for (`$.eventName = DeleteBucket`)."""
    return tuple(name + star for name, star in _EVENT_NAME.findall(pattern))


def watch(builder: FactsBuilder, resource: Resource, path: str, events: Iterable[str] | None) -> None:
    """States what an alarm watches (None: it cannot be read), with the place of the attribute that says so."""
    span = resource.span_of(_indexed(path)) or resource.span
    found = sorted(set(events)) if events is not None else None
    if found is None:
        builder.add_fact(resource.address, WATCHES, Fact(state="unknown", span=span, reason=f"{path} is not known"))
    elif found:
        builder.add_fact(resource.address, WATCHES, Fact(value=found, span=span))
        builder.memo.setdefault(WATCHES, set()).add(resource.address)


def is_watching(builder: FactsBuilder, resource: Resource) -> bool:
    """Whether `watch` was told that an alarm watches something."""
    return resource.address in builder.memo.get(WATCHES, ())


def tell(builder: FactsBuilder, resource: Resource, name: str, path: str, reason: str) -> None:
    """States that something is wrong with an alarm or trail, at the attribute that makes it so."""
    origins = resource.origin(path) if resource.span_of(path) is not None else ()
    span = origins[-1].span if origins else (resource.span_of(path) or resource.span)
    builder.add_fact(resource.address, name, Fact(value=True, span=span, reason=reason))


def tell_silence(builder: FactsBuilder, alarm: Resource, what: str, receivers: str, none: str) -> None:
    """States that an alarm of this name (`the policy`) is disabled, or that the list of its `receivers` is empty."""
    if switched_off(alarm, "enabled"):
        tell(builder, alarm, SILENT, "enabled", f"{what} is disabled")
    elif is_empty(one(alarm.values, receivers)):
        tell(builder, alarm, SILENT, receivers, none)


def _indexed(path: str) -> str:
    """A dotted path as `Resource.span_of` wants it, of the first block on each step."""
    *blocks, last = path.split(".")
    return "".join(f"{block}[0]." for block in blocks) + last


def is_empty(value: Value | Absent) -> bool:
    """Whether a list, or the blocks of a name, surely have nothing in them."""
    return value is ABSENT or (isinstance(value, Sequence) and not value.items)


def switched_off(resource: Resource, path: str, off: object = False) -> bool:
    """Whether an attribute surely has the value that switches an alarm off; not set is on."""
    value = one(resource.values, path)
    return value is not ABSENT and (value is off or value == off) and isinstance(value, type(off))
