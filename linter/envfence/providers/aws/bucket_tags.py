"""Which buckets let their tags decide who may do what.

Comes in: buckets and the resources that switch this on. Goes out: a fact at the bucket. Must not know: policies.

It is off by default; then conditions on the tags of a bucket, and of what is in it, find no tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.model import Fact
from envfence.providers.aws.contract import attribute, place, text, walk
from envfence.values import has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

#: The fact: "Enabled" or "Disabled".
FACT = "abac_status"
_STATUS = "abac_status[].status"


def finish(builder: FactsBuilder) -> None:
    """The fact at each bucket that a resource of this deployment speaks of."""
    switches = [each for each in builder.resources if each.type == "aws_s3_bucket_abac" and each.mode == "managed"]
    if not switches:
        return
    buckets: dict[str, list[str]] = {}
    for each in builder.resources:
        if each.type == "aws_s3_bucket" and each.mode == "managed" and builder.has_node(each.address):
            buckets.setdefault(attribute(builder, each, "bucket"), []).append(each.address)
    for each in switches:
        for address in buckets.get(text(each.values.items.get("bucket")) or "", ()):
            builder.add_fact(address, FACT, _status(each))


def _status(switch: Resource) -> Fact:
    span = place(switch, "abac_status")
    for path, value in walk(switch.values, _STATUS):
        found = text(value)
        if found is not None and not has_holes(found) and switch.exists == "yes":
            return Fact(value=found, span=switch.span_of(path) or span)
    return Fact(state="unknown", span=span, reason="whether the bucket looks at tags is not known")
