"""Secrets that are handed to functions, builds, jobs and unread modules by name.

In: the environments of functions, build projects and services, the container properties of batch jobs, the arguments of
module calls whose module is not in the tree. Out: reads-secret references. Must not know environments.

In an argument the shape counts: the ARN of a secret, or an object with `valueFrom` as containers have it. An argument
that is called `secrets` and maps names to paths names secrets as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from envfence.model import Evidence, Node, Reference
from envfence.providers.aws.container_secrets import secrets_in
from envfence.providers.common.signals import address_signals
from envfence.providers.common.values import one, text
from envfence.values import Mapping, Sequence, Value, has_holes

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.evaluate.results import UnreadCall
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
_PROVIDER = "aws"
#: An argument with secrets: `secrets`, `secret_env_vars`.
_SECRETS = re.compile(r"(?:^|_)secrets?(?:_env(?:ironment)?(?:_vars?|_variables?)?)?\Z")
#: The path of a secret, perhaps with one of its fields.
_PATH = re.compile(r"(?!https?:)/?[\w.+=@-]+(?:/[\w.+=@-]+)+(?::[\w.-]*){0,3}")
#: Where a module looks a secret up that is given its path; the path alone says which secret it is.
_UNSAID = "aws_secretsmanager_secret"


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
        _call(call, builder)


def _call(call: UnreadCall, builder: FactsBuilder) -> None:
    """The references of a call whose module is not read; the call stands for what the module makes of them."""
    of_account = _is_under_default_provider(call, builder)
    for name, value in call.values.items.items():
        found = _distinct(chain(_sought(value, _DEEPEST), _named(name, value) if of_account else ()))
        if not found:
            continue
        if not builder.has_node(call.address):
            builder.add_node(_node(call, builder.place_of_key(_PROVIDER).boundary if of_account else ""))
        here = Evidence(span=call.span, says="hands the secret to the module", address=call.address)
        for sought in found:
            written = call.origin_of_leaf(name, sought.partition(":")[2]) or call.origin(name)
            evidence = tuple(dict.fromkeys((*written[-1:], *call.origin(name), here)))
            builder.add_reference(_reference(call.address, sought, evidence))


def _node(call: UnreadCall, boundary: str) -> Node:
    return Node(
        address=call.address,
        kind="other",
        type="module",
        span=call.span,
        boundary=boundary,
        signals=tuple(address_signals(call.address, call.span)),
        exists=call.exists,
        calls=call.calls,
        mode="module",
    )


def _is_under_default_provider(call: UnreadCall, builder: FactsBuilder) -> bool:
    """Whether a call is surely made under the root module's default configuration: in the root itself, or where other
    resources of the same module are."""
    above = call.address.rpartition(".module.")[0]
    return not above or any(each.module_path == above and each.provider_key == _PROVIDER for each in builder.resources)


def _named(name: str, value: Value) -> Iterator[str]:
    """The secrets that a map of names to paths means, by the name of its argument."""
    if not _SECRETS.search(name) or not isinstance(value, Mapping):
        return
    for item in value.items.values():
        if isinstance(item, str) and not has_holes(item) and _PATH.fullmatch(item):
            yield f"{_UNSAID}:{item.partition(':')[0]}"


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
