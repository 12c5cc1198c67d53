"""Secrets of Kubernetes: which namespace they lie in, and what a look-up of another namespace's secret names.

In: secret resources and data sources. Out: for a secret in a namespace that is not the deployment's own, that namespace
as its boundary; nodes for look-ups; and which environment the deployment's own namespace belongs to. Must not know
other deployments.

Namespaces are known here by their name alone: one cluster, or several with the same names. A namespace counts only when
its name speaks of one environment, so that `app` in two clusters is never taken for one thing. The namespace of the
very cluster stays as a name of the secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envfence.evaluate import EvaluationError, LimitError
from envfence.evaluate.instance import ModuleInstance
from envfence.model import Signal
from envfence.providers.common.lookups import add_looked_up_secret
from envfence.providers.common.values import one, text
from envfence.secretness import is_secret_key
from envfence.values import Mapping, Value, has_holes
from envfence.words import words_in_name

if TYPE_CHECKING:
    from envfence.evaluate import Resource
    from envfence.providers.builder import FactsBuilder

TYPES = ("kubernetes_secret", "kubernetes_secret_v1")
_FORM = "kubernetes_secret"
_VARIABLES = ("namespace", "kube_namespace", "k8s_namespace", "kubernetes_namespace")
_OWN = "kubernetes.namespace"


def extract(resource: Resource, builder: FactsBuilder) -> None:
    """The namespace of a secret, when it is another than the deployment's own; one that holds none is no secret."""
    if builder.has_node(resource.address) and _holds_settings_only(resource):
        builder.change_node(resource.address, kind="other")
    namespace = text(one(resource.values, "metadata.namespace"))
    own = _own_namespace(builder)
    if not namespace or has_holes(namespace) or namespace == own or not _environments(namespace):
        return
    boundary = f"kubernetes:{namespace}"
    if builder.has_node(resource.address):
        node = builder.node(resource.address)
        builder.change_node(resource.address, boundary=boundary, names=(*node.names, node.boundary))
        return
    name = text(one(resource.values, "metadata.name"))
    if name and resource.mode == "data":
        add_looked_up_secret(resource, builder, f"{_FORM}:{namespace}/{name}", boundary)


def finish(builder: FactsBuilder) -> None:
    """Says to which environment the deployment's own namespace belongs, by its name."""
    own = _own_namespace(builder)
    words = _environments(own) if own else ()
    if own and len(words) == 1:
        says = f"namespace {own} is managed here"
        span = builder.evaluated.deployment.span
        builder.add_identity(Signal(kind="boundary", value=f"kubernetes:{own}", span=span, says=says, words=words))


def _holds_settings_only(resource: Resource) -> bool:
    """Whether all keys are known, and none of them speaks of a secret: bucket names, zone ids, hosts."""
    data = resource.values.items.get("data")
    binary = resource.values.items.get("binary_data")
    if not isinstance(data, Mapping) or not data.items or binary is not None:
        return False
    return not any(has_holes(key) or is_secret_key(key) for key in data.items)


def _environments(namespace: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.canonical for word in words_in_name(namespace) if word.sure))


def _own_namespace(builder: FactsBuilder) -> str:
    """The namespace that the root module is for: the value of its variable of that name; empty when there is none."""
    if _OWN not in builder.memo:
        builder.memo[_OWN] = _named_namespace(builder)
    found: str = builder.memo[_OWN]
    return found


def _named_namespace(builder: FactsBuilder) -> str:
    instance = builder.evaluated.scope.module
    if not isinstance(instance, ModuleInstance):
        return ""
    for name in _VARIABLES:
        declared = instance.module.variables.get(name)
        if declared is None:
            continue
        try:
            value: Value = instance.variable(name, declared.block)
        except (EvaluationError, LimitError):
            continue
        if isinstance(value, str) and value and not has_holes(value):
            return value
    return ""
