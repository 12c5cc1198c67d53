"""The secrets that containers of ECS tasks obtain when they start.

Comes in: the `container_definitions` of all task definitions of a deployment. Goes out: reads-secret references from
the task to the secret or parameter. Must not know: environments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.model import Reference
from envfence.providers.aws.policyjson import Bare, Data, PolicyError, loads

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TASK = "aws_ecs_task_definition"
_SECRET_ARN_PARTS = 7
_MOST_SECRETS = 500


def finish(builder: FactsBuilder) -> None:
    """The references of every task definition of the deployment."""
    for resource in builder.resources:
        if resource.type == TASK and resource.mode == "managed":
            _references(resource, builder)


def _references(resource: Resource, builder: FactsBuilder) -> None:
    value = resource.values.items.get("container_definitions")
    for sought in sorted(set(secrets_in(value)))[:_MOST_SECRETS]:
        builder.add_reference(
            Reference(
                kind="reads-secret",
                node=resource.address,
                sought=sought,
                evidence=builder.evidence(resource, "container_definitions", "gives a container the secret"),
                says="obtains",
            )
        )


def secrets_in(value: object) -> Iterator[str]:
    """The identifiers of the secrets that the JSON text of container definitions names; none for any other value."""
    if not isinstance(value, str):
        return
    try:
        data = loads(value)
    except PolicyError:
        return
    yield from _sought(data)


def _sought(data: Data | Bare) -> Iterator[str]:
    """The identifiers of the secrets that container definitions name."""
    for container in data if isinstance(data, list) else [data]:
        secrets = container.get("secrets") if isinstance(container, dict) else None
        for secret in secrets if isinstance(secrets, list) else []:
            source = secret.get("valueFrom") if isinstance(secret, dict) else None
            if isinstance(source, Bare):
                yield f"*:{source.char}"
            elif isinstance(source, str) and source:
                yield _identifier(source)


def _identifier(source: str) -> str:
    """An ARN without the JSON key and version behind a secret's name; a plain text names a parameter."""
    if source.startswith("arn:"):
        return ":".join(source.split(":")[:_SECRET_ARN_PARTS])
    return f"aws_ssm_parameter:{source}"
