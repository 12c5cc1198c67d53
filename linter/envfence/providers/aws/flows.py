"""Standing orders that move data: subscriptions, event sources, replication.

Comes in: resources that name where messages come from, or where copies go. Goes out: may references, since
who gives the order reads there, or writes there. Must not know: policies, environments.
"""

from __future__ import annotations

from envfence.model import Evidence, Reference
from envfence.providers.aws.contract import Builder, ResourceView, identifier, place, text, walk

#: Type: (path, form of what is named there, capability, words of the edge).
_FLOWS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "aws_sns_topic_subscription": (("topic_arn", "aws_sns_topic", "read", "receives what is published to"),),
    "aws_lambda_event_source_mapping": (("event_source_arn", "aws_sqs_queue", "read", "takes what arrives in"),),
    "aws_s3_bucket_replication_configuration": (
        ("rule[].destination[].bucket", "aws_s3_bucket", "write", "replicates objects into"),
    ),
}
TYPES = tuple(sorted(_FLOWS))


def extract(resource: ResourceView, builder: Builder) -> None:
    """The references of one standing order; a disabled rule is none."""
    if resource.mode != "managed" or _is_off(resource):
        return
    for path, form, capability, says in _FLOWS.get(resource.type, ()):
        for where, value in walk(resource.values, path):
            found = text(value)
            if found:
                evidence = (Evidence(span=place(resource, where), says=says, address=resource.address),)
                builder.add_reference(
                    Reference(
                        kind="may",
                        node=resource.address,
                        sought=identifier(form, found),
                        evidence=evidence,
                        capability=capability,
                        says=says,
                    )
                )


def _is_off(resource: ResourceView) -> bool:
    if resource.values.items.get("enabled") is False:
        return True
    states = [value for _, value in walk(resource.values, "rule[].status")]
    return bool(states) and all(value == "Disabled" for value in states)
