"""Secrets that are handed to functions, builds, jobs and unread modules by name.

In: the environments of functions, build projects and services, the container properties of batch jobs, the arguments of
module calls whose module is not in the tree. Out: reads-secret references. Must not know environments.

In an argument only the shape counts: the ARN of a secret, or an object with `valueFrom` as containers have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from envfence.model import Evidence, Reference
from envfence.providers.aws.container_secrets import secrets_in
from envfence.providers.common.values import one, text
from envfence.values import Mapping, Sequence, Value

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

_ARN = re.compile(r"arn:[^:]*:(?:secretsmanager:[^:]*:[^:]*:secret:[^:]+|ssm:[^:]*:[^:]*:parameter/.+)")
_PARTS = 7
_DEEPEST = 8
_MOST = 500
#: Where the environment of a workload stands, by type.
_PLACES = {
    "aws_lambda_function": "environment",
    "aws_codebuild_project": "environment",
    "aws_apprunner_service": "source_configuration",
    "aws_synthetics_canary": "run_config",
    "aws_glue_job": "default_arguments",
}
_BUILD_FORMS = {"PARAMETER_STORE": "aws_ssm_parameter", "SECRETS_MANAGER": "aws_secretsmanager_secret"}
_BATCH = "aws_batch_job_definition"
_TERRAFORM = "terraform"


def finish(builder: FactsBuilder) -> None:
    """The references of a deployment."""
    for resource in builder.resources:
        if resource.mode != "managed":
            continue
        if resource.type == _BATCH:
            _add(resource, "container_properties", secrets_in(one(resource.values, "container_properties")), builder)
        elif resource.type in _PLACES:
            path = _PLACES[resource.type]
            _add(resource, path, _sought(resource.values.items.get(path), _DEEPEST), builder)
    for call in builder.evaluated.unread_calls:
        for name, value in call.values.items.items():
            found = _distinct(_sought(value, _DEEPEST))
            if not found:
                continue
            here = Evidence(span=call.span, says="hands the secret to the module", address=call.address)
            evidence = (*call.origin(name), here)
            for sought in found:
                builder.add_reference(_reference(_TERRAFORM, sought, evidence))


def _add(resource: Resource, path: str, found: Iterator[str], builder: FactsBuilder) -> None:
    for sought in _distinct(found):
        evidence = builder.evidence(resource, path, "is given the secret")
        builder.add_reference(_reference(resource.address, sought, evidence))


def _reference(node: str, sought: str, evidence: tuple[Evidence, ...]) -> Reference:
    return Reference(kind="reads-secret", node=node, sought=sought, evidence=evidence, says="obtains")


def _distinct(found: Iterator[str]) -> list[str]:
    return sorted(set(found))[:_MOST]


def _sought(value: Value, depth: int) -> Iterator[str]:
    """The identifiers of the secrets that a value names."""
    if isinstance(value, str):
        if _ARN.fullmatch(value):
            yield ":".join(value.split(":")[:_PARTS])
        elif value.lstrip().startswith(("[", "{")):
            yield from secrets_in(value)
        return
    if not depth:
        return
    if isinstance(value, Sequence):
        for item in value.items:
            yield from _sought(item, depth - 1)
    elif isinstance(value, Mapping):
        form = _BUILD_FORMS.get(text(value.items.get("type")) or "")
        name = text(value.items.get("value")) or text(value.items.get("valueFrom"))
        if form and name:
            yield name if name.startswith("arn:") else f"{form}:{name.partition(':')[0]}"
            return
        for item in value.items.values():
            yield from _sought(item, depth - 1)
